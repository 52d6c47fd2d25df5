"""`python -m costs stamps`: what a call uses with one stamp, with two, and with two asleep."""

import argparse
import math
from pathlib import Path

import msgspec
from msgspec import Struct

from costs.commands.forecast import PRICES, read_prices
from costs.prices import Prices
from costs.stamps import LONGEST_MINUTES, MANY_CALLS, WAYS, Usage, pays_from, usage

MINUTES = (10.0, 60.0)
ROWS = {
    "executions": ("function executions", ".2f"),
    "messages": ("SignalR messages of 2 KB", ".2f"),
    "transactions": ("storage operations", ".2f"),
    "sockets": ("sockets opened", ".0f"),
    "socket_minutes": ("socket-minutes", ".1f"),
    "unit_hours": ("unit-hours of SignalR", ".5f"),
    "per_1000": ("{currency} per 1,000 calls, without TURN", ".4f"),
    "units": (f"units of SignalR, {MANY_CALLS:,} calls a day", ".0f"),
}


class Length(Struct, frozen=True, rename="camel"):
    """Calls of one length, by how many stamps they are in."""

    minutes: float
    ways: dict[str, Usage]


class Answer(Struct, frozen=True, rename="camel"):
    """What `--json` prints. `sleep_pays_from`: minutes; null if it never does."""

    calls: tuple[Length, ...]
    sleep_pays_from: int | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--minutes", type=float, nargs="+", default=MINUTES, metavar="N", help="lengths of a call"
    )
    parser.add_argument("--prices", type=Path, default=PRICES, metavar="FILE", help="TOML")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the table or the JSON. Raises SystemExit with a sentence for a bad option."""
    if not all(math.isfinite(m) and 1 <= m <= LONGEST_MINUTES for m in args.minutes):
        raise SystemExit(f"stamps: --minutes takes 1 to {LONGEST_MINUTES}")
    try:
        prices = read_prices(args.prices)
    except ValueError as error:
        raise SystemExit(f"stamps: {error}") from None
    answer = Answer(tuple(length(m, prices) for m in args.minutes), pays_from(prices))
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        print("\n".join(as_text(answer, prices.currency)))
    return 0


def length(minutes: float, prices: Prices) -> Length:
    """Calls of `minutes`, each way."""
    return Length(minutes, {name: usage(minutes, way, prices) for name, way in WAYS.items()})


def as_text(answer: Answer, currency: str) -> list[str]:
    """The lines of the table."""
    lines: list[str] = []
    for calls in answer.calls:
        title = f"A call of two peers, {calls.minutes:g} minutes"
        lines += [f"{title:44}" + "".join(f"{name:>14}" for name in calls.ways)]
        lines += [_row(field, calls, currency) for field in ROWS] + [""]
    pays = answer.sleep_pays_from
    verdict = "never pay" if pays is None else f"pay for calls of {pays} minutes and more"
    return [*lines, f"Sockets that sleep {verdict}, at these prices"]


def _row(field: str, calls: Length, currency: str) -> str:
    words, form = ROWS[field]
    figures = (format(getattr(way, field), form) for way in calls.ways.values())
    return f"  {words.format(currency=currency):42}" + "".join(
        f"{figure:>14}" for figure in figures
    )
