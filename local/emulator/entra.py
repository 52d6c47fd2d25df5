"""Microsoft Entra ID instead of access keys: who may call, and keys for signing clients' tokens.

A token of the scope `https://signalr.azure.com/.default` opens the REST API and
`GET /api/v1/auth/accessKey`, whose answer `{"KeyId", "AccessKey"}` is a key for a while; tokens of
clients that are signed with it carry its id as `kid`.

 role                     opens
 SignalR App Server       GET /api/v1/auth/accessKey
 SignalR REST API Owner   everything else

Sources: Azure/azure-signalr, `AadAccessKey` (the scope, the path, the names; it asks again after 55
minutes and trusts a key for 110) and `RestApiAccessTokenGenerator` (REST calls carry the Entra
token itself); data-plane REST reference 2024-12-01, `AccessKeyResponse`; Azure's built-in roles and
permissions (the data actions of both roles; a key "will expire in 90 minutes by default"). That a
missing role is 403 and any other fault of the token 401 is an inference from Azure's other data
planes.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

AUDIENCES = ("https://signalr.azure.com", "https://signalr.azure.com/")
KEY_LIFETIME_SECONDS = 90 * 60.0
KEY_PATH_END = "/auth/accessKey"
APP_SERVER, REST_API_OWNER = "SignalR App Server", "SignalR REST API Owner"
ROLES = frozenset({APP_SERVER, REST_API_OWNER})

# The claims of a token that the issuer signed and that has not expired; raises ValueError if not.
Verifier = Callable[[str], Mapping[str, Any]]


class NotIssued(ValueError):
    """401: not a token of the issuer for this service."""


class NoRole(ValueError):
    """403: a good token of somebody who has no role on this service."""


def _everybody(claims: Mapping[str, Any]) -> frozenset[str]:
    return ROLES


@dataclass(frozen=True, slots=True)
class Entra:
    """How the emulator judges tokens of Entra ID.

    `verify` checks signature, issuer and times; the emulator checks the audience. `roles_of` says
    which of ROLES the caller has on this service. With `local_auth=False` access keys open nothing
    (`disableLocalAuth`).
    """

    verify: Verifier
    roles_of: Callable[[Mapping[str, Any]], frozenset[str]] = _everybody
    key_lifetime_seconds: float = KEY_LIFETIME_SECONDS
    local_auth: bool = True

    def admit(self, token: str, role: str) -> None:
        """Return for a token of somebody who has this role. Raises NotIssued or NoRole."""
        try:
            claims = self.verify(token)
        except ValueError as error:
            raise NotIssued from error
        if claims.get("aud") not in AUDIENCES:
            raise NotIssued
        if role not in self.roles_of(claims):
            raise NoRole


@dataclass(frozen=True, slots=True)
class HandedOutKey:
    """A key for signing clients' tokens, until `expires` on the clock of its maker."""

    id: str
    key: str
    expires: float


class HandedOutKeys:
    """The keys that are good now. One is given to all who ask until half its life is over."""

    def __init__(self, lifetime_seconds: float) -> None:
        self._lifetime = lifetime_seconds
        self._keys: list[HandedOutKey] = []

    def current(self, now: float) -> HandedOutKey:
        """The newest key, made now if need be."""
        if not self._keys or self._keys[-1].expires - now <= self._lifetime / 2:
            made = HandedOutKey(
                secrets.token_hex(8), secrets.token_urlsafe(32), now + self._lifetime
            )
            self._keys = [key for key in self._keys if key.expires > now] + [made]
        return self._keys[-1]

    def find(self, id: str, now: float) -> str | None:
        """The key of this id; None if it was never handed out or has expired."""
        return next((key.key for key in self._keys if key.id == id and key.expires > now), None)
