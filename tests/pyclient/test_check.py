"""`heliograph check`: it holds where people can meet, and says what is wrong where they cannot."""

import base64
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import aioice.ice
import pytest
from heliograph.check import report
from heliograph.check.report import Check, Order, Relays
from heliograph.check.steps import MEANINGS, STEPS
from heliograph.check.trials import title, trials
from heliograph.cli import main

from lab.stack import ROOT, SIGNING_KEYS
from local.cluster import Cluster, cluster
from local.emulator import UpstreamRequest, UpstreamResponse
from local.emulator.upstream import IGNORED, Deliver
from tests.long import usually
from tests.turn.coturn import Coturn

SETTINGS = {"HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS, "HELIOGRAPH_STUN_URLS": ""}
OTHER_KEYS = f"other:{base64.urlsafe_b64encode(bytes(32)).decode()}"
SECRET = "a secret of the relay"
POLL_SECONDS = 0.02  # in which a server of a test notices that it is to end
# Billed messages of a check, at most: at one stamp, and at two stamps together. Where a machine has
# little to do they are 5 to 7, and 12 to 14: what is not answered soon is said again.
MESSAGES_ALONE, MESSAGES_TOGETHER = 15, 30
MESSAGES_OF_A_FAILURE = 20
TALK = ["join", "socket", "hub", "meet", "connect", "text", "file", "leave"]
LINE = re.compile(r"  (ok|FAIL) +(\w+) +\d+\.\d s")
# An address, a token of SignalR or of ours, a room: none of them may be told.
PRIVATE = re.compile(r"://|\d+\.\d+\.\d+\.\d+|localhost|eyJ|[\w-]{22}|check-|Check [12]")


@asynccontextmanager
async def running(count: int = 1, **settings: str) -> AsyncIterator[list[Cluster]]:
    """Complete stamps whose service is in this process."""
    environ = {**SETTINGS, "HELIOGRAPH_STAMPS": str(count), **settings}
    async with AsyncExitStack() as stack:
        made = [cluster(ROOT, environ, concurrency=16) for _ in range(count)]
        yield [await stack.enter_async_context(one) for one in made]


async def checked(
    *stamps: Cluster | str, relays: Relays = "no", seconds: float = 150.0
) -> tuple[bool, list[str]]:
    """Whether all is well, and what was told."""
    told: list[str] = []
    backends = [one if isinstance(one, str) else f"{one.http}/api" for one in stamps]
    good = await Check(Order(backends, relays, seconds, 1), told.append, str).run()
    print(*told, sep="\n")
    assert PRIVATE.search("\n".join(told)) is None, told
    return good, told


def steps(told: list[str], mark: str = "ok") -> list[str]:
    found = [LINE.match(line) for line in told]
    return [line[2] for line in found if line is not None and line[1] == mark]


def failure(told: list[str]) -> str:
    """The only line that tells of one."""
    (line,) = [line for line in told if line.startswith("  FAIL")]
    return line


def billed(stamp: Cluster) -> int:
    assert stamp.service is not None
    return stamp.service.board.messages


async def ignored(event: UpstreamRequest) -> UpstreamResponse:
    """As the service without an upstream that matches."""
    return IGNORED


async def refused(event: UpstreamRequest) -> UpstreamResponse:
    """As the functions answer to a key that is not theirs."""
    return UpstreamResponse(401)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that fail here for sure do so sooner."""
    for name, seconds in {"hub": 1.5, "connect": 3.0, "relay": 12.0}.items():
        monkeypatch.setitem(STEPS, name, replace(STEPS[name], seconds=seconds))


@pytest.fixture
def impostor() -> Iterator[Callable[..., str]]:
    """A server that answers health and everything else as it is told: the URL of its API."""
    servers: list[HTTPServer] = []

    def start(health: tuple[int, Any], other: tuple[int, Any] = (404, {})) -> str:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*health)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(*other)

            def _answer(self, status: int, body: Any) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answers))
        Thread(target=servers[-1].serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/api"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def health(status: str = "ok", **checks: str) -> dict[str, Any]:
    """As docs/protocol.md §3 has it."""
    parts = {"documents": "ok", "signalr": "ok", "secrets": "ok", "turn": "off", **checks}
    caller = {"kind": "public", "skipped": 1, "left": 0}
    return {"status": status, "checks": parts, "stamp": "x", "caller": caller}


@pytest.mark.parametrize("upstream", usually((ignored, refused), ignored))
async def test_two_meet_for_a_few_messages_and_a_service_that_calls_nobody_is_told(
    impatient: None, upstream: Deliver
) -> None:
    async with running() as (stamp,):
        good, told = await checked(stamp)
        assert good and steps(told) == ["health", *TALK], told
        assert told[-1].startswith("1 of 1 are well")
        assert 0 < billed(stamp) <= MESSAGES_ALONE
        assert stamp.service is not None
        stamp.service.upstream.deliver, before = upstream, billed(stamp)
        good, told = await checked(stamp)
        assert billed(stamp) - before <= MESSAGES_OF_A_FAILURE
        assert not good and "hub_silent: The socket is open" in failure(told)
        assert steps(told) == ["health", "join", "socket"]
        assert told[-2].startswith("        Look at the upstream")


@pytest.mark.long
async def test_two_meet_at_several_stamps_and_none_is_missed() -> None:
    async with running(2) as (a, b):
        good, told = await checked(a, b)
        assert good and steps(told) == ["health", *TALK, "health", *TALK, *TALK], told
        assert told[-1].startswith("3 of 3 are well")
        assert billed(a) + billed(b) <= 2 * MESSAGES_ALONE + MESSAGES_TOGETHER
        assert b.service is not None
        b.service.upstream.deliver = ignored
        good, told = await checked(a, b)
        assert not good and steps(told)[:9] == ["health", *TALK]
        assert told[-2] == "stamps 1 and 2 together: not tried, because of stamp 2"
        assert told[-1].startswith("1 of 3 are well")


@pytest.mark.long
async def test_stamps_that_do_not_share_their_keys_are_told() -> None:
    async with running(2) as (a, _), running(2, HELIOGRAPH_SIGNING_KEYS=OTHER_KEYS) as (_, b):
        good, told = await checked(a, b)
        assert not good and steps(told)[:18] == ["health", *TALK, "health", *TALK]
        assert "stamp_refuses" in failure(told) and "signing keys" in told[-2]


def turned(*urls: str, secret: str = SECRET) -> dict[str, str]:
    """The settings of a stamp that mints for a TURN server."""
    provider = {"kind": "coturn", "urls": urls, "secret": "TURN_SECRET", "pricePerGB": 0.05}
    return {"TURN_PROVIDERS": json.dumps([provider]), "TURN_SECRET": secret}


@pytest.fixture
def silent() -> Iterator[int]:
    """A UDP port at which nobody answers, as behind a firewall."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        yield port.getsockname()[1]


@pytest.mark.long
async def test_a_relay_is_proven_and_udp_that_is_blocked_is_told(silent: int) -> None:
    with Coturn(SECRET, extra=["--allow-loopback-peers"]) as relay:
        udp, tcp = (f"turn:{relay.host}:{relay.port}?transport={way}" for way in ("udp", "tcp"))
        async with running(**turned(udp, tcp)) as (stamp,):
            good, told = await checked(stamp, relays="yes")
            assert good and "relay" in steps(told), told
            assert relay_line(told).endswith("udp ok, tcp ok")
        away = f"turn:127.0.0.1:{silent}?transport=udp"
        async with running(**turned(away, tcp)) as (stamp,):
            good, told = await checked(stamp, relays="if-any")
            assert good and "udp silent, tcp ok: UDP to the TURN server is" in relay_line(told)
        async with running(**turned(away)) as (stamp,):
            good, told = await checked(stamp, relays="yes")
            assert not good and "relay_silent: No TURN server answers. (by udp)" in failure(told)
            assert "UDP may be blocked here" in told[-2]


@pytest.mark.long
async def test_a_relay_that_refuses_the_credential_and_one_that_relays_nothing_are_told(
    impatient: None,
) -> None:
    with Coturn("another secret") as relay:
        url = f"turn:{relay.host}:{relay.port}?transport=udp"
        async with running(**turned(url)) as (stamp,):
            good, told = await checked(stamp, relays="yes")
            assert not good and "relay_credential: The TURN server refuses" in failure(told)
            assert "shared secret" in told[-2]
    with Coturn(SECRET) as relay:  # which by default sends nothing to loopback
        url = f"turn:{relay.host}:{relay.port}?transport=udp"
        async with running(**turned(url)) as (stamp,):
            good, told = await checked(stamp, relays="yes")
            assert not good and "relay_no_path: The TURN server takes" in failure(told)


@pytest.mark.long
async def test_a_stun_server_that_does_not_answer_is_told(silent: int) -> None:
    async with running(HELIOGRAPH_STUN_URLS=f"stun:127.0.0.1:{silent}") as (stamp,):
        good, told = await checked(stamp)
        assert good, told
        (line,) = [line for line in told if " connect " in line]
        assert line.endswith("direct; no STUN server answers: UDP to it is blocked here")


def relay_line(told: list[str]) -> str:
    (line,) = [line for line in told if " relay " in line]
    return line


@pytest.mark.long
async def test_two_without_a_path_are_told_apart_from_udp_that_is_blocked(
    impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither has an address of its own."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    async with running() as (stamp,):
        good, told = await checked(stamp)
        assert not good and "no_path: The two do not get a connection" in failure(told)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((503, health("down", signalr="down")), "down: The stamp says that nobody can join."),
        ((502, "<html>"), "not_heliograph: What answers is no Heliograph. (it answers 502)"),
    ],
)
async def test_a_stamp_that_is_not_well_is_told(
    impostor: Callable[..., str], found: tuple[int, Any], words: str
) -> None:
    good, told = await checked(impostor(found), seconds=4.0)
    assert not good and words in failure(told)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((429, {"error": {"code": "rate_limited", "message": "eyJ", "retryAfter": 60}}), "rate_li"),
        ((403, {"error": {"code": "http://x", "message": ""}}), "unexpected: Something failed"),
        pytest.param((500, {}), "no_answer: Nothing answers", marks=pytest.mark.long),
        ((200, {"room": "x"}), "not_heliograph"),
    ],
)
async def test_a_stamp_that_gives_no_seat_is_told(
    impostor: Callable[..., str], answer: tuple[int, Any], words: str
) -> None:
    good, told = await checked(impostor((200, health()), answer))
    assert not good and words in failure(told) and steps(told) == ["health"]
    assert "behind 1 proxies" in told[1]


