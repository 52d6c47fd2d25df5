"""A server of a benchmark that is written for Node."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any


@asynccontextmanager
async def node(
    script: Path, seconds: float, told: Mapping[str, Any] | None = None
) -> AsyncIterator[Any]:
    """What the script prints when it serves, as one line of JSON; it ends after the block, when
    its input does. `told`: the line that it reads first. Raises RuntimeError if it does not start,
    TimeoutError if that takes longer than `seconds`.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node", script.name, cwd=script.parent, stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        if told is not None:
            process.stdin.write(json.dumps(told).encode() + b"\n")
        async with asyncio.timeout(seconds):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"{script.name} has ended")
        yield json.loads(line)
    finally:
        process.stdin.close()
        await process.wait()
