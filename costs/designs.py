"""The two designs that the forecast compares: what happens in one call of two peers. Pure.

What happens in a call of ours is in costs/call.py. The seed is the Azure demonstration that this
project started from. Its chat hub carries signaling and chat. Before it sends a message to
everyone, it counts the message in SQL.
"""

from msgspec import structs

from costs import call
from costs.deployment import DEV, Deployment
from costs.model import DAYS_PER_MONTH, HOURS_PER_MONTH, Design, Routine, Step

SIGNALING_MESSAGES = 7  # presence, offer, answer, and each candidate alone
CHAT_MESSAGES = 20  # of text in a call; assumed
ALL_MESSAGES = SIGNALING_MESSAGES + CHAT_MESSAGES

MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
# The host keeps the schedule of a timer in a blob and holds a lease on another; assumed.
BLOB_WRITES_PER_TIMER = 2
SHARDS_READ = 8  # of the TURN ledger, each minute: turn/ceilings.py
QUEUE_POLL_SECONDS = 10  # the host and what scales it ask the queue; assumed
# An instance reads its secrets when it starts, SignalR the upstream's code every 30 minutes.
SECRETS, STARTS_PER_DAY, SIGNALR_READS_PER_DAY = 4, 24, 48  # the first two are assumed
SECRET_READS = (SECRETS * STARTS_PER_DAY + SIGNALR_READS_PER_DAY) * DAYS_PER_MONTH


def _timer(name: str, runs: float, transactions: float) -> Routine:
    """`runs` a month; `transactions`: of each run, besides the host's own."""
    return Routine(name, runs, runs * transactions, runs * BLOB_WRITES_PER_TIMER)


ROUTINES = (
    _timer("settle, each minute", MINUTES_PER_MONTH, SHARDS_READ),
    _timer("sweep, each hour", HOURS_PER_MONTH, 1),
    _timer("retain, each day", DAYS_PER_MONTH, 0),
    Routine("the queue is polled", transactions=MINUTES_PER_MONTH * 60 / QUEUE_POLL_SECONDS),
    Routine("secrets are read", vault=SECRET_READS, rows=SECRET_READS),
)

OURS = Design(
    name="heliograph",
    steps=call.steps(stamps=1),
    plan="flex",
    # Flex bills at least 1,000 ms (https://learn.microsoft.com/azure/azure-functions/
    # flex-consumption-plan#billing). Executions at the same time share them; here none does.
    seconds=1.0,
    memory=DEV.memory_gb,  # the default of infra/
    two_sided=call.TWO_SIDED,
    from_holder=0.5,  # the side whose ICE fails first asks for TURN: sender or receiver
    turn={"cloudflare": 1.0},
    routines=ROUTINES,
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


def ours(turn: dict[str, float] | None = None, deployment: Deployment = DEV) -> Design:
    """This design as it is deployed. `turn`: shares of TURN providers; None: the default."""
    stamps, asleep = deployment.stamps, deployment.sockets_sleep
    design = structs.replace(
        OURS,
        memory=deployment.memory_gb,
        steps=call.steps(stamps, asleep=asleep),
        stamps=stamps,
        sleep=call.SLEEP if asleep else None,
    )
    return design if turn is None else structs.replace(design, turn=turn)


def seed_deployment(deployment: Deployment) -> Deployment:
    """What the seed needs where this design is deployed so: the same, with four differences.

    Its plan, Consumption, has no always-ready instances and reaches no private endpoint; its
    database is the Basic one that its Terraform names, though each message waits for it.
    """
    return structs.replace(
        deployment,
        name="seed",
        function_always_ready=0,
        private_endpoints=0,
        dns_zones=0,
        sql_sku="Basic",
    )