async def test_relays_are_wanted_where_there_are_none(impostor: Callable[..., str]) -> None:
    good, told = await checked(impostor((200, health())), relays="yes")
    assert not good and "turn_off: " in failure(told)


def test_nothing_answers_and_the_status_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "http://127.0.0.1:9/api", "--seconds", "1", "--tries", "5"]) == 1
    said = capsys.readouterr()
    assert "FAIL  health" in said.out and "0 of 1 are well" in said.out and said.err == ""


async def test_a_trial_that_fails_is_tried_again_and_a_final_one_is_not(
    impostor: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PAUSE_SECONDS", 0.01)
    full = (409, {"error": {"code": "room_full", "message": "Full."}})
    for relays, tries in (("no", 2), ("yes", 1)):
        told: list[str] = []
        order = Order([impostor((200, health()), full)], relays, 30.0, 2)
        assert not await Check(order, told.append, str).run()
        assert len(steps(told, "FAIL")) == tries


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name the API of each stamp"),
        (["http://x/api", "--seconds", "0"], "--seconds"),
        (["http://x/api", "--tries", "9"], "--tries"),
        (["http://x/api", "--relay", "--relay-if-any"], "not allowed with"),
    ],
)
def test_a_wrong_command_line_is_status_2(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HELIOGRAPH_BACKEND", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    assert ended.value.code == 2 and words in capsys.readouterr().err


def test_each_stamp_is_tried_alone_and_several_together() -> None:
    assert [title(trial) for trial in trials(1)] == ["stamp 1"]
    named = ["stamp 1", "stamp 2", "stamp 3", "stamps 1, 2 and 3 together"]
    assert [title(trial) for trial in trials(3)] == named


def test_each_step_that_is_late_has_a_meaning() -> None:
    assert {step.late for step in STEPS.values()} <= MEANINGS.keys()
