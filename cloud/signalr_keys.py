"""The key that signs tokens for SignalR Service: from a connection string, or by Entra ID.

By identity the service hands out a key of its own for a while, and tokens are signed with it as
with any other: no call is needed for a token. As Azure/azure-signalr does (AadAccessKey.cs):
GET {endpoint}/api/v1/auth/accessKey with a token of SCOPE answers {"KeyId", "AccessKey"}; it is
asked for again after 55 minutes, and not used after 110. The identity needs the role *SignalR App
Server*.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import Struct

from cloud.connection_strings import SignalRConnection
from cloud.secret_cache import Lifetimes
from cloud.secrets import VaultAway, VaultError
from cloud.vault_secrets import VaultSecrets
from signaling.tokens import AccessKey

if TYPE_CHECKING:
    import requests

SCOPE = "https://signalr.azure.com/.default"
PATH = "/api/v1/auth/accessKey"
LIFETIMES = Lifetimes(fresh_ms=55 * 60_000, stale_ms=110 * 60_000)
TIMEOUT_SECONDS = (1.0, 3.0)  # to connect, to answer
CODES = {401: "forbidden", 403: "forbidden", 404: "forbidden", 429: "rate_limited"}

log = logging.getLogger("heliograph")


class KeyAway(Exception):
    """There is no key just now. The text is a code of VaultAway."""


class AccessKeys(Protocol):
    """Where the key comes from. Raises KeyAway."""

    def get(self) -> AccessKey:
        """The key to sign with now."""
        ...


class _Answer(Struct, rename="pascal"):
    key_id: str
    access_key: str


class StaticKey:
    """The key of a connection string."""

    def __init__(self, key: AccessKey) -> None:
        self._key = key

    def get(self) -> AccessKey:
        """The key."""
        return self._key


class EntraKeys:
    """The key that the service hands out for an identity. One for each process; threads share it.

    A caller waits only while there is no key at all.
    """

    def __init__(
        self,
        connection: SignalRConnection,
        session: "requests.Session",
        credential: Callable[[], Any],
        now: Callable[[], int],
    ) -> None:
        """`credential` makes an Azure credential at first use; `now` returns epoch ms."""
        self._url = f"{connection.endpoint}{PATH}"
        self._session = session
        self._make_credential = credential
        self._credential: Any = None
        self._cache = VaultSecrets(self._read, now, lifetimes=LIFETIMES)

    def get(self) -> AccessKey:
        """The key to sign with now. Raises KeyAway."""
        try:
            answer = msgspec.json.decode(self._cache.get("signalr"), type=_Answer)
        except VaultError as error:
            raise KeyAway(getattr(error, "code", "missing")) from None
        return AccessKey(answer.access_key, answer.key_id)

    def _read(self, _: str) -> str:
        import requests

        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            answer = self._session.get(
                self._url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.Timeout:
            raise VaultAway("timeout") from None
        except requests.RequestException:
            raise VaultAway("connection") from None
        if answer.status_code != 200:
            code = "server_error" if answer.status_code >= 500 else "broken_answer"
            raise VaultAway(CODES.get(answer.status_code, code))
        try:
            msgspec.json.decode(answer.content, type=_Answer)
        except (msgspec.MsgspecError, UnicodeError):
            raise VaultAway("broken_answer") from None
        return answer.text

    def _token(self) -> str:
        from azure.core.exceptions import AzureError

        if self._credential is None:
            self._credential = self._make_credential()
        try:
            return str(self._credential.get_token(SCOPE).token)
        except AzureError as error:
            log.warning("no token for SignalR Service: %s", type(error).__name__)
            raise VaultAway("no_identity") from None
