"""Nothing in the statistics tells who called: names, addresses and SDP are searched everywhere."""

import base64
import itertools
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backend import reports
from backend.settings import Settings
from backend.wiring import Services
from lab.stack import SIGNING_KEY, SIGNING_KEYS, Stack
from signaling.errors import HeliographError
from signaling.tokens import KeyRing, PeerToken, sign_peer
from tests.stats.reports import proof
from tests.stats.reports import report as report_of
from tests.visitor import Visitor, code_of

NAME = "Ann-Example"
ROOM = "Anns-secret-room"
LIFE, VISIT = "Anns-room-life-1", 1_777_123_456_789
ADDRESSES = ("192.0.2.77", "2001:db8::77", "printer.ann.example")
AGENT = "AnnsBrowser/5.0 (Telltale; rv:1)"
SDP = f"v=0 a=candidate:1 1 udp 1 {ADDRESSES[0]} 5 typ host a=fingerprint:sha-256 AB:CD:77"
ID = "AnnExample-192-0-2-77_"  # 22 characters, all allowed
TELLING = (
    NAME,
    ROOM,
    LIFE,
    str(VISIT),
    *ADDRESSES,
    AGENT,
    SDP,
    ID,
    "AB:CD:77",
    "Telltale",
    "AnnExample",
)
MEMBERS = (
    "met outcome side age phases candidateType transport bytesUp bytesDown duration media"
).split()
MORE = """retries turn browser token name room userAgent address secret visit orders life
""".split()


def now() -> int:
    return time.time_ns() // 1_000_000


def peer_token(peer: str = "A" * 16) -> str:
    ring = KeyRing({"tests": SIGNING_KEY})
    token = PeerToken(ROOM, peer, "guest", VISIT, LIFE)
    return sign_peer(ring, token, now() + 3_600_000)


def bodies() -> list[Any]:
    """Every telling value in every member, inside it, and beside all of them."""

    def report(**changes: Any) -> dict[str, Any]:
        return report_of(**{"met": proof(ROOM, at=now()), **changes})

    made: list[Any] = [report(met=ID), report(met=ID[::-1]), report(**dict.fromkeys(MORE, SDP))]
    for member, value in itertools.product((*MEMBERS, *MORE), TELLING):
        made.append(report(**{member: value}))
        made.append(report(**{member: [value]}))
        made.append(report(**{member: {value: value}}))
    made.append(report(phases={"ice": 5, ADDRESSES[0]: 1, "name": NAME}))
    return made


def traces(data: bytes, values: tuple[str, ...]) -> list[str]:
    """Which of the values are in it, as they are or in the usual clothes."""
    found = []
    for value in values:
        plain = value.encode()
        # Base64 of what lies at any offset: without the ends, which depend on the neighbours.
        coded = [base64.b64encode(b"x" * n + plain)[n and 4 : -4] for n in range(3)]
        for form in (plain, plain.hex().encode(), value.encode("utf-16-le"), *coded):
            if len(form) > 5 and form.lower() in data.lower():
                found.append(value)
    return found


def test_the_search_finds_what_is_there() -> None:
    for clothes in (NAME.encode(), base64.b64encode(b'{"name": "' + NAME.encode() + b'"}')):
        assert traces(b"before" + clothes + b"after", TELLING) == [NAME]


def test_no_message_in_the_queue_tells_who_it_was() -> None:
    environ = {
        "AzureSignalRConnectionString": "Endpoint=http://localhost;AccessKey=k;",
        "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
        "HELIOGRAPH_STORAGE": "memory",
        "SQL_CONNECTION": "sqlite:///unused",
    }
    services = Services(Settings.from_environ(environ))
    taken = 0
    for number, body in enumerate(bodies()):
        token = peer_token(f"{number:016}")
        try:
            message = reports.report(services, msgspec.json.encode(body), token)
        except HeliographError as refusal:
            assert not traces(refusal.message.encode(), (*TELLING, token))
        else:
            taken += 1
            assert not traces(message.encode(), (*TELLING, token, ROOM, f"{number:016}"))
    assert taken > 100  # members that nobody asked for are ignored


@pytest.fixture
def stack(tmp_path: Path) -> Any:
    with Stack(tmp_path / "log") as running:
        yield running


async def test_neither_the_database_nor_the_log_tells_who_it_was(stack: Stack) -> None:
    telling = {"user-agent": AGENT, "x-forwarded-for": ADDRESSES[0], "referer": f"http://x/{ROOM}"}
    folder, taken, token = stack.log.parent, 0, peer_token()
    async with httpx.AsyncClient(trust_env=False, timeout=10, headers=telling) as http:
        visitor = Visitor(http, stack.api)
        for number, body in enumerate(bodies()[::7]):
            answer = await visitor.post("/report", body, peer_token(f"{number:016}"))
            assert answer.status_code in (202, 400, 401, 403)
            assert not traces(answer.content, TELLING)
            taken += answer.status_code == 202
        answer = await visitor.post("/report", {"met": ID, "sdp": SDP}, token)
        assert code_of(answer, 400) == "invalid_options"
    stack.stop()
    assert taken > 20
    searched = [path for path in folder.rglob("*") if path.is_file()]
    assert {"log", "stats.sqlite"} <= {path.name for path in searched}
    for path in searched:
        assert traces(path.read_bytes(), (*TELLING, token)) == [], path.name
