"""`python -m tests.fuzz`: try seed after seed for some minutes. Exit code 1 if one fails.

A seed that fails is printed, with the shortest sequence of steps that fails too, and kept in
seeds.json: from then on it is a part of `make test`. At the end the client's parsers are tried.
"""

import argparse
import itertools
import logging
import os
import random
import re
import subprocess
import sys
import time

from lab.stack import ROOT
from tests.fuzz.failure import Broken
from tests.fuzz.harnesses import HARNESSES, keep
from tests.fuzz.sequences import shortest

CLIENT_PART = 0.2  # of the time


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, help="the first one; drawn if it is not given")
    parser.add_argument("--only", choices=[*HARNESSES, "client"])
    options = parser.parse_args()
    first = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    logging.disable(logging.WARNING)
    seconds = 60 * options.minutes
    print(f"seeds from {first}, for {seconds:.0f} s", flush=True)
    names = [name for name in HARNESSES if options.only in (None, name)]
    failed = python(names, first, seconds * (1 if options.only else 1 - CLIENT_PART))
    if options.only in (None, "client"):
        failed += client(first, seconds * (1 if options.only else CLIENT_PART))
    print(f"{failed} failed")
    return 1 if failed else 0


def python(names: list[str], first: int, seconds: float) -> int:
    """Each harness in turn; how many seeds have failed. One that fails is not tried further."""
    until, done, left = time.monotonic() + seconds, dict.fromkeys(names, 0), list(names)
    for seed in itertools.count(first):
        if time.monotonic() >= until or not left:
            break
        for name in tuple(left):
            done[name] += 1
            if not attempt(name, seed):
                left.remove(name)
    for name, count in done.items():
        print(f"{name:12} {count:8} seeds{'' if name in left else ', the last one failed'}")
    return len(names) - len(left)


def attempt(name: str, seed: int) -> bool:
    """Whether the promises hold."""
    try:
        HARNESSES[name](seed)
        return True
    except Broken as broken:
        print(f"{name}: {broken}", flush=True)
        keep(name, seed)
        if name == "sequences":
            print(*shortest(seed), sep="\n", flush=True)
        return False


def client(first: int, seconds: float) -> int:
    """The same for the parsers in TypeScript."""
    environ = {**os.environ, "FUZZ_SEED": str(first), "FUZZ_SECONDS": str(int(seconds))}
    command = ["npx", "vitest", "run", "--project", "node", "test/wire/fuzz.test.ts"]
    where = ROOT / "client"
    ended = subprocess.run(
        command, cwd=where, env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode == 0:
        print("client       fine")
        return 0
    print(ended.stdout)
    if (failed := re.search(r"seed (\d+)", ended.stdout)) is not None:
        keep("client", int(failed[1]))
    return 1


if __name__ == "__main__":
    sys.exit(main())
