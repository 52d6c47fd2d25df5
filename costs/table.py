"""The forecast as a table and as JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from costs.comparison import TARGET, Comparison, Row
from costs.designs import OURS, SEED
from costs.forecast import PEAK, Bill, count
from costs.prices import Prices

UNITS = {
    "calls_per_day": "calls a day",
    "minutes": "minutes a call",
    "relay_share": "of the calls need a relay",
    "payload_gb": "GB a call, both directions",
}


def as_text(of: Comparison) -> list[str]:
    return [
        "The load",
        *(
            f"  {getattr(of.known.load, name):>10.4g} {UNITS[name]:28}{of.known.sources[name]}"
            for name in UNITS
        ),
        f"  {'':>10} TURN: {_mix(of.turn)}; the seed: {_mix(SEED.turn)}",
        "",
        *_bills(of),
        "",
        *_sensitivity("Share of relayed calls", of.by_share, of),
        "",
        *_sensitivity("Our TURN provider", of.by_provider, of),
        "",
        *_sensitivity("What a call carries", of.by_payload, of),
        "",
        *_counts(of),
        "",
        *_prices(of.prices),
    ]


def _bills(of: Comparison) -> list[str]:
    pair = list(zip(of.ours.lines, of.seed.lines, strict=True))
    unit = of.prices.currency
    return [
        f"{unit + ', list prices':26}{'per 1,000 calls':>24}{'fixed per month':>24}",
        f"{'':26}{'heliograph':>13}{'seed':>11}{'heliograph':>13}{'seed':>11}",
        *(
            f"  {a.service:24}{a.per_call * 1e3:13.4f}{b.per_call * 1e3:11.4f}"
            f"{a.per_month:13.2f}{b.per_month:11.2f}"
            for a, b in pair
        ),
        _total(of.ours, of.seed),
        f"  {'in all, a month':24}{'':24}{of.a_month(of.ours):13.2f}{of.a_month(of.seed):11.2f}",
        f"  {'in all, per 1,000 calls':24}{_all(of, of.ours):13.4f}{_all(of, of.seed):11.4f}",
        "",
        _verdict(of.ratio),
    ]


def _verdict(ratio: float | None) -> str:
    if ratio is None:
        return "Variable cost: the seed's is nothing at these prices, so there is no ratio"
    parts = f", 1/{1 / ratio:.1f}" if 0 < ratio < 1 else ""
    met = "met" if ratio <= TARGET else "MISSED"
    return f"Variable cost: {ratio:.3f} of the seed's{parts} (target: at most {TARGET:.3f}, {met})"


def _all(of: Comparison, bill: Bill) -> float:
    """Fixed and variable, of 1,000 calls."""
    return of.a_month(bill) / of.calls_a_month * 1_000


def _total(ours: Bill, seed: Bill) -> str:
    variable = f"{ours.per_call * 1e3:13.4f}{seed.per_call * 1e3:11.4f}"
    return f"  {'in all':24}{variable}{ours.fixed:13.2f}{seed.fixed:11.2f}"


def _sensitivity(title: str, rows: Sequence[Row], of: Comparison) -> list[str]:
    head = f"{title}; {of.prices.currency} per 1,000 calls, variable"
    return [
        f"{head:58}{'heliograph':>13}{'seed':>11}{'ratio':>9}",
        *(f"  {row.case:56}{row.ours:13.4f}{row.seed:11.4f}{_ratio(row)}" for row in rows),
    ]


def _ratio(row: Row) -> str:
    return f"{'-':>9}" if row.ratio is None else f"{row.ratio:9.3f}"


def _counts(of: Comparison) -> list[str]:
    """Counted in the design, not measured."""
    ours, seed = count(of.known.load, OURS), count(of.known.load, SEED)
    names = {
        "executions": "function executions",
        "messages": "SignalR messages of 2 KB",
        "transactions": "storage transactions",
        "sql": "SQL statements",
    }
    connected = f"{of.known.load.connected:.1f} sockets open on average, {PEAK} times that at peak"
    return [
        f"{'A call, counted in the design':26}{'heliograph':>21}{'seed':>11}",
        *(f"  {s:30}{getattr(ours, n):15.2f}{getattr(seed, n):11.2f}" for n, s in names.items()),
        f"  {connected}; the seed sends each message to all of them",
    ]


def _prices(prices: Prices) -> list[str]:
    def row(name: str) -> str:
        price = prices.table[name]
        seen = "verified" if price.verified else "second-hand"
        cost = f"{price.amount:g} {price.currency} / {price.unit}"
        return f"  {name:34}{cost:34}{price.date} {seen}"

    return ["Prices (sources: in the prices file)", *map(row, prices.table)]


def _mix(turn: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in turn.items())


def as_json(of: Comparison) -> dict[str, Any]:
    known = of.known
    return {
        "currency": of.prices.currency,
        "load": {
            name: {"value": getattr(known.load, name), "unit": unit, "source": known.sources[name]}
            for name, unit in UNITS.items()
        },
        "turn": of.turn,
        "heliograph": _bill_json(of, of.ours),
        "seed": _bill_json(of, of.seed),
        "ratio": of.ratio,
        "target": TARGET,
        "relayShare": _rows_json(of.by_share),
        "provider": _rows_json(of.by_provider),
        "payload": _rows_json(of.by_payload),
        "prices": msgspec.to_builtins(of.prices.table),
    }


def _bill_json(of: Comparison, bill: Bill) -> dict[str, Any]:
    return {
        "services": {
            line.service: {"per1000": line.per_call * 1e3, "fixedPerMonth": line.per_month}
            for line in bill.lines
        },
        "variablePer1000": bill.per_call * 1e3,
        "fixedPerMonth": bill.fixed,
        "perMonth": of.a_month(bill),
        "per1000": _all(of, bill),
    }


def _rows_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [{**structs.asdict(row), "ratio": row.ratio} for row in rows]
