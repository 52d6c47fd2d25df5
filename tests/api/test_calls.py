"""Every endpoint and every refusal of docs/protocol.md §3 and §6, as a client meets them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from lab.stack import SIGNING_KEY
from signaling import codes
from signaling.codes import Code, Invite
from signaling.messages import MAX_ENVELOPE_BYTES
from signaling.orders import Orders
from signaling.tokens import KeyRing, PeerToken, sign_host, sign_orders, sign_peer
from tests.visitor import SDP, Visitor, code_of, envelope, new_room

RING = KeyRing({"tests": SIGNING_KEY})
FOREIGN = KeyRing({"tests": b"another key of the same name ...."})
HOUR = 3_600_000
NOBODY = "x" * 16


def now() -> int:
    return time.time_ns() // 1_000_000


def compact(value: Any) -> bytes:
    """As browsers write JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


# --- rooms ------------------------------------------------------------------------------------


async def test_a_room_is_created_with_a_host_token_and_an_invite(visitor: Visitor) -> None:
    made = await visitor.create(capacity=3, inviteOnly=True, ttl=60)
    said = {"room", "hostToken", "invite", "expiresAt", "capacity", "inviteOnly"}
    assert set(made) == said | {"turn", "turnSides"}
    assert (made["turn"], made["turnSides"]) == ("late", 2)
    assert (made["capacity"], made["inviteOnly"]) == (3, True)
    for code in (made["room"], made["invite"]):
        assert code[0] == "~" and len(code) == 23
    assert made["room"] != made["invite"]
    # On the full minute after what was asked for.
    assert 50_000 < made["expiresAt"] - now() < 130_000 and made["expiresAt"] % 60_000 == 0
    host = await visitor.negotiate(made["room"], made["hostToken"], name="Host")
    assert (host.place["role"], host.place["capacity"]) == ("host", 3)
    for _ in range(2):
        guest = await visitor.negotiate(made["invite"])
        assert guest.place["room"] == made["room"]


async def test_rooms_created_without_a_body_have_the_defaults_and_differ(visitor: Visitor) -> None:
    answers = [(await visitor.post("/rooms")).json() for _ in range(2)]
    assert answers[0]["room"] != answers[1]["room"]
    assert (answers[0]["capacity"], answers[0]["inviteOnly"]) == (8, False)


@pytest.mark.parametrize(
    "options",
    [
        {"capacity": 1},
        {"capacity": 33},
        {"capacity": "8"},
        {"ttl": 59},
        {"ttl": 86_401},
        {"turn": "always"},
        {"turnSides": 3},
        {"inviteOnly": 1},
        [],
        "junk",
    ],
    ids=str,
)
async def test_options_that_are_none(visitor: Visitor, options: Any) -> None:
    assert code_of(await visitor.post("/rooms", options), 400) == "invalid_options"


# --- negotiate --------------------------------------------------------------------------------


async def test_negotiate_answers_everything_at_once(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room, name=" Ann ")
    place = ann.place
    assert place["url"].endswith("/client/?hub=signaling") and place["accessToken"]
    assert (place["room"], place["name"], place["role"]) == (room, "Ann", "guest")
    assert len(place["peer"]) == 16
    assert (place["peers"], place["iceServers"], place["locked"]) == ([], [], False)
    assert abs(place["expiresAt"] - now() - HOUR) < 10_000 and place["ttl"] == 3_600
    assert (place["capacity"], place["stamp"]) == (8, "local")
    bob = await visitor.negotiate(room, name="Bob")
    (listed,) = bob.place["peers"]
    assert abs(listed.pop("joinedAt") - now()) < 10_000
    assert abs(listed.pop("visit") - now()) < 10_000
    assert 60 <= len(listed.pop("met")) <= 160
    assert listed == {"peer": ann.peer, "name": "Ann", "role": "guest", "connected": False}


async def test_a_plain_signalr_client_puts_room_and_name_in_the_query(visitor: Visitor) -> None:
    room = new_room()
    query = {"room": "other", "name": "Zoë & Co", "negotiateVersion": "1"}
    answer = await visitor.post("/negotiate", {"room": room}, params=query)
    assert (answer.json()["room"], answer.json()["name"]) == (room, "Zoë & Co")
    answer = await visitor.post("/negotiate", params={"room": room, "name": ""})
    assert (answer.json()["room"], answer.json()["name"]) == (room, "")
    # It brings no secret, and is told the one that brings it back to its seat.
    ask = {"room": room, "secret": answer.json()["secret"]}
    again = await visitor.post("/negotiate", ask)
    assert again.json()["peer"] == answer.json()["peer"] and "secret" not in again.json()


