"""Whatever comes in, something documented goes out, nothing changes, and nothing is written down.

Hypothesis at the front door. `quarrel` keeps all that was said, for the search of the log.
"""

import itertools
import json
import re
import string
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lab.stack import ROOT, Stack
from signaling import codes
from signaling.errors import NotFound
from signaling.orders import Orders
from signaling.places import Place, read_place
from signaling.tokens import KeyRing, PeerToken, sign_host, sign_orders, sign_peer
from tests.api.quarrel import (
    HOST_TOKEN,
    INVITE,
    LOCKED,
    NOW,
    OPEN_ROOM,
    RING,
    ROOM,
    STRANGER,
    Hub,
    Quarrel,
)
from tests.visitor import SDP, envelope

FOREIGN = KeyRing({"tests": b"another key of the same name ...."})
HOUR = 3_600_000
NUMBERS = itertools.count()

# docs/protocol.md §6, read from the page itself.
DOCUMENTED = {
    (int(row[1]), code)
    for row in re.finditer(
        r"^\| (\d{3}) \| (.*) \|$", (ROOT / "docs/protocol.md").read_text(), re.M
    )
    for code in re.findall(r"`(\w+)`", row[2])
} - {(500, "internal")}
REFUSALS = {code for _, code in DOCUMENTED}


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
MEMBERS = """room name secret visit orders invite token peer locked uses ttl capacity inviteOnly
v to seq kind body""".split()
FORMS = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5)
NAMES = st.text(st.characters(codec=None) | st.sampled_from("\0\n\u202e\u2028\ud800"), max_size=80)
BASE64 = string.ascii_letters + string.digits + "-_"
CODES = st.text(BASE64, max_size=30).map(lambda text: f"~{text}") | st.just(ROOM)
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
LIFE = "L" * 16


def peer_of(room: str, role: str = "guest", peer: str = STRANGER) -> PeerToken:
    return PeerToken(room, peer, role, NOW, LIFE)


TOKENS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"))
    .filter(lambda text: not set(text) & set(map(chr, range(0x7F, 0xA1))))
    .map(str.strip),
    st.sampled_from(
        [
            "",
            "a.b.c",
            "x" * 5_000,
            sign_peer(RING, peer_of(ROOM), NOW - HOUR),
            sign_peer(FOREIGN, peer_of(ROOM, "host"), NOW + HOUR),
            sign_peer(RING, peer_of(ROOM), NOW + HOUR),
            sign_peer(RING, peer_of(OPEN_ROOM, "host"), NOW + HOUR),
            sign_peer(RING, peer_of("~" + "A" * 22, "host"), NOW + HOUR),
            sign_host(FOREIGN, ROOM, NOW + HOUR),
            sign_host(RING, "another-room", NOW + HOUR),
            LOCKED,
        ]
    ),
)
PATHS = [
    "/rooms",
    "/negotiate",
    "/signal",
    "/leave",
    "/sleep",
    "/rooms/kick",
    "/rooms/lock",
    "/rooms/invite",
    "/rooms/revoke",
]
QUERIES = ["room", "name", "secret", "visit", "orders", "proof", "invite"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.rpartition("/")[2])
def test_junk_from_strangers_gets_a_documented_answer_and_changes_nothing(
    quarrel: Quarrel, path: str
) -> None:
    before = quarrel.state()

    @some(30)
    @given(BODIES, TOKENS, st.dictionaries(st.sampled_from(QUERIES), NAMES))
    @example(b"x" * 3_000_000, "", {})
    @example(b"", "", {"room": ROOM, "orders": "a.b.c"})
    @example(b"", "", {"room": ROOM, "orders": LOCKED})  # good orders, but no invite
    @example(b"", "", {"room": ROOM, "orders": HOST_TOKEN})
    def call(body: bytes, token: str, query: dict[str, str]) -> None:
        clean = {name: text.encode("utf-8", "replace").decode() for name, text in query.items()}
        quarrel.said |= {token} if len(token) > 30 else set()
        fair(quarrel.post(path, body, token, clean))

    call()
    assert quarrel.state() == before


