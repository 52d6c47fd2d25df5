"""A Key Vault on an HTTPS server of this machine, and what can be wrong with it."""

import re
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from cloud.key_vault import Limits
from cloud.secrets import VaultAway, VaultError
from tests.turn.vendors import Call, Reply, Vendor

NOW = 1_800_000_000_000
NAME = "TURN_METERED_KEY"
TOKEN = "hush-token-0123456789"
HUSH = re.compile(r"hush-")  # what may not be shown begins so
CHALLENGE = (
    'Bearer authorization="https://login.microsoftonline.com/'
    '00000000-0000-0000-0000-000000000000", resource="https://vault.azure.net"'
)
SHORT = Limits(connect=0.5, read=0.3, total=1.5, tries=3, pause=0.02)

# What the vault answers, and the code that it becomes.
FAULTS = {
    "403": (
        Reply(403, {"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByRbac"}}}),
        "forbidden",
    ),
    "401": (Reply(401, {"error": {"code": "hush-"}}), "forbidden"),
    "429": (Reply(429, {"error": {"code": "Throttled"}}, {"Retry-After": "0"}), "rate_limited"),
    "500": (Reply(500, b"hush-body"), "server_error"),
    "503": (Reply(503, b"hush-body", {"Retry-After": "soon"}), "server_error"),
    "another 404": (Reply(404, b"<html>hush-body</html>"), "broken_answer"),
    "broken JSON": (Reply(200, b'{"value": "hush-'), "broken_answer"),
    "slow": (Reply(wait=30), "timeout"),
}
# The answers for a secret that is not there any more.
GONE = {
    "deleted": Reply(404, {"error": {"code": "SecretNotFound"}}),
    "disabled": Reply(
        403, {"error": {"code": "Forbidden", "innererror": {"code": "SecretDisabled"}}}
    ),
    "empty": Reply(200, {"value": ""}),
    "null": Reply(200, {"value": None}),
}


class Clock:
    """A clock that stands still until it is set. Epoch ms."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Credential:
    """A managed identity that got a token."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(TOKEN, int(time.time()) + 3_600)


class NoIdentity:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        raise ClientAuthenticationError("hush-: no managed identity endpoint")


class Vault:
    """Key Vault: `secrets` by name, `fault` instead while it is set."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.secrets = {"TURN-METERED-KEY": "hush-1"}
        self.server = Vendor(self._play, tls)
        self.fault: Reply | None = None

    @property
    def reads(self) -> list[str]:
        """The names asked for, with a token."""
        calls = [call for call in self.server.calls if "authorization" in call.headers]
        return [call.path.split("/")[2] for call in calls]

    def _play(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"error": {"code": "Unauthorized"}}, {"WWW-Authenticate": CHALLENGE})
        if self.fault:
            return self.fault
        name = call.path.split("/")[2]
        value = self.secrets.get(name)
        if value is None:
            return Reply(404, {"error": {"code": "SecretNotFound", "message": "hush-"}})
        return Reply(200, {"value": value, "id": f"{self.server.url}/secrets/{name}/1"})


def failure(call: Callable[[], object]) -> VaultError:
    with pytest.raises(VaultError) as caught:
        call()
    return caught.value


def away(call: Callable[[], object]) -> str:
    error = failure(call)
    assert isinstance(error, VaultAway)
    return error.code


def eventually(call: Callable[[], object], expected: object) -> None:
    """For what happens behind the callers' backs."""
    until = time.monotonic() + 5
    while call() != expected and time.monotonic() < until:
        time.sleep(0.01)
    assert call() == expected


def refreshing() -> bool:
    """Whether a fetch runs in this process."""
    return any(thread.name == "vault" for thread in threading.enumerate())