async def test_answers_are_not_kept_by_anybody(visitor: Visitor) -> None:
    answer = await visitor.post("/negotiate", {"room": new_room()})
    assert answer.headers["cache-control"] == "no-store"


async def test_a_secret_is_the_same_identity_again(visitor: Visitor) -> None:
    ann = await visitor.negotiate(new_room(), name="Ann")
    for token in (None, ann.token):
        again = (await ann.again(token)).json()
        for member in ("peer", "room", "name", "role"):
            assert again[member] == ann.place[member]
    renamed = (await ann.again(name="Anna")).json()
    assert (renamed["peer"], renamed["name"]) == (ann.peer, "Anna")
    bob = await visitor.negotiate(ann.place["room"])
    assert [peer["name"] for peer in bob.place["peers"]] == ["Anna"]


async def test_a_secret_is_somebody_else_in_another_room(visitor: Visitor) -> None:
    ann = await visitor.negotiate(new_room())
    other = await visitor.negotiate(new_room(), secret=ann.secret)
    assert other.peer != ann.peer


async def test_the_token_of_another_is_not_its_identity(visitor: Visitor) -> None:
    room = new_room()
    ann, eve = await visitor.negotiate(room), await visitor.negotiate(room)
    again = await eve.again(ann.token)
    assert again.json()["peer"] == eve.peer


async def test_a_seat_is_resumed_in_a_room_that_is_full_and_locked(visitor: Visitor) -> None:
    made = await visitor.create(capacity=2)
    ann = await visitor.negotiate(made["room"], name="Ann")
    await visitor.negotiate(made["room"], made["hostToken"])
    await visitor.post("/rooms/lock", {"locked": True}, made["hostToken"])
    answer = await ann.again()
    assert answer.status_code == 200 and answer.json()["locked"] is True


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        ({}, 400, "invalid_room"),
        ({"room": ""}, 400, "invalid_room"),
        ({"room": "a/b"}, 400, "invalid_room"),
        ({"room": "x" * 65}, 400, "invalid_room"),
        ({"room": "r", "name": "x" * 65}, 400, "invalid_name"),
        ({"room": "r", "name": "a\u202eb"}, 400, "invalid_name"),
        ({"room": "r", "name": "a\u0000b"}, 400, "invalid_name"),
        ({"room": 5}, 400, "invalid_options"),
        ({"room": "r", "secret": "short"}, 400, "invalid_secret"),
        ({"room": "r", "secret": "x" * 65}, 400, "invalid_secret"),
        ({"room": "r", "secret": "x" * 21 + "\n"}, 400, "invalid_secret"),
        ({"room": "r", "visit": -1}, 400, "invalid_options"),
        ({"room": "r", "visit": "1"}, 400, "invalid_options"),
        ({"room": "r", "orders": "junk"}, 401, "bad_token"),
        ({"room": "~"}, 404, "room_not_found"),
        ({"room": "~" + "A" * 22}, 404, "room_not_found"),
        ({"room": "~" + "A" * 23}, 404, "room_not_found"),
        ([], 400, "invalid_options"),
    ],
    ids=str,
)
async def test_what_negotiate_does_not_take(
    visitor: Visitor, ask: Any, status: int, code: str
) -> None:
    assert code_of(await visitor.post("/negotiate", ask), status) == code


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b'{"room":"\\ud800"}', 400, "invalid_json"),
        (b'{"room":"r","x":"%s"}' % (b"x" * 65_536), 413, "too_large"),
        (b"[" * 33 + b"]" * 33, 413, "too_large"),
        (b"[" * 60_000, 413, "too_large"),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("path", ["/negotiate", "/rooms", "/leave"])
async def test_bodies_that_are_none(
    visitor: Visitor, path: str, content: bytes, status: int, code: str
) -> None:
    assert code_of(await visitor.post(path, content=content), status) == code


async def test_capacity_is_a_promise(visitor: Visitor) -> None:
    made = await visitor.create(capacity=2)
    ann = await visitor.negotiate(made["room"])
    await visitor.negotiate(made["room"])
    refused = await visitor.post("/negotiate", {"room": made["room"]})
    assert code_of(refused, 409) == "room_full"
    await visitor.post("/leave", token=ann.token)
    await visitor.negotiate(made["room"])


async def test_of_many_who_come_at_once_as_many_as_fit_come_in(visitor: Visitor) -> None:
    made = await visitor.create(capacity=3)
    asks = [visitor.post("/negotiate", {"room": made["room"]}) for _ in range(12)]
    answers = await asyncio.gather(*asks)
    assert [answer.status_code for answer in answers].count(200) == 3
    assert {code_of(a, 409) for a in answers if a.status_code != 200} == {"room_full"}


