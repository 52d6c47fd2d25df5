"""The two designs that the forecast compares: what happens in one call of two peers. Pure.

The counts are those of docs/protocol.md §5 and function_app.py, rounded up where a call may need
less. The seed is the Azure demonstration that this project started from. Its chat hub carries
signaling and chat. Before it sends a message to everyone, it counts the message in SQL.
"""

from msgspec import structs

from costs.model import Design, Step

SIGNALING_MESSAGES = 7  # presence, offer, answer, and each candidate alone
CHAT_MESSAGES = 20  # of text in a call; assumed
ALL_MESSAGES = SIGNALING_MESSAGES + CHAT_MESSAGES
TWO_SIDED = 0.25  # of relayed calls: the relay of the first side did not help; assumed

OURS = Design(
    name="heliograph",
    steps=(
        Step("negotiate, both peers", executions=2, transactions=8),
        Step("connected, both peers", executions=2, messages=5, transactions=4),
        Step("offer parked", executions=1, messages=4, transactions=2),
        Step("answer by POST /api/signal", executions=1, messages=3, transactions=2),
        Step("late candidates", executions=1, messages=3),
        Step("leave, both peers", executions=2, messages=2, transactions=4),
        Step("disconnected, both peers", executions=2, messages=2, transactions=4),
        Step("report, both peers", executions=2, transactions=2),
        Step("reports counted", executions=2, transactions=4, sql=2),
        Step("TURN asked for", executions=1 + TWO_SIDED, transactions=14, relayed=True),
    ),
    plan="flex",
    seconds=1.0,  # Flex bills at least a second; two calls never share it, which is the worst case
    memory=0.5,  # the smallest instance
    two_sided=TWO_SIDED,
    from_holder=0.5,  # the side whose ICE fails first asks for TURN: sender or receiver
    turn={"cloudflare": 1.0},
    timers=(60 + 1) * 24 * 365 / 12,  # settle each minute, sweep each hour
)

SEED = Design(
    name="seed",
    steps=(
        Step("negotiate, both peers", executions=2),
        Step("TURN credential, both peers", executions=2, messages=4, vault=2),
        # A transaction, SERIALIZABLE on the day's one row, and a read, before each broadcast.
        Step(
            "messages",
            executions=ALL_MESSAGES,
            messages=ALL_MESSAGES,
            sql=2 * ALL_MESSAGES,
        ),
    ),
    plan="consumption",
    seconds=0.2,
    memory=0.25,
    two_sided=1.0,  # both sides hold a relay from the start
    from_holder=0.5,
    turn={"metered": 1.0},
    broadcasts=ALL_MESSAGES,
)


def ours(turn: dict[str, float] | None = None) -> Design:
    """This design, with these shares of TURN providers; None: the default."""
    return OURS if turn is None else structs.replace(OURS, turn=turn)
