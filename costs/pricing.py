"""What calls cost, from what was measured, for `GET /api/stats`. Pure."""

from msgspec import structs

from costs.deployment import DEV
from costs.designs import ours
from costs.forecast import bill
from costs.model import Load
from costs.prices import Prices
from stats.summary import Cost, Pricing, Usage


def pricing(prices: Prices, turn: dict[str, float] | None = None, stamps: int = 1) -> Pricing:
    """A function from what calls used to their variable cost.

    `turn`: our mix of TURN providers, shares that add up to 1. `stamps`: that each call is in.
    Instances are of the default size and none is always ready: what is deployed is not known here.
    """
    deployment = structs.replace(DEV, stamps=stamps)
    design = ours(turn, deployment)
    as_of = max(price.date for price in prices.table.values()).isoformat()

    def price(usage: Usage) -> Cost | None:
        if usage.calls <= 0:
            return None
        # The bill depends on share × payload only. So the share may be the assumed one.
        share = Load(1).relay_share
        relayed = usage.relay_bytes / 1e9 / usage.calls / share
        load = Load(calls_per_day=1, relay_share=share, payload_gb=relayed)
        return Cost(bill(load, design, deployment, prices).per_call * 1_000, prices.currency, as_of)

    return price
