"""The forecast as a table in plain text. Pure."""

from collections.abc import Sequence

from msgspec import structs

from costs.comparison import TARGET_RATIO, Comparison, Row
from costs.database import Database
from costs.deployment import Deployment
from costs.designs import SEED, ours
from costs.forecast import PEAK_FACTOR, count_call, sockets_at_peak
from costs.model import Bill
from costs.prices import Price, Prices

DEPLOYMENT_WIDTH = 104
UNITS = {
    "calls_per_day": "calls a day",
    "minutes": "minutes a call",
    "relay_share": "of the calls need a relay",
    "payload_gb": "GB a call, both directions",
}


def as_text(comparison: Comparison) -> list[str]:
    """The lines of the table."""
    return [
        "The load",
        *(
            f"  {getattr(comparison.load, name):>10.4g} {UNITS[name]:28}{comparison.sources[name]}"
            for name in UNITS
        ),
        f"  {'':>10} TURN: {_mix(comparison.turn)}; the seed: {_mix(SEED.turn)}",
        "",
        *_deployment(comparison.deployment),
        *(f"  {warning}" for warning in comparison.warnings),
        "",
        *_bills(comparison),
        "",
        *_databases(comparison.databases, comparison.prices.currency),
        "",
        *_sensitivity("Share of relayed calls", comparison.by_share, comparison),
        "",
        *_sensitivity("Our TURN provider", comparison.by_provider, comparison),
        "",
        *_sensitivity("What a call carries", comparison.by_payload, comparison),
        "",
        *_counts(comparison),
        "",
        *_prices(comparison.prices),
    ]


def _deployment(deployment: Deployment) -> list[str]:
    """The options of the command that make this deployment, as many to a line as there is room."""
    lines = [f"The deployment: {deployment.name}"]
    words: list[str] = []
    for field in structs.fields(deployment)[1:]:
        value = getattr(deployment, field.name)
        if value is None:
            continue
        words.append(
            f"{field.name} {value:g}" if isinstance(value, float) else f"{field.name} {value}"
        )
        if len("; ".join(words)) > DEPLOYMENT_WIDTH:
            lines.append("  " + "; ".join(words[:-1]))
            words = words[-1:]
    return [*lines, "  " + "; ".join(words)]


def _databases(found: Sequence[Database], currency: str) -> list[str]:
    """What being awake costs."""
    asleep, _, awake = found[:3]
    basic = next(one for one in found if one.sku == "Basic")
    return [
        f"{'Azure SQL, ' + currency + ' a month':26}{'hours awake a day':>18}{'cost':>10}",
        *(
            f"  {one.sku:24}{one.awake_hours:18.1f}{one.per_month:10.2f}  {one.note}"
            for one in found
        ),
        f"  Serverless that never sleeps: about {awake.per_month:.0f} a month"
        f" instead of {asleep.per_month:.0f} asleep or {basic.per_month:.0f} as Basic",
    ]


def _bills(comparison: Comparison) -> list[str]:
    pair = list(zip(comparison.ours.lines, comparison.seed.lines, strict=True))
    unit, bills = comparison.prices.currency, (comparison.ours, comparison.seed)
    month = [comparison.per_month(bill) for bill in bills]
    per_1000 = [comparison.per_1000(bill) for bill in bills]
    return [
        f"{unit + ', list prices':26}{'per 1,000 calls':>24}{'fixed per month':>24}",
        f"{'':26}{'heliograph':>13}{'seed':>11}{'heliograph':>13}{'seed':>11}",
        *(
            f"  {a.service:24}{a.per_call * 1e3:13.4f}{b.per_call * 1e3:11.4f}"
            f"{a.per_month:13.2f}{b.per_month:11.2f}"
            for a, b in pair
        ),
        _total(comparison.ours, comparison.seed),
        f"  {'in all, a month':24}{'':24}{month[0]:13.2f}{month[1]:11.2f}",
        f"  {'in all, per 1,000 calls':24}{per_1000[0]:13.4f}{per_1000[1]:11.4f}",
        "",
        _verdict(comparison.ratio),
    ]


def _verdict(ratio: float | None) -> str:
    if ratio is None:
        return "Variable cost: the seed's is 0 at these prices, so there is no ratio"
    parts = f", 1/{1 / ratio:.1f}" if 0 < ratio < 1 else ""
    met = "met" if ratio <= TARGET_RATIO else "MISSED"
    target = f"target: at most {TARGET_RATIO:.3f}, {met}"
    return f"Variable cost: {ratio:.3f} of the seed's{parts} ({target})"


def _total(ours: Bill, seed: Bill) -> str:
    variable = f"{ours.per_call * 1e3:13.4f}{seed.per_call * 1e3:11.4f}"
    return f"  {'in all':24}{variable}{ours.fixed:13.2f}{seed.fixed:11.2f}"


def _sensitivity(title: str, rows: Sequence[Row], comparison: Comparison) -> list[str]:
    head = f"{title}; {comparison.prices.currency} per 1,000 calls, variable"
    return [
        f"{head:58}{'heliograph':>13}{'seed':>11}{'ratio':>9}",
        *(f"  {row.case:56}{row.ours:13.4f}{row.seed:11.4f}{_ratio(row)}" for row in rows),
    ]


def _ratio(row: Row) -> str:
    return f"{'-':>9}" if row.ratio is None else f"{row.ratio:9.3f}"


def _counts(comparison: Comparison) -> list[str]:
    """What a call does by its design. This is not measured."""
    load, deployment = comparison.load, comparison.deployment
    design = ours(comparison.turn, deployment)
    mine, seed = count_call(load, design), count_call(load, SEED)
    names = {
        "executions": "function executions",
        "messages": "SignalR messages of 2 KB",
        "transactions": "storage transactions",
        "sql": "SQL statements",
    }
    connected = (
        f"{load.connected:.1f} peers in calls on average, {PEAK_FACTOR} times that at peak:"
        f" {sockets_at_peak(load, design, deployment):.0f} sockets in each stamp"
    )
    return [
        f"{'A call, counted in the design':26}{'heliograph':>21}{'seed':>11}",
        *(f"  {s:30}{getattr(mine, n):15.2f}{getattr(seed, n):11.2f}" for n, s in names.items()),
        f"  {connected}",
        "  The seed sends each message to all peers that are in calls",
    ]


def _prices(prices: Prices) -> list[str]:
    def row(name: str) -> str:
        price = prices.table[name]
        cost = f"{price.amount:g} {price.currency} / {price.unit}"
        return f"  {name:40}{cost:34}{price.date} {_seen(price)}"

    return ["Prices (sources: in the prices file)", *map(row, prices.table)]


def _seen(price: Price) -> str:
    if price.verified:
        return "verified"
    return "from memory" if "from memory" in price.source else "second-hand"


def _mix(turn: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in turn.items())
