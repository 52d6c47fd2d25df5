"""How fast does a file go from page to page, and what does it take?

    python -m benchmarks.files [--runs 3] [--megabytes 1024] [--ways bare,disk,memory,peerjs]
        [--cuts 3] [--browsers chromium-chromium,chromium-firefox]

Two people on this machine, in these browsers: who sends, who receives. A file of random bytes on
disk. `bare` is a loop over an RTCDataChannel that reads the same file and whose receiver only
counts: what a page can do at best. `disk` and `memory` are ours; PeerJS sends with its own client,
at most 128 MB, because it reads a file whole. `disk, cut`: the same, and the connection is lost so
many times on the way. Memory is what the pages' processes take more than before, the larger of the
two. Hashes are compared. `texts`: p95 of how long a text takes, before the file is sent and while
it is under way, one every 150 ms from the side that sends it. Needs `make rivals`.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page

from benchmarks.arguments import names
from benchmarks.machine import how
from benchmarks.rivals.figures import Spread
from benchmarks.rivals.people import new_room, person_there
from benchmarks.rivals.servers import Servers, check_built, serving
from lab.chromium import HIDDEN_ADDRESSES, chromium
from lab.firefox import Firefox, Tab, firefox

MB = 1_048_576
WAYS = {"bare": "heliograph", "disk": "heliograph", "memory": "heliograph", "peerjs": "peerjs"}
OURS = ("disk", "memory")
PAIRS = ("chromium-chromium", "chromium-firefox")
ALL_PAIRS = (*PAIRS, "firefox-chromium", "firefox-firefox")
QUIET_SECONDS = 4.0
MOST_MB = {"peerjs": 128, "memory": 512}
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 300.0
CUT_SECONDS = 1.5  # between two


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured. `sender`, `receiver`: their browsers."""

    way: str
    cuts: int
    sender: str
    receiver: str

    @property
    def title(self) -> str:
        """Of its row in the table."""
        cut = f", cut {self.cuts} times" if self.cuts else ""
        return f"{self.sender} → {self.receiver} | {self.way}{cut}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One file that was sent."""

    seconds: float
    megabytes: float
    memory_mb: float
    texts_ms: tuple[float, float] | None  # p95 before, and while the file was under way


def main() -> int:
    """Print the table."""
    arguments = _arguments()
    check_built("benchmarks.files")
    print(f"{how(arguments.runs)}\n")
    print(
        "| browsers | way | MB | MB/s | seconds | memory, MB | texts, ms |"
        "\n|---|---|---|---|---|---|---|",
        flush=True,
    )
    asyncio.run(_measure(arguments))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--ways", type=names(WAYS), default=list(WAYS))
    parser.add_argument("--cuts", type=int, default=3, help="0: the row is left out")
    parser.add_argument("--browsers", type=names(ALL_PAIRS), default=list(PAIRS))
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> None:
    found: dict[Row, list[Trial]] = {row: [] for row in _rows(arguments)}
    with TemporaryDirectory() as folder:
        async with serving(Path(folder)) as servers:
            for _ in range(arguments.runs):
                for row in found:
                    size = min(arguments.megabytes, MOST_MB.get(row.way, arguments.megabytes))
                    found[row].append(await _once(servers, row, _file(Path(folder), size)))
                    if len(found[row]) == arguments.runs:
                        print(_cells(row.title, found[row]), flush=True)


def _rows(arguments: argparse.Namespace) -> list[Row]:
    ways = [(way, 0) for way in arguments.ways]
    if arguments.cuts and "disk" in arguments.ways:
        ways.append(("disk", arguments.cuts))
    pairs = [pair.split("-") for pair in arguments.browsers]
    return [Row(way, cuts, sender, receiver) for sender, receiver in pairs for way, cuts in ways]


def _cells(title: str, trials: Sequence[Trial]) -> str:
    speed = Spread.of([trial.megabytes / trial.seconds for trial in trials])
    memory = Spread.of([trial.memory_mb for trial in trials])
    seconds = median(trial.seconds for trial in trials)
    texts = [trial.texts_ms for trial in trials if trial.texts_ms]
    said = " → ".join(f"{median(each):.0f}" for each in zip(*texts, strict=True))
    size = f"{trials[0].megabytes:,.0f}"
    return f"| {title} | {size} | {speed} | {seconds:.1f} | {memory} | {said} |"


