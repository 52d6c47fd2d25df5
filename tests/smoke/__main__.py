"""Do two people meet? `python -m tests.smoke URL…`: through each stamp, and across them.

    python -m tests.smoke http://localhost:7071/api
    python -m tests.smoke --page https://PAGE https://ONE/api https://OTHER/api

URL is the API of a stamp. The page at --page (else the one beside the API) is driven as it is
served, headers and all, but told which stamps there are. Each stamp is asked how it is. Then two
people join a room in a real Chromium, connect peer to peer and talk, both ways:

- through each stamp: both are given this one alone;
- across them, where there are several: one is given all stamps, and the other all but one. So each
  stamp is taken away once, and they have to find each other through what is left.

Exit status 0 if all of that holds, 1 if something does not, in under a minute either way. It prints
no token and no room, and not what failed calls said.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from playwright.async_api import async_playwright

from tests.smoke.meeting import Failure, Window, meet
from tests.smoke.trial import Trial, trials

SECONDS = 55.0  # for everything; all of it is tried at once


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.smoke", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("urls", nargs="+", metavar="URL", help="the API of a stamp: https://…/api")
    parser.add_argument("--page", metavar="URL", help="of the room page, else the stamp's own")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="at most (%(default)s)")
    args = parser.parse_args()
    apis = list(dict.fromkeys(url.rstrip("/") for url in args.urls))
    return 0 if asyncio.run(check(trials(apis, args.page), args.seconds)) else 1


async def check(trials: Sequence[Trial], seconds: float) -> bool:
    """Whether people meet in each; says so of every one."""
    async with async_playwright() as playwright:
        window = Window(playwright)
        meetings = [asyncio.create_task(meet(window, trial)) for trial in trials]
        await asyncio.wait(meetings, timeout=seconds)
        good = [report(trial, done) for trial, done in zip(trials, meetings, strict=True)]
        for meeting in meetings:
            meeting.cancel()
        await asyncio.gather(*meetings, return_exceptions=True)
        await window.close()
    return all(good)


def report(trial: Trial, meeting: "asyncio.Task[str]") -> bool:
    if not meeting.done():
        print(f"FAIL  {trial.name}: out of time while {trial.doing}")
    elif error := meeting.exception():
        # The text of any other error may quote an address with a token in it.
        why = str(error) if isinstance(error, Failure) else type(error).__name__
        print(f"FAIL  {trial.name}: {why}, while {trial.doing}")
    else:
        print(f"ok    {trial.name}: {meeting.result()}")
        return True
    return False


if __name__ == "__main__":
    start = time.monotonic()
    status = main()
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(status)
