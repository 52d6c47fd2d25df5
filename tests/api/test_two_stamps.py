"""Two stamps that share the signing keys and nothing else, and people who try to make use of that.

docs/protocol.md §7: what each failure costs in strictness, and what nobody ever gets.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from lab.stack import SIGNING_KEY, Stack
from signaling.orders import Orders
from signaling.tokens import KeyRing, sign_orders
from tests.visitor import Visitor, code_of, envelope, new_room, user_id_of

RING = KeyRing({"tests": SIGNING_KEY})
FOREIGN = KeyRing({"tests": b"another key of the same name ...."})
HOUR = 3_600_000


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Stack]]:
    with ExitStack() as running:
        logs = [tmp_path_factory.mktemp(f"stamp-{name}") / "log" for name in "ab"]
        a, b = [
            running.enter_context(Stack(log, HELIOGRAPH_STAMP=name))
            for name, log in zip("ab", logs, strict=True)
        ]
        yield a, b


@pytest.fixture
async def doors(stamps: tuple[Stack, Stack]) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """Somebody at the door of each stamp, in no room yet."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        yield Visitor(http, stamps[0].api), Visitor(http, stamps[1].api)


Doors = tuple[Visitor, Visitor]


async def both(doors: Doors, room: str, token: str | None = None, **ask: Any) -> Doors:
    """One person who is present at both stamps."""
    here = await doors[0].negotiate(room, token, visit=1_000, **ask)
    there = await doors[1].negotiate(room, token, visit=1_000, secret=here.secret, **ask)
    return here, there


def now() -> int:
    return time.time_ns() // 1_000_000


# --- one identity -----------------------------------------------------------------------------


@pytest.mark.parametrize("created", [True, False])
async def test_a_secret_is_the_same_peer_at_both(doors: Doors, created: bool) -> None:
    room = (await doors[0].create())["room"] if created else new_room()
    here, there = await both(doors, room, name="Ann")
    for member in ("peer", "room", "role", "name", "visit"):
        assert here.place[member] == there.place[member]
    assert (here.place["stamp"], there.place["stamp"]) == ("a", "b")


async def test_neither_room_nor_peer_can_be_read_from_the_ids_of_the_service(doors: Doors) -> None:
    room = new_room()
    here, there = await both(doors, room)
    ids = {user_id_of(one.place) for one in (here, there)}
    assert len(ids) == 2  # an open room has a life of its own at each stamp
    for id in ids:
        assert room not in id and here.peer not in id and len(id) == 22


async def test_a_replayed_secret_is_nobody_else_and_nowhere_else(doors: Doors) -> None:
    made, other = await doors[0].create(), await doors[0].create()
    ann, _ = await both(doors, made["room"])
    elsewhere = await doors[1].negotiate(other["room"], secret=ann.secret)
    assert elsewhere.peer != ann.peer
    # A secret that was made of hers, or of her id, is somebody else.
    for guess in (ann.secret[::-1], ann.peer + "AAAAAA", ann.secret + "A"):
        eve = await doors[1].negotiate(made["room"], secret=guess)
        assert eve.peer != ann.peer


async def test_negotiate_is_idempotent_however_often_and_wherever_it_is_asked(doors: Doors) -> None:
    made = await doors[0].create(capacity=2)
    asks = {"room": made["room"], "secret": doors[0].secret, "visit": 1}
    calls = [door.post("/negotiate", asks) for door in doors for _ in range(5)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["peer"] for answer in answers}) == 1
    for door in doors:
        bob = await door.negotiate(made["room"])
        assert len(bob.place["peers"]) == 1


# --- rooms that one stamp has never heard of --------------------------------------------------


async def test_a_created_room_holds_at_a_stamp_that_never_heard_of_it(doors: Doors) -> None:
    made = await doors[0].create(inviteOnly=True, capacity=2)
    away = doors[1]
    refused = await away.post("/negotiate", {"room": made["room"]})
    assert code_of(refused, 403) == "invite_required"
    ann = await away.negotiate(made["invite"], name="Ann")
    assert (ann.place["room"], ann.place["capacity"]) == (made["room"], 2)
    host = await away.negotiate(made["room"], made["hostToken"])
    assert host.place["role"] == "host"
    refused = await away.post("/negotiate", {"room": made["invite"]})
    assert code_of(refused, 409) == "room_full"


async def test_what_looks_like_a_created_room_is_not_opened(doors: Doors) -> None:
    made = await doors[0].create(inviteOnly=True)
    plain = made["room"][1:]  # an open room of this name is another room
    eve = await doors[1].negotiate(plain)
    ann = await doors[1].negotiate(made["invite"])
    assert eve.place["peers"] == [] and ann.place["peers"] == []
    for junk in ("~", "~" + plain[::-1], f"~{plain}A", made["room"].swapcase()):
        refused = await doors[1].post("/negotiate", {"room": junk})
        assert code_of(refused, 404) == "room_not_found"


