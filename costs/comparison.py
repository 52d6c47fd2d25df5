"""Our design and the seed's, compared: with the load, and with other assumptions. Pure."""

from msgspec import Struct, structs

from costs import database
from costs.database import Database
from costs.deployment import Deployment
from costs.designs import SEED, ours, seed_deployment
from costs.forecast import AUDIO_KBPS, VIDEO_KBPS, bill, media_gb, ratio, too_much
from costs.measured import SourcedLoad
from costs.model import DAYS_PER_MONTH, Bill, Design, Load
from costs.prices import TURN, Prices

TARGET_RATIO = 0.1  # of the seed's variable cost, at most
SHARES = (0.10, 0.15, 0.20, 0.25, 0.30)  # of relayed calls


class Row(Struct, frozen=True):
    """The variable cost of 1,000 calls in one case."""

    case: str
    ours: float
    seed: float

    @property
    def ratio(self) -> float | None:
        """Ours over the seed's; None if the seed's is 0."""
        return ratio(self.ours, self.seed)


class Comparison(Struct, frozen=True):
    """The two bills for one load, and the same for other shares, providers and payloads."""

    load: Load
    sources: dict[str, str]  # where each figure of the load comes from
    prices: Prices
    deployment: Deployment  # ours; the seed's follows from it
    turn: dict[str, float]  # our mix
    ours: Bill
    seed: Bill
    by_share: tuple[Row, ...]
    by_provider: tuple[Row, ...]
    by_payload: tuple[Row, ...]
    databases: tuple[Database, ...]  # what ours may be
    warnings: tuple[str, ...] = ()  # what this deployment does not hold

    @property
    def ratio(self) -> float | None:
        """Our variable cost over the seed's; None if the seed's is 0."""
        return ratio(self.ours.per_call, self.seed.per_call)

    @property
    def calls_per_month(self) -> float:
        """The calls of the load in an average month."""
        return self.load.calls_per_day * DAYS_PER_MONTH

    def per_month(self, bill: Bill) -> float:
        """Fixed and variable cost of a month."""
        return bill.fixed + bill.per_call * self.calls_per_month

    def per_1000(self, bill: Bill) -> float:
        """Fixed and variable cost of 1,000 calls."""
        return self.per_month(bill) / self.calls_per_month * 1_000


def compare(
    sourced: SourcedLoad,
    prices: Prices,
    deployment: Deployment,
    turn: dict[str, float] | None = None,
) -> Comparison:
    """`turn`: our mix of TURN providers, shares that add up to 1; None: the default."""
    load, design = sourced.load, ours(turn, deployment)

    def row(case: str, load: Load, design: Design = design) -> Row:
        return _row(case, load, design, deployment, prices)

    warning = too_much(load, design, deployment)
    return Comparison(
        load=load,
        sources=sourced.sources,
        prices=prices,
        deployment=deployment,
        turn=design.turn,
        ours=bill(load, design, deployment, prices),
        seed=bill(load, SEED, seed_deployment(deployment), prices),
        by_share=tuple(
            row(f"{share:.2f}", structs.replace(load, relay_share=share)) for share in SHARES
        ),
        by_provider=tuple(row(name, load, ours({name: 1.0}, deployment)) for name in TURN),
        by_payload=tuple(
            row(case, structs.replace(load, payload_gb=gb))
            for case, gb in _payloads(load.minutes).items()
        ),
        databases=database.choices(load, deployment, prices),
        warnings=() if warning is None else (warning,),
    )


def _payloads(minutes: float) -> dict[str, float]:
    """What a call may carry, in GB, both directions together."""
    both = AUDIO_KBPS + VIDEO_KBPS
    return {
        "no payload": 0,
        f"audio, {AUDIO_KBPS} kbps each way": media_gb(AUDIO_KBPS, minutes),
        "a file of 100 MB": 0.1,
        f"audio and video, {both:,} kbps each way": media_gb(both, minutes),
    }


def _row(case: str, load: Load, design: Design, deployment: Deployment, prices: Prices) -> Row:
    ours = bill(load, design, deployment, prices).per_call
    seed = bill(load, SEED, seed_deployment(deployment), prices).per_call
    return Row(case, ours * 1_000, seed * 1_000)