async def test_of_many_who_show_one_invite_at_once_one_comes_in(visitor: Visitor) -> None:
    made = await visitor.create(inviteOnly=True, capacity=12)
    path = "/rooms/invite"
    one = (await visitor.post(path, {"uses": 1}, made["hostToken"])).json()["invite"]
    asks = [visitor.post("/negotiate", {"room": one}) for _ in range(8)]
    answers = await asyncio.gather(*asks)
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {code_of(a, 403) for a in answers if a.status_code != 200} == {"invite_used"}


# --- invites ----------------------------------------------------------------------------------


async def test_an_invite_is_good_for_as_often_as_it_says(visitor: Visitor) -> None:
    made = await visitor.create(inviteOnly=True)
    path = "/rooms/invite"
    one = (await visitor.post(path, None, made["hostToken"])).json()
    assert set(one) == {"invite", "expiresAt", "uses"} and one["uses"] == 1
    assert one["expiresAt"] <= made["expiresAt"]
    ask = {"room": one["invite"]}
    ann = await visitor.negotiate(one["invite"])
    assert code_of(await visitor.post("/negotiate", ask), 403) == "invite_used"
    # The same person again is no second one, by the invite or without it, with a seat or just left.
    for room in (one["invite"], made["room"]):
        assert (await ann.again(room=room)).status_code == 200
        left = (await ann.again(room=room)).json()["token"]
        await visitor.post("/leave", token=left)
        assert code_of(await visitor.post("/negotiate", ask), 403) == "invite_used"
        assert (await ann.again(room=room)).status_code == 200


def signed(made: dict[str, Any], ring: KeyRing = RING, **change: Any) -> str:
    """An invite to a room that was created, made here."""
    (code,) = codes.read(RING, made["room"])
    early = change.pop("early", 0)
    terms = structs.replace(code.terms, **change)
    invite = Invite(9, terms.ends_at - early, 1)
    return codes.write(ring, Code(terms, invite, ring.names[0]))


async def test_invites_that_open_nothing(visitor: Visitor) -> None:
    made = await visitor.create(inviteOnly=True, ttl=3_600)

    async def tried(room: str, status: int) -> str:
        return code_of(await visitor.post("/negotiate", {"room": room}), status)

    assert await tried(made["room"], 403) == "invite_required"
    assert await tried(made["hostToken"], 400) == "invalid_room"
    assert await tried(signed(made, FOREIGN), 404) == "room_not_found"
    for place in (1, 9, 21):
        other = "A" if made["invite"][place] != "A" else "B"
        changed = made["invite"][:place] + other + made["invite"][place + 1 :]
        assert await tried(changed, 404) == "room_not_found"
    # Clocks differ: an invite and a room are good for two minutes longer than they say.
    assert await tried(signed(made, early=HOUR + 240_000), 403) == "invite_expired"
    minute = now() // 60_000 * 60_000
    for end in (minute - 180_000, made["expiresAt"] + 48 * HOUR):
        assert await tried(signed(made, ends_at=end), 404) == "room_not_found"
    await visitor.negotiate(signed(made))
    await visitor.negotiate(signed(made, ends_at=minute))


async def test_a_host_ends_an_invite_and_who_came_by_it_stays(visitor: Visitor) -> None:
    made = await visitor.create(inviteOnly=True)
    ann = await visitor.negotiate(made["invite"])
    path = "/rooms/revoke"
    answer = await visitor.post(path, {"invite": made["invite"]}, made["hostToken"])
    assert answer.status_code == 200 and set(answer.json()) == {"ok", "orders"}
    refused = await visitor.post("/negotiate", {"room": made["invite"]})
    assert code_of(refused, 403) == "invite_revoked"
    assert (await ann.again(room=made["invite"])).status_code == 200
    other = await visitor.create(inviteOnly=True)
    for junk in (made["room"], other["invite"]):
        refused = await visitor.post(path, {"invite": junk}, made["hostToken"])
        assert code_of(refused, 400) == "invalid_options"


async def test_invites_have_limits(visitor: Visitor) -> None:
    made = await visitor.create(ttl=120)
    path = "/rooms/invite"
    for options in ({"uses": 0}, {"uses": 1001}, {"ttl": 59}, {"ttl": 604_801}, {"uses": "1"}):
        refused = await visitor.post(path, options, made["hostToken"])
        assert code_of(refused, 400) == "invalid_options"
    long = (await visitor.post(path, {"ttl": 604_800, "uses": 1000}, made["hostToken"])).json()
    assert (long["expiresAt"], long["uses"]) == (made["expiresAt"], 1000)


# --- tokens -----------------------------------------------------------------------------------

