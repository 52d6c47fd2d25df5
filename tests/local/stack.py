"""Runs `python -m local` on an app in a directory, and speaks to it as browsers do."""

import asyncio
import hashlib
import hmac
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from websockets.asyncio.client import ClientConnection, connect

from local.emulator import EMULATOR_KEY
from local.emulator.protocol import (
    AnyMessage,
    Completion,
    Decoder,
    Invocation,
    Protocol,
    encode,
    split_handshake,
)

ROOT = Path(__file__).parents[2]


@dataclass
class Stack:
    """A running stack: where it answers, the key to its functions, its process."""

    app_dir: Path
    process: subprocess.Popen[str]
    said: str  # the block it printed when it was ready
    http: str
    signalr: str

    @property
    def key(self) -> str:
        return (self.app_dir / ".heliograph" / "host-key").read_text().strip()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """(exit code, everything it printed after it was ready, logs included)"""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=10)
        return self.process.returncode, rest


def write_app(directory: Path, code: str, files: Mapping[str, str] | None = None) -> Path:
    """An app directory with this function_app.py and these other files."""
    for name, content in {"function_app.py": code, **(files or {})}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return directory


def command(app_dir: Path, *options: str) -> list[str]:
    start = (sys.executable, "-m", "local", "--app", str(app_dir), "--signalr-port", "0")
    return [*start, *options]


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without anything of an app's, on a free port, plus `extra`."""
    ours = ("Azure", "HELIOGRAPH", "PORT", "SIGNALR_PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PORT": "0", **extra}


@contextmanager
def running(app_dir: Path, *options: str, **environ: str) -> Iterator[Stack]:
    """The stack, ready; stopped at the end if it still runs, and killed if it does not stop."""
    process = subprocess.Popen(
        command(app_dir, *options),
        cwd=ROOT,
        env=environment(**environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = _until_ready(process)
        http, signalr = (_address(said, name) for name in ("API", "SignalR"))
        yield Stack(app_dir, process, said, http.removesuffix("/api"), signalr)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def _until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Stop it"):
            return said
    raise AssertionError(f"it did not start:\n{said}")


def _address(said: str, name: str) -> str:
    found = re.search(rf"{name} +(http://\S+)", said)
    assert found, said
    return found[1]


def refused(app_dir: Path, *options: str, **environ: str) -> str:
    """What a stack that must not start says on stderr; its exit code must be 1."""
    done = subprocess.run(
        command(app_dir, *options),
        cwd=ROOT,
        env=environment(**environ),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


def signature(connection: str, key: str = EMULATOR_KEY) -> str:
    """What the service puts into X-ASRS-Signature."""
    return "sha256=" + hmac.new(key.encode(), connection.encode(), hashlib.sha256).hexdigest()


@dataclass
class Client:
    """One SignalR client. Pings are not shown."""

    socket: ClientConnection
    protocol: Protocol
    decoder: Decoder
    waiting: list[AnyMessage] = field(default_factory=list)
    count: int = 0

    async def receive(self) -> AnyMessage:
        while not self.waiting:
            data = await asyncio.wait_for(self.socket.recv(), 5)
            messages = self.decoder.messages(data.encode() if isinstance(data, str) else data)
            self.waiting += [m for m in messages if isinstance(m, Invocation | Completion)]
        return self.waiting.pop(0)

    async def send(self, target: str, *arguments: Any, id: str | None = None) -> None:
        message = Invocation(target=target, arguments=arguments, invocation_id=id)
        frame = encode(self.protocol, message)
        await self.socket.send(frame.decode() if self.protocol == "json" else frame)

    async def invoke(self, target: str, *arguments: Any) -> Completion:
        """The Completion of a call; whatever else arrives meanwhile stays to be received."""
        self.count += 1
        await self.send(target, *arguments, id=str(self.count))
        others = []
        while not isinstance(message := await self.receive(), Completion):
            others.append(message)
        self.waiting[:0] = others
        return message


@asynccontextmanager
async def client(
    stack: Stack, user: str, protocol: Protocol = "json", hub: str = "signaling"
) -> AsyncIterator[Client]:
    """A connected client, past its handshake."""
    async with client_at(stack.signalr, user, protocol, hub) as one:
        yield one


@asynccontextmanager
async def client_at(
    signalr: str, user: str, protocol: Protocol = "json", hub: str = "signaling", **claims: Any
) -> AsyncIterator[Client]:
    """The same, at the address of a service. `claims`: more of them in the token."""
    url = f"{signalr}/client/?hub={hub}"
    said = {"asrs.s.uid": user, "role": "guest", "aud": url, "exp": 4_000_000_000, **claims}
    token = jwt.encode(said, EMULATOR_KEY, "HS256")
    address = url.replace("http", "ws", 1) + f"&access_token={token}&colour=blue"
    async with connect(address) as socket:
        await socket.send(f'{{"protocol":"{protocol}","version":1}}\x1e')
        answer = await asyncio.wait_for(socket.recv(), 5)
        split = split_handshake(answer.encode() if isinstance(answer, str) else answer)
        assert split is not None and split[0] == b"{}"
        one = Client(socket, protocol, Decoder(protocol))
        one.waiting += [m for m in one.decoder.messages(split[1]) if isinstance(m, Invocation)]
        yield one
