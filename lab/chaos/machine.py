"""Whether this machine has time left: what it shows while all its cores are busy is its own."""

import asyncio
from pathlib import Path

STAT = Path("/proc/stat")  # proc(5): ticks by kind of work, of all cores together
IDLE, WAITING = 3, 4  # the columns of idle time; waiting for a disk is idle time too
LOOK_SECONDS = 0.25
ENOUGH = 0.25  # of all cores
UNKNOWN_SECONDS = 2.0  # that a machine gets which does not tell


def idle_share(before: str, after: str) -> float:
    """From two first lines of /proc/stat: the share of time without work, 0 to 1."""
    spent = [int(b) - int(a) for a, b in zip(before.split()[1:], after.split()[1:], strict=True)]
    total = sum(spent[:8])  # guests are counted in user time already
    return (spent[IDLE] + spent[WAITING]) / total if total > 0 else 1.0


async def until_idle(seconds: float) -> None:
    """Wait until a quarter of its time is left, `seconds` at most."""
    if not STAT.exists():
        await asyncio.sleep(UNKNOWN_SECONDS)
        return
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    share = 0.0
    while share < ENOUGH and loop.time() < until:
        before = _now()
        await asyncio.sleep(LOOK_SECONDS)
        share = idle_share(before, _now())


def _now() -> str:
    return STAT.read_text().partition("\n")[0]