HOST_CALLS = ["kick", "lock", "invite", "revoke"]
CALLS = ["/signal", "/leave", "/sleep", *(f"/rooms/{call}" for call in HOST_CALLS), "/negotiate"]
BODIES = {
    "/signal": envelope(),
    "/rooms/kick": {"peer": NOBODY},
    "/rooms/lock": {"locked": True},
    "/rooms/revoke": {"invite": "~" + "A" * 22},
    "/negotiate": {"room": "r"},
}


def peer_of(room: str, role: str = "guest") -> PeerToken:
    return PeerToken(room, NOBODY, role, now(), "L" * 16)


@pytest.mark.parametrize("path", CALLS[:-1])
async def test_calls_that_need_a_token_say_so(visitor: Visitor, path: str) -> None:
    assert code_of(await visitor.post(path, BODIES.get(path)), 401) == "missing_token"


@pytest.mark.parametrize("path", CALLS)
async def test_tokens_that_are_none(visitor: Visitor, path: str) -> None:
    me = peer_of("r", "host")
    junk = [
        "junk",
        "a.b.c",
        sign_peer(FOREIGN, me, now() + HOUR),
        sign_orders(RING, "r", Orders(1, True), now() + HOUR),
    ]
    for token in junk:
        assert code_of(await visitor.post(path, BODIES.get(path), token), 401) == "bad_token"
    for header in ("Basic abc", "Bearer", "x"):
        refused = await visitor.post(path, BODIES.get(path), headers={"Authorization": header})
        assert code_of(refused, 401) == "bad_token"
    # Clocks differ: a token counts for five minutes longer than it says.
    old = sign_peer(RING, me, now() - 301_000)
    assert code_of(await visitor.post(path, BODIES.get(path), old), 401) == "token_expired"


@pytest.mark.parametrize("path", ["/signal", "/leave", "/sleep", "/turn"])
async def test_a_host_token_is_no_peer(visitor: Visitor, path: str) -> None:
    token = sign_host(RING, "r", now() + HOUR)
    assert code_of(await visitor.post(path, BODIES.get(path), token), 401) == "bad_token"


async def test_a_token_opens_its_own_room_only(visitor: Visitor) -> None:
    made, other = await visitor.create(), await visitor.create()
    ann = await visitor.negotiate(made["room"])
    for token in (made["hostToken"], ann.token):
        refused = await visitor.post("/negotiate", {"room": other["room"]}, token)
        assert code_of(refused, 403) == "wrong_room"
    # A host's call needs no room but that of its token, and reaches no other.
    victim = await visitor.negotiate(other["room"])
    await visitor.post("/rooms/lock", {"locked": True}, made["hostToken"])
    await visitor.post("/rooms/kick", {"peer": victim.peer}, made["hostToken"])
    again = (await victim.again()).json()
    assert again["locked"] is False and "orders" not in again


async def test_nothing_of_before_its_beginning_leads_into_a_room(visitor: Visitor) -> None:
    """Once a name was enough to be in a room, and then to be in the one created under that name."""
    chosen = {"room": "board", "name": "board", "inviteOnly": True}
    made = (await visitor.post("/rooms", chosen)).json()
    letters = made["room"].removeprefix("~")
    assert len(letters) == 22 and "board" not in made["room"], "nobody chooses it"
    early = await visitor.negotiate(letters)  # an open room of the same letters, before the host
    for token in (early.token, None):
        await visitor.post("/leave", token=early.token)
        refused = await visitor.post(
            "/negotiate", {"room": made["room"], "secret": early.secret}, token
        )
        code = "wrong_room" if token else "invite_required"
        assert code_of(refused, 403) == code
    host = await visitor.negotiate(made["room"], token=made["hostToken"])
    assert host.place["peers"] == [] and host.place["role"] == "host"


# --- host calls -------------------------------------------------------------------------------


@pytest.mark.parametrize("call", HOST_CALLS)
async def test_guests_are_no_hosts(visitor: Visitor, call: str) -> None:
    made = await visitor.create()
    ann = await visitor.negotiate(made["room"])
    refused = await visitor.post(f"/rooms/{call}", BODIES.get(f"/rooms/{call}"), ann.token)
    assert code_of(refused, 403) == "not_host"


@pytest.mark.parametrize("call", HOST_CALLS)
async def test_host_calls_need_a_room_that_somebody_created(visitor: Visitor, call: str) -> None:
    room, body = new_room(), BODIES.get(f"/rooms/{call}")
    for token in (
        sign_host(RING, room, now() + HOUR),
        sign_peer(RING, peer_of(room, "host"), now() + HOUR),
    ):
        refused = await visitor.post(f"/rooms/{call}", body, token)
        assert code_of(refused, 404) == "room_not_found"


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("kick", {}),
        ("kick", {"peer": "short"}),
        ("kick", {"peer": NOBODY + "\n"}),
        ("lock", {}),
        ("lock", {"locked": "yes"}),
        ("lock", None),
    ],
    ids=str,
)
async def test_host_calls_of_another_form(visitor: Visitor, call: str, body: Any) -> None:
    made = await visitor.create()
    refused = await visitor.post(f"/rooms/{call}", body, made["hostToken"])
    assert code_of(refused, 400) == "invalid_options"


