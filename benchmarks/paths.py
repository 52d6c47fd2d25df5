"""How long is the way of a request through our code, and how many trips to services does it take?

    python -m benchmarks.paths [--calls PATH]

Four paths, entered through the functions of `function_app.py` with real `azure.functions`
requests, in this process, with documents in memory, statistics in SQLite, and a SignalR Service
on loopback that does nothing but take calls. Every path runs
twice; the second run is counted, so that imports and first-use caches are not in it.

What is counted:

- A call is one start of a Python function of this repository: functions, methods, properties,
  lambdas, and a generator once. Not counted: comprehensions and generator expressions, module
  and class bodies, generated code (msgspec, dataclasses), and everything in `tests/`,
  `benchmarks/` and `lab/`. All threads count.
- A file is a distinct source file with at least one counted call.
- A storage trip is one request that `cloud/table.py` would send: `read` is 1; `update` is 2 (read
  and write), or 1 when neither the value nor its expiry changes. Retries after a conflict do not
  happen here.
- A SignalR trip is one REST call to the service. Those of one change go at the same time.

`--calls PATH` prints the counted calls of one path in their order instead.
"""

import argparse
import asyncio
import inspect
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType
from typing import Any

import azure.functions as func
import jwt
from msgspec import Struct, field

from cloud.documents import Change, Documents, always
from cloud.memory import MemoryDocuments
from lab.signalr_service import KEY, FaultyService, faulty_service
from stats.drivers import Sqlite
from stats.migrate import migrate

ROOT = Path(__file__).resolve().parent.parent
NOT_COUNTED = {"tests", "benchmarks", "lab", ".venv", "node_modules"}
PATHS = ("offer", "negotiate", "turn", "report")
NETWORK_ADDRESS = "203.0.113.9:50000"
SDP = "v=0\r\n" + "a=candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host\r\n" * 8
COTURN = {
    "kind": "coturn",
    "urls": ["turn:turn.example:3478"],
    "secret": "TURN_SECRET",
    "pricePerGB": 0.05,
}


class Count(Struct):
    """What one path took: its calls in their order as (file, function), and its trips."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    storage: int = 0
    signalr: int = 0

    @property
    def files(self) -> int:
        """How many distinct files the calls are in."""
        return len({file for file, _ in self.calls})


class CountedDocuments:
    """Documents in memory that count the requests table storage would get. See the rules above."""

    def __init__(self) -> None:
        self.trips = 0
        self._documents: Documents = MemoryDocuments()
        self._expiries: dict[str, int] = {}  # by key, epoch ms

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        """As `Documents.update`: one trip for the read, one more if something is written."""

        def decide_and_count(before: bytes | None) -> Change[T]:
            change = decide(before)
            same_expiry = before is None or self._expiries[key] == change.expires_at
            self.trips += 1 if change.value == before and same_expiry else 2
            self._expiries[key] = change.expires_at
            return change

        return self._documents.update(key, decide_and_count)

    def read(self, key: str) -> bytes | None:
        """As `Documents.read`: one trip."""
        self.trips += 1
        return self._documents.read(key)

    def expect_none(self, key: str) -> None:
        """As `Documents.expect_none`. Nothing is saved: another instance may have drawn it."""

    def sweep(self, now: int, may_go: Callable[[str], bool] = always) -> int:
        """As `Documents.sweep`. On none of the paths."""
        return self._documents.sweep(now, may_go)

    def ping(self) -> None:
        """As `Documents.ping`. On none of the paths."""
        self._documents.ping()


class Binding(func.Out[str]):
    """An output binding that holds what the function set."""

    value: str | None = None

    def set(self, val: str) -> None:
        """Take the output, as the worker would."""
        self.value = val

    def get(self) -> str:
        """The output. Raises AssertionError if the function set none."""
        assert self.value is not None
        return self.value


class App:
    """The functions of `function_app.py` by their names, over counted documents."""

    def __init__(self, service: FaultyService, environ: Mapping[str, str]) -> None:
        os.environ |= environ
        import function_app

        self.service = service
        self.documents = CountedDocuments()
        function_app.services.documents = self.documents
        self._functions = {
            function.get_function_name(): function.get_user_function()
            for function in function_app.app.get_functions()
        }

    def post(self, name: str, body: Mapping[str, Any], token: str = "", **output: Binding) -> Any:
        """Call an HTTP function. Its answer, decoded. Raises AssertionError."""
        headers = {"x-forwarded-for": NETWORK_ADDRESS, "authorization": f"Bearer {token}"}
        if not token:
            del headers["authorization"]
        request = func.HttpRequest(
            "POST", f"http://localhost/api/{name}", headers=headers, body=json.dumps(body).encode()
        )
        answer = self._functions[name](request, **output)
        assert answer.status_code < 300, answer.get_body()
        return json.loads(answer.get_body() or b"null")

    def hub(self, name: str, place: Mapping[str, Any], *arguments: Any) -> Any:
        """Call a function of the hub as the connection of `place`, of negotiate. Its answer."""
        texts = [json.dumps(argument) for argument in arguments]
        claims = jwt.decode(place["accessToken"], options={"verify_signature": False})
        context = {
            "ConnectionId": f"connection-of-{place['peer']}",
            "UserId": claims["asrs.s.uid"],
            "Claims": {name: str(value) for name, value in claims.items()},
            "Arguments": texts,
        }
        said = self._functions[name](json.dumps(context))
        return asyncio.run(said) if asyncio.iscoroutine(said) else said

    def take_message(self, name: str, body: str) -> None:
        """Call a function of a queue with one message."""
        asyncio.run(self._functions[name](func.QueueMessage(body=body.encode())))


def main() -> None:
    """Print one line for each path: calls, files, trips."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--calls", choices=PATHS, help="print the calls of this path instead")
    chosen = parser.parse_args().calls
    with TemporaryDirectory() as folder, faulty_service() as service:
        counts = count_paths(service, Path(folder) / "stats.sqlite")
    if chosen:
        for number, (file, function) in enumerate(counts[chosen].calls, 1):
            print(f"{number:4} {file:32} {function}")
        return
    print(f"{'path':24}{'calls':>7}{'files':>7}{'storage trips':>15}{'SignalR trips':>15}")
    for name, count in counts.items():
        print(f"{name:24}{len(count.calls):7}{count.files:7}{count.storage:15}{count.signalr:15}")


