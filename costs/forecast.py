"""The arithmetic: what the calls of a load cost in a design, by service. Pure.

kbps are 1,000 bit/s; the other units are those of model.py. Prices are list prices: what vendors
give for free is not deducted.
"""

import math
from collections.abc import Mapping

from costs.model import Bill, Design, Line, Load, Step
from costs.prices import Prices

DAYS_PER_MONTH = 365 / 12
PEAK_FACTOR = 4  # connections at the busiest time over the mean; assumed
CONNECTIONS_PER_UNIT = 1_000  # of SignalR
FREE_MESSAGES_PER_UNIT = 1_000_000  # a day, included in the price of a unit
AUDIO_KBPS = 50  # one way: Opus
VIDEO_KBPS = 2_600  # one way: 720p

# Bytes that Cloudflare counts (relay to its client) per byte of payload, measured with a file of
# 20 MB through a data channel: the sender holds the relay, the receiver does, or both do.
SENDER_HOLDS, RECEIVER_HOLDS, BOTH_HOLD = 0.71 / 20, 22.8 / 20, 29.8 / 20


def gb_per_minute(kbps: float) -> float:
    """One way: 1,000 bit/s × 60 s ÷ 8 bits ÷ 10^9 bytes."""
    return kbps * 60 / 8e6


def media_gb(kbps: float, minutes: float) -> float:
    """What media at `kbps` each way moves in a call, both directions together."""
    return 2 * minutes * gb_per_minute(kbps)


def billed_gb(payload: float, two_sided: float, from_holder: float, *, both_ways: bool) -> float:
    """The GB that a TURN provider bills for a relayed call with `payload` GB.

    `two_sided`, `from_holder`: see Design. `both_ways`: whether the provider also bills what it
    receives from its client.
    """
    lone = from_holder * SENDER_HOLDS + (1 - from_holder) * RECEIVER_HOLDS
    if both_ways:  # data in one direction and acknowledgements in the other
        lone = SENDER_HOLDS + RECEIVER_HOLDS
    pair = BOTH_HOLD * (2 if both_ways else 1)
    return payload * ((1 - two_sided) * lone + two_sided * pair)


def turn_cost(load: Load, design: Design, prices: Prices) -> float:
    """The cost of TURN for the average call, relayed or not."""
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


def count_call(load: Load, design: Design) -> Step:
    """All steps of the average call together."""

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
    """The cost by service. SignalR units, database, site and timers are fixed; the rest grows."""
    call = count_call(load, design)
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
    """The cost of one execution: a price for each, and a price for memory × time."""
    gb_seconds = design.seconds * design.memory
    start = prices.each(f"functions_{design.plan}_executions")
    return start + gb_seconds * prices.each(f"functions_{design.plan}_gb_seconds")


def _signalr(load: Load, messages: float, prices: Prices) -> tuple[float, float]:
    """The cost per call and per month: messages beyond the free ones, and units for the peak."""
    units = max(1, math.ceil(load.connected * PEAK_FACTOR / CONNECTIONS_PER_UNIT))
    beyond = max(0.0, load.calls_per_day * messages - units * FREE_MESSAGES_PER_UNIT)  # a day
    each = prices.each("signalr_messages")
    return beyond * each / load.calls_per_day, units * prices.each("signalr_unit")


def ratio(ours: float, seed: float) -> float | None:
    """`ours` / `seed`; None if the seed's cost is 0."""
    return ours / seed if seed > 0 else None


def check_mix(turn: Mapping[str, float], known: tuple[str, ...]) -> dict[str, float]:
    """The shares of TURN providers, if they are known and add up to 1. Raises ValueError if not."""
    for provider, share in turn.items():
        if provider not in known:
            raise ValueError(f"unknown TURN provider {provider}: {', '.join(known)}")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of {provider} has to be 0 to 1, not {share}")
    if not math.isclose(sum(turn.values()), 1, abs_tol=1e-6):
        raise ValueError(f"the shares of the TURN providers make {sum(turn.values()):g}, not 1")
    return dict(turn)
