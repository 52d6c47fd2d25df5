"""Secrets: from Key Vault, cached and refreshed behind the callers' backs, or from a mapping.

A vault that is away does not stop calls: what was known keeps being served, for a day at most.
A caller who has a value never waits. A secret is rotated by giving it a new version in the
vault; within LIFETIME everyone has it.

VaultError
├── VaultAway      timeout connection rate_limited server_error forbidden no_identity
│                  broken_answer: it cannot be had now
└── SecretMissing  there is none of this name (also a LookupError)

Errors and reprs hold names and codes, never a value.
"""

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.keyvault.secrets import SecretClient

LIFETIME = 300_000  # ms
STALE = 86_400_000  # ms; a vault that is away for longer needs someone to look at it
MISSING = 15_000  # ms for which a missing secret is not asked for again
PAUSE = 2_000  # ms after a refresh that failed; doubles up to LONGEST_PAUSE
LONGEST_PAUSE = 60_000
DEADLINE = 5.0  # seconds that a caller without a value waits
ABANDONED = 60_000  # ms after which a refresh that has not come back is given up

log = logging.getLogger("heliograph")

type Read = Callable[[str], str]  # of one secret by its name; raises VaultError


class VaultError(Exception):
    pass


class VaultAway(VaultError):
    """`code` is one of those above; `retry_after` (seconds) the vault's own wish, 0 without."""

    def __init__(self, code: str, retry_after: float = 0) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class SecretMissing(VaultError, LookupError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no secret {name}")
        self.name = name


class VaultHealth(Struct, frozen=True, omit_defaults=True):
    state: Literal["ok", "stale", "down"]
    age: int | None = None  # seconds since the oldest value in use was fetched
    reason: str | None = None  # a code of VaultAway


class Secrets(Protocol):
    def get(self, name: str) -> str:
        """A secret, never empty. Names are those of environment variables.

        Raises SecretMissing or VaultAway.
        """
        ...

    def health(self) -> VaultHealth: ...


class EnvironmentSecrets:
    """Secrets out of the environment, or any other mapping."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __repr__(self) -> str:
        return "EnvironmentSecrets()"

    def get(self, name: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            raise SecretMissing(name)
        return value

    def health(self) -> VaultHealth:
        return VaultHealth("ok")


class _Entry:
    """What is known of one secret. Changed under the lock only."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.at = 0  # when it was fetched, or found missing; epoch ms
        self.missing = False
        self.failures = 0  # in a row
        self.reason: str | None = None  # of the last failure
        self.retry_at = 0
        self.flight: Event | None = None  # set when the refresh under way is over
        self.flown_at = 0

    def has_value(self, now: int) -> bool:
        return self.value is not None and now - self.at < STALE

    def is_fresh(self, now: int) -> bool:
        if self.missing:
            return 0 <= now - self.at < MISSING
        return self.value is not None and 0 <= now - self.at < LIFETIME


class VaultSecrets:
    """The cache before a vault; one per process, threads share it."""

    def __init__(
        self,
        read: Read,
        now: Callable[[], int],
        *,
        deadline: float = DEADLINE,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`now` is in epoch ms, `jitter` in [0, 1)."""
        self._read = read
        self._now = now
        self._deadline = deadline
        self._jitter = jitter
        self._entries: dict[str, _Entry] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"VaultSecrets({', '.join(self._entries)})"

    def get(self, name: str) -> str:
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
            now = self._now()
            flight = None if entry.is_fresh(now) else self._refresh(name, entry, now)
            if flight is None or entry.has_value(now):
                return self._settled(name, entry, now)
            left = self._deadline - max(0, now - entry.flown_at) / 1000
        over = flight.wait(max(0.0, left))
        with self._lock:
            if not over:
                raise VaultAway("timeout")
            return self._settled(name, entry, self._now())

    def health(self) -> VaultHealth:
        with self._lock:
            now = self._now()
            held = [entry for entry in self._entries.values() if entry.has_value(now)]
            failing = [entry for entry in self._entries.values() if entry.reason is not None]
        age = max(((now - entry.at) // 1000 for entry in held), default=None)
        if not failing:
            return VaultHealth("ok", age)
        down = [entry for entry in failing if entry not in held]
        return VaultHealth("down" if down else "stale", age, (down or failing)[0].reason)

    def _settled(self, name: str, entry: _Entry, now: int) -> str:
        """What an entry has to say when nobody is going to wait for it."""
        if entry.has_value(now) and entry.value is not None:
            return entry.value
        if entry.missing:
            raise SecretMissing(name)
        raise VaultAway(entry.reason or "timeout")

    def _refresh(self, name: str, entry: _Entry, now: int) -> Event | None:
        """The refresh under way, begun if none is; None while it is too early for another."""
        if entry.flight is not None and now - entry.flown_at < ABANDONED:
            return entry.flight
        if entry.reason is not None and 0 < entry.retry_at - now <= LONGEST_PAUSE:
            return None
        entry.flight, entry.flown_at = Event(), now
        Thread(
            target=self._fetch, args=(name, entry, entry.flight), name="vault", daemon=True
        ).start()
        return entry.flight

    def _fetch(self, name: str, entry: _Entry, flight: Event) -> None:
        value, failure = None, None
        try:
            value = self._read(name)
        except SecretMissing:
            pass
        except VaultAway as error:
            failure = error
        except Exception as error:
            log.error("reading a secret failed: %s", type(error).__name__)
            failure = VaultAway("broken_answer")
        with self._lock:
            if entry.flight is flight:  # not given up
                entry.flight = None
                self._note(name, entry, value, failure)
        flight.set()

    def _note(self, name: str, entry: _Entry, value: str | None, failure: VaultAway | None) -> None:
        if failure is None:
            entry.value, entry.missing, entry.at = value, value is None, self._now()
            entry.failures, entry.reason, entry.retry_at = 0, None, 0
            return
        if entry.reason is None:
            log.warning("the vault is away for %s: %s", name, failure.code)
        entry.reason = failure.code
        pause = min(LONGEST_PAUSE, PAUSE << min(entry.failures, 10)) * (1 + self._jitter()) / 2
        wish = min(LONGEST_PAUSE, failure.retry_after * 1000)
        entry.retry_at = self._now() + int(max(pause, wish))
        entry.failures += 1


class Patience(Struct, frozen=True):
    """How long one reading of Key Vault may take. Seconds."""

    connect: float = 1.0
    read: float = 2.0
    total: float = 4.0
    tries: int = 3
    pause: float = 0.2  # before the second try; doubles, and up to half of it is chance


PATIENCE = Patience()


class KeyVault:
    """Azure Key Vault. The SDK is imported at the first reading: it costs 200 ms."""

    def __init__(
        self,
        connect: Callable[[], "SecretClient"],
        patience: Patience = PATIENCE,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connect = connect
        self._patience = patience
        self._jitter = jitter
        self._client: SecretClient | None = None
        self._lock = Lock()

    def read(self, name: str) -> str:
        """`HELIOGRAPH_SIGNING_KEYS` is `HELIOGRAPH-SIGNING-KEYS` there: a vault takes no `_`.

        Raises SecretMissing, or VaultAway after at most about `Patience.total` seconds.
        """
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,126}", name):
            raise SecretMissing("of such a name")
        until = time.monotonic() + self._patience.total
        attempt = 1
        while True:
            value, code, wait = self._attempt(name, until)
            if code == "missing":
                raise SecretMissing(name)
            if value:
                return value
            pause = max(wait, self._patience.pause * 2 ** (attempt - 1) * (1 + self._jitter() / 2))
            late = time.monotonic() + pause >= until
            if late or attempt == self._patience.tries or code in ("forbidden", "no_identity"):
                raise VaultAway(code, wait)
            time.sleep(pause)
            attempt += 1

    def _attempt(self, name: str, until: float) -> tuple[str | None, str, float]:
        """A value, or a code and the seconds that the vault wants us to wait.

        The SDK's errors are looked at here and go no further: they carry requests along.
        """
        from azure.core import exceptions as azure

        left = max(0.05, until - time.monotonic())
        try:
            value = (
                self._open()
                .get_secret(
                    name.replace("_", "-"),
                    # The SDK's retries would sleep for as long as a Retry-After says.
                    retry_total=0,
                    connection_timeout=min(self._patience.connect, left),
                    read_timeout=min(self._patience.read, left),
                )
                .value
            )
            return value, "" if value else "missing", 0
        except azure.ClientAuthenticationError as error:
            # Without a response nobody gave us a token; with one, the vault did not like it.
            return None, "no_identity" if error.response is None else "forbidden", 0
        except azure.HttpResponseError as error:
            return None, _code(error), _retry_after(error)
        except (azure.ServiceRequestTimeoutError, azure.ServiceResponseTimeoutError):
            return None, "timeout", 0
        except (azure.ServiceRequestError, azure.ServiceResponseError):
            return None, "connection", 0
        except Exception as error:
            log.error("Key Vault failed: %s", type(error).__name__)
            return None, "broken_answer", 0

    def _open(self) -> "SecretClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


def open_secrets(
    vault_uri: str | None,
    client_id: str | None,
    environ: Mapping[str, str],
    now: Callable[[], int],
    **options: Any,
) -> Secrets:
    """Key Vault at `vault_uri` by the managed identity `client_id`; without one, `environ`.

    `options` are those of SecretClient. Nothing is called or imported yet.
    """
    if not vault_uri:
        return EnvironmentSecrets(environ)

    def connect() -> "SecretClient":
        from azure.identity import ManagedIdentityCredential
        from azure.keyvault.secrets import SecretClient

        return SecretClient(vault_uri, ManagedIdentityCredential(client_id=client_id), **options)

    return VaultSecrets(KeyVault(connect).read, now)


def _code(error: "HttpResponseError") -> str:
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
