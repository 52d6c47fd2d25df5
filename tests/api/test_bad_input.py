"""Whatever comes in, something documented goes out, nothing changes, and nothing is written down.

Hypothesis at the front door. `quarrel` keeps all that was said, for the search of the log.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect

from lab.stack import ROOT, SIGNING_KEY, Stack
from signaling.tokens import (
    InviteToken,
    KeyRing,
    PeerToken,
    sign_host,
    sign_invite,
    sign_peer,
)
from tests.visitor import SDP, SEPARATOR, envelope

RING = KeyRing({"tests": SIGNING_KEY})
FOREIGN = KeyRing({"tests": b"another key of the same name ...."})
HOUR = 3_600_000
NOW = time.time_ns() // 1_000_000
STRANGER = "stranger-1234567"
ROOM, NAME = "the-room-of-the-quarrel", "Ann Hathaway of Shottery"
BURST = 50  # calls of one connection, below what the rate allows

# docs/protocol.md §6, read from the page itself.
DOCUMENTED = {
    (int(row[1]), code)
    for row in re.finditer(
        r"^\| (\d{3}) \| (.*) \|$", (ROOT / "docs/protocol.md").read_text(), re.M
    )
    for code in re.findall(r"`(\w+)`", row[2])
} - {(500, "internal")}
CODES = {code for _, code in DOCUMENTED}


class Quarrel:
    """A room with a host, Ann and Bob in it; Ann's socket hears what gets through."""

    def __init__(self, stack: Stack, http: httpx.Client) -> None:
        self.http, self.api, self.log = http, stack.api, stack.log
        self.said: set[str] = {SDP.split("\r\n")[1], ROOM, NAME}
        made = self.ok("/rooms", {"room": ROOM, "capacity": 4, "inviteOnly": True})
        self.host_token, self.invite = made["hostToken"], made["invite"]
        entry = {"room": ROOM, "name": NAME, "invite": self.invite}
        self.ann, self.bob = self.ok("/negotiate", entry), self.ok("/negotiate", entry)
        self.said |= {self.host_token, self.invite}
        for place in (self.ann, self.bob):
            self.said |= {place["token"], place["accessToken"], place["peer"]}

    def ok(self, path: str, body: Any, token: str = "") -> Any:
        answer = self.post(path, json.dumps(body).encode(), token)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def post(
        self, path: str, body: bytes, token: str = "", query: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {b"Authorization": b"Bearer " + token.encode("latin-1")} if token else {}
        return self.http.post(f"{self.api}{path}", content=body, headers=headers, params=query)

    def state(self) -> Any:
        """The room as its members see it. Both resume: a seat without a socket is kept for 30 s."""
        for me in (self.bob, self.ann):
            place = self.ok("/negotiate", {}, me["token"])
            self.said |= {place["token"], place["accessToken"]}
        return {name: place[name] for name in ("peers", "capacity", "locked", "name", "role")}


@pytest.fixture(scope="module")
def quarrel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarrel]:
    with (
        Stack(tmp_path_factory.mktemp("quarrel") / "log") as stack,
        httpx.Client(trust_env=False, timeout=10) as http,
    ):
        yield Quarrel(stack, http)


def fair(answer: httpx.Response) -> None:
    """Fine, or a refusal that the protocol knows."""
    assert "Traceback" not in answer.text
    if answer.status_code < 300:
        return
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) in DOCUMENTED, answer.text
    assert isinstance(error["message"], str) and set(error) <= {"code", "message", "retryAfter"}


def some(count: int) -> settings:
    """A modest number of examples: each is a call over the network."""
    return settings(max_examples=count, suppress_health_check=list(HealthCheck))


FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=30)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
MEMBERS = (
    "room name invite token peer locked uses ttl capacity inviteOnly v to seq kind body".split()
)
FORMS = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5)
NAMES = st.text(st.characters(codec=None) | st.sampled_from("\0\n\u202e\u2028\ud800"), max_size=80)
BODIES = st.one_of(
    st.binary(max_size=60),
    (JSON | FORMS).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({"room": st.just("r"), "name": NAMES}).map(
        lambda value: json.dumps(value).encode()
    ),
    st.integers(1, 3_000).map(lambda depth: b"[" * depth),
    st.integers(1, 3_000).map(lambda depth: b'{"a":' * depth + b"1" + b"}" * depth),
    st.integers(60_000, 70_000).map(lambda size: b'"' + b"x" * size + b'"'),
    st.sampled_from(
        [b'{"name":"\xff"}', b'{"room":"\xed\xa0\x80"}', b'{"x":1e999}', b"NaN", b"\x00"]
    ),
)
INVITE = InviteToken(ROOM, "i", 1)
TOKENS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"))
    .filter(lambda text: not set(text) & set(map(chr, range(0x7F, 0xA1))))
    .map(str.strip),
    st.sampled_from(
        [
            "",
            "a.b.c",
            "x" * 5_000,
            sign_peer(RING, PeerToken(ROOM, STRANGER, "guest", ""), NOW - HOUR, NOW - 1000),
            sign_peer(FOREIGN, PeerToken(ROOM, STRANGER, "host", ""), NOW, NOW + HOUR),
            sign_peer(RING, PeerToken(ROOM, STRANGER, "guest", ""), 1000, NOW + HOUR),
            sign_host(FOREIGN, ROOM, NOW, NOW + HOUR),
            sign_host(RING, "another-room", NOW, NOW + HOUR),
            sign_invite(RING, INVITE, NOW, NOW + HOUR),
        ]
    ),
)
PATHS = [
    "/rooms",
    "/negotiate",
    "/signal",
    "/leave",
    f"/rooms/{ROOM}/kick",
    f"/rooms/{ROOM}/lock",
    f"/rooms/{ROOM}/invite",
]


