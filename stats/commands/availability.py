"""`python -m stats availability`: how available the seed and this design are, by the SLAs.

With what was measured: what a stamp that dies costs a call (stats/chaos.py).
"""

import argparse
from pathlib import Path

import msgspec
from msgspec import Struct

from stats import availability, chaos
from stats.availability import ASIDE, CAVEAT, SEED_REGION, SEED_TURN, SITE, STAMP, TURN, Case, Part
from stats.chaos import Chaos, Check


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
    signaling: tuple[CaseAnswer, ...] = ()  # of who has the page


class Answer(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What `--json` prints. `measured` and `checks`: of the file that was given."""

    assumption: tuple[str, ...]
    seed: DesignAnswer
    ours: DesignAnswer
    measured: Chaos | None = None
    checks: tuple[Check, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--measured",
        type=Path,
        metavar="FILE",
        help="what python -m benchmarks.chaos --json FILE has written",
    )


def run(args: argparse.Namespace) -> int:
    """Print the table or the JSON. Raises SystemExit with a sentence for a bad file."""
    measured = None if args.measured is None else read_measured(args.measured)
    if args.json:
        answer = msgspec.json.encode(as_answer(measured))
        print(msgspec.json.format(answer, indent=2).decode())
    else:
        print("\n".join([*as_text(), *(as_measured(measured) if measured else ())]))
    return 0


def read_measured(path: Path) -> Chaos:
    """What the benchmark wrote. Raises SystemExit, which names the file and what is wrong."""
    try:
        return chaos.parse(path.read_bytes())
    except OSError as error:
        raise SystemExit(f"availability: {path}: {error.strerror}") from None
    except ValueError as error:
        raise SystemExit(f"availability: {path}: {error}") from None


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
        "Heliograph, signaling: for whoever has the page",
        *(_row(case) for case in availability.signaling_cases()),
        "Heliograph, with the page",
        *(_row(case) for case in availability.our_cases()),
        "",
        *CAVEAT,
    ]


def as_measured(measured: Chaos) -> list[str]:
    """The lines of what was measured, and what a stamp that is away costs a call by it."""
    one = availability.signaling_cases()[0]
    seeds = ", ".join(map(str, measured.seeds))
    return [
        "",
        f"Measured on loopback: {sum(measured.events.values()):,} events on {measured.stamps}"
        f" stamps, {measured.calls:,} calls; seeds {seeds}",
        "  " + ", ".join(f"{name} {count:,}" for name, count in measured.events.items()),
        f"{'':46}{'measured':>10}{'at most':>10}",
        *(_check(check) for check in chaos.checks(measured)),
        *(_times(name, times) for name, times in chaos.times(measured).items()),
        "",
        "What a dead stamp costs a call; by the SLAs each stamp is away for"
        f" {one.minutes_per_month:.0f} minutes a month",
        "  with one stamp    nobody comes in, no signal arrives; calls that are up go on",
        f"  with {measured.stamps} stamps     {_cost(measured)}",
    ]


def _check(check: Check) -> str:
    found = "-" if check.measured is None else f"{check.measured:,.0f}"
    verdict = {None: "not measured", True: "met", False: "MISSED"}[check.met]
    return f"  {check.name:44}{found:>10}{check.at_most:>10,.0f}  {verdict}"


def _times(name: str, times: chaos.Times | None) -> str:
    if times is None:
        return f"  {name:44}{'-':>10}"
    figures = f"p50 {times.p50:,.0f} ms, p99 {times.p99:,.0f} ms, {times.count:,} times"
    return f"  {name:44}  {figures}"


def _cost(measured: Chaos) -> str:
    join, signal = chaos.join_delay_ms(measured), measured.signal_after_death_ms
    words = [
        "the join: not measured" if join is None else f"{join:+,.0f} ms for a join",
        "the next signal: not measured"
        if signal is None
        else f"{signal.p50:,.0f} ms (p99 {signal.p99:,.0f}) until the next signal arrives",
    ]
    return "; ".join(words)


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


def as_answer(measured: Chaos | None = None) -> Answer:
    """What `--json` prints."""
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
            signaling=_answers(availability.signaling_cases()),
        ),
        measured=measured,
        checks=() if measured is None else chaos.checks(measured),
    )


def _answers(cases: list[Case]) -> tuple[CaseAnswer, ...]:
    return tuple(
        CaseAnswer(
            case.name, case.available, case.note, case.minutes_per_month, case.minutes_per_year
        )
        for case in cases
    )
