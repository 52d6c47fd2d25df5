"""What calls cost, by service, in this design and in the seed's. Pure; all arithmetic is here.

Units: dollars (or the currency of the prices); GB are 10^9 bytes; kbps are 1,000 bit/s; a month
is 365/12 days; a call is two peers. Prices are list prices, free grants are not deducted.
"""

import math
from collections.abc import Mapping

from msgspec import Struct, structs

from costs.prices import Prices

DAYS = 365 / 12  # of a month
PEAK = 4  # connections at the busiest time over the mean; assumed
UNIT_CONNECTIONS = 1_000  # of one SignalR unit
UNIT_MESSAGES = 1_000_000  # a day, included in the price of one unit
AUDIO, VIDEO = 50, 2_600  # kbps one way: Opus; 720p

# Bytes that Cloudflare counts (relay to its client) per byte of payload, measured with a file of
# 20 MB through a data channel: the sender holds the relay, the receiver does, or both do.
SENDER_HOLDS, RECEIVER_HOLDS, BOTH_HOLD = 0.71 / 20, 22.8 / 20, 29.8 / 20


class Load(Struct, frozen=True):
    """What people do. Raises ValueError, naming the field, for what cannot be."""

    calls_per_day: float
    minutes: float = 10  # a call
    relay_share: float = 0.20  # of the calls: 0.10-0.30; Twilio, Xirsys 15 %, callstats 22 %
    payload_gb: float = 0.1  # a call, both directions together: one file of 100 MB

    def __post_init__(self) -> None:
        for field in structs.fields(self):
            value = getattr(self, field.name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{field.name} has to be a number from 0 on, not {value}")
        if self.calls_per_day == 0:
            raise ValueError("calls_per_day has to be more than 0")
        if self.relay_share > 1:
            raise ValueError(f"relay_share is a share: 0 to 1, not {self.relay_share}")

    @property
    def connected(self) -> float:
        """Sockets open at a time, on average (Little's law)."""
        return self.calls_per_day * 2 * self.minutes / (24 * 60)


class Step(Struct, frozen=True):
    """One thing that happens in a call, for both peers together."""

    name: str
    executions: float = 0  # of functions
    messages: float = 0  # out of SignalR, to clients and upstream, in units of 2 KB
    transactions: float = 0  # of storage
    sql: float = 0  # statements; they cost capacity, not money
    vault: float = 0  # Key Vault operations
    relayed: bool = False  # only in calls that need a relay


class Design(Struct, frozen=True):
    name: str
    steps: tuple[Step, ...]
    plan: str  # of Functions: flex | consumption
    seconds: float  # billed per execution
    memory: float  # GB billed while it runs
    two_sided: float  # of relayed calls: share in which both sides hold a relay
    from_holder: float  # of the payload: share that the holder of a lone relay sends
    turn: dict[str, float]  # share of the relayed bytes by provider
    broadcasts: float = 0  # a call; each goes to everyone who is connected, twice
    log_gb: float = 2e-6  # ingested per execution
    timers: float = 0  # executions a month that nobody calls for


class Line(Struct, frozen=True):
    service: str
    per_call: float  # grows with the calls
    per_month: float  # does not


class Bill(Struct, frozen=True):
    design: str
    lines: tuple[Line, ...]

    @property
    def per_call(self) -> float:
        return sum(line.per_call for line in self.lines)

    @property
    def fixed(self) -> float:
        """A month."""
        return sum(line.per_month for line in self.lines)


def gb_per_minute(kbps: float) -> float:
    """One way: 1,000 bit/s × 60 s ÷ 8 bit ÷ 10^9 bytes."""
    return kbps * 60 / 8e6


def media_gb(kbps: float, minutes: float) -> float:
    """Both directions together."""
    return 2 * minutes * gb_per_minute(kbps)


def billed_gb(payload: float, two_sided: float, from_holder: float, *, both_ways: bool) -> float:
    """What a relay provider bills for a relayed call that carries `payload` GB."""
    lone = from_holder * SENDER_HOLDS + (1 - from_holder) * RECEIVER_HOLDS
    if both_ways:  # data one way and acknowledgements the other, whoever holds the relay
        lone = SENDER_HOLDS + RECEIVER_HOLDS
    pair = BOTH_HOLD * (2 if both_ways else 1)
    return payload * ((1 - two_sided) * lone + two_sided * pair)


def turn_cost(load: Load, design: Design, prices: Prices) -> float:
    """Of the average call, relayed or not."""
    return load.relay_share * sum(
        share
        * prices.each(f"turn_{provider}")
        * billed_gb(
            load.payload_gb,
            design.two_sided,
            design.from_holder,
            both_ways=prices.both_ways(provider),
        )
        for provider, share in design.turn.items()
    )


def count(load: Load, design: Design) -> Step:
    """What the average call sums up to."""

    def total(field: str) -> float:
        amounts = (
            getattr(step, field) * (load.relay_share if step.relayed else 1)
            for step in design.steps
        )
        return float(sum(amounts))

    broadcast = design.broadcasts * 2 * max(2, load.connected)
    messages = total("messages") + broadcast
    return Step(
        "a call", total("executions"), messages, total("transactions"), total("sql"), total("vault")
    )


def bill(load: Load, design: Design, prices: Prices) -> Bill:
    """By service. Capacity (SignalR units, database, site) is fixed; all else grows with calls."""
    call = count(load, design)
    execution = _execution(design, prices)
    log = design.log_gb * prices.each("log_analytics")
    signalr_call, signalr_month = _signalr(load, call.messages, prices)
    storage = call.transactions * prices.each("storage_transactions")
    vault = call.vault * prices.each("key_vault_operations")
    lines = (
        Line("Functions", call.executions * execution, design.timers * execution),
        Line("SignalR", signalr_call, signalr_month),
        Line("Storage transactions", storage, 0),
        Line("Azure SQL", 0, prices.each("sql_basic")),
        Line("Log Analytics", call.executions * log, design.timers * log),
        Line("Key Vault", vault, 0),
        Line("Static site", 0, prices.each("static_site")),
        Line("TURN", turn_cost(load, design, prices), 0),
    )
    return Bill(design.name, lines)


def _execution(design: Design, prices: Prices) -> float:
    """Of one execution: the call of it, and memory × time."""
    gb_seconds = design.seconds * design.memory
    start = prices.each(f"functions_{design.plan}_executions")
    return start + gb_seconds * prices.each(f"functions_{design.plan}_gb_seconds")


def _signalr(load: Load, messages: float, prices: Prices) -> tuple[float, float]:
    """Per call, per month. Units by the sockets at peak; messages beyond what they include."""
    units = max(1, math.ceil(load.connected * PEAK / UNIT_CONNECTIONS))
    beyond = max(0.0, load.calls_per_day * messages - units * UNIT_MESSAGES)  # a day
    each = prices.each("signalr_messages")
    return beyond * each / load.calls_per_day, units * prices.each("signalr_unit")


def ratio(ours: float, seed: float) -> float | None:
    """Of two costs; None if there is nothing to compare with."""
    return ours / seed if seed > 0 else None


def check_mix(turn: Mapping[str, float], known: tuple[str, ...]) -> dict[str, float]:
    """Shares of TURN providers that make one. Raises ValueError."""
    for provider, share in turn.items():
        if provider not in known:
            raise ValueError(f"unknown TURN provider {provider}: {', '.join(known)}")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of {provider} has to be 0 to 1, not {share}")
    if not math.isclose(sum(turn.values()), 1, abs_tol=1e-6):
        raise ValueError(f"the shares of the TURN providers make {sum(turn.values()):g}, not 1")
    return dict(turn)
