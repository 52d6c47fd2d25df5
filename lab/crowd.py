"""The people of rooms.py in a process of their own: what they cost is not a part of the service.

we write            it writes
an Errand           a line, once there are the rooms
a line              an Outcome, once all have been let in and know each other
the end             nothing more: it ends their sockets, and itself
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from lab.process import ROOT
from lab.rooms import Outcome, Person, create, meeting
from local.ending import wait_or_kill

ANSWER_SECONDS = 120.0  # for everything that one line of ours asks for
END_SECONDS = 10.0
MOST_BYTES = 16 << 20  # of a line


class DidNotAnswer(Exception):
    """The process ended, or said nothing in ANSWER_SECONDS."""


@dataclass(frozen=True)
class Errand:
    """What to do: see `meeting`. `people`: the room and the moment of each."""

    apis: Sequence[str]
    people: Sequence[tuple[str, float]]
    offers: bool


class Crowd:
    """People whose rooms are made, and who wait. Make it with `crowd()`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def join(self) -> Outcome:
        """Let them join. Their sockets stay open until the end. Raises DidNotAnswer."""
        return msgspec.json.decode(await _ask(self._process, b""), type=Outcome)


@asynccontextmanager
async def crowd(
    apis: Sequence[str], people: Sequence[Person], *, offers: bool = False
) -> AsyncIterator[Crowd]:
    """A process with these people, while the block runs. Raises DidNotAnswer."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lab.crowd"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MOST_BYTES,
    )
    try:
        errand = Errand(apis, [(each.room, each.moment) for each in people], offers)
        await _ask(process, msgspec.json.encode(errand))
        yield Crowd(process)
    finally:
        await _end(process)


async def _ask(process: asyncio.subprocess.Process, line: bytes) -> bytes:
    """What it answers to one line."""
    assert process.stdin is not None and process.stdout is not None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            process.stdin.write(line + b"\n")
            await process.stdin.drain()
            answer = await process.stdout.readline()
    except (OSError, TimeoutError) as error:
        raise DidNotAnswer from error
    if not answer:
        raise DidNotAnswer
    return answer


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    await wait_or_kill(process, END_SECONDS)


async def _run() -> None:
    loop = asyncio.get_running_loop()
    line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
    errand = msgspec.json.decode(line, type=Errand)
    people = [Person(room, moment) for room, moment in errand.people]
    codes = await create(errand.apis[0], people)
    print("There are the rooms.", flush=True)
    if not await loop.run_in_executor(None, sys.stdin.buffer.readline):
        return
    async with meeting(errand.apis, people, codes=codes, offers=errand.offers) as outcome:
        print(msgspec.json.encode(outcome).decode(), flush=True)
        await loop.run_in_executor(None, sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(_run())
