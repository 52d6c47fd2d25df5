"""Do two people meet? `python -m tests.smoke URL…`: through each stamp, in a real Chromium.

    python -m tests.smoke http://localhost:7071/api
    python -m tests.smoke --page https://PAGE https://ONE/api https://OTHER/api

URL is the API of a stamp. The page at --page (else the one beside the API) is driven as it is
served, headers and all, but told that this stamp is its backend. Each stamp is asked how it is,
then two people join a room there, connect peer to peer and talk, both ways.

Across stamps nothing is tried: the client knows one backend, so two who joined by different stamps
are in different rooms. Exit status 0 if all stamps hold, 1 if one does not, in under a minute
either way. It prints no token and no address, and not what failed calls said.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from playwright.async_api import async_playwright

from tests.smoke.meeting import Failure, Stamp, meet

SECONDS = 55.0  # for everything; the stamps are tried at once


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.smoke", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("urls", nargs="+", metavar="URL", help="the API of a stamp: https://…/api")
    parser.add_argument("--page", metavar="URL", help="of the room page, else the stamp's own")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="at most (%(default)s)")
    args = parser.parse_args()
    stamps = [Stamp(url.rstrip("/"), args.page) for url in args.urls]
    return 0 if asyncio.run(check(stamps, args.seconds)) else 1


async def check(stamps: Sequence[Stamp], seconds: float) -> bool:
    """Whether people meet through each; says so of every one."""
    async with async_playwright() as playwright:
        trials = [asyncio.create_task(meet(playwright, stamp)) for stamp in stamps]
        await asyncio.wait(trials, timeout=seconds)
        good = [report(stamp, trial) for stamp, trial in zip(stamps, trials, strict=True)]
        for trial in trials:
            trial.cancel()
        await asyncio.gather(*trials, return_exceptions=True)
    if len(stamps) > 1:
        print("--    across stamps: not tried, the client knows one backend")
    return all(good)


def report(stamp: Stamp, trial: "asyncio.Task[str]") -> bool:
    if not trial.done():
        print(f"FAIL  {stamp.host}: out of time while {stamp.doing}")
    elif error := trial.exception():
        # The text of any other error may quote an address with a token in it.
        why = str(error) if isinstance(error, Failure) else type(error).__name__
        print(f"FAIL  {stamp.host}: {why}, while {stamp.doing}")
    else:
        print(f"ok    {stamp.host}: {trial.result()}")
        return True
    return False


if __name__ == "__main__":
    start = time.monotonic()
    status = main()
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(status)
