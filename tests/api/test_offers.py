"""Offers that come with negotiate, and what a peer asks before its socket is open."""

from typing import Any

import pytest

from signaling.offers import MAX_PARKED_BYTES
from tests.visitor import Visitor, code_of, envelope, new_room

SDP = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=setup:actpass\r\n"
)


def offer(pc: str, seq: int, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "body": {"pc": pc, "sdp": SDP, **more}}


def to_member(member: Visitor, newcomer: Visitor) -> str:
    """As what the newcomer's offer goes to a member whose offer is the other one of the pair."""
    return "answer" if member.peer < newcomer.peer else "offer"


async def test_two_offers_are_exchanged_in_one_call(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room, offers=[offer("a", 5)])
    assert ann.place["parked"] == [5]
    async with ann.connected() as socket:
        bob = await visitor.negotiate(room, offers=[offer("b", 6, candidates=[])])
        assert "parked" not in bob.place
        [listed] = bob.place["peers"]
        assert listed["offer"] == {**offer("a", 5), "answered": 6}
        heard = await socket.next("signal")
    if ann.peer < bob.peer:  # then Ann's is the offer of the two
        body = {"pc": "a", "sdp": SDP.replace("actpass", "passive")}
    else:
        body = {"pc": "b", "sdp": SDP}
    assert heard == {
        **{"v": 1, "from": bob.peer, "seq": 6, "kind": to_member(ann, bob)},
        "body": {**body, "candidates": [], "answered": 5},
    }


async def test_an_offer_that_another_stamp_has_given_is_not_given_again(visitor: Visitor) -> None:
    room = new_room()
    await visitor.negotiate(room, offers=[offer("a", 5)])
    bob = await visitor.negotiate(room, offers=[offer("b", 6)], have=[5])
    assert bob.place["parked"] == [6] and "offer" not in bob.place["peers"][0]
    cyd = await visitor.negotiate(room)
    assert [peer.get("offer") for peer in cyd.place["peers"]] == [None, offer("b", 6)]
    for have in ([-1], ["5"], list(range(33)), 5):
        answer = await visitor.post("/negotiate", {"room": room, "have": have})
        assert code_of(answer, 400) == "invalid_options"


async def test_who_has_no_socket_asks_and_hears_the_same_when_it_opens(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room, offers=[offer("a", 5)])
    assert (await visitor.post("/poll", token=ann.token)).json() == {"pushes": []}
    bob = await visitor.negotiate(room, name="Bob", offers=[offer("b", 6)])
    await bob.signal(envelope(to=ann.peer))
    for _ in range(2):  # it goes on waiting
        pushes = (await visitor.post("/poll", token=ann.token)).json()["pushes"]
        assert [push["target"] for push in pushes] == ["joined", "signal", "signal"]
        assert pushes[0]["argument"]["name"] == "Bob"
        kinds = [push["argument"]["kind"] for push in pushes[1:]]
        assert kinds == [to_member(ann, bob), "text"]
    async with ann.connected() as socket:
        heard = [await socket.next("signal") for _ in range(2)]  # in whatever order they come
        assert sorted(heard, key=lambda each: each["kind"]) == [
            push["argument"] for push in pushes[1:]
        ]
        assert (await visitor.post("/poll", token=ann.token)).json() == {"pushes": []}


async def test_an_offer_of_an_earlier_page_waits_for_nobody(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room, offers=[offer("a", 5)])
    again = (await ann.again(offers=[offer("n", 9)], visit=2**40)).json()
    assert again["parked"] == [9]
    bob = await visitor.negotiate(room)
    assert bob.place["peers"][0]["offer"] == offer("n", 9)


@pytest.mark.parametrize(
    ("brought", "status", "code"),
    [
        ({"seq": 1}, 400, "invalid_options"),
        ({"seq": -1, "body": {"pc": "a", "sdp": SDP}}, 400, "invalid_options"),
        ({"seq": "1", "body": {"pc": "a", "sdp": SDP}}, 400, "invalid_options"),
        ({"seq": 1, "body": None}, 400, "invalid_message"),
        ({"seq": 1, "body": {"sdp": SDP}}, 400, "invalid_message"),
        ({"seq": 1, "body": {"pc": "a", "sdp": ""}}, 400, "invalid_message"),
        ({"seq": 1, "body": {"pc": "a", "sdp": SDP, "candidates": [1]}}, 400, "invalid_message"),
        ({"seq": 1, "body": {"pc": "a", "sdp": "x" * MAX_PARKED_BYTES}}, 413, "too_large"),
        ("offer", 400, "invalid_options"),
    ],
    ids=str,
)
async def test_an_offer_that_is_none_is_refused_and_nobody_comes_in(
    visitor: Visitor, brought: Any, status: int, code: str
) -> None:
    room = new_room()
    answer = await visitor.post("/negotiate", {"room": room, "offers": [brought]})
    assert code_of(answer, status) == code
    assert (await visitor.negotiate(room)).place["peers"] == []


async def test_only_a_member_can_ask_what_it_would_hear(visitor: Visitor) -> None:
    room = new_room()
    ann = await visitor.negotiate(room)
    await visitor.negotiate(room)
    assert code_of(await visitor.post("/poll"), 401) == "missing_token"
    await visitor.post("/leave", token=ann.token)
    assert code_of(await visitor.post("/poll", token=ann.token), 403) == "not_member"


async def test_anybody_can_ask_for_the_stun_servers(visitor: Visitor) -> None:
    answer = await visitor.get("/ice")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=3600"
    ann = await visitor.negotiate(new_room())
    assert answer.json() == {"iceServers": ann.place["iceServers"]}
