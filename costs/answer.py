"""The forecast as JSON: `python -m costs forecast --json`. Pure.

On the wire the names are in camel case. Money is in `currency`.
"""

from collections.abc import Sequence

from msgspec import Struct

from costs.comparison import TARGET_RATIO, Comparison, Row
from costs.database import Database
from costs.deployment import Deployment
from costs.model import Bill
from costs.prices import Price
from costs.table import UNITS


class Figure(Struct, frozen=True):
    """A figure of the load, and where it comes from."""

    value: float
    unit: str
    source: str


class ServiceCost(Struct, frozen=True, rename="camel"):
    """What a service costs: variable per 1,000 calls, fixed per month."""

    per1000: float
    fixed_per_month: float


class DesignCost(Struct, frozen=True, rename="camel"):
    """What a design costs: by service, and in all."""

    services: dict[str, ServiceCost]
    variable_per1000: float
    fixed_per_month: float
    per_month: float  # fixed and variable
    per1000: float  # likewise


class CaseCost(Struct, frozen=True):
    """The variable cost of 1,000 calls in one case."""

    case: str
    ours: float
    seed: float
    ratio: float | None


class Forecast(Struct, frozen=True, rename="camel"):
    """The whole answer."""

    currency: str
    load: dict[str, Figure]
    deployment: Deployment  # its fields are named as the variables of infra/
    warnings: tuple[str, ...]  # what the deployment does not hold
    turn: dict[str, float]  # our mix of TURN providers
    heliograph: DesignCost
    seed: DesignCost
    ratio: float | None
    target: float
    relay_share: tuple[CaseCost, ...]
    provider: tuple[CaseCost, ...]
    payload: tuple[CaseCost, ...]
    databases: tuple[Database, ...]
    prices: dict[str, Price]


def as_answer(comparison: Comparison) -> Forecast:
    """What `--json` prints."""
    return Forecast(
        currency=comparison.prices.currency,
        load={
            name: Figure(getattr(comparison.load, name), unit, comparison.sources[name])
            for name, unit in UNITS.items()
        },
        deployment=comparison.deployment,
        warnings=comparison.warnings,
        turn=comparison.turn,
        heliograph=_design_cost(comparison, comparison.ours),
        seed=_design_cost(comparison, comparison.seed),
        ratio=comparison.ratio,
        target=TARGET_RATIO,
        relay_share=_case_costs(comparison.by_share),
        provider=_case_costs(comparison.by_provider),
        payload=_case_costs(comparison.by_payload),
        databases=comparison.databases,
        prices=comparison.prices.table,
    )


def _design_cost(comparison: Comparison, bill: Bill) -> DesignCost:
    return DesignCost(
        services={
            line.service: ServiceCost(line.per_call * 1e3, line.per_month) for line in bill.lines
        },
        variable_per1000=bill.per_call * 1e3,
        fixed_per_month=bill.fixed,
        per_month=comparison.per_month(bill),
        per1000=comparison.per_1000(bill),
    )


def _case_costs(rows: Sequence[Row]) -> tuple[CaseCost, ...]:
    return tuple(CaseCost(row.case, row.ours, row.seed, row.ratio) for row in rows)