async def test_a_locked_room_admits_nobody_but_the_host(visitor: Visitor) -> None:
    made = await visitor.create()
    path = "/rooms/lock"
    host = await visitor.negotiate(made["room"], made["hostToken"])
    answer = await visitor.post(path, {"locked": True}, host.token)  # a peer token of a host
    assert answer.status_code == 200 and answer.json()["locked"] is True
    for room in (made["room"], made["invite"]):
        assert code_of(await visitor.post("/negotiate", {"room": room}), 403) == "room_locked"
    await visitor.negotiate(made["room"], made["hostToken"])
    await visitor.post(path, {"locked": False}, made["hostToken"])
    await visitor.negotiate(made["room"])


async def test_a_kick_ends_socket_seat_and_identity(visitor: Visitor) -> None:
    made = await visitor.create()
    ann = await visitor.negotiate(made["room"])
    bob = await visitor.negotiate(made["room"])
    path = "/rooms/kick"
    async with ann.connected() as anns, bob.connected() as bobs:
        kicked = await visitor.post(path, {"peer": ann.peer}, made["hostToken"])
        assert kicked.status_code == 200 and kicked.json()["ok"] is True
        assert (await anns.next("closed"))["code"] == "kicked"
        await anns.end()
        said = {"peer": ann.peer, "reason": "kicked", "visit": ann.place["visit"]}
        told = {"orders": kicked.json()["orders"], "locked": False}
        assert await bobs.all_of("left", "orders") == {"left": said, "orders": told}
        for token in (None, ann.token):
            assert code_of(await ann.again(token), 403) == "kicked"
        assert code_of(await ann.signal(envelope()), 403) == "kicked"
        again = await visitor.post(path, {"peer": ann.peer}, made["hostToken"])
        assert again.status_code == 200
        # The token of the socket still lives: it opens no place.
        async with ann.socket() as back:
            assert (await back.next("closed"))["code"] == "not_member"
            await back.end()
    # It may sit at another stamp.
    assert (await visitor.post(path, {"peer": NOBODY}, made["hostToken"])).status_code == 200
    assert (await visitor.post("/leave", token=ann.token)).status_code == 204


async def test_a_kick_ends_the_invite_that_the_member_came_by(visitor: Visitor) -> None:
    made = await visitor.create(inviteOnly=True)
    path = "/rooms"
    bob = await visitor.negotiate(made["invite"])
    spare = await visitor.negotiate(made["invite"])
    eve = await visitor.negotiate(made["invite"])
    await visitor.post("/leave", token=spare.token)
    await visitor.post(f"{path}/kick", {"peer": eve.peer}, made["hostToken"])
    refused = await visitor.post("/negotiate", {"room": made["invite"]})
    assert code_of(refused, 403) == "invite_revoked"
    assert code_of(await spare.again(room=made["invite"]), 403) == "invite_revoked"
    assert (await bob.again()).status_code == 200
    other = (await visitor.post(f"{path}/invite", {}, made["hostToken"])).json()["invite"]
    await visitor.negotiate(other)


async def test_a_lock_keeps_out_who_had_left_before_it(visitor: Visitor) -> None:
    made = await visitor.create()
    host = await visitor.negotiate(made["room"], made["hostToken"])
    spare, bob = await visitor.negotiate(made["room"]), await visitor.negotiate(made["room"])
    await visitor.post("/leave", token=spare.token)
    await visitor.post("/rooms/lock", {"locked": True}, made["hostToken"])
    assert code_of(await spare.again(spare.token), 403) == "room_locked"
    # Who leaves the locked room comes back, as after a reload; so does its host, as host.
    for one, role in ((bob, "guest"), (host, "host")):
        await visitor.post("/leave", token=one.token)
        back = await one.again()
        assert (back.status_code, back.json()["role"]) == (200, role)


async def test_a_host_who_was_kicked_gives_no_more_orders(visitor: Visitor) -> None:
    made = await visitor.create()
    host = await visitor.negotiate(made["room"], made["hostToken"])
    path = "/rooms"
    await visitor.post(f"{path}/kick", {"peer": host.peer}, made["hostToken"])
    for call in HOST_CALLS:
        refused = await visitor.post(f"{path}/{call}", BODIES.get(f"/rooms/{call}"), host.token)
        assert code_of(refused, 403) == "kicked"


