"""How available a design is, by the availability that vendors promise (SLA). Pure.

A chain works while all its parts work, so its availability is a product. Of several chains in
parallel, one is enough. Both assume independent outages; `shared` is for outages with one cause.
"""

from collections.abc import Iterable
from math import prod

from msgspec import Struct

MINUTES_PER_YEAR = 365 * 24 * 60
MINUTES_PER_MONTH = MINUTES_PER_YEAR / 12


class Part(Struct, frozen=True):
    """A service of a chain."""

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
    Part("Functions", 0.9995, "negotiate, signal"),
    Part("Storage", 0.999, "the room's document"),
)
TURN = Part("TURN, two vendors", 1 - (1 - 0.999) ** 2, "99.9 % each, assumed", needed=0.20)
ASIDE = (
    Part("Azure SQL", 0.9999, "reports wait in a queue"),
    Part("Key Vault", 0.9999, "read at start; a cached secret is served for a day"),
    Part("Log Analytics", 0.999, "no call waits for a log"),
)


class Case(Struct, frozen=True):
    """An arrangement of chains, and how available it is."""

    name: str
    available: float  # share of time
    note: str = ""

    @property
    def minutes_per_month(self) -> float:
        """Minutes of an average month in which it is not available."""
        return (1 - self.available) * MINUTES_PER_MONTH

    @property
    def minutes_per_year(self) -> float:
        """Minutes of a year in which it is not available."""
        return (1 - self.available) * MINUTES_PER_YEAR


def chain(parts: Iterable[Part]) -> float:
    """The availability of all parts together, for the average call.

    A part that only some calls need counts for those calls.
    """
    return prod(1 - part.needed * (1 - part.promise) for part in parts)


def either(available: float, count: int = 2) -> float:
    """At least one of `count` chains works, if they fail independently."""
    return float(1 - (1 - available) ** count)


def shared(available: float, common: float) -> float:
    """At least one of two chains works. `common` (0-1): the share of outages that hit both."""
    down = 1 - available
    return 1 - common * down - ((1 - common) * down) ** 2


def seed_cases() -> list[Case]:
    """The seed's design, with one region and with two."""
    region, site, turn = chain(SEED_REGION), SITE.promise, SEED_TURN.promise
    return [
        Case("one region", region * site * turn, "the seed's 99.7 %"),
        Case("two regions, one static site", either(region) * site * turn),
        Case("two regions, two static sites", either(region) * either(site) * turn),
    ]


def signaling_cases() -> list[Case]:
    """This design for whoever has the page: with one stamp, and with two at once.

    The last: if that share of all outages hits both stamps.
    """
    stamp, turn = chain(STAMP), chain([TURN])
    return [
        Case("one stamp", stamp * turn),
        Case("two stamps at once", either(stamp) * turn, "one that answers is enough"),
        *(
            Case(f"if {common:.0%} of outages hit both", shared(stamp, common) * turn)
            for common in COMMON_SHARES
        ),
    ]


def our_cases() -> list[Case]:
    """This design with the page, which has to be loaded first, and with other assumptions."""
    stamp, site, turn = chain(STAMP), SITE.promise, chain([TURN])
    premium = chain([SEED_REGION[0], *STAMP[1:]])
    return [
        Case("one stamp", stamp * site * turn),
        Case("one stamp, if the rest were essential", stamp * site * turn * chain(ASIDE)),
        Case("one stamp, SignalR Premium", premium * site * turn, "to compare with the seed"),
        Case("two stamps, one static site", either(stamp) * site * turn, "as infra/ has it"),
        Case("two stamps, two static sites", either(stamp) * either(site) * turn, DESIGN),
    ]


COMMON_SHARES = (0.01, 0.10)  # of outages that hit both stamps
DESIGN = "infra/ has one site"
CAVEAT = (
    "Outages are assumed to be independent. A bad deployment, or an outage of Azure, is not.",
    "An SLA says when the vendor pays money back. It is not a measurement.",
)
