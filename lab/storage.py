"""The tables of a storage account on this machine: Azurite's, or those of the local stack."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.ports import free_port
from lab.process import ROOT
from local.ending import end
from local.storage import ACCOUNT, KEY, connection_string

AZURITE = ROOT / "node_modules" / ".bin" / "azurite-table"
START_SECONDS = 30.0
STOP_SECONDS = 5.0
SERVERS = ("azurite", "local")


class DidNotListen(Exception):
    """The server ended, or did not listen in START_SECONDS."""


def connection_through(server: str, url: str) -> str:
    """The connection string of the account of such a server that is reached at `url`."""
    if server == "local":
        return connection_string(url)
    place = f"TableEndpoint={url}/{ACCOUNT};"
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{place}"


@dataclass(frozen=True)
class Tables:
    """Where tables are served, and by which process."""

    port: int
    pid: int


@asynccontextmanager
async def serving_tables(server: str, folder: Path) -> AsyncIterator[Tables]:
    """Serve tables while the block runs. Raises DidNotListen.

    `server`: one of SERVERS. `folder` gets the file of `local`; Azurite keeps all in memory.
    """
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *_command(server, port, folder), cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await _until_it_listens(port, process)
        yield Tables(port, process.pid)
    finally:
        await end(process, STOP_SECONDS)


def _command(server: str, port: int, folder: Path) -> list[str]:
    if server == "local":
        own = [sys.executable, "-m", "local.storage", "--port", str(port)]
        return [*own, "--file", str(folder / "account.sqlite")]
    quiet = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
    return [str(AZURITE), *quiet, "--tableHost", "127.0.0.1", "--tablePort", str(port)]


async def _until_it_listens(port: int, process: asyncio.subprocess.Process) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + START_SECONDS
    while loop.time() < until and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise DidNotListen