# --- signal and leave -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://localhost:5173", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:3000", True),
        ("https://page.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
    ],
)
async def test_pages_of_the_same_machine_may_call_a_local_stack_and_no_others(
    visitor: Visitor, origin: str, may: bool
) -> None:
    """With credentials: SignalR's own client sends them."""
    answer = await visitor.post("/negotiate", {"room": new_room()}, headers={"Origin": origin})
    assert answer.status_code == 200
    named = answer.headers.get("access-control-allow-origin")
    assert named == (origin if may else None)
    assert answer.headers.get("access-control-allow-credentials") == "true" or not may


async def test_no_answer_is_taken_for_something_else_than_json(visitor: Visitor) -> None:
    made = await visitor.create()
    answers = [
        *[await visitor.get(path) for path in ("/health", "/ice", "/stats")],
        await visitor.post("/negotiate", {"room": "?"}),
        await visitor.post("/negotiate", {"room": made["room"]}),
        await visitor.post("/rooms/lock", {"locked": True}, "junk"),
        await visitor.post("/report", {}),
    ]
    assert {answer.status_code for answer in answers} >= {200, 400, 401}
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url


@pytest.mark.parametrize("path", ["/health", "/stats", "/ice"])
async def test_head_answers_as_get_without_a_body(visitor: Visitor, path: str) -> None:
    """RFC 9110 §9.3.2."""
    asked = await visitor.get(path)
    head = await visitor.head(path)
    assert (head.status_code, head.content) == (asked.status_code, b"")
    assert head.headers["content-type"] == asked.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/signal", envelope(), 200),
        ("/turn", {}, 200),
        ("/sleep", {}, 204),
        ("/leave", {}, 204),
        ("/rooms/kick", {"peer": NOBODY}, 200),
        ("/rooms/lock", {"locked": True}, 200),
        ("/rooms/invite", {}, 201),
        ("/rooms/revoke", {"invite": "~" + "A" * 22}, 404),
    ],
)
async def test_a_token_in_the_body_is_as_good_as_one_in_the_header(
    visitor: Visitor, path: str, body: dict[str, Any], status: int
) -> None:
    made = await visitor.create()
    host = await visitor.negotiate(made["room"], made["hostToken"])
    in_header = await visitor.post(path, body, host.token)
    ask = {"room": made["room"], "secret": host.secret, "token": made["hostToken"]}
    assert (await visitor.post("/negotiate", ask)).json()["role"] == "host"
    in_body = await visitor.post(path, {**body, "token": host.token})
    assert (in_body.status_code, in_header.status_code) == (status, in_header.status_code)
    assert code_of(await visitor.post(path, {**body, "token": "x.y.z"}), 401) == "bad_token"


async def test_an_envelope_may_be_as_large_beside_a_token_as_without_one(visitor: Visitor) -> None:
    ann = await visitor.negotiate(new_room())
    message = envelope("data", "")
    free = MAX_ENVELOPE_BYTES - len(compact(message))
    for more, status in ((free, 200), (free + 1, 413)):
        large = {**message, "body": "x" * more}
        in_header = await visitor.post("/signal", token=ann.token, content=compact(large))
        with_token = compact({**large, "token": ann.token})
        in_body = await visitor.post("/signal", content=with_token)
        assert (in_header.status_code, in_body.status_code) == (status, status)


async def test_signal_by_http_reaches_an_open_socket(visitor: Visitor) -> None:
    room = new_room()
    ann, bob = await visitor.negotiate(room), await visitor.negotiate(room)
    async with ann.connected() as anns:
        sent = envelope("offer", to=ann.peer)
        answer = await bob.signal(sent)
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        got = await anns.next("signal")
        assert got == {**{k: sent[k] for k in ("v", "seq", "kind", "body")}, "from": bob.peer}
        await bob.signal(envelope("text", {"text": "all"}))
        assert (await anns.next("message"))["body"] == {"text": "all"}


async def test_signal_by_http_waits_for_a_socket_that_is_not_open_yet(visitor: Visitor) -> None:
    room = new_room()
    ann, bob = await visitor.negotiate(room), await visitor.negotiate(room)
    sent = [envelope("offer", to=ann.peer), envelope("text", {"text": "hi"}, to=ann.peer)]
    for message in (*sent, sent[0]):
        assert (await bob.signal(message)).status_code == 200
    async with ann.connected() as anns:
        got = [await anns.next("signal") for _ in sent]
        assert sorted(each["seq"] for each in got) == [each["seq"] for each in sent]
        assert {each["from"] for each in got} == {bob.peer}
    async with ann.connected() as anns:  # it has had them
        await bob.signal(envelope("bye", to=ann.peer))
        assert (await anns.next("signal"))["kind"] == "bye"


