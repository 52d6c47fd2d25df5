"""`python -m tests.contracts [--cases N] [--seed N]`: try the documented calls at a local stack.

Prints cases, statuses and failures, and which documented refusals were seen. Exit code 1 if
something that is not documented came back.
"""

import argparse
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.calls import CALLS
from lab.stack import Stack
from tests.contracts.door import OPERATIONS, Door, try_cases

# Enough admissions for everybody who comes from this machine.
PLENTY = {"HELIOGRAPH_NETWORK_RATE": "1000000/1000"}


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.contracts", description=__doc__)
    parser.add_argument("--cases", type=int, default=400, help="of each call")
    parser.add_argument("--seed", type=int, help="drawn if it is not given")
    options = parser.parse_args()
    first = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    print(f"seed {first}", flush=True)
    with TemporaryDirectory() as folder, Stack(Path(folder) / "log", **PLENTY) as stack:
        door = Door(stack)
        failed = sum(not attempt(door, *each, options.cases, first) for each in OPERATIONS)
        door.close()
    report(door)
    print(f"{door.seen.cases} cases, {failed} calls failed")
    return 1 if failed else 0


def attempt(door: Door, path: str, method: str, cases: int, first: int) -> bool:
    """Whether every answer was documented."""
    before = door.seen.cases
    try:
        try_cases(door, path, method, cases, first)
    except Exception as error:
        print(f"{method} {path} failed: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"{method:4} {path:14} {door.seen.cases - before:6} cases", flush=True)
    return True


def report(door: Door) -> None:
    """What came back, and what is documented and did not."""
    print(", ".join(f"{status}: {count}" for status, count in sorted(door.seen.statuses.items())))
    documented = {(f"/{route}", code) for route, call in CALLS.items() for code in call.refuses}
    seen = documented & door.seen.codes.keys()
    print(f"{len(seen)} of {len(documented)} documented refusals were seen")


if __name__ == "__main__":
    sys.exit(main())
