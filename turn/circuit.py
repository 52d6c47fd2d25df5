"""Whether a provider is worth a try, by what came of the last ones. Pure: time is an argument.

              admits        success   failure                          refusal
  closed      all           closed    closed; open after 3 failures in  refused
                                      a row, or at once on a timeout
  open        none until    closed    open                             refused
              `until`, then
              half-open
  half-open   one trial     closed    open, for twice as long          refused
  refused     as open       closed    refused                          refused

A success or failure may be that of a call which began before the circuit opened. A trial that
never comes back is given up after TRIAL_MS. A refusal (401, 403, 400) does not pass by waiting:
someone has to mend the configuration, so it is tried less often and reported as what it is.
"""

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

MAX_FAILURES = 3
COOL_DOWN_MS = 15_000  # doubles with every trial that fails
MAX_OPEN_MS = 300_000
REFUSED_MS = 300_000
TRIAL_MS = 10_000


class State(Enum):
    """Whether a provider is asked; the values are those of /api/health."""

    CLOSED = "ok"
    OPEN = "open"
    HALF_OPEN = "half-open"
    REFUSED = "refused"


class Circuit(Struct, frozen=True):
    """What the last tries of one provider came to. Times are epoch milliseconds."""

    state: State = State.CLOSED
    failures: int = 0  # in a row
    trips: int = 0  # times opened in a row
    since: int = 0  # epoch ms of the last change
    until: int = 0
    reason: str | None = None  # the code of the failure that opened it


def admit(circuit: Circuit, now: int) -> tuple[Circuit, bool]:
    """Ask for one try at `now` (epoch ms). Who is admitted reports what came of it."""
    if circuit.state is State.CLOSED:
        return circuit, True
    if not _time_is_up(circuit, now):
        return circuit, False
    trial = replace(circuit, state=State.HALF_OPEN, since=now, until=now + TRIAL_MS)
    return trial, True


def succeed(_: Circuit) -> Circuit:
    """A try that worked closes the circuit."""
    return Circuit()


def fail(
    circuit: Circuit, now: int, reason: str, *, at_once: bool = False, retry_after_ms: int = 0
) -> Circuit:
    """A failure of the provider. `retry_after_ms` is its own wish, heeded up to MAX_OPEN_MS."""
    failures = circuit.failures + 1
    if circuit.state in (State.OPEN, State.REFUSED):
        return replace(circuit, failures=failures)
    if circuit.state is State.CLOSED and failures < MAX_FAILURES and not at_once:
        return replace(circuit, failures=failures, reason=reason)
    pause = min(MAX_OPEN_MS, max(retry_after_ms, COOL_DOWN_MS << min(circuit.trips, 10)))
    return Circuit(State.OPEN, failures, circuit.trips + 1, now, now + pause, reason)


def refuse(circuit: Circuit, now: int, reason: str) -> Circuit:
    """The provider answered that it will not, for as long as we are configured like this."""
    trips = circuit.trips + 1
    return Circuit(State.REFUSED, circuit.failures + 1, trips, now, now + REFUSED_MS, reason)


def view(circuit: Circuit, now: int) -> State:
    """What to tell of it: an open circuit whose time is over is half-open."""
    if circuit.state is State.OPEN and _time_is_up(circuit, now):
        return State.HALF_OPEN
    return circuit.state


def _time_is_up(circuit: Circuit, now: int) -> bool:
    # A clock that stepped back must not keep a provider out for hours. A little is no step: who
    # began before the circuit opened has an earlier time.
    return now >= circuit.until or now < circuit.since - TRIAL_MS