@pytest.mark.parametrize("path", PATHS)
def test_junk_from_strangers_gets_a_documented_answer_and_changes_nothing(
    quarrel: Quarrel, path: str
) -> None:
    before = quarrel.state()

    @some(30)
    @given(BODIES, TOKENS, st.dictionaries(st.sampled_from(["room", "name", "invite"]), NAMES))
    @example(b"x" * 3_000_000, "", {})
    @example(b"", "", {"room": ROOM, "invite": "a.b.c"})
    def call(body: bytes, token: str, query: dict[str, str]) -> None:
        clean = {name: text.encode("utf-8", "replace").decode() for name, text in query.items()}
        quarrel.said |= {token} if len(token) > 30 else set()
        fair(quarrel.post(path, body, token, clean))

    call()
    assert quarrel.state() == before


@pytest.mark.parametrize("call", ["kick", "lock", "invite"])
def test_a_host_who_sends_junk_changes_nothing(quarrel: Quarrel, call: str) -> None:
    before = quarrel.state()

    @some(25)
    @given(
        BODIES
        | st.fixed_dictionaries({"peer": JSON, "locked": SCALARS, "uses": JSON}).map(
            lambda value: json.dumps(value).encode()
        )
    )
    def send(body: bytes) -> None:
        try:
            value = json.loads(body)
            if call == "lock" and isinstance(value, dict) and value.get("locked") in (True, False):
                return  # that is an order
        except (ValueError, RecursionError):
            pass
        answer = quarrel.post(f"/rooms/{ROOM}/{call}", body, quarrel.host_token)
        fair(answer)
        assert call == "invite" or answer.status_code >= 400

    send()
    assert quarrel.state() == before


@some(25)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=70))
@example("..")
@example("%2e%2e")
@example("a\x00b")
def test_names_of_rooms_in_paths(quarrel: Quarrel, room: str) -> None:
    answer = quarrel.post(f"/rooms/{quote(room, safe='')}/lock", b'{"locked":true}', "a.b.c")
    assert answer.status_code in (401, 404) and "Traceback" not in answer.text


@some(40)
@given(
    BODIES
    | st.fixed_dictionaries(
        {
            "v": st.just(1),
            "seq": st.integers(0, 9),
            "kind": st.sampled_from(
                ["offer", "answer", "candidates", "restart", "bye", "text", "data", "shout"]
            ),
            "body": FORMS,
        },
        optional={"to": st.text(max_size=20)},
    ).map(lambda value: json.dumps(value).encode()),
    st.integers(0, 10**9),
)
def test_junk_sent_by_one_who_has_no_seat(quarrel: Quarrel, body: bytes, who: int) -> None:
    me = PeerToken(ROOM, f"{who:016}", "guest", "")
    answer = quarrel.post("/signal", body, sign_peer(RING, me, NOW, NOW + HOUR))
    fair(answer)
    assert answer.status_code in (400, 403, 413)


# --- the hub ----------------------------------------------------------------------------------


