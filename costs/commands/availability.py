"""`python -m costs availability`: how available the seed and this design are, by the SLAs."""

import argparse

import msgspec
from msgspec import Struct

from costs import availability
from costs.availability import ASIDE, CAVEAT, SEED_REGION, SEED_TURN, SITE, STAMP, TURN, Case, Part

COMMON_SHARES = (0.01, 0.10)  # of outages that hit both stamps


class CaseAnswer(Struct, frozen=True, rename="camel"):
    """A case. `available`: share of time; `note`: what to know about it."""

    name: str
    available: float
    note: str
    minutes_per_month: float  # not available
    minutes_per_year: float


class DesignAnswer(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The chain of one region or stamp, what is needed beside it, and the cases."""

    beside: tuple[Part, ...]
    cases: tuple[CaseAnswer, ...]
    region: tuple[Part, ...] = ()  # the seed's
    stamp: tuple[Part, ...] = ()  # ours
    not_essential: tuple[Part, ...] = ()
    common_cause: tuple[CaseAnswer, ...] = ()


class Answer(Struct, frozen=True):
    """What `--json` prints."""

    assumption: tuple[str, ...]
    seed: DesignAnswer
    ours: DesignAnswer


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the table or the JSON."""
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(as_answer()), indent=2).decode())
    else:
        print("\n".join(as_text()))
    return 0


def as_text() -> list[str]:
    """The lines of the table."""
    return [
        "The availability that vendors promise (SLA), in percent of time",
        "  the seed, a region         " + _names(SEED_REGION),
        "  the seed, beside it        " + _names((SITE, SEED_TURN)),
        "  ours, a stamp              " + _names(STAMP),
        "  ours, beside it            " + _names((SITE, TURN)),
        *(f"  not on the call path       {_name(part)}: {part.why}" for part in ASIDE),
        "",
        f"{'':40}{'available':>11}{'minutes/month':>15}{'minutes/year':>14}",
        "The seed",
        *(_row(case) for case in availability.seed_cases()),
        "Heliograph",
        *(_row(case) for case in availability.our_cases()),
        "Two stamps, two static sites, less independent",
        *(_row(availability.common_cause(common)) for common in COMMON_SHARES),
        "",
        *CAVEAT,
    ]


def _row(case: Case) -> str:
    figures = (
        f"{percent(case.available):>11}{case.minutes_per_month:15.2f}{case.minutes_per_year:14.1f}"
    )
    return f"  {case.name:38}{figures}  {case.note}".rstrip()


def percent(share: float) -> str:
    """A share in percent, with four digits: enough to compare nines."""
    return f"{share * 100:.4f} %"


def _name(part: Part) -> str:
    share = f", for {part.needed:.0%} of calls" if part.needed < 1 else ""
    return f"{part.name} {part.promise * 100:.6g}{share}"


def _names(parts: tuple[Part, ...]) -> str:
    return ", ".join(_name(part) for part in parts)


def as_answer() -> Answer:
    """What `--json` prints."""
    common = [availability.common_cause(share) for share in COMMON_SHARES]
    return Answer(
        assumption=CAVEAT,
        seed=DesignAnswer(
            region=SEED_REGION,
            beside=(SITE, SEED_TURN),
            cases=_answers(availability.seed_cases()),
        ),
        ours=DesignAnswer(
            stamp=STAMP,
            beside=(SITE, TURN),
            not_essential=ASIDE,
            cases=_answers(availability.our_cases()),
            common_cause=_answers(common),
        ),
    )


def _answers(cases: list[Case]) -> tuple[CaseAnswer, ...]:
    return tuple(
        CaseAnswer(
            case.name, case.available, case.note, case.minutes_per_month, case.minutes_per_year
        )
        for case in cases
    )
