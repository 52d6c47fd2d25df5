"""What the services' promises (SLA) make together. Pure.

A chain works while all its parts work: a product. Of several chains side by side one is enough.
Both assume that outages are independent; `shared` says what one common cause does to that.
"""

from collections.abc import Iterable
from math import prod

from msgspec import Struct

MONTH, YEAR = 365 / 12 * 24 * 60, 365 * 24 * 60  # minutes


class Part(Struct, frozen=True):
    name: str
    promise: float  # share of time, 0-1
    why: str = ""
    needed: float = 1.0  # share of the calls that need it


# The seed's figures. What is known are its results (99.739 %; 99.949 %; 99.9985 %); of promises
# that Azure and TURN vendors give, only 99.9, 3 × 99.95, 99.99 and 99.999 % make all three, with
# one 99.95 and the 99.999 outside the region. Which service carries which is our reading: its
# Terraform names SignalR Premium for production. Key Vault promises the same 99.99 % as SQL:
# only one of the two can be in the product, both would make 99.729 %.
SEED_REGION = (
    Part("SignalR Premium", 0.9995),
    Part("Functions", 0.9995),
    Part("Storage", 0.999),
    Part("Azure SQL", 0.9999, "a transaction before every message"),
)
SEED_TURN = Part("TURN (Metered)", 0.99999)
SITE = Part("static site", 0.9995, "the page itself")

# Ours. A stamp is one region's set.
STAMP = (
    Part("SignalR Standard", 0.999, "carries the offers"),
    Part("Functions", 0.9995, "negotiate, relay"),
    Part("Storage", 0.999, "the room's document"),
)
TURN = Part("TURN, two vendors", 1 - (1 - 0.999) ** 2, "99.9 % each, assumed", needed=0.20)
ASIDE = (
    Part("Azure SQL", 0.9999, "reports wait in a queue"),
    Part("Key Vault", 0.9999, "read at start, cached, served stale for a day"),
    Part("Log Analytics", 0.999, "nobody waits for a log"),
)


class Case(Struct, frozen=True):
    name: str
    available: float  # share of time
    note: str = ""

    @property
    def minutes_a_month(self) -> float:
        """Not available."""
        return (1 - self.available) * MONTH

    @property
    def minutes_a_year(self) -> float:
        return (1 - self.available) * YEAR


def chain(parts: Iterable[Part]) -> float:
    """All of them, for the average call: who does not need a part does not miss it."""
    return prod(1 - part.needed * (1 - part.promise) for part in parts)


def either(available: float, count: int = 2) -> float:
    """One of `count` that fail independently."""
    return float(1 - (1 - available) ** count)


def shared(available: float, common: float) -> float:
    """One of two, when `common` (0-1) of the outages of one hit both at once."""
    down = 1 - available
    return 1 - common * down - ((1 - common) * down) ** 2


def seed_cases() -> list[Case]:
    region, site, turn = chain(SEED_REGION), SITE.promise, SEED_TURN.promise
    return [
        Case("one region", region * site * turn, "the seed's 99.7 %"),
        Case("two regions, one static site", either(region) * site * turn),
        Case("two regions, two static sites", either(region) * either(site) * turn),
    ]


def our_cases() -> list[Case]:
    stamp, site, turn = chain(STAMP), SITE.promise, chain([TURN])
    premium = chain([SEED_REGION[0], *STAMP[1:]])
    return [
        Case("one stamp", stamp * site * turn, "as the client does today"),
        Case("one stamp, were the rest essential too", stamp * site * turn * chain(ASIDE)),
        Case("one stamp, SignalR Premium", premium * site * turn, "like for like with the seed"),
        Case("two stamps, one static site", either(stamp) * site * turn, DESIGN),
        Case("two stamps, two static sites", either(stamp) * either(site) * turn, DESIGN),
    ]


def common_cause(common: float) -> Case:
    """Two stamps and two sites, when some outages are not independent."""
    stamp, site = shared(chain(STAMP), common), shared(SITE.promise, common)
    return Case(f"if {common:.0%} of outages hit both", stamp * site * chain([TURN]), DESIGN)


DESIGN = "design"  # not what runs
CAVEAT = (
    "Two stamps are the design's arithmetic, not yet what the client does: it knows one backend.",
    "Outages are taken as independent. A bad deployment or a fault of the whole vendor is not.",
    "A promise (SLA) is what is refunded, not what was measured.",
)
