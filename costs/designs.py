"""The two designs that the forecast sets side by side: what happens in one call of two peers.

Counts are read from docs/protocol.md §5 and function_app.py, and rounded up where a call may do
with less. The seed is the Azure demonstration that this project started from: its chat hub carries
signaling and chat, sends every message to everyone, and counts it in SQL before it does.
"""

from msgspec import structs

from costs.forecast import Design, Step

SIGNALING = 7  # messages of a naive call: presence, offer, answer, candidates one by one
CHAT = 20  # messages of text in a call; assumed
TWO_SIDED = 0.25  # of relayed calls: the first side's relay did not help; assumed

OURS = Design(
    name="heliograph",
    steps=(
        Step("negotiate, both peers", executions=2, transactions=8),
        Step("connected, both peers", executions=2, messages=5, transactions=4),
        Step("offer parked", executions=1, messages=4, transactions=2),
        Step("answer by relay", executions=1, messages=3, transactions=2),
        Step("late candidates", executions=1, messages=3),
        Step("leave, both peers", executions=2, messages=2, transactions=4),
        Step("disconnected, both peers", executions=2, messages=2, transactions=4),
        Step("report, both peers", executions=2, transactions=2),
        Step("reports counted", executions=2, transactions=4, sql=2),
        Step("relay asked for", executions=1 + TWO_SIDED, transactions=14, relayed=True),
    ),
    plan="flex",
    seconds=1.0,  # Flex bills a second at least; shared with nobody, which is the worst case
    memory=0.5,  # the smallest instance
    two_sided=TWO_SIDED,
    from_holder=0.5,  # whoever's ICE fails first asks, be it sender or receiver
    turn={"cloudflare": 1.0},
    timers=(60 + 1) * 24 * 365 / 12,  # settle every minute, sweep every hour
)

SEED = Design(
    name="seed",
    steps=(
        Step("negotiate, both peers", executions=2),
        Step("TURN credential, both peers", executions=2, messages=4, vault=2),
        # A transaction, SERIALIZABLE on the day's one row, and a read, before each broadcast.
        Step(
            "messages",
            executions=SIGNALING + CHAT,
            messages=SIGNALING + CHAT,
            sql=2 * (SIGNALING + CHAT),
        ),
    ),
    plan="consumption",
    seconds=0.2,
    memory=0.25,
    two_sided=1.0,  # both sides hold a relay from the start
    from_holder=0.5,
    turn={"metered": 1.0},
    broadcasts=SIGNALING + CHAT,
)


def ours(turn: dict[str, float] | None = None) -> Design:
    """This design, with these shares of TURN providers."""
    return OURS if turn is None else structs.replace(OURS, turn=turn)
