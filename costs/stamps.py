"""What a call of two peers uses with one stamp, with two, and with two whose sockets sleep. Pure.

By the counts of costs/call.py. Money is the variable cost at list prices where nothing is free any
more: no always-ready instance has time, SignalR's units are full and its included messages used.
TURN is left out: a second stamp changes nothing of it.
"""

from msgspec import Struct, structs

from costs.deployment import DEV, Deployment
from costs.designs import ours
from costs.forecast import (
    CONNECTIONS_PER_UNIT,
    PEAK_FACTOR,
    count_call,
    execution,
    signalr_units,
)
from costs.model import HOURS_PER_MONTH, Design, Load
from costs.prices import Prices

_PLAIN = structs.replace(DEV, signalr_sku="Standard_S1")
WAYS = {
    "one stamp": _PLAIN,
    "two stamps": structs.replace(_PLAIN, stamps=2),
    "two, asleep": structs.replace(_PLAIN, stamps=2, sockets_sleep=True),
}
MANY_CALLS = 100_000  # a day
LONGEST_MINUTES = 24 * 60  # a room lives no longer


class Usage(Struct, frozen=True, rename="camel"):
    """Of one call, by both peers together, in all stamps."""

    executions: float  # of functions
    messages: float  # of SignalR, in units of 2 KB
    transactions: float  # of storage
    sockets: float  # opened
    socket_minutes: float
    unit_hours: float  # of SignalR: 1,000 sockets are one unit
    per_1000: float  # cost of 1,000 calls, in the currency of the prices
    units: int  # of SignalR that MANY_CALLS such calls a day need at peak


def usage(minutes: float, deployment: Deployment, prices: Prices) -> Usage:
    """What a call of `minutes` uses."""
    load, design = Load(MANY_CALLS, minutes), ours(None, deployment)
    call = count_call(load, design)
    socket_minutes = design.stamps * design.socket_minutes(minutes)
    unit_hours = socket_minutes / 60 / CONNECTIONS_PER_UNIT
    return Usage(
        executions=call.executions,
        messages=call.messages,
        transactions=call.transactions,
        sockets=design.sockets,
        socket_minutes=socket_minutes,
        unit_hours=unit_hours,
        per_1000=1_000 * (_by_use(load, design, prices) + _by_time(unit_hours, prices)),
        units=signalr_units(load, design, deployment),
    )


def pays_from(prices: Prices) -> int | None:
    """The minutes from which on calls cost less with sockets that sleep; None if never."""
    awake, asleep = WAYS["two stamps"], WAYS["two, asleep"]

    def pays(minutes: int) -> bool:
        return usage(minutes, asleep, prices).per_1000 < usage(minutes, awake, prices).per_1000

    # From the end: each renewal costs more asleep, so a call that is a little longer may not pay.
    lengths = range(LONGEST_MINUTES, 0, -1)
    last = next((minutes for minutes in lengths if not pays(minutes)), 0)
    return None if last == LONGEST_MINUTES else last + 1


def _by_use(load: Load, design: Design, prices: Prices) -> float:
    """Executions and what they log, messages, storage; in a call."""
    call = count_call(load, design)
    logged = call.executions * design.log_gb + call.rows * design.row_gb
    return (
        call.executions * execution(design, prices)
        + call.messages * prices.each("signalr_messages")
        + call.transactions * prices.each("storage_transactions")
        + logged * prices.each("log_analytics")
    )


def _by_time(unit_hours: float, prices: Prices) -> float:
    """Units are there for the peak, and paid all day."""
    return unit_hours * PEAK_FACTOR * prices.each("signalr_unit") / HOURS_PER_MONTH
