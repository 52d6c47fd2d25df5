"""Ends a process that was started, within a time."""

import asyncio
from contextlib import suppress


async def end(process: asyncio.subprocess.Process, seconds: float) -> None:
    """SIGTERM, and SIGKILL to what has not ended after so many seconds."""
    with suppress(ProcessLookupError):
        process.terminate()
    await wait_or_kill(process, seconds)


async def wait_or_kill(process: asyncio.subprocess.Process, seconds: float) -> None:
    """For a process that was told to end: SIGKILL if it has not after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
