"""Who mints: the providers in an order of health, weight and price, one after another.

Every try runs in a thread of its own and is left behind when its time is over. The timeouts of
an HTTP client bound neither the look-up of a name nor an answer that trickles in, and somebody
waits for us. What comes too late was shown to nobody and expires.

Nothing is cached: a credential belongs to one label.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from threading import Lock, Thread

from msgspec import Struct

from turn import circuit
from turn.circuit import Circuit, State
from turn.providers import Minted, Provider, ProviderAway, ProviderError, ProviderRefused

DEADLINE = 2.0  # seconds for all tries together
PATIENCE = 1.0  # for one
SHORTEST = 0.05  # with less left, a try would only harm the reputation of who is tried
ASIDE = 20.0  # for what nobody waits for
LONGEST = 172_800_000  # ms that a credential lives, at any provider
CHEAPEST = 0.01  # US dollars per GB: who costs less counts as costing this

log = logging.getLogger("heliograph")


class ProviderHealth(Struct, frozen=True, omit_defaults=True):
    """For the answer of /api/health: `state` is ok, open, half-open or refused."""

    name: str
    state: str
    reason: str | None = None  # a code of turn.providers


class Late(Exception):
    """Something did not come back in time."""


def rank(providers: Iterable[Provider], label: str) -> list[Provider]:
    """The order in which to ask for this label, as if all were well.

    Weighted rendezvous hashing: a provider comes first for a share of the labels that is
    proportional to its weight over its price, and the rest of the order does not depend on it.
    Who weighs nothing comes last.
    """
    return sorted(providers, key=partial(_rank, label))


def _rank(label: str, provider: Provider) -> float:
    price = max(CHEAPEST, provider.capabilities.price_per_gb)
    digest = hashlib.blake2b(f"{label}\0{provider.name}".encode(), digest_size=8).digest()
    draw = (int.from_bytes(digest) + 1) / (2**64 + 1)  # in (0, 1)
    return -math.log(draw) * price / provider.weight if provider.weight > 0 else math.inf


class Broker:
    """One per process; threads share it. Its circuits are those of this process."""

    def __init__(
        self,
        providers: Iterable[Provider],
        *,
        deadline: float = DEADLINE,
        patience: float = PATIENCE,
    ) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._circuits = dict.fromkeys(self._providers, Circuit())
        self._lock = Lock()
        self._deadline = deadline
        self._patience = patience

    def warm(self) -> None:
        """Have secrets and modules fetched, in the background, before the first mint."""
        for provider in self._providers.values():
            _start(provider.ready)

    def mint(self, label: str, ttl: int, region: str | None, now: int) -> Minted | None:
        """A credential for about `ttl` seconds from `now` (epoch ms), or None after DEADLINE.

        None: no provider can just now. STUN still can, so say `degraded` and hand that out.
        """
        began = time.monotonic()
        for provider in rank(self._providers.values(), label):
            passed = time.monotonic() - began
            if self._deadline - passed < SHORTEST:
                break
            at = now + int(passed * 1000)
            if not self._admit(provider.name, at):
                continue
            ask = partial(provider.mint, label, ttl, region, at)
            minted = self._try(provider, ask, self._deadline - passed, at)
            if minted is not None:
                return minted
        return None

    def revoke(self, provider: str, revocation: str, label: str) -> bool:
        """End a credential by what it was minted with. Whether that was done; never raises."""
        found = self._providers.get(provider)
        if found is None or not found.capabilities.revoke or not revocation:
            return False
        try:
            _within(self._deadline, partial(found.revoke, revocation, label))
        except Exception as error:
            log.warning("TURN provider %s did not revoke: %s", provider, _code(error))
            return False
        return True

    def usage(self, now: int, since: int | None = None) -> Mapping[str, Mapping[str, int]]:
        """Billed bytes by provider and label, `since` then (epoch ms; before any live credential).

        A provider that cannot tell, or not just now, is not in it: its usage is unknown. A label
        that is missing at a provider which is in it has used nothing.
        """
        since = now - LONGEST if since is None else since
        used: dict[str, Mapping[str, int]] = {}
        for name, provider in self._providers.items():
            if provider.capabilities.usage == "none":
                continue
            try:
                used[name] = _within(ASIDE, partial(provider.usage, since, now))
            except Exception as error:
                log.warning("TURN provider %s told no usage: %s", name, _code(error))
        return used

    def health(self, now: int) -> tuple[ProviderHealth, ...]:
        """In the configured order."""
        with self._lock:
            circuits = dict(self._circuits)
        states = {name: circuit.view(found, now) for name, found in circuits.items()}
        return tuple(
            ProviderHealth(
                name, state.value, None if state is State.CLOSED else circuits[name].reason
            )
            for name, state in states.items()
        )

    @property
    def providers(self) -> Mapping[str, Provider]:
        """By name, in the configured order: for their prices and capabilities."""
        return self._providers

    def _try(
        self, provider: Provider, ask: Callable[[float], Minted], left: float, at: int
    ) -> Minted | None:
        """One try within `left` seconds, and what it says about the provider."""
        began = time.monotonic()
        fair = False  # whether it had all the time it may take
        try:
            _get_ready(provider, left)
            left -= time.monotonic() - began
            fair = left >= self._patience
            time_out = min(left, self._patience)
            minted = _within(time_out, partial(ask, time_out))
        except Exception as error:
            self._failed(provider.name, at + _ms_since(began), error, fair)
            return None
        self._change(provider.name, circuit.succeed)
        return minted

    def _failed(self, name: str, at: int, error: Exception, fair: bool) -> None:
        code = _code(error)
        if isinstance(error, ProviderRefused):
            self._change(name, partial(circuit.refuse, now=at, reason=code))
            return
        at_once = code == "rate_limited" or code == "timeout" and fair
        wait = error.retry_after * 1000 if isinstance(error, ProviderAway) else 0
        self._change(
            name,
            partial(circuit.fail, now=at, reason=code, at_once=at_once, retry_after=wait),
        )

    def _admit(self, name: str, at: int) -> bool:
        with self._lock:
            self._circuits[name], admitted = circuit.admit(self._circuits[name], at)
        return admitted

    def _change(self, name: str, transition: Callable[[Circuit], Circuit]) -> None:
        with self._lock:
            before = self._circuits[name]
            after = self._circuits[name] = transition(before)
        if after.state is not before.state:
            said = log.info if after.state is State.CLOSED else log.warning
            said("TURN provider %s is %s (%s)", name, after.state.value, after.reason or "works")


def _code(error: Exception) -> str:
    """A stable code; of what nobody foresaw, its type goes to the log and nothing else."""
    if isinstance(error, ProviderError):
        return error.code
    if isinstance(error, Late):
        return "timeout"
    log.error("a TURN provider failed: %s", type(error).__name__)
    return "internal"


def _get_ready(provider: Provider, seconds: float) -> None:
    """The vault's slowness is not the provider's: it has its own code and is no timeout."""
    try:
        return _within(seconds, provider.ready)
    except Late:
        pass
    raise ProviderAway("secret_away")


def _within[T](seconds: float, call: Callable[[], T]) -> T:
    """What the call returns or raises; Late if it has done neither in time."""
    future = _start(call)
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():  # just now, or the call itself raised it
            return future.result()
    raise Late


def _start[T](call: Callable[[], T]) -> "Future[T]":
    future: Future[T] = Future()
    Thread(target=_run, args=(call, future), name="turn", daemon=True).start()
    return future


def _run[T](call: Callable[[], T], future: "Future[T]") -> None:
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)


def _ms_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