async def test_an_offer_is_given_before_its_sender_has_a_socket(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room)
    parked = envelope("offer")
    await ann.signal(parked)
    bob = await visitor.negotiate(room)
    [listed] = bob.place["peers"]
    assert (listed["connected"], listed["offer"]["seq"]) == (False, parked["seq"])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (envelope("restart", {"pc": "p"}), "missing_to"),
        ({**envelope(), "kind": "shout"}, "unknown_kind"),
        (envelope("text", {}), "invalid_message"),
        ([], "invalid_message"),
        (None, "invalid_json"),
    ],
    ids=["missing_to", "unknown_kind", "no text", "list", "empty"],
)
async def test_what_signal_does_not_take(visitor: Visitor, message: Any, code: str) -> None:
    ann = await visitor.negotiate(new_room())
    assert code_of(await ann.signal(message), 400) == code


async def test_signal_takes_valid_utf_8_only(visitor: Visitor) -> None:
    ann = await visitor.negotiate(new_room())
    for junk in (b'"\xff"', b"1e999"):
        body = b'{"v":1,"seq":1,"kind":"text","body":{"text":"x","new":' + junk + b"}}"
        refused = await visitor.post("/signal", token=ann.token, content=body)
        assert code_of(refused, 400) in ("invalid_json", "invalid_message")


async def test_signal_has_the_limits_of_the_hub(visitor: Visitor) -> None:
    ann = await visitor.negotiate(new_room())
    large = json.dumps(envelope("data", "x" * 32_768)).encode()
    assert (
        code_of(await visitor.post("/signal", token=ann.token, content=large), 413) == "too_large"
    )
    answers = await asyncio.gather(*(ann.signal(envelope("bye")) for _ in range(120)))
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert code_of(refused, 429) == "rate_limited" and refused.json()["error"]["retryAfter"] > 0


async def test_who_has_left_sends_nothing(visitor: Visitor) -> None:
    ann = await visitor.negotiate(new_room())
    assert (await visitor.post("/leave", token=ann.token)).status_code == 204
    assert code_of(await ann.signal(envelope()), 403) == "not_member"
    assert code_of(await ann.signal(envelope("offer")), 403) == "not_member"


async def test_leaving_takes_the_token_in_the_header_or_the_body_and_twice(
    visitor: Visitor,
) -> None:
    room = new_room()
    ann, bob = await visitor.negotiate(room), await visitor.negotiate(room)
    async with bob.connected() as bobs:
        answer = await visitor.post("/leave", {"token": ann.token})
        assert (answer.status_code, answer.content) == (204, b"")
        said = {"peer": ann.peer, "reason": "left", "visit": ann.place["visit"]}
        assert await bobs.next("left") == said
        assert (await visitor.post("/leave", token=ann.token)).status_code == 204
        cyd = await visitor.negotiate(room)
        assert [peer["peer"] for peer in cyd.place["peers"]] == [bob.peer]


async def test_who_leaves_is_not_announced_to_whom_it_has_told_it(visitor: Visitor) -> None:
    room = new_room()
    ann, bob, cyd = [await visitor.negotiate(room) for _ in range(3)]
    async with bob.connected() as bobs:
        await visitor.post("/leave", {"token": ann.token, "told": [bob.peer, cyd.peer]})
        await visitor.post("/leave", {"token": cyd.token, "told": []})
        assert (await bobs.next("left"))["peer"] == cyd.peer
    for told in ([bob.peer] * 33, ["B"], [None], "x"):
        answer = await visitor.post("/leave", {"token": bob.token, "told": told})
        assert code_of(answer, 400) == "invalid_options"


async def test_who_leaves_hears_and_says_no_more(visitor: Visitor) -> None:
    room = new_room()
    ann, bob = await visitor.negotiate(room), await visitor.negotiate(room)
    async with ann.connected() as anns, bob.connected():
        await visitor.post("/leave", token=ann.token)
        await anns.end()
        await bob.signal(envelope())
        # Not even of its own leaving: each push is billed.
        assert [target for target, _ in anns.waiting() if target != "joined"] == []


async def test_the_last_word_of_an_older_page_does_not_count(visitor: Visitor) -> None:
    room = new_room()
    old = await visitor.negotiate(room, visit=1_000)
    new = await visitor.negotiate(room, secret=old.secret, visit=2_000)
    assert new.peer == old.peer and new.place["visit"] == 2_000
    await visitor.post("/leave", token=old.token)
    bob = await visitor.negotiate(room)
    assert [(peer["peer"], peer["visit"]) for peer in bob.place["peers"]] == [(old.peer, 2_000)]
    late = await visitor.negotiate(room, secret=old.secret, visit=1_000)
    assert late.place["visit"] == 2_000
    await visitor.post("/leave", token=new.token)
    cyd = await visitor.negotiate(room)
    assert [peer["peer"] for peer in cyd.place["peers"]] == [bob.peer]


