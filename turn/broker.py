"""The order in which providers are asked, and what we know of their health.

Providers are asked one after another, in an order of weight and price; those whose circuit is
open are passed over. Somebody waits, so the time for all tries is bounded, and a try that is too
slow is left behind: its credential was shown to nobody and expires.

Nothing is cached: a credential belongs to one label.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from threading import Lock

from msgspec import Struct

from turn import circuit
from turn.circuit import Circuit, State
from turn.deadline import Late, start, within
from turn.providers import Minted, Provider, ProviderAway, ProviderError, ProviderRefused
from turn.ranking import rank

DEADLINE_SECONDS = 2.0  # for all tries together
TRY_SECONDS = 1.0  # for one try
MIN_TRY_SECONDS = 0.05  # with less left a try fails through no fault of the provider
USAGE_SECONDS = 20.0  # for the figures of one provider; nobody waits for them
MAX_LIFE_MS = 172_800_000  # of a credential at any provider

log = logging.getLogger("heliograph")


class ProviderHealth(Struct, frozen=True, omit_defaults=True):
    """For the answer of /api/health."""

    name: str
    state: State
    reason: str | None = None  # a code of turn.providers


type Call = Callable[[float], Minted]  # takes the seconds it may last


class Try:
    """One provider, and the time that is left to ask it."""

    def __init__(self, provider: Provider, run: Callable[[Call], Minted | None]) -> None:
        self.provider = provider
        self.took_seconds = 0.0
        self._run = run

    def mint(self, label: str, ttl: int, region: str | None, now: int) -> Minted | None:
        """A credential of `lifetime(ttl)` seconds from `now` (epoch ms), or None.

        None: the provider cannot just now. If none of them can, STUN still can.
        """
        began = time.monotonic()
        minted = self._run(partial(self.provider.mint, label, ttl, region, now))
        self.took_seconds = time.monotonic() - began
        return minted


class Broker:
    """One per process; threads share it. Its circuits are those of this process."""

    def __init__(
        self,
        providers: Iterable[Provider],
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        try_seconds: float = TRY_SECONDS,
    ) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._circuits = dict.fromkeys(self._providers, Circuit())
        self._lock = Lock()
        self._deadline_seconds = deadline_seconds
        self._try_seconds = try_seconds

    def warm(self) -> None:
        """Fetch secrets and modules in the background, before the first mint."""
        for provider in self._providers.values():
            start(provider.ready)

    def tries(self, label: str, now: int) -> Iterator[Try]:
        """One try for each provider that may work, in the order for this label.

        `now` is epoch ms. It ends when the tries have taken `deadline_seconds` together; what the
        caller does between two tries does not count.
        """
        left = self._deadline_seconds
        for provider in rank(self._providers.values(), label):
            at = now + int((self._deadline_seconds - left) * 1000)
            if left < MIN_TRY_SECONDS:
                return
            if not self._would_admit(provider.name, at):
                continue
            one = Try(provider, partial(self._mint, provider, left, at))
            yield one
            left -= one.took_seconds

    def revoke(self, provider: str, handle: str, label: str) -> bool:
        """End a credential by what it was minted with. Whether that was done; never raises."""
        found = self._providers.get(provider)
        if found is None or not found.capabilities.revoke or not handle:
            return False
        try:
            within(self._deadline_seconds, partial(found.revoke, handle, label))
        except Exception as error:
            log.warning("TURN provider %s did not revoke: %s", provider, _code(error))
            return False
        return True

    def usage(self, now: int, since: int | None = None) -> Mapping[str, Mapping[str, int]]:
        """Billed bytes by provider and label, from `since` (epoch ms; before any live credential).

        A provider that cannot tell, or not just now, is not in it: its usage is unknown. A label
        that is missing at a provider which is in it has used nothing.
        """
        since = now - MAX_LIFE_MS if since is None else since
        used: dict[str, Mapping[str, int]] = {}
        for name, provider in self._providers.items():
            if provider.capabilities.usage == "none":
                continue
            try:
                used[name] = within(USAGE_SECONDS, partial(provider.usage, since, now))
            except Exception as error:
                log.warning("TURN provider %s told no usage: %s", name, _code(error))
        return used

    def health(self, now: int) -> tuple[ProviderHealth, ...]:
        """In the configured order."""
        with self._lock:
            circuits = dict(self._circuits)
        states = {name: circuit.view(found, now) for name, found in circuits.items()}
        return tuple(
            ProviderHealth(name, state, None if state is State.CLOSED else circuits[name].reason)
            for name, state in states.items()
        )

    @property
    def providers(self) -> Mapping[str, Provider]:
        """By name, in the configured order: for their prices and capabilities."""
        return self._providers

    def _mint(self, provider: Provider, left: float, at: int, call: Call) -> Minted | None:
        """One try within `left` seconds, and what it says about the provider."""
        if not self._admit(provider.name, at):
            return None  # another thread has the trial
        began = time.monotonic()
        had_full_time = False
        try:
            _get_ready(provider, left)
            left -= time.monotonic() - began
            if left < MIN_TRY_SECONDS:
                raise ProviderAway("secret_away")  # there is no time to ask the provider
            had_full_time = left >= self._try_seconds
            seconds = min(left, self._try_seconds)
            minted = within(seconds, partial(call, seconds))
        except Exception as error:
            self._failed(provider.name, at + _ms_since(began), error, had_full_time)
            return None
        self._change(provider.name, circuit.succeed)
        return minted

    def _failed(self, name: str, at: int, error: Exception, had_full_time: bool) -> None:
        code = _code(error)
        if isinstance(error, ProviderRefused):
            self._change(name, partial(circuit.refuse, now=at, reason=code))
            return
        at_once = code == "rate_limited" or code == "timeout" and had_full_time
        wait_ms = error.retry_after * 1000 if isinstance(error, ProviderAway) else 0
        self._change(
            name,
            partial(circuit.fail, now=at, reason=code, at_once=at_once, retry_after_ms=wait_ms),
        )

    def _would_admit(self, name: str, at: int) -> bool:
        with self._lock:
            return circuit.admit(self._circuits[name], at)[1]

    def _admit(self, name: str, at: int) -> bool:
        with self._lock:
            self._circuits[name], admitted = circuit.admit(self._circuits[name], at)
        return admitted

    def _change(self, name: str, transition: Callable[[Circuit], Circuit]) -> None:
        with self._lock:
            before = self._circuits[name]
            after = self._circuits[name] = transition(before)
        if after.state is not before.state:
            write = log.info if after.state is State.CLOSED else log.warning
            write("TURN provider %s is %s (%s)", name, after.state.value, after.reason or "works")


def _code(error: Exception) -> str:
    """A stable code. Of an error of ours its type goes to the log, and nothing else."""
    if isinstance(error, ProviderError):
        return error.code
    if isinstance(error, Late):
        return "timeout"
    log.error("a TURN provider failed: %s", type(error).__name__)
    return "internal"


def _get_ready(provider: Provider, seconds: float) -> None:
    """A slow vault is not the provider's fault: it has its own code and is no timeout."""
    try:
        return within(seconds, provider.ready)
    except Late:
        pass
    raise ProviderAway("secret_away")


def _ms_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
