"""What opens SignalR Service: the access key of a connection string, or Entra ID.

By identity, as Azure/azure-signalr does:

 tokens of clients   the service hands out a key of its own for a while, and they are signed with
                     it: no call for each. GET {endpoint}/api/v1/auth/accessKey with a token of
                     SCOPE answers {"KeyId", "AccessKey"} (AadAccessKey.cs, which asks again
                     after 55 minutes). Role: *SignalR App Server*
 REST calls          carry the token of SCOPE itself (RestApiAccessTokenGenerator.cs). Role:
                     *SignalR REST API Owner*

A key expires after 90 minutes (Microsoft.SignalRService/SignalR/auth/accessKey/action in Azure's
list of permissions). How old it is when we get it is not said: we ask again after 30 minutes, and
sign nothing with a key that we have had for 85.
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from cloud.connection_strings import SignalRConnection
from cloud.http_pool import HttpPool, NoAnswer, NotReached, Timeouts
from cloud.identity_tokens import IdentityTokens
from cloud.secret_cache import Lifetimes
from cloud.secrets import VaultAway, VaultError
from cloud.vault_secrets import VaultSecrets
from signaling.tokens import AccessKey, sign_rest

SCOPE = "https://signalr.azure.com/.default"
PATH = "/api/v1/auth/accessKey"
OF_KEYS = Lifetimes(fresh_ms=30 * 60_000, stale_ms=85 * 60_000)
TIMEOUTS = Timeouts(connect_seconds=1.0, answer_seconds=3.0)
CODES = {401: "forbidden", 403: "forbidden", 404: "forbidden", 429: "rate_limited"}


class KeyAway(Exception):
    """There is no key just now. The text is a code of VaultAway."""


class AccessKeys(Protocol):
    """What opens the service. Raises KeyAway."""

    def get(self) -> AccessKey:
        """The key to sign tokens of clients with now."""
        ...

    def bearer(self, audience: str, now: int) -> str:
        """A token for one REST call; `audience`: its URL without the query; `now`: epoch ms."""
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

    def bearer(self, audience: str, now: int) -> str:
        """A token that is good for this URL, signed here."""
        return sign_rest(self._key, audience, now)


class EntraKeys:
    """What the service takes of an identity. One for each process; threads share it.

    A caller waits only while there is no key, or no token, at all.
    """

    def __init__(
        self,
        connection: SignalRConnection,
        pool: HttpPool,
        credential: Callable[[], Any],
        now: Callable[[], int],
    ) -> None:
        """`credential` makes an Azure credential at first use; `now` returns epoch ms."""
        self._url = f"{connection.endpoint}{PATH}"
        self._pool = pool
        self._tokens = IdentityTokens("SignalR Service", SCOPE, credential, now)
        self._keys = VaultSecrets(self._read_key, now, lifetimes=OF_KEYS)

    def get(self) -> AccessKey:
        """The key to sign with now. Raises KeyAway."""
        answer = msgspec.json.decode(_held(lambda: self._keys.get("signalr")), type=_Answer)
        return AccessKey(answer.access_key, answer.key_id)

    def bearer(self, audience: str, now: int) -> str:
        """The token of the identity, for any URL of the service. Raises KeyAway."""
        return _held(self._tokens.get)

    def _read_key(self, _: str) -> str:
        headers = {"Authorization": f"Bearer {self._tokens.read()}"}
        try:
            reply = self._pool.send("GET", self._url, headers, TIMEOUTS)
        except NoAnswer:
            raise VaultAway("timeout") from None
        except NotReached:
            raise VaultAway("connection") from None
        if reply.status != 200:
            code = "server_error" if reply.status >= 500 else "broken_answer"
            raise VaultAway(CODES.get(reply.status, code))
        try:
            msgspec.json.decode(reply.body, type=_Answer)
            return reply.body.decode()
        except (msgspec.MsgspecError, UnicodeError):
            raise VaultAway("broken_answer") from None


def _held(get: Callable[[], str]) -> str:
    """What a cache of one value holds. Raises KeyAway."""
    try:
        return get()
    except VaultError as error:
        raise KeyAway(getattr(error, "code", "missing")) from None
