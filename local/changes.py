"""Files that have changed, found by looking at them twice a second.

The operating system could tell, in a way of its own on each system and not for every folder that a
container or a virtual machine shares. To look at the 250 files of the app takes 2 ms.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

LOOK_SECONDS = 0.5
# An editor, or git, writes several files one after the other.
QUIET_SECONDS = 0.2

type Seen = Mapping[Path, tuple[int, int]]  # time of change in ns, size in bytes


def look(root: Path, names: Sequence[str], kinds: frozenset[str]) -> Seen:
    """The files of these names below `root`, and in folders of these names those of these kinds."""
    return dict(_seen(root, names, kinds))


def _seen(
    root: Path, names: Sequence[str], kinds: frozenset[str]
) -> Iterator[tuple[Path, tuple[int, int]]]:
    for name in names:
        top = root / name
        inside = top.rglob("*") if top.is_dir() else [top]
        for path in inside:
            if path == top or path.suffix in kinds:
                try:
                    found = path.stat()
                except OSError:  # it is gone, which is a change too
                    continue
                yield path.relative_to(root), (found.st_mtime_ns, found.st_size)


async def changes(see: Callable[[], Seen]) -> AsyncIterator[list[Path]]:
    """What has changed, come or gone, each time that something has; without an end.

    What changes while the reader is at work is told when it asks again.
    """
    before = await asyncio.to_thread(see)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = await asyncio.to_thread(see)
        if now == before:
            continue
        while now != (later := await _a_moment_later(see)):
            now = later
        yield sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
        before = now


async def _a_moment_later(see: Callable[[], Seen]) -> Seen:
    await asyncio.sleep(QUIET_SECONDS)
    return await asyncio.to_thread(see)