# --- tokens of one room or stamp at another ---------------------------------------------------


async def test_a_token_of_one_room_opens_nothing_in_another_at_the_other_stamp(
    doors: Doors,
) -> None:
    made, other = await doors[0].create(), await doors[0].create()
    host, _ = await both(doors, made["room"], made["hostToken"])
    victim = await doors[1].negotiate(other["room"])
    for token in (host.token, made["hostToken"]):
        for call, body in (("kick", {"peer": victim.peer}), ("lock", {"locked": True})):
            assert (await doors[1].post(f"/rooms/{call}", body, token)).status_code == 200
        refused = await doors[1].post("/negotiate", {"room": other["room"]}, token)
        assert code_of(refused, 403) == "wrong_room"
    again = (await victim.again()).json()
    assert again["locked"] is False and "orders" not in again


async def test_a_token_alone_is_no_seat_at_the_other_stamp(doors: Doors) -> None:
    made = await doors[0].create()
    ann = await doors[0].negotiate(made["room"])
    for path, body in (("/signal", envelope()), ("/turn", {}), ("/sleep", None)):
        refused = await doors[1].post(path, body, ann.token)
        assert code_of(refused, 403) == "not_member"


async def test_a_peer_token_does_not_make_its_holder_that_peer(doors: Doors) -> None:
    made = await doors[0].create()
    host, _ = await both(doors, made["room"], made["hostToken"])
    eve = await doors[1].negotiate(made["room"], host.token)
    assert eve.peer != host.peer and eve.place["role"] == "guest"


async def test_a_host_is_host_at_both(doors: Doors) -> None:
    made = await doors[0].create()
    host, _ = await both(doors, made["room"], made["hostToken"])
    for token in (host.token, made["hostToken"]):
        path = "/rooms/lock"
        assert (await doors[1].post(path, {"locked": True}, token)).status_code == 200
    again = await doors[1].negotiate(made["room"], secret=host.secret)
    assert again.place["role"] == "host"


# --- orders -----------------------------------------------------------------------------------


async def test_a_kick_reaches_the_other_stamp_with_the_first_member_who_shows_it(
    doors: Doors,
) -> None:
    made = await doors[0].create(inviteOnly=True)
    (ann, ann_there), (eve, eve_there) = [await both(doors, made["invite"]) for _ in range(2)]
    async with ann_there.connected() as anns, eve_there.connected() as eves:
        path = "/rooms/kick"
        orders = (await doors[0].post(path, {"peer": eve.peer}, made["hostToken"])).json()["orders"]
        assert code_of(await eve.again(), 403) == "kicked"
        assert (await eve_there.again()).status_code == 200  # nobody has told this stamp
        shown = await ann_there.again(orders=orders)
        assert [peer["peer"] for peer in shown.json()["peers"]] == []
        assert (await eves.next("closed"))["code"] == "kicked"
        await eves.end()
        left = await anns.next("left")
        assert (left["peer"], left["reason"]) == (eve.peer, "kicked")
    assert code_of(await eve_there.again(), 403) == "kicked"
    assert code_of(await eve_there.signal(envelope()), 403) == "kicked"
    refused = await doors[1].post("/negotiate", {"room": made["invite"]})
    assert code_of(refused, 403) == "invite_revoked"
    assert shown.json()["orders"]  # and goes on from here


async def test_a_later_lock_at_the_stamp_that_was_away_undoes_what_the_other_has_heard(
    doors: Doors,
) -> None:
    """Locks are counted by each stamp: without what the host knows the later one had the lower."""
    made = await doors[0].create()
    ann_here, ann_there = await both(doors, made["room"])
    path, token = "/rooms/lock", made["hostToken"]
    for locked in (True, False):  # the other one is away
        heard = (await doors[0].post(path, {"locked": locked}, token)).json()["orders"]
    # Now the first one is away.
    later = await doors[1].post(path, {"locked": True, "orders": heard}, token)
    assert (later.status_code, later.json()["locked"]) == (200, True)
    assert (await ann_here.again(orders=later.json()["orders"])).json()["locked"] is True
    assert (await ann_there.again(orders=heard)).json()["locked"] is True
    refused = await doors[0].post("/negotiate", {"room": made["room"]})
    assert code_of(refused, 403) == "room_locked"


