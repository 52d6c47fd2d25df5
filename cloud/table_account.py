"""Where a table is, and what opens it: an account key, a shared access signature, or Entra ID.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key ("Table service")
https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from cloud.connection_strings import read_storage
from cloud.documents import Away
from cloud.identity_tokens import IdentityTokens
from cloud.secrets import VaultError

SCOPE = "https://storage.azure.com/.default"


class TableAccount(Struct, frozen=True):
    """The table service of an account. One of `key`, `signature` and `token` opens it."""

    url: str  # without a slash at its end
    name: str = ""
    key: bytes | None = None
    signature: str = ""  # a shared access signature, as it stands in a query
    token: Callable[[], str] | None = None  # raises Away

    def __repr__(self) -> str:
        return "TableAccount(…)"

    def authorization(self, verb: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The header that opens it for this call, {} if the query does."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token()}"}
        if self.key is None:
            return {}
        text = to_sign(verb, url, self.name, headers)
        signed = base64.b64encode(hmac.digest(self.key, text.encode(), "sha256")).decode()
        return {"Authorization": f"SharedKey {self.name}:{signed}"}


class IdentityToken:
    """The token of an identity for storage."""

    def __init__(self, credential: Callable[[], Any], now: Callable[[], int]) -> None:
        """`credential` makes an Azure credential at first use; `now` returns epoch ms."""
        self._tokens = IdentityTokens("storage", SCOPE, credential, now)

    def __call__(self) -> str:
        """The token now. Raises Away."""
        try:
            return self._tokens.get()
        except VaultError as error:
            raise Away(f"no token: {getattr(error, 'code', 'missing')}") from None


def read_connection(text: str) -> TableAccount:
    """From a connection string that `check_storage` has taken."""
    account = read_storage(text, "the connection string of storage")
    return TableAccount(account.tables, account.name, account.key, account.signature)


def to_sign(verb: str, url: str, account: str, headers: Mapping[str, str]) -> str:
    """The text that Shared Key signs for tables. No MD5 is sent, and `x-ms-date` is the date."""
    parts = urlsplit(url)
    named = [verb, "", headers.get("Content-Type", ""), headers["x-ms-date"]]
    return "\n".join([*named, f"/{account}{parts.path}"])
