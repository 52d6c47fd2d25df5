"""What one call of two peers does in this design, with one stamp or several. Pure.

All that the forecast assumes of a call is here: docs/protocol.md §5 and function_app.py. Executions
and messages of what happens in every call are as `python -m benchmarks.usage` measures them; what
happens in a share of calls is `sometimes`. Peers are in every stamp at once, so what keeps a seat
happens in each; what has to arrive once goes by one of them. A step counts both peers together, and
its messages those to functions too.

Sockets may sleep: in a full room of two, both peers close theirs SLEEP_AFTER_MINUTES after their
call is up, and keep their seats by a call of HTTP every RENEW_MINUTES. Who is left alone and does
not leave in the same moment wakes.
"""

from msgspec import structs

from costs.model import Sleep, Step

RENEW_MINUTES = 48  # a peer token lives 60 minutes and is renewed at 75-85 %
SLEEP_AFTER_MINUTES = 1.0  # SLEEP_AFTER_SECONDS of client/src/room/sleep.ts
WOKEN = 1  # peers whose sockets open again at the end: the one that is left; assumed always
WOKEN_MINUTES = 0.5  # that it then stays; assumed
TWO_SIDED = 0.25  # of relayed calls: the relay of the first side did not help; assumed
# Of calls: a page that joins as it opens brings no offer (docs/protocol.md §5); assumed.
UNPREPARED = 0.5
# Of signals: not acknowledged in time by the stamp they went to, so sent by another too; assumed.
REPEATED = 0.01
# Stamps that a page tells its report when it goes away; of each call one page, assumed. The other
# peer's is answered.
BEACONS = 2

# In each stamp that the peers are in.
AT_EACH = (
    Step("negotiate, both peers", executions=2, transactions=8),
    # To functions: both sockets. To clients: each hears of its own, the first one of the other's.
    Step("connected, both peers", executions=2, messages=5, transactions=4, rows=2),
    Step(
        "offer parked",
        executions=UNPREPARED,
        messages=UNPREPARED,
        transactions=2 * UNPREPARED,
        sometimes=True,
    ),
)
AWAKE = (
    Step("renewed, both peers", executions=2, transactions=8, every_minutes=RENEW_MINUTES),
    # Who leaves and stays on its page has told the other one itself.
    Step("leave, both peers", executions=2, transactions=4),
    Step("left, of a page that was closed", messages=1, sometimes=True),
    Step("disconnected, both peers", executions=2, messages=2, transactions=4, rows=2),
)
ASLEEP = (
    Step("sleep, both peers", executions=2, transactions=4),
    # Nobody is told of it: the other one sleeps too.
    Step("disconnected, both peers", executions=2, messages=2, transactions=4, rows=2),
    # Each time by negotiate and sleep.
    Step("renewed, both peers", executions=4, transactions=12, every_minutes=RENEW_MINUTES),
    Step("woken: negotiate", executions=WOKEN, transactions=4 * WOKEN, sometimes=True),
    # Two messages less than else: nobody else is there to be told, or to tell of.
    Step(
        "woken: connected",
        executions=WOKEN,
        messages=2 * WOKEN,
        transactions=2 * WOKEN,
        rows=WOKEN,
        sometimes=True,
    ),
    Step("leave, both peers", executions=2, transactions=4),
    Step(
        "woken: disconnected",
        executions=WOKEN,
        messages=WOKEN,
        transactions=2 * WOKEN,
        rows=WOKEN,
        sometimes=True,
    ),
)
# By one stamp. What is repeated by another is counted below.
SIGNALS = (
    Step("answer", messages=1),
    Step(
        "answer by POST /api/signal",
        executions=UNPREPARED,
        transactions=2 * UNPREPARED,
        sometimes=True,
    ),
    # To the function and to the peer.
    Step("late candidates", executions=UNPREPARED, messages=2 * UNPREPARED, sometimes=True),
)
# At each further stamp that a closed page tells; what comes a second time is not counted again.
BEACON = (
    Step("report, told twice", executions=1, transactions=1, rows=1, sometimes=True),
    Step("report, written once", executions=1, transactions=2, sql=1, rows=2, on_demand=True),
)
ONCE = (
    Step("report, both peers", executions=2, transactions=2, rows=2),
    # A queue trigger. Rows: messages deleted, statements audited.
    Step("reports counted", executions=2, transactions=4, sql=2, rows=4, on_demand=True),
    Step("poll of the first", executions=1, transactions=1),
    Step("TURN asked for", executions=1 + TWO_SIDED, transactions=14, relayed=True),
)
SLEEP = Sleep(SLEEP_AFTER_MINUTES, WOKEN, WOKEN_MINUTES)


def steps(stamps: int, *, asleep: bool = False) -> tuple[Step, ...]:
    """What happens in a call whose peers are in `stamps` stamps at once."""
    by_stamp = (*AT_EACH, *(ASLEEP if asleep else AWAKE))
    tries = 1 + (REPEATED if stamps > 1 else 0)
    return (
        *(_times(step, stamps) for step in by_stamp),
        *(_times(step, tries) for step in SIGNALS),
        *(_times(step, min(stamps, BEACONS) - 1) for step in BEACON),
        *ONCE,
    )


def _times(step: Step, count: float) -> Step:
    amounts = ("executions", "messages", "transactions", "sql", "vault", "rows")
    return structs.replace(step, **{name: getattr(step, name) * count for name in amounts})