async def test_a_lock_brings_along_what_the_other_stamp_has_decided(doors: Doors) -> None:
    made = await doors[0].create()
    ann_here, ann_there = await both(doors, made["room"])
    token = made["hostToken"]
    kicked = await doors[0].post("/rooms/kick", {"peer": ann_here.peer}, token)
    body = {"locked": True, "orders": kicked.json()["orders"]}
    assert (await doors[1].post("/rooms/lock", body, token)).status_code == 200
    assert code_of(await ann_there.again(), 403) == "kicked"


async def test_a_lock_with_orders_of_another_room_is_refused(doors: Doors) -> None:
    made, other = await doors[0].create(), await doors[0].create()
    heard = await doors[0].post("/rooms/lock", {"locked": True}, other["hostToken"])
    for orders, status, code in (
        (heard.json()["orders"], 403, "wrong_room"),
        (made["hostToken"], 401, "bad_token"),
        ("rubbish", 401, "bad_token"),
    ):
        body = {"locked": True, "orders": orders}
        refused = await doors[1].post("/rooms/lock", body, made["hostToken"])
        assert code_of(refused, status) == code


async def test_a_lock_reaches_the_other_stamp_and_older_words_do_not_undo_it(
    doors: Doors,
) -> None:
    made = await doors[0].create()
    ann, ann_there = await both(doors, made["room"])
    path = "/rooms/lock"
    said = [
        (await doors[0].post(path, {"locked": locked}, made["hostToken"])).json()["orders"]
        for locked in (True, False, True)
    ]
    assert (await ann_there.again(orders=said[2])).json()["locked"] is True
    for older in (said[1], said[0], said[2], said[1]):
        assert (await ann_there.again(orders=older)).json()["locked"] is True
    refused = await doors[1].post("/negotiate", {"room": made["room"]})
    assert code_of(refused, 403) == "room_locked"


async def test_two_stamps_that_were_told_different_things_agree_in_the_end(doors: Doors) -> None:
    made = await doors[0].create(inviteOnly=True, capacity=9)
    people = [await both(doors, made["invite"]) for _ in range(3)]
    path, said = "/rooms", []
    for door, (one, _) in zip(doors, people, strict=False):
        kicked = await door.post(f"{path}/kick", {"peer": one.peer}, made["hostToken"])
        said.append(kicked.json()["orders"])
    await doors[1].post(f"{path}/lock", {"locked": True}, made["hostToken"])
    ann, ann_there = people[2]
    told = (await ann_there.again(orders=said[0])).json()
    back = (await ann.again(orders=told["orders"])).json()
    assert (told["peers"], told["locked"]) == (back["peers"], back["locked"]) == ([], True)
    for one, there in people[:2]:
        assert code_of(await one.again(), 403) == code_of(await there.again(), 403) == "kicked"


async def test_orders_that_nobody_has_given_change_nothing(doors: Doors) -> None:
    made, other = await doors[0].create(), await doors[0].create()
    ann = await doors[1].negotiate(made["room"])
    eve = await doors[1].negotiate(made["room"])
    orders = Orders(9, True, (ann.peer,))
    forged = sign_orders(FOREIGN, made["room"], orders, now() + HOUR)
    for junk in (forged, eve.token, made["hostToken"], "a.b.c", "x" * 9_000):
        assert code_of(await eve.again(orders=junk), 401) == "bad_token"
    foreign = sign_orders(RING, other["room"], orders, now() + HOUR)
    assert code_of(await eve.again(orders=foreign), 403) == "wrong_room"
    again = (await ann.again()).json()
    assert again["locked"] is False and "orders" not in again
    assert [peer["peer"] for peer in again["peers"]] == [eve.peer]


# --- scarce things ----------------------------------------------------------------------------


async def test_an_invite_for_one_is_taken_once_at_each_stamp_and_no_more(doors: Doors) -> None:
    made = await doors[0].create(inviteOnly=True)
    path = "/rooms/invite"
    one = (await doors[0].post(path, {"uses": 1}, made["hostToken"])).json()["invite"]
    ann, _ = await both(doors, one)
    for door in doors:
        assert code_of(await door.post("/negotiate", {"room": one}), 403) == "invite_used"
    # A stamp that has not heard of Ann: one more, and no more.
    two = (await doors[0].post(path, {"uses": 1}, made["hostToken"])).json()["invite"]
    for door in doors:
        await door.negotiate(two)
        assert code_of(await door.post("/negotiate", {"room": two}), 403) == "invite_used"
    assert (await ann.again()).status_code == 200


async def test_a_room_is_full_at_each_stamp(doors: Doors) -> None:
    made = await doors[0].create(capacity=2)
    for door in doors:
        for _ in range(2):
            await door.negotiate(made["room"])
        assert code_of(await door.post("/negotiate", {"room": made["room"]}), 409) == "room_full"