# --- sleep ------------------------------------------------------------------------------------


async def test_a_seat_that_sleeps_is_kept_without_a_socket(visitor: Visitor) -> None:
    made = await visitor.create(capacity=2)
    ann, bob = [await visitor.negotiate(made["room"], name=name) for name in ("Ann", "Bob")]
    async with bob.connected() as bobs:
        async with ann.connected():
            asleep = await visitor.post("/sleep", token=ann.token)
            assert (asleep.status_code, asleep.content) == (204, b"")
        assert await bobs.next("disconnected") == {"peer": ann.peer, "asleep": True}
        (listed,) = (await bob.again()).json()["peers"]
        assert (listed["peer"], listed["connected"], listed["asleep"]) == (ann.peer, False, True)
        assert code_of(await visitor.post("/negotiate", {"room": made["room"]}), 409) == "room_full"
        async with ann.connected():
            assert (await bobs.next("joined"))["peer"] == ann.peer
        assert await bobs.next("disconnected") == {"peer": ann.peer}
        await visitor.post("/sleep", token=ann.token)
        assert await bobs.next("disconnected") == {"peer": ann.peer, "asleep": True}
        await ann.again()
        (listed,) = (await bob.again()).json()["peers"]
        assert "asleep" not in listed


async def test_who_has_no_seat_does_not_sleep(visitor: Visitor) -> None:
    made = await visitor.create()
    ann, eve = [await visitor.negotiate(made["room"]) for _ in range(2)]
    await visitor.post("/leave", token=ann.token)
    assert code_of(await visitor.post("/sleep", token=ann.token), 403) == "not_member"
    path = "/rooms/kick"
    await visitor.post(path, {"peer": eve.peer}, made["hostToken"])
    assert code_of(await visitor.post("/sleep", token=eve.token), 403) == "kicked"


# --- parked offers ----------------------------------------------------------------------------


async def test_a_parked_offer_is_handed_to_one_newcomer(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room)
    async with ann.connected():
        old, offer = envelope("offer"), envelope("offer")
        for parked in (old, offer):
            assert (await ann.signal(parked)).json() == {"ok": True}
        resumed = (await ann.again()).json()
        assert resumed["peers"] == []
        bob, cyd = await visitor.negotiate(room), await visitor.negotiate(room)
        assert bob.place["peers"][0]["offer"] == {"seq": offer["seq"], "body": offer["body"]}
        assert bob.place["peers"][0]["offer"]["body"]["sdp"] == SDP
        assert all("offer" not in peer for peer in cyd.place["peers"])


async def test_the_offer_of_somebody_who_sleeps_is_not_handed_out(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room)
    await ann.signal(envelope("offer"))
    assert (await visitor.post("/sleep", {}, ann.token)).status_code == 204
    bob = await visitor.negotiate(room)
    assert "offer" not in bob.place["peers"][0]


# --- the rest ---------------------------------------------------------------------------------


async def test_health_says_what_works(visitor: Visitor) -> None:
    answer = await visitor.get("/health")
    assert answer.status_code == 200
    said = answer.json()
    assert said.pop("version")
    assert said == {
        "status": "ok",
        "checks": {"documents": "ok", "signalr": "ok", "secrets": "ok", "turn": "off"},
        "level": "normal",
        "providers": [],
        "stamp": "local",
        "build": "",
        "caller": {"kind": "private", "skipped": 0, "left": 0},
    }


async def test_health_shows_how_the_app_sees_its_caller(visitor: Visitor) -> None:
    chain = {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}
    answer = await visitor.get("/health", headers=chain)
    assert answer.json()["caller"] == {"kind": "public", "skipped": 1, "left": 1}
    assert "203.0.113" not in answer.text and "192.0.2" not in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/rooms/r", "/rooms/s/kick", "/health/x", "/"])
async def test_what_is_not_there_is_not_found(visitor: Visitor, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404
    assert (await visitor.post(path)).status_code in (404, 405)


@pytest.mark.parametrize("path", ["/negotiate", "/rooms", "/signal", "/leave", "/rooms/kick"])
async def test_calls_are_posts(visitor: Visitor, path: str) -> None:
    # Where no function takes the method, Azure's host says 404.
    assert (await visitor.get(path)).status_code in (404, 405)


@pytest.mark.parametrize("path", ["/rooms", "/negotiate", "/signal", "/leave", "/turn", "/report"])
async def test_a_body_in_chunks_does_not_arrive_and_is_not_taken_for_an_empty_one(
    visitor: Visitor, path: str
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    answer = await visitor.post(path, content=chunks())
    assert code_of(answer, 411) == "length_required"