class Hub:
    """Bob's socket, made anew before the rate is used up; and Ann's, which listens."""

    def __init__(self, quarrel: Quarrel) -> None:
        self.quarrel, self.calls = quarrel, BURST
        self.bobs, self.anns = ExitStack(), ExitStack()
        quarrel.state()
        self.ann = self.open(quarrel.ann, self.anns)

    def open(self, place: dict[str, Any], until: ExitStack) -> ClientConnection:
        url = f"{place['url'].replace('http', 'ws', 1)}&access_token={place['accessToken']}"
        socket = until.enter_context(
            connect(url, compression=None, max_size=None, proxy=None, ping_interval=None)
        )
        socket.send('{"protocol":"json","version":1}' + SEPARATOR)
        return socket

    def invoke(self, method: str, *arguments: Any) -> Any:
        if self.calls == BURST:
            self.bobs.close()
            self.quarrel.state()
            self.bob, self.calls = self.open(self.quarrel.bob, self.bobs), 0
        self.calls += 1
        return self.answer(self.bob, method, [json.dumps(argument) for argument in arguments])

    def invoke_raw(self, method: str, *arguments: Any) -> Any:
        """Arguments as they are, and not as JSON text."""
        self.invoke(method)  # counts the call
        return self.answer(self.bob, method, arguments)

    def answer(self, socket: ClientConnection, method: str, arguments: Any) -> Any:
        call = {"type": 1, "target": method, "arguments": arguments, "invocationId": "i"}
        socket.send(json.dumps(call) + SEPARATOR)
        while True:
            for record in str(socket.recv(5)).split(SEPARATOR)[:-1]:
                assert "Traceback" not in record
                if json.loads(record).get("type") == 3:
                    return json.loads(record)

    def heard(self) -> list[str]:
        """Targets that were pushed to Ann since the last time, but for Bob's coming and going."""
        call = {"type": 1, "target": "signal", "arguments": [0], "invocationId": "i"}
        self.ann.send(json.dumps(call) + SEPARATOR)
        targets: list[str] = []
        while True:
            for text in str(self.ann.recv(5)).split(SEPARATOR)[:-1]:
                record = json.loads(text)
                if record.get("type") == 3:
                    return [
                        target
                        for target in targets
                        if target not in ("joined", "left", "disconnected")
                    ]
                targets += [record["target"]] if record.get("type") == 1 else []


@pytest.fixture(scope="module")
def hub(quarrel: Quarrel) -> Iterator[Hub]:
    hub = Hub(quarrel)
    with hub.anns, hub.bobs:
        yield hub


NO_ENVELOPE = (
    JSON
    | FORMS
    | st.fixed_dictionaries(
        {"v": st.just(1), "seq": st.integers(), "kind": st.text(max_size=40), "body": JSON}
    )
)


@pytest.mark.parametrize("method", ["signal", "broadcast"])
def test_junk_at_the_hub_is_refused_in_its_own_words(hub: Hub, method: str) -> None:
    before = hub.quarrel.state()
    hub.heard()

    @some(60)
    @given(st.lists(NO_ENVELOPE, max_size=2) | NO_ENVELOPE.map(lambda value: [value]))
    @example([[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]])
    @example([{"v": 1, "seq": 1, "kind": "text", "body": {"text": "x" * 100_000}}])
    @example([{"v": 1, "seq": 1, "kind": "offer", "body": {"pc": "p", "sdp": SDP * 2_000}}])
    def invoke(arguments: list[Any]) -> None:
        said = hub.invoke(method, *arguments)["result"]
        assert said["ok"] is False and said["code"] in CODES, said
        assert set(said) <= {"ok", "code", "message", "retryAfter"}

    invoke()
    assert hub.heard() == []
    assert seats(hub.quarrel.state()) == seats(before)


@pytest.mark.parametrize("argument", [None, 1, {}, {"v": 1}, [], True, "", "{", "x" * 300_000])
def test_an_argument_that_is_no_json_text_is_refused(hub: Hub, argument: Any) -> None:
    said = hub.invoke_raw("signal", argument)["result"]
    assert said["ok"] is False and said["code"] in ("invalid_message", "invalid_json", "too_large")


def seats(state: Any) -> Any:
    return [peer["peer"] for peer in state["peers"]], state["capacity"], state["locked"]


# --- the log ----------------------------------------------------------------------------------


def test_nothing_that_was_said_is_written_down(quarrel: Quarrel, hub: Hub) -> None:
    """Runs last in this file: after the junk, and after a whole ordinary visit."""
    offer = envelope("offer", {"pc": "p1", "sdp": SDP})
    assert hub.invoke("signal", offer)["result"] == {"ok": True}
    assert hub.invoke("signal", envelope(to=quarrel.ann["peer"]))["result"] == {"ok": True}
    quarrel.ok("/signal", envelope("offer", {"pc": "p1", "sdp": SDP}), quarrel.ann["token"])
    path = f"/rooms/{ROOM}"
    quarrel.said.add(quarrel.ok(f"{path}/invite", {}, quarrel.host_token)["invite"])
    quarrel.ok(f"{path}/lock", {"locked": True}, quarrel.host_token)
    quarrel.ok(f"{path}/kick", {"peer": quarrel.bob["peer"]}, quarrel.host_token)
    quarrel.ok("/leave", {"token": quarrel.ann["token"]})
    log = quarrel.log.read_text()
    assert "Traceback" not in log and "failed" not in log, log[-2000:]
    parts = {part for said in quarrel.said for part in (said, said.rpartition(".")[2])}
    assert [said for said in parts if len(said) > 12 and said in log] == []
    assert len(quarrel.said) > 12
