"""Secrets of a vault, cached: threads around the transitions of secret_cache.py.

A vault that is away does not stop calls: the last value is served for a day. A caller never waits
while there is a value; it is refreshed by a thread of its own. To rotate a secret, give it a new
version in the vault: within LIFETIME_MS every instance uses it.
"""

import logging
import random
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from cloud import secret_cache as cache
from cloud.identity import managed_identity
from cloud.key_vault import KeyVault
from cloud.secret_cache import Action, Entry, Lifetimes
from cloud.secrets import EnvironmentSecrets, SecretMissing, Secrets, VaultAway, VaultHealth

if TYPE_CHECKING:
    from azure.keyvault.secrets import SecretClient

DEADLINE_SECONDS = 5.0  # a caller without a value waits no longer than this after a fetch began

OF_SECRETS = Lifetimes()

log = logging.getLogger("heliograph")

type Read = Callable[[str], str]  # of one secret by its name; raises VaultError


class _Slot:
    """An entry, and the end of its newest fetch. Changed under the lock only."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        self.entry = Entry(lifetimes=lifetimes)
        self.ended = Event()


class VaultSecrets:
    """The cache before a vault. One for each process; threads share it."""

    def __init__(
        self,
        read: Read,
        now: Callable[[], int],
        *,
        deadline: float = DEADLINE_SECONDS,
        jitter: Callable[[], float] = random.random,
        lifetimes: Lifetimes = OF_SECRETS,
    ) -> None:
        """`now` returns epoch ms, `jitter` a number from 0 to 1; `deadline` is in seconds."""
        self._lifetimes = lifetimes
        self._read = read
        self._now = now
        self._deadline = deadline
        self._jitter = jitter
        self._slots: dict[str, _Slot] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"VaultSecrets({', '.join(self._slots)})"

    def get(self, name: str) -> str:
        """A secret, never empty. Raises SecretMissing or VaultAway."""
        with self._lock:
            now, slot = self._now(), self._slots.setdefault(name, _Slot(self._lifetimes))
            slot.entry, action = cache.ask(slot.entry, now)
            if action in (Action.FETCH_AND_ANSWER, Action.FETCH_AND_WAIT):
                self._begin(name, slot)
            if action in (Action.ANSWER, Action.FETCH_AND_ANSWER):
                return cache.answer(slot.entry, name, now)
            ended = slot.ended
            left = self._deadline - max(0, now - slot.entry.began_at) / 1000
        if not ended.wait(max(0.0, left)):
            raise VaultAway("timeout")
        with self._lock:
            return cache.answer(slot.entry, name, self._now())

    def health(self) -> VaultHealth:
        """What the last reads came to. Reads nothing."""
        with self._lock:
            return cache.health([slot.entry for slot in self._slots.values()], self._now())

    def _begin(self, name: str, slot: _Slot) -> None:
        slot.ended = Event()
        work = (name, slot, slot.entry.fetch, slot.ended)
        Thread(target=self._fetch, args=work, name="vault", daemon=True).start()

    def _fetch(self, name: str, slot: _Slot, number: int, ended: Event) -> None:
        result = self._result(name)
        with self._lock:
            before, now = slot.entry, self._now()
            if isinstance(result, VaultAway):
                slot.entry = cache.failed(before, number, result, now, self._jitter())
                if before.reason is None and slot.entry.reason is not None:
                    log.warning("the vault is away for %s: %s", name, result.code)
            else:
                slot.entry = cache.fetched(before, number, result, now)
        ended.set()

    def _result(self, name: str) -> str | None | VaultAway:
        """The value, None for a secret that is missing, or why it could not be read."""
        try:
            return self._read(name)
        except SecretMissing:
            return None
        except VaultAway as error:
            return error
        except Exception as error:
            log.error("reading a secret failed: %s", type(error).__name__)
            return VaultAway("broken_answer")


def open_secrets(
    vault_uri: str | None,
    client_id: str | None,
    environ: Mapping[str, str],
    now: Callable[[], int],
    **options: Any,
) -> Secrets:
    """Key Vault at `vault_uri` by the managed identity `client_id`; without a URI, `environ`.

    `now` returns epoch ms; `options` are those of SecretClient. Calls and imports nothing yet.
    """
    if not vault_uri:
        return EnvironmentSecrets(environ)

    def connect() -> "SecretClient":
        from azure.keyvault.secrets import SecretClient

        return SecretClient(vault_uri, managed_identity(client_id), **options)

    return VaultSecrets(KeyVault(connect).read, now)
