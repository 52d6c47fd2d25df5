"""What calls cost by what was measured, for the published summary. Pure."""

from costs.designs import ours
from costs.forecast import Load, bill
from costs.prices import Prices
from stats.summary import Cost, Pricing, Usage


def pricing(prices: Prices, turn: dict[str, float] | None = None) -> Pricing:
    """Variable cost by `prices` and our mix of TURN providers (shares that make 1)."""
    design = ours(turn)
    as_of = max(price.date for price in prices.table.values()).isoformat()

    def price(usage: Usage) -> Cost | None:
        if usage.calls <= 0:
            return None
        # What was relayed, spread over the calls that are assumed to have been: the product counts.
        share = Load(1).relay_share
        relayed = usage.relay_bytes / 1e9 / usage.calls / share
        load = Load(calls_per_day=1, relay_share=share, payload_gb=relayed)
        return Cost(bill(load, design, prices).per_call * 1_000, prices.currency, as_of)

    return price