def count_paths(service: FaultyService, statistics: Path) -> dict[str, Count]:
    """All four paths, counted on their second run. `statistics`: a new SQLite file."""
    migrate(Sqlite(str(statistics)))
    app = App(service, environment(service.url, statistics))
    walk(app)
    return walk(app)


def environment(signalr: str, statistics: Path) -> dict[str, str]:
    """Settings of an app with one TURN server (coturn), documents in memory and statistics."""
    return {
        "AzureSignalRConnectionString": f"Endpoint={signalr};AccessKey={KEY};Version=1.0;",
        "HELIOGRAPH_SIGNING_KEYS": "bench:" + "A" * 43,
        "HELIOGRAPH_STORAGE": "memory",
        "SQL_CONNECTION": f"sqlite:///{statistics}",
        "TURN_PROVIDERS": json.dumps([COTURN]),
        "TURN_SECRET": secrets.token_urlsafe(24),
    }


def walk(app: App) -> dict[str, Count]:
    """One call of two peers in a room of its own, each path counted by itself."""
    room, counts = secrets.token_urlsafe(12), {name: Count() for name in PATHS}
    first = app.post("negotiate", {"room": room})
    app.hub("on_connected", first)
    with counted(app, counts["negotiate"]):
        second = app.post("negotiate", {"room": room})
    app.hub("on_connected", second)
    offer = {"v": 1, "to": first["peer"], "seq": 1, "kind": "offer"}
    with counted(app, counts["offer"]):
        said = app.hub("on_signal", second, offer | {"body": {"pc": "p1", "sdp": SDP}})
    assert said["ok"], said
    with counted(app, counts["turn"]):
        relay = app.post("turn", {"to": first["peer"]}, second["token"])
    assert relay["granted"], relay
    with counted(app, counts["report"]):
        queued = Binding()
        app.post("report", report(second), second["token"], queued=queued)
        app.take_message("write_reports", queued.get())
    return counts


def report(place: dict[str, Any]) -> dict[str, Any]:
    """A report of a connection that ended just now, to the one whom this place has met."""
    [other] = place["peers"]
    return {
        "met": other["met"],
        "outcome": "connected",
        "side": "first" if place["peer"] > other["peer"] else "second",
        "age": 20,
        "phases": {"admit": 31.5, "signal": 80, "ice": 120.2, "dtls": 40, "open": 20},
        "transport": "udp",
        "bytesUp": 1_000_000,
        "bytesDown": 70_000,
        "duration": 61.2,
        "media": ["data"],
        "retries": 0,
        "turn": "none",
        "browser": "chromium",
    }


@contextmanager
def counted(app: App, count: Count) -> Iterator[None]:
    """Add to `count` what the block calls and what it asks of the two services."""
    events, tool = sys.monitoring.events, sys.monitoring.PROFILER_ID
    documents, pushes = app.documents.trips, len(app.service.calls)

    def on_start(code: CodeType, _: int) -> None:
        if (file := our_file(code)) is not None:
            count.calls.append((file, code.co_qualname))

    sys.monitoring.use_tool_id(tool, "paths")
    sys.monitoring.register_callback(tool, events.PY_START, on_start)
    sys.monitoring.set_events(tool, events.PY_START)
    try:
        yield
    finally:
        sys.monitoring.set_events(tool, events.NO_EVENTS)
        sys.monitoring.free_tool_id(tool)
    count.storage += app.documents.trips - documents
    count.signalr += len(app.service.calls) - pushes


def our_file(code: CodeType) -> str | None:
    """The file of a function that counts, relative to the repository; None for other code."""
    if code.co_name.startswith("<") and code.co_name != "<lambda>":
        return None
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT):
        return None
    name = path.relative_to(ROOT)
    is_class_body = not code.co_flags & inspect.CO_NEWLOCALS
    return None if name.parts[0] in NOT_COUNTED or is_class_body else name.as_posix()


if __name__ == "__main__":
    main()