@pytest.mark.parametrize("call", ["kick", "lock", "invite", "revoke"])
def test_a_host_who_sends_junk_changes_nothing(quarrel: Quarrel, call: str) -> None:
    before = quarrel.state()

    @some(25)
    @given(
        BODIES
        | st.fixed_dictionaries(
            {"peer": JSON, "locked": SCALARS, "uses": JSON, "invite": JSON | CODES}
        ).map(lambda value: json.dumps(value).encode())
    )
    def send(body: bytes) -> None:
        try:
            value = json.loads(body)
            if call == "lock" and isinstance(value, dict) and value.get("locked") in (True, False):
                return  # that is an order
        except (ValueError, RecursionError):
            pass
        answer = quarrel.post(f"/rooms/{call}", body, HOST_TOKEN)
        fair(answer)
        assert call == "invite" or answer.status_code >= 400

    send()
    assert quarrel.state() == before


@some(25)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=70) | CODES,
    st.sampled_from(["a.b.c", sign_host(RING, OPEN_ROOM, NOW + HOUR)]),
)
@example("..", "a.b.c")
@example("%2e%2e", "a.b.c")
@example("a\x00b", "a.b.c")
@example(ROOM, sign_host(RING, OPEN_ROOM, NOW + HOUR))
@example(OPEN_ROOM, sign_host(RING, OPEN_ROOM, NOW + HOUR))
def test_names_of_rooms_in_paths(quarrel: Quarrel, room: str, token: str) -> None:
    answer = quarrel.post("/rooms/lock", b'{"locked":true}', token)
    assert answer.status_code in (400, 401, 403, 404) and "Traceback" not in answer.text


@some(60)
@given(st.integers(1, 22), st.sampled_from(BASE64), st.sampled_from([ROOM, INVITE]))
def test_a_code_with_another_character_opens_nothing_else(
    quarrel: Quarrel, place: int, character: str, code: str
) -> None:
    """The home, in four bits of the last character, is no part of what is signed."""
    changed = code[:place] + character + code[place + 1 :]
    if read_place(RING, code, NOW) == place_or_none(changed):
        assert changed == code or place == 22
        return
    answer = quarrel.negotiate(room=changed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "room_not_found")


def place_or_none(code: str) -> Place | None:
    try:
        return read_place(RING, code, NOW)
    except NotFound:
        return None


@some(60)
@given(CODES | st.text(max_size=30).map(lambda text: f"~{text}"))
def test_made_up_codes_are_no_rooms(quarrel: Quarrel, code: str) -> None:
    answer = quarrel.negotiate(room=code.encode("utf-8", "replace").decode())
    refused = answer.json()["error"]["code"]
    expected = (403, "invite_required") if code == ROOM else (404, "room_not_found")
    assert (answer.status_code, refused) == expected


@some(60)
@given(st.text(max_size=70) | st.text(BASE64, min_size=20, max_size=66) | JSON)
@example("x" * 21)
@example("x" * 22)
@example("x" * 64)
@example("x" * 65)
@example("x" * 22 + "\n")
@example("é" * 22)
@example("٣" * 22)
def test_a_secret_is_taken_or_refused_and_never_said_again(quarrel: Quarrel, secret: Any) -> None:
    answer = quarrel.negotiate(room=f"secrets-{next(NUMBERS)}", secret=secret)
    if secret is None:
        assert re.fullmatch("[A-Za-z0-9_-]{22}", answer.json()["secret"])
    elif isinstance(secret, str) and re.fullmatch("[A-Za-z0-9_-]{22,64}", secret):
        quarrel.said.add(secret)
        assert answer.status_code == 200 and secret not in answer.text
    else:
        fair(answer)
        assert answer.status_code == 400
        code = answer.json()["error"]["code"]
        junk = ("invalid_secret", "invalid_json")  # a lone surrogate is no JSON
        assert code in (junk if isinstance(secret, str) else ("invalid_options",))


@some(40)
@given(st.integers(0, 2**53 - 1) | st.integers() | JSON)
@example(2**53)
@example(-1)
@example(10**400)
@example(True)
def test_a_visit_is_an_integer_that_every_client_can_hold(quarrel: Quarrel, visit: Any) -> None:
    answer = quarrel.negotiate(room=f"visits-{next(NUMBERS)}", visit=visit)
    fair(answer)
    if isinstance(visit, float):
        return  # 1.0 is an integer in JSON; whether -0.0 is one, parsers do not agree
    if isinstance(visit, int) and not isinstance(visit, bool) and 0 <= visit < 2**53:
        assert answer.status_code == 200 and answer.json()["visit"] == visit
    elif visit is None:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 400


