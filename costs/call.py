"""What one call of two peers does in this design, with one stamp or several. Pure.

All that the forecast assumes of a call is here: docs/protocol.md §5 and function_app.py, rounded
up where a call may need less. Peers are in every stamp at once, so what keeps a seat happens in
each; what has to arrive once goes by one of them. A step counts both peers together.

Sockets may sleep: in a full room of two, both peers close theirs SLEEP_AFTER_MINUTES after their
call is up, and keep their seats by a call of HTTP every RENEW_MINUTES. Who is left alone wakes.
"""

from msgspec import structs

from costs.model import Sleep, Step

RENEW_MINUTES = 48  # a peer token lives 60 minutes and is renewed at 75-85 %
SLEEP_AFTER_MINUTES = 1.0  # SLEEP_AFTER_SECONDS of client/src/room/sleep.ts
WOKEN = 1  # peers whose sockets open again at the end: the one that is left; assumed always
WOKEN_MINUTES = 0.5  # that it then stays; assumed
TWO_SIDED = 0.25  # of relayed calls: the relay of the first side did not help; assumed
# Of signals: not acknowledged in time by the stamp they went to, so sent by another too; assumed.
REPEATED = 0.01
# Stamps that a page tells its report when it goes away; of each call one page, assumed. The other
# peer's is answered.
BEACONS = 2

# In each stamp that the peers are in.
AT_EACH = (
    Step("negotiate, both peers", executions=2, transactions=8),
    Step("connected, both peers", executions=2, messages=7, transactions=4, rows=2),
    Step("offer parked", executions=1, messages=4, transactions=2),
)
AWAKE = (
    Step("renewed, both peers", executions=2, transactions=8, every_minutes=RENEW_MINUTES),
    Step("leave, both peers", executions=2, messages=2, transactions=4),
    Step("disconnected, both peers", executions=2, messages=2, transactions=4, rows=2),
)
ASLEEP = (
    Step("sleep, both peers", executions=2, transactions=4),
    # One more message: the first is told to the other, who is still awake.
    Step("disconnected, both peers", executions=2, messages=3, transactions=4, rows=2),
    # Each time by negotiate and sleep.
    Step("renewed, both peers", executions=4, transactions=12, every_minutes=RENEW_MINUTES),
    Step("woken: negotiate", executions=WOKEN, transactions=4 * WOKEN),
    # A message less than else: nobody else is there to be told.
    Step(
        "woken: connected", executions=WOKEN, messages=2 * WOKEN, transactions=2 * WOKEN, rows=WOKEN
    ),
    Step("leave, both peers", executions=2, messages=WOKEN, transactions=4),
    Step(
        "woken: disconnected", executions=WOKEN, messages=WOKEN, transactions=2 * WOKEN, rows=WOKEN
    ),
)
# By one stamp. What is repeated by another is counted below.
SIGNALS = (
    Step("answer by POST /api/signal", executions=1, messages=3, transactions=2),
    Step("late candidates", executions=1, messages=3),
)
# Of both peers; what comes a second time is not counted a second time.
REPORTS = (
    Step("report, both peers", executions=2, transactions=2, rows=2),
    # A queue trigger. Rows: messages deleted, statements audited.
    Step("reports counted", executions=2, transactions=4, sql=2, rows=4, on_demand=True),
)
ONCE = (Step("TURN asked for", executions=1 + TWO_SIDED, transactions=14, relayed=True),)
SLEEP = Sleep(SLEEP_AFTER_MINUTES, WOKEN, WOKEN_MINUTES)


def steps(stamps: int, *, asleep: bool = False) -> tuple[Step, ...]:
    """What happens in a call whose peers are in `stamps` stamps at once."""
    by_stamp = (*AT_EACH, *(ASLEEP if asleep else AWAKE))
    tries = 1 + (REPEATED if stamps > 1 else 0)
    return (
        *(_times(step, stamps) for step in by_stamp),
        *(_times(step, tries) for step in SIGNALS),
        *(_times(step, (1 + min(stamps, BEACONS)) / 2) for step in REPORTS),
        *ONCE,
    )


def _times(step: Step, count: float) -> Step:
    amounts = ("executions", "messages", "transactions", "sql", "vault", "rows")
    return structs.replace(step, **{name: getattr(step, name) * count for name in amounts})
