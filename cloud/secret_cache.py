"""The cache of one secret: what is known, and when it is fetched. Pure: time is an argument.

What an entry does when the secret is asked for. Rows: what is known; columns: what the fetch does.

               idle               running        backing off
  nothing      fetch, then wait   wait           VaultAway
  fresh        value              value          value
  stale        value, and fetch   value          value
  missing      SecretMissing      SecretMissing  SecretMissing
  outdated     fetch, then wait   wait           SecretMissing

What changes an entry:

  event                      what is known                    the fetch
  asked, and the table says  as before                        running
  fetched a value            fresh                            idle
  found missing              missing                          idle
  failed                     as before                        backing off, longer with each failure
  LIFETIME_MS pass           fresh becomes stale
  STALE_MS pass              stale becomes nothing
  MISSING_MS pass            missing becomes outdated
  ABANDONED_MS pass                                           running becomes idle
  the pause is over                                           backing off becomes idle

When a newer fetch has begun, the result of an abandoned one is dropped: its number is not that of
the entry. A clock that steps back makes no value last longer: an age below 0 counts as old.
"""

from collections.abc import Collection, Mapping
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from cloud.secrets import SecretMissing, VaultAway, VaultHealth

LIFETIME_MS = 300_000
STALE_MS = 86_400_000  # if a vault is away for longer, somebody has to look at it
MISSING_MS = 15_000  # a missing secret is not asked for again
PAUSE_MS = 2_000  # after the first failure; doubles with each one up to MAX_PAUSE_MS
MAX_PAUSE_MS = 60_000
ABANDONED_MS = 60_000  # a fetch that has not come back is given up


class Lifetimes(Struct, frozen=True):
    """For how long a value is fresh, and for how long it is served at all."""

    fresh_ms: int = LIFETIME_MS
    stale_ms: int = STALE_MS


class Known(Enum):
    """What is known of a secret."""

    NOTHING = "nothing"
    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    OUTDATED = "outdated"  # it was missing, too long ago


class Fetch(Enum):
    """What the fetch of a secret does."""

    IDLE = "idle"
    RUNNING = "running"
    BACKING_OFF = "backing off"


class Action(Enum):
    """What to do for a caller who asks for a secret. To answer is what `answer` does."""

    ANSWER = "answer"
    FETCH_AND_ANSWER = "fetch and answer"
    FETCH_AND_WAIT = "fetch and wait"
    WAIT = "wait"


_ANSWER = dict.fromkeys(Fetch, Action.ANSWER)
_WAIT = {
    Fetch.IDLE: Action.FETCH_AND_WAIT,
    Fetch.RUNNING: Action.WAIT,
    Fetch.BACKING_OFF: Action.ANSWER,
}
ON_ASKED: Mapping[Known, Mapping[Fetch, Action]] = {
    Known.NOTHING: _WAIT,
    Known.FRESH: _ANSWER,
    Known.STALE: _ANSWER | {Fetch.IDLE: Action.FETCH_AND_ANSWER},
    Known.MISSING: _ANSWER,
    Known.OUTDATED: _WAIT,
}


class Entry(Struct, frozen=True):
    """One secret. All times are epoch ms."""

    value: str | None = None
    missing: bool = False
    known_at: int = 0  # when it was fetched, or found missing
    fetch: int = 0  # the number of the newest fetch; 0 before the first
    running: bool = False
    began_at: int = 0
    failures: int = 0  # in a row
    reason: str | None = None  # the code of the last failure; None after a success
    retry_at: int = 0
    lifetimes: Lifetimes = Lifetimes()

    def __repr__(self) -> str:
        return f"Entry(missing={self.missing}, failures={self.failures}, reason={self.reason!r})"


def known(entry: Entry, now: int) -> Known:
    """What is known of a secret at `now`."""
    age = now - entry.known_at
    if entry.missing:
        return Known.MISSING if 0 <= age < MISSING_MS else Known.OUTDATED
    if entry.value is None or age >= entry.lifetimes.stale_ms:
        return Known.NOTHING
    return Known.FRESH if 0 <= age < entry.lifetimes.fresh_ms else Known.STALE


def fetch(entry: Entry, now: int) -> Fetch:
    """What the fetch of a secret does at `now`."""
    if entry.running and now - entry.began_at < ABANDONED_MS:
        return Fetch.RUNNING
    if entry.reason is not None and 0 < entry.retry_at - now <= MAX_PAUSE_MS:
        return Fetch.BACKING_OFF
    return Fetch.IDLE


def ask(entry: Entry, now: int) -> tuple[Entry, Action]:
    """What to do for a caller. For FETCH_AND_…, the caller begins fetch number `Entry.fetch`."""
    action = ON_ASKED[known(entry, now)][fetch(entry, now)]
    if action in (Action.FETCH_AND_ANSWER, Action.FETCH_AND_WAIT):
        entry = replace(entry, fetch=entry.fetch + 1, running=True, began_at=now)
    return entry, action


def answer(entry: Entry, name: str, now: int) -> str:
    """The value, for a caller who does not wait or whose wait has ended.

    Raises SecretMissing; or VaultAway with the code of the last failure.
    """
    match known(entry, now):
        case Known.FRESH | Known.STALE if entry.value is not None:
            return entry.value
        case Known.MISSING | Known.OUTDATED:
            raise SecretMissing(name)
        case _:
            raise VaultAway(entry.reason or "timeout")


def fetched(entry: Entry, number: int, value: str | None, now: int) -> Entry:
    """Fetch `number` has ended: with a value, or None for a secret that is missing."""
    if not _is_current(entry, number):
        return entry
    missing, lifetimes = value is None, entry.lifetimes
    return Entry(value, missing, known_at=now, fetch=number, lifetimes=lifetimes)


def failed(entry: Entry, number: int, failure: VaultAway, now: int, chance: float) -> Entry:
    """Fetch `number` has failed. `chance`: 0 to 1; up to half of the pause is left to it."""
    if not _is_current(entry, number):
        return entry
    longest = min(MAX_PAUSE_MS, PAUSE_MS << min(entry.failures, 10))
    wished = min(MAX_PAUSE_MS, failure.retry_after * 1000)
    pause = max(longest * (1 + chance) / 2, wished)
    return replace(
        entry,
        running=False,
        failures=entry.failures + 1,
        reason=failure.code,
        retry_at=now + int(pause),
    )


def _is_current(entry: Entry, number: int) -> bool:
    return entry.running and entry.fetch == number


def health(entries: Collection[Entry], now: int) -> VaultHealth:
    """The health of all secrets together."""
    usable = [entry for entry in entries if known(entry, now) in (Known.FRESH, Known.STALE)]
    failing = [entry for entry in entries if entry.reason is not None]
    age = max(((now - entry.known_at) // 1000 for entry in usable), default=None)
    if not failing:
        return VaultHealth("ok", age)
    down = [entry for entry in failing if entry not in usable]
    return VaultHealth("down" if down else "stale", age, (down or failing)[0].reason)