def _file(folder: Path, megabytes: int) -> Path:
    path = folder / f"{megabytes}.bin"
    if not path.exists():
        with path.open("wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(MB))
    return path


async def _once(servers: Servers, row: Row, file: Path) -> Trial:
    """In browsers of its own: what they hold of an earlier file does not count."""
    async with AsyncExitStack() as stack:
        pages = await _pair(stack, servers, row)
        for page in pages:
            await page.evaluate("(way) => window.bench.files.prepare(way)", row.way)
        await _choose(pages[0], file)
        await pages[1].evaluate("() => window.bench.files.receive()")
        quiet = await _texts(pages, row.way)
        memory = _Memory()
        watching = asyncio.create_task(memory.watch())
        began = await pages[0].evaluate("() => window.bench.files.send()")
        cutting = asyncio.create_task(_cut(pages, row.cuts))
        received = await _received(pages[1])
        watching.cancel()
        await cutting
        texts = (quiet, await _p95(pages[1], began)) if quiet else None
        if row.way in OURS:
            said = await pages[1].evaluate("() => window.bench.files.hash()")
            assert said == _root(file), "another file has arrived"
    assert received["bytes"] == file.stat().st_size
    seconds = (received["at"] - began) / 1000
    return Trial(seconds, received["bytes"] / MB, memory.grown_mb, texts)


async def _pair(stack: AsyncExitStack, servers: Servers, row: Row) -> list[Page | Tab]:
    """Two pages whose connection is up."""
    browsers: dict[str, Browser | Firefox] = {}
    for kind in sorted({row.sender, row.receiver}):
        started = firefox() if kind == "firefox" else chromium(without=HIDDEN_ADDRESSES)
        browsers[kind] = await stack.enter_async_context(started)
    pages = [await _page(browsers[kind], servers) for kind in (row.sender, row.receiver)]
    people = [
        await person_there(page, servers, WAYS[row.way], n, 2) for n, page in enumerate(pages)
    ]
    room = new_room()
    for person in people:
        await person.click(room)
        await asyncio.sleep(1)
    for person in people:
        await person.opened(1)
    return pages


async def _page(browser: Browser | Firefox, servers: Servers) -> Page | Tab:
    if isinstance(browser, Firefox):
        return await browser.open(servers.page)
    page = await (await browser.new_context()).new_page()
    await page.goto(servers.page)
    return page


async def _choose(page: Page | Tab, file: Path) -> None:
    if isinstance(page, Tab):
        await page.choose("input", file)
    else:
        await page.locator("input").set_input_files(file)


async def _texts(pages: Sequence[Page | Tab], way: str) -> float:
    """From now on one is said every 150 ms. How long they take; 0 where there are none."""
    if way not in OURS:
        return 0.0
    for page in pages:
        await page.evaluate("() => window.bench.talk()")
    await asyncio.sleep(QUIET_SECONDS)
    return await _p95(pages[1], 0)


async def _p95(page: Page | Tab, since: float) -> float:
    took = sorted(await page.evaluate("(since) => window.bench.tookSince(since)", since))
    return float(took[int(len(took) * 0.95)]) if took else 0.0


async def _cut(pages: Sequence[Page | Tab], times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(CUT_SECONDS)
        for page in pages:
            await page.evaluate("() => window.bench.cut()")


async def _received(page: Page | Tab) -> dict[str, float]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await page.evaluate("() => window.bench.files.received()")
            if found:
                return dict(found)
            await asyncio.sleep(LOOK_SECONDS)


def _root(path: Path) -> str:
    over = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(MB):
            over.update(hashlib.sha256(block).digest())
    return over.hexdigest()


class _Memory:
    """How much more the processes with pages take, of the browsers that are ours."""

    def __init__(self) -> None:
        self._before = _renderers()
        self.grown_mb = 0.0

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            for pid, kilobytes in _renderers().items():
                grown = (kilobytes - self._before.get(pid, kilobytes)) / 1024
                self.grown_mb = max(self.grown_mb, grown)
            await asyncio.sleep(LOOK_SECONDS)


def _renderers() -> dict[int, int]:
    """Resident KB of the processes with pages that are ours, by process."""
    parents: dict[int, int] = {}
    found: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, IndexError, ValueError):  # it has ended
            pid = int(folder.name)
            parents[pid] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            # Chromium's children write theirs anew, with spaces.
            if _has_a_page((folder / "cmdline").read_text().replace("\0", " ").split()):
                found[pid] = _resident_kb(folder)
    return {pid: kilobytes for pid, kilobytes in found.items() if _is_ours(pid, parents)}


def _has_a_page(arguments: Sequence[str]) -> bool:
    """Of Chromium, or of Firefox."""
    return "--type=renderer" in arguments or ("-contentproc" in arguments and "tab" in arguments)


def _resident_kb(folder: Path) -> int:
    pages = int((folder / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        pid = parents.get(pid, 0)
        if pid == os.getpid():
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
