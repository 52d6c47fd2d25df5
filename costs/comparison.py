"""This design beside the seed's, and what changes when an assumption does. Pure."""

from msgspec import Struct, structs

from costs.designs import SEED, ours
from costs.forecast import AUDIO, DAYS, VIDEO, Bill, Design, Load, bill, media_gb, ratio
from costs.measured import Known
from costs.prices import TURN, Prices

TARGET = 0.1  # of the seed's variable cost
SHARES = (0.10, 0.15, 0.20, 0.25, 0.30)  # of relayed calls


class Row(Struct, frozen=True):
    """Variable cost of 1,000 calls when one thing is different."""

    case: str
    ours: float
    seed: float

    @property
    def ratio(self) -> float | None:
        return ratio(self.ours, self.seed)


class Comparison(Struct, frozen=True):
    known: Known
    prices: Prices
    turn: dict[str, float]  # our mix
    ours: Bill
    seed: Bill
    by_share: tuple[Row, ...]
    by_provider: tuple[Row, ...]
    by_payload: tuple[Row, ...]

    @property
    def ratio(self) -> float | None:
        """Of the variable cost."""
        return ratio(self.ours.per_call, self.seed.per_call)

    @property
    def calls_a_month(self) -> float:
        return self.known.load.calls_per_day * DAYS

    def a_month(self, of: Bill) -> float:
        return of.fixed + of.per_call * self.calls_a_month


def compare(known: Known, prices: Prices, turn: dict[str, float] | None = None) -> Comparison:
    """`turn`: our mix of providers, shares that make 1."""
    load, design = known.load, ours(turn)
    return Comparison(
        known=known,
        prices=prices,
        turn=design.turn,
        ours=bill(load, design, prices),
        seed=bill(load, SEED, prices),
        by_share=tuple(
            _row(f"{share:.2f}", structs.replace(load, relay_share=share), design, prices)
            for share in SHARES
        ),
        by_provider=tuple(_row(name, load, ours({name: 1.0}), prices) for name in TURN),
        by_payload=tuple(
            _row(case, structs.replace(load, payload_gb=gb), design, prices)
            for case, gb in _payloads(load.minutes).items()
        ),
    )


def _payloads(minutes: float) -> dict[str, float]:
    """GB of a call, both directions together."""
    return {
        "no payload": 0,
        f"audio, {AUDIO} kbps each way": media_gb(AUDIO, minutes),
        "a file of 100 MB": 0.1,
        f"audio and video, {AUDIO + VIDEO:,} kbps each way": media_gb(AUDIO + VIDEO, minutes),
    }


def _row(case: str, load: Load, design: Design, prices: Prices) -> Row:
    one, two = bill(load, design, prices), bill(load, SEED, prices)
    return Row(case, one.per_call * 1_000, two.per_call * 1_000)
