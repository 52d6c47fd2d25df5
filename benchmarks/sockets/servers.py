"""The servers, each a process of its own, and what the kernel says of such a process."""

import os
import sys
from asyncio import create_subprocess_exec, timeout, wait_for
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time

import jwt

from lab.stack import KEY

ROOT = Path(__file__).resolve().parents[2]
RIVALS = ROOT / "benchmarks" / "rivals"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
HUB = "signaling"
END = "\x1e"
TOKEN_SECONDS = 3600
API_VERSION = "2022-06-01"


@dataclass(frozen=True, slots=True)
class System:
    """How a server is started and spoken to.

    `path`: of the WebSocket of a user, at a port. `hello`: what a client says first, if anything;
    `ready`: what is in the answer that makes it a client. `ping`: what it says when it has nothing
    to say. `message`: a text for a user. `push`: the HTTP request, at a port, by which an app sends
    to a user, if there is such a thing.
    """

    command: tuple[str, ...]
    folder: Path
    path: Callable[[str, int], str]
    hello: str
    ready: bytes
    ping: str
    message: Callable[[str, str], str]
    push: Callable[[str, int, str], bytes] | None = None


def _token(path: str, **claims: object) -> str:
    now = int(time())
    times = {"nbf": now, "exp": now + TOKEN_SECONDS}
    return jwt.encode({"aud": f"http://127.0.0.1{path}", **times, **claims}, KEY, "HS256")


def _emulator_path(user: str, port: int) -> str:
    token = _token(f"/client/?hub={HUB}", **{"asrs.s.uid": user})
    return f"/client/?hub={HUB}&access_token={token}"


def _emulator_message(to: str, sdp: str) -> str:
    envelope = f'{{"v":1,"to":"{to}","seq":1,"kind":"answer","body":{{"sdp":"{sdp}"}}}}'
    argument = envelope.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"type":1,"target":"signal","arguments":["{argument}"]}}' + END


def _emulator_push(user: str, port: int, sdp: str) -> bytes:
    path = f"/api/hubs/{HUB}/users/{user}/:send"
    body = f'{{"target":"signal","arguments":["{sdp}"]}}'
    return (
        f"POST {path}?api-version={API_VERSION} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Accept-Encoding: identity\r\nUser-Agent: benchmark\r\n"
        f"Authorization: Bearer {_token(path)}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _peer_message(to: str, sdp: str) -> str:
    return f'{{"type":"ANSWER","dst":"{to}","payload":{{"sdp":"{sdp}"}}}}'


SYSTEMS = {
    "emulator": System(
        (sys.executable, "-m", "benchmarks.sockets.emulator"),
        ROOT,
        _emulator_path,
        '{"protocol":"json","version":1}' + END,
        b"{}\x1e",
        '{"type":6}' + END,
        _emulator_message,
        _emulator_push,
    ),
    "PeerServer": System(
        ("node", "peer_server.mjs"),
        RIVALS,
        lambda user, port: f"/peerjs?key=peerjs&id={user}&token={user}&version=1.5.5",
        "",
        b'"OPEN"',
        '{"type":"HEARTBEAT"}',
        _peer_message,
    ),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and what it has used so far."""

    port: int
    pid: int

    @property
    def memory_kb(self) -> float:
        """What of it is in memory (RSS)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024

    @property
    def cpu_seconds(self) -> float:
        """Time on a processor, its own and the kernel's for it."""
        # The second field is the name in parentheses, which may hold spaces.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(system: System) -> AsyncIterator[Server]:
    """The server, until the block ends. Raises RuntimeError if it does not start."""
    process = await create_subprocess_exec(
        *system.command, cwd=system.folder, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        async with timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"{system.command} has ended")
        yield Server(int(line), process.pid)
    finally:
        process.stdin.close()
        try:
            await wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
