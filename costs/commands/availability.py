"""python -m costs availability: the product of promises, the seed's and ours."""

import argparse
import json

from msgspec import structs

from costs import availability
from costs.availability import ASIDE, CAVEAT, SEED_REGION, SEED_TURN, SITE, STAMP, TURN, Case, Part

COMMON = (0.01, 0.10)  # shares of outages that hit both stamps, to compare


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    print(json.dumps(as_json(), indent=2) if args.json else "\n".join(as_text()))
    return 0


def as_text() -> list[str]:
    return [
        "What the services promise (SLA), in percent of time",
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
        *(_row(availability.common_cause(common)) for common in COMMON),
        "",
        *CAVEAT,
    ]


def _row(case: Case) -> str:
    figures = (
        f"{percent(case.available):>11}{case.minutes_a_month:15.2f}{case.minutes_a_year:14.1f}"
    )
    return f"  {case.name:38}{figures}  {case.note}".rstrip()


def percent(share: float) -> str:
    """As many digits as it takes to tell nines apart."""
    return f"{share * 100:.4f} %"


def _name(part: Part) -> str:
    share = f", for {part.needed:.0%} of calls" if part.needed < 1 else ""
    return f"{part.name} {part.promise * 100:.6g}{share}"


def _names(parts: tuple[Part, ...]) -> str:
    return ", ".join(_name(part) for part in parts)


def as_json() -> dict[str, object]:
    common = [availability.common_cause(share) for share in COMMON]
    return {
        "assumption": list(CAVEAT),
        "seed": {
            "region": _parts_json(SEED_REGION),
            "beside": _parts_json((SITE, SEED_TURN)),
            "cases": _cases_json(availability.seed_cases()),
        },
        "ours": {
            "stamp": _parts_json(STAMP),
            "beside": _parts_json((SITE, TURN)),
            "notEssential": _parts_json(ASIDE),
            "cases": _cases_json(availability.our_cases()),
            "commonCause": _cases_json(common),
        },
    }


def _parts_json(parts: tuple[Part, ...]) -> list[dict[str, object]]:
    return [structs.asdict(part) for part in parts]


def _cases_json(cases: list[Case]) -> list[dict[str, object]]:
    return [
        {
            **structs.asdict(case),
            "minutesPerMonth": case.minutes_a_month,
            "minutesPerYear": case.minutes_a_year,
        }
        for case in cases
    ]
