"""The client of Azure Key Vault: one secret is read, with retries, and errors become codes.

The errors are those of secrets.py. An error of the SDK carries the request and the answer along, so
none leaves this module, not even as a cause.
"""

import logging
import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from cloud.secrets import SecretMissing, VaultAway

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.keyvault.secrets import SecretClient

MIN_TIMEOUT_SECONDS = 0.05
# Another try does not help: somebody has to change the configuration.
LASTING = ("forbidden", "no_identity")

log = logging.getLogger("heliograph")


class Limits(Struct, frozen=True):
    """How long one read of a secret may take, in seconds, and how often it is tried."""

    connect: float = 1.0
    read: float = 2.0
    total: float = 4.0
    tries: int = 3
    pause: float = 0.2  # before the second try; doubles, and grows by up to half by chance


LIMITS = Limits()


class KeyVault:
    """One vault. The SDK is imported at the first read: that takes 200 ms. Threads share it."""

    def __init__(
        self,
        connect: Callable[[], "SecretClient"],
        limits: Limits = LIMITS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`connect` makes the SDK's client, once; `jitter` returns a number from 0 to 1."""
        self._connect = connect
        self._limits = limits
        self._jitter = jitter
        self._client: SecretClient | None = None
        self._lock = Lock()

    def read(self, name: str) -> str:
        """The value of a secret, never empty.

        A name in the vault has `-` where ours has `_`: HELIOGRAPH_SIGNING_KEYS is there
        HELIOGRAPH-SIGNING-KEYS. Raises SecretMissing; or VaultAway, after about `Limits.total`
        seconds at most.
        """
        # https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,126}", name):
            raise SecretMissing("of such a name")
        until = time.monotonic() + self._limits.total
        for attempt in range(1, self._limits.tries + 1):
            result = self._attempt(name, until)
            if isinstance(result, str):
                return result
            pause = max(result.retry_after, self._pause(attempt))
            late = time.monotonic() + pause >= until
            if late or attempt == self._limits.tries or result.code in LASTING:
                raise result
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, attempt: int) -> float:
        return float(self._limits.pause * 2 ** (attempt - 1) * (1 + self._jitter() / 2))

    def _attempt(self, name: str, until: float) -> str | VaultAway:
        """The value, or why it cannot be had. Raises SecretMissing."""
        left = max(MIN_TIMEOUT_SECONDS, until - time.monotonic())
        failure: VaultAway | None = None
        value: str | None = None
        try:
            found = self._open().get_secret(
                name.replace("_", "-"),
                retry_total=0,  # the SDK would sleep for as long as a Retry-After says
                connection_timeout=min(self._limits.connect, left),
                read_timeout=min(self._limits.read, left),
            )
            value = found.value
        except Exception as error:
            failure = _failure(error)
        if failure is not None:
            return failure
        if not value:
            raise SecretMissing(name)
        return value

    def _open(self) -> "SecretClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


def _failure(error: Exception) -> VaultAway | None:
    """What an error of the SDK means; None: there is no such secret."""
    from azure.core import exceptions as azure

    match error:
        case azure.ClientAuthenticationError():
            # Without a response the identity got no token; with one, the vault refused the token.
            return VaultAway("no_identity" if error.response is None else "forbidden")
        case azure.HttpResponseError():
            code = _code(error)
            return None if code == "missing" else VaultAway(code, _retry_after(error))
        case azure.ServiceRequestTimeoutError() | azure.ServiceResponseTimeoutError():
            return VaultAway("timeout")
        case azure.ServiceRequestError() | azure.ServiceResponseError():
            return VaultAway("connection")
    log.error("Key Vault failed: %s", type(error).__name__)
    return VaultAway("broken_answer")


def _code(error: "HttpResponseError") -> str:
    """https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"""
    status = error.status_code or 0
    code = getattr(error.error, "code", None)
    inner = (getattr(error.error, "innererror", None) or {}).get("code")
    if status == 404 and code == "SecretNotFound" or inner == "SecretDisabled":
        return "missing"
    if status in (401, 403):
        return "forbidden"
    if status == 429:
        return "rate_limited"
    return "server_error" if status >= 500 else "broken_answer"


def _retry_after(error: "HttpResponseError") -> float:
    with suppress(AttributeError, TypeError, ValueError):
        return max(0.0, float(error.response.headers.get("Retry-After", 0)))  # type: ignore[union-attr]
    return 0
