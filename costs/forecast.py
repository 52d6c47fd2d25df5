"""The arithmetic: what the calls of a load cost in a design, by service. Pure.

kbps are 1,000 bit/s; the other units are those of model.py. Prices are list prices: what vendors
give for free is not deducted.
"""

import math
from collections.abc import Mapping

from msgspec import structs

from costs import standing
from costs.deployment import Deployment
from costs.model import MINUTES_PER_DAY, Bill, Design, Line, Load, Step
from costs.prices import Prices

SECONDS_PER_DAY = 24 * 60 * 60
PEAK_FACTOR = 4  # connections at the busiest time over the mean; assumed
CONNECTIONS_PER_UNIT = 1_000  # of SignalR
FREE_MESSAGES_PER_UNIT = 1_000_000  # a day, included in the price of a unit
FREE_SKU_CONNECTIONS, FREE_SKU_MESSAGES = 20, 20_000  # of Free_F1, the latter a day
SIGNALR_PRICES = {"Standard_S1": "signalr_unit", "Premium_P1": "signalr_premium_unit"}
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

    def times(step: Step) -> float:
        again = load.minutes // step.every_minutes if step.every_minutes else 1
        return again * (load.relay_share if step.relayed else 1)

    def total(field: str) -> float:
        return float(sum(getattr(step, field) * times(step) for step in design.steps))

    broadcast = design.broadcasts * 2 * max(2, load.connected)
    return Step(
        "a call",
        executions=total("executions"),
        messages=total("messages") + broadcast,
        transactions=total("transactions"),
        sql=total("sql"),
        vault=total("vault"),
        rows=total("rows"),
    )


def bill(load: Load, design: Design, deployment: Deployment, prices: Prices) -> Bill:
    """The cost by service: what grows with the calls, and what is there without any."""
    call = count_call(load, design)
    endpoints, zones = standing.network(deployment, call.sql, prices)
    alerts, tests = standing.watching(deployment, prices)
    lines = (
        _functions(load, design, deployment, prices),
        standing.always_ready(deployment, prices),
        _signalr(load, design, deployment, prices),
        standing.storage(design, deployment, call.transactions, prices),
        standing.sql(load, deployment, prices),
        standing.logs(design, deployment, call.executions, call.rows, prices),
        alerts,
        tests,
        endpoints,
        zones,
        standing.vault(design, deployment, call.vault, prices),
        standing.site(deployment, prices),
        Line("TURN", turn_cost(load, design, prices), 0),
    )
    return Bill(design.name, lines)


def _functions(load: Load, design: Design, deployment: Deployment, prices: Prices) -> Line:
    """Executions. Those of HTTP and SignalR triggers run on always-ready instances if some are."""
    on_demand = structs.replace(
        design, steps=tuple(step for step in design.steps if step.on_demand)
    )
    others = count_call(load, on_demand).executions
    http = count_call(load, design).executions - others
    warm = warm_share(load, http, design, deployment)
    cold_price, warm_price = execution(design, prices), execution(design, prices, warm=True)
    http_price = warm * warm_price + (1 - warm) * cold_price
    timers = standing.total(design.routines, "executions")
    tests = standing.total(standing.routines(design, deployment), "executions") - timers
    return Line(
        "Functions",
        http * http_price + others * cold_price,
        deployment.stamps * (timers * cold_price + tests * http_price),
    )


def warm_share(load: Load, http: float, design: Design, deployment: Deployment) -> float:
    """The share of the executions of HTTP that always-ready instances have time for, 0 to 1.

    `http`: executions of a call. As everywhere here, no two share an instance's second.
    """
    needed = load.calls_per_day * http * design.seconds
    ready = deployment.stamps * deployment.function_always_ready * SECONDS_PER_DAY
    return min(1.0, ready / needed) if needed else float(ready > 0)


def execution(design: Design, prices: Prices, *, warm: bool = False) -> float:
    """The cost of one execution: a price for each, and a price for memory × time.

    `warm`: on an always-ready instance, whose waiting is paid for besides.
    """
    gb_seconds = prices.each(
        "functions_flex_always_ready_gb_seconds" if warm else f"functions_{design.plan}_gb_seconds"
    )
    start = prices.each(f"functions_{design.plan}_executions")
    return start + design.seconds * design.memory * gb_seconds


def sockets_at_peak(load: Load, design: Design, deployment: Deployment) -> float:
    """Open in one stamp at the busiest time. Calls spread over the stamps, or are in all."""
    average = load.calls_per_day * design.socket_minutes(load.minutes) / MINUTES_PER_DAY
    return average * PEAK_FACTOR * design.stamps / deployment.stamps


def signalr_units(load: Load, design: Design, deployment: Deployment) -> int:
    """Units of all stamps: as many as are deployed, or as the sockets need."""
    needed = math.ceil(sockets_at_peak(load, design, deployment) / CONNECTIONS_PER_UNIT)
    return deployment.stamps * max(deployment.signalr_units, needed)


def _signalr(load: Load, design: Design, deployment: Deployment, prices: Prices) -> Line:
    """Messages beyond the free ones, and units. Free_F1 takes no more than it holds."""
    if deployment.signalr_sku == "Free_F1":
        return Line("SignalR", 0, 0)
    messages = count_call(load, design).messages
    units = signalr_units(load, design, deployment)
    beyond = max(0.0, load.calls_per_day * messages - units * FREE_MESSAGES_PER_UNIT)  # a day
    unit = prices.each(SIGNALR_PRICES[deployment.signalr_sku])
    each = prices.each("signalr_messages")
    return Line("SignalR", beyond * each / load.calls_per_day, units * unit)


def too_much(load: Load, design: Design, deployment: Deployment) -> str | None:
    """Why the free SKU of SignalR does not hold this load, in words; None if it does."""
    if deployment.signalr_sku != "Free_F1":
        return None
    sockets = sockets_at_peak(load, design, deployment)
    messages = count_call(load, design).messages * load.calls_per_day / deployment.stamps
    if sockets <= FREE_SKU_CONNECTIONS and messages <= FREE_SKU_MESSAGES:
        return None
    return (
        f"Free_F1 holds {FREE_SKU_CONNECTIONS} sockets and {FREE_SKU_MESSAGES:,} messages a day;"
        f" this load has {sockets:.0f} at peak and {messages:,.0f}"
    )


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