@some(40)
@given(st.integers(0, len(LOCKED) - 2), st.sampled_from(BASE64 + ".=é"))
def test_orders_with_another_character_are_refused(
    quarrel: Quarrel, place: int, character: str
) -> None:
    # The last character of a signature holds two bits that mean nothing.
    changed = LOCKED[:place] + character + LOCKED[place + 1 :]
    if changed == LOCKED:
        return
    answer = quarrel.negotiate(room=INVITE, secret=quarrel.secrets["ann"], visit=1, orders=changed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_token")


def test_orders_that_are_none_are_refused_and_change_nothing(quarrel: Quarrel) -> None:
    before, said = quarrel.state(), Orders(9, True, (quarrel.bob["peer"],))
    none = {
        "": (401, "bad_token"),
        HOST_TOKEN: (401, "bad_token"),
        quarrel.ann["token"]: (401, "bad_token"),
        sign_orders(FOREIGN, ROOM, said, NOW + HOUR): (401, "bad_token"),
        sign_orders(RING, ROOM, said, NOW - HOUR // 2): (401, "token_expired"),
        sign_orders(RING, OPEN_ROOM, said, NOW + HOUR): (403, "wrong_room"),
        sign_orders(RING, "~" + "A" * 22, said, NOW + HOUR): (404, "room_not_found"),
        "x" * 60_000: (401, "bad_token"),
    }
    for orders, refusal in none.items():
        secret = quarrel.secrets["ann"]
        answer = quarrel.negotiate(room=ROOM, secret=secret, visit=1, orders=orders)
        assert (answer.status_code, answer.json()["error"]["code"]) == refusal
        assert orders == "" or orders not in answer.text
    assert quarrel.state() == before


@some(40)
@given(
    BODIES
    | st.fixed_dictionaries(
        {
            "v": st.just(1),
            "seq": st.integers(0, 9),
            "kind": st.sampled_from(
                "offer answer candidates restart bye text data ack shout".split()
            ),
            "body": FORMS,
        },
        optional={"to": st.text(max_size=20)},
    ).map(lambda value: json.dumps(value).encode()),
    st.integers(0, 10**9),
)
def test_junk_sent_by_one_who_has_no_seat(quarrel: Quarrel, body: bytes, who: int) -> None:
    token = sign_peer(RING, peer_of(ROOM, peer=f"{who:016}"), NOW + HOUR)
    answer = quarrel.post("/signal", body, token)
    fair(answer)
    assert answer.status_code in (400, 403, 413)
    assert quarrel.post("/sleep", body, token).status_code == 403


# --- the hub ----------------------------------------------------------------------------------


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
        assert said["ok"] is False and said["code"] in REFUSALS, said
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
    with ExitStack() as until:
        hub.answer(hub.open(quarrel.cyd, until), "broadcast", [json.dumps(envelope())])
    quarrel.ok("/sleep", None, quarrel.cyd["token"])
    made = quarrel.ok("/rooms", {})
    quarrel.said |= {made["room"], made["invite"], made["hostToken"]}
    path = "/rooms"
    invite = quarrel.ok(f"{path}/invite", {}, HOST_TOKEN)["invite"]
    for call, body in {
        "lock": {"locked": True},
        "kick": {"peer": quarrel.bob["peer"]},
        "revoke": {"invite": invite},
    }.items():
        quarrel.said |= {invite, quarrel.ok(f"{path}/{call}", body, HOST_TOKEN)["orders"]}
    told = quarrel.negotiate(room=ROOM, secret=quarrel.secrets["bob"], orders=LOCKED)
    assert told.json()["error"]["code"] == "kicked"
    quarrel.said.add(quarrel.enter("ann")["orders"])
    quarrel.ok("/leave", {"token": quarrel.ann["token"]})
    log = quarrel.log.read_text()
    assert "Traceback" not in log and "failed" not in log, log[-2000:]
    parts = {part for said in quarrel.said for part in (said, said.rpartition(".")[2])}
    parts |= {said[1:] for said in quarrel.said if codes.is_code(said)}
    assert [said for said in parts if len(said) > 12 and said in log] == []
    assert len(quarrel.said) > 12
