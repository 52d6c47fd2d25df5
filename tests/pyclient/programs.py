"""Programs that use the package, as processes of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lab.stack import ROOT

WAIT = 60.0  # seconds; reached only by a failing test
SOURCES = str(ROOT / "clients" / "python" / "src")


@asynccontextmanager
async def process(*command: str, **environ: str) -> AsyncIterator[Process]:
    """Any program, with pipes at both ends. Killed at the end of the block."""
    running = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environ}, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@asynccontextmanager
async def program(*arguments: str, **environ: str) -> AsyncIterator[Process]:
    """`python ARGUMENTS`, to which the package is installed. Killed at the end of the block."""
    settings = {"PYTHONPATH": SOURCES, **environ}
    async with process(sys.executable, *arguments, **settings) as running:
        yield running


async def line(running: Process, words: str) -> str:
    """The next line that holds these words."""
    assert running.stdout is not None
    async with asyncio.timeout(WAIT):
        while said := (await running.stdout.readline()).decode():
            if words in said:
                return said.rstrip()
    raise AssertionError(f"it has ended without {words!r}")


async def end(running: Process) -> tuple[int | None, str]:
    """The status, and what was said about errors."""
    async with asyncio.timeout(WAIT):
        _, errors = await running.communicate()
    return running.returncode, errors.decode()
