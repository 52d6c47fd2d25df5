"""`signal` and `broadcast` through real sockets: docs/protocol.md §4."""

import asyncio
import time
from typing import Any

import jwt
import pytest
from msgspec import structs

from lab.stack import KEY, Stack
from signaling.seats import Seat
from signaling.tokens import AccessKey, sign_connect
from tests.visitor import (
    SDP,
    Socket,
    Visitor,
    code_of,
    envelope,
    new_room,
    seat_of,
    user_id_of,
)

NOBODY = "x" * 16


def now() -> int:
    return time.time_ns() // 1_000_000


async def meeting(visitor: Visitor, *names: str) -> list[Visitor]:
    room = new_room()
    return [await visitor.negotiate(room, name=name) for name in names]


async def test_a_signal_reaches_its_peer_and_nobody_else(visitor: Visitor) -> None:
    ann, bob, cyd = await meeting(visitor, "Ann", "Bob", "Cyd")
    async with ann.connected() as anns, bob.connected() as bobs, cyd.connected() as cyds:
        cyds.waiting()
        for kind, body in {
            "offer": {"pc": "p", "sdp": SDP, "candidates": [{"candidate": ""}]},
            "answer": {"pc": "p", "sdp": SDP},
            "candidates": {"pc": "p", "candidates": [{"candidate": "c", "sdpMid": None}]},
            "restart": {"pc": "p"},
            "bye": {"reason": "done"},
            "text": {"text": "☀"},
            "data": [1, None, {"a": "b"}],
            "ack": {"seqs": [1, 2]},
        }.items():
            sent = envelope(kind, body, to=bob.peer)
            assert await anns.invoke("signal", sent) == {"ok": True}
            got = await bobs.next("signal")
            assert got == {**{k: sent[k] for k in ("v", "seq", "kind", "body")}, "from": ann.peer}
        await cyds.heard()
        assert cyds.waiting() == []


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00.120Z", "2026-11-26T01:02:03+05:30", "/Date(1700000000000)/"]
)
async def test_what_looks_like_a_date_arrives_as_it_was_sent(visitor: Visitor, text: str) -> None:
    """The SignalR extension rewrites dates in JSON, and the local host does as it does."""
    ann, bob = await meeting(visitor, text[:9], "Bob")
    async with ann.connected() as anns, bob.connected() as bobs:
        for method, to in (("signal", bob.peer), ("broadcast", None)):
            assert await anns.invoke(method, envelope("text", {"text": text}, to=to)) == {
                "ok": True
            }
            got = await bobs.next("signal" if to else "message")
            assert got["body"] == {"text": text}
        await anns.invoke("signal", envelope("data", {text: [text]}, to=bob.peer))
        assert (await bobs.next("signal"))["body"] == {text: [text]}


@pytest.mark.parametrize("method", ["signal", "broadcast"])
async def test_everyone_hears_what_is_for_everyone(visitor: Visitor, method: str) -> None:
    ann, bob = await meeting(visitor, "Ann", "Bob")
    async with ann.connected() as anns, bob.connected() as bobs:
        for body in ({"text": "one"}, {"text": "two"}):
            assert await anns.invoke(method, envelope("text", body)) == {"ok": True}
        for socket in (anns, bobs):
            for text in ("one", "two"):
                got = await socket.next("message")
                assert (got["from"], got["body"]) == (ann.peer, {"text": text})


async def test_each_socket_is_told_that_it_is_known_by_the_answer_that_opened_it(
    visitor: Visitor,
) -> None:
    (ann,) = await meeting(visitor, "Ann")
    first = ann.place["admittedAt"]
    async with ann.connected() as one:
        ann.place = (await ann.again()).json()
        async with ann.connected() as other:
            assert first < ann.place["admittedAt"]
            assert other.known == [ann.place["admittedAt"]]
        assert one.known[0] == first


async def test_a_newcomer_is_announced_to_the_others_and_not_to_itself(visitor: Visitor) -> None:
    ann, bob = await meeting(visitor, "Ann", "Bob")
    async with ann.connected() as anns:
        async with bob.connected() as bobs:
            joined = await anns.next("joined")
            assert (joined["peer"], joined["name"], joined["role"]) == (bob.peer, "Bob", "guest")
            assert set(joined) == {"peer", "name", "role", "joinedAt", "visit", "met"}
            assert bobs.waiting() == []
        assert await anns.next("disconnected") == {"peer": bob.peer}
        async with bob.connected():
            assert (await anns.next("joined"))["peer"] == bob.peer


async def test_a_second_window_replaces_the_first(visitor: Visitor) -> None:
    ann, bob = await meeting(visitor, "Ann", "Bob")
    async with bob.connected() as bobs, ann.connected() as first:
        async with ann.connected() as second:
            assert (await first.next("closed"))["code"] == "replaced"
            await first.end()
            await bobs.invoke("signal", envelope(to=ann.peer))
            await second.next("signal")
            await bobs.heard()
            reasons = [
                argument
                for target, argument in bobs.waiting()
                if target in ("left", "disconnected")
            ]
            assert reasons == []  # the end of the first socket says nothing of the peer


async def test_an_offer_without_a_peer_waits_for_the_next_newcomer(visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    async with ann.connected() as anns:
        offer = envelope("offer")
        assert await anns.invoke("signal", offer) == {"ok": True}
        bob = await visitor.negotiate(ann.place["room"])
        assert bob.place["peers"][0]["offer"] == {"seq": offer["seq"], "body": offer["body"]}


REFUSED: list[tuple[str, Any, str]] = [
    ("signal", "junk", "invalid_message"),
    ("signal", None, "invalid_message"),
    ("signal", [], "invalid_message"),
    ("signal", {**envelope(), "v": 2}, "invalid_message"),
    ("signal", {**envelope(), "seq": -1}, "invalid_message"),
    ("signal", envelope("text", {"text": ""}), "invalid_message"),
    ("signal", envelope("text", {"text": "x" * 4097}), "invalid_message"),
    ("signal", envelope("offer", {"pc": "p", "sdp": ""}), "invalid_message"),
    ("signal", envelope(to="bob"), "invalid_message"),
    ("signal", envelope(to="other-room." + NOBODY), "invalid_message"),
    ("signal", {**envelope(), "kind": "shout"}, "unknown_kind"),
    ("signal", envelope("answer", {"pc": "p", "sdp": "x"}), "missing_to"),
    ("signal", envelope("restart", {"pc": "p"}), "missing_to"),
    ("signal", envelope("candidates", {"pc": "p", "candidates": []}), "missing_to"),
    ("signal", envelope("ack", {"seqs": [1]}), "missing_to"),
    ("signal", envelope("ack", {"seqs": []}, to=NOBODY), "invalid_message"),
    ("signal", envelope("data", "x" * 32_768), "too_large"),
    ("signal", envelope("data", [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]), "too_large"),
    ("broadcast", envelope(to=NOBODY), "invalid_message"),
    ("broadcast", envelope("offer"), "invalid_message"),
    ("broadcast", {**envelope(), "kind": "shout"}, "unknown_kind"),
    ("broadcast", envelope("data", "x" * 32_768), "too_large"),
]


async def test_what_is_refused_reaches_nobody_and_the_socket_goes_on(visitor: Visitor) -> None:
    ann, bob = await meeting(visitor, "Ann", "Bob")
    async with ann.connected() as anns, bob.connected() as bobs:
        bobs.waiting()
        for method, message, code in REFUSED:
            said = await anns.invoke(method, message)
            assert (said["ok"], said["code"]) == (False, code), message
            assert set(said) <= {"ok", "code", "message", "retryAfter"} and said["message"]
        for arguments in ((), (envelope(), envelope())):
            assert (await anns.invoke("signal", *arguments))["code"] == "invalid_message"
        await bobs.heard()
        assert bobs.waiting() == []
        assert await anns.invoke("signal", envelope(to=bob.peer)) == {"ok": True}


async def test_a_peer_reaches_nobody_in_another_room(visitor: Visitor) -> None:
    (ann,), (eve,) = await meeting(visitor, "Ann"), await meeting(visitor, "Eve")
    async with ann.connected() as anns, eve.connected() as eves:
        assert await eves.invoke("signal", envelope(to=ann.peer)) == {"ok": True}
        more = {"room": ann.place["room"], "from": ann.peer, "group": ann.place["room"]}
        assert await eves.invoke("broadcast", envelope(**more)) == {"ok": True}
        await eve.signal(envelope(to=ann.peer))
        await eve.signal(envelope(**more))
        got = await eves.next("message")
        assert got["from"] == eve.peer and set(got) == {"v", "from", "seq", "kind", "body"}
        await anns.heard()
        assert anns.waiting() == []


async def test_a_method_that_is_not_there_ends_nothing(visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    async with ann.connected() as anns:
        said = await anns.invoke("shutdown", {})
        assert "Traceback" not in str(said)
        assert await anns.invoke("signal", envelope()) == {"ok": True}


async def test_nobody_says_connected_or_disconnected_for_another(visitor: Visitor) -> None:
    ann, bob = await meeting(visitor, "Ann", "Bob")
    async with ann.connected() as anns, bob.connected() as bobs:
        bobs.waiting()
        for method in ("connected", "disconnected", "on_signal", "sweep"):
            await anns.invoke(method, {"ConnectionId": "x", "UserId": bob.peer})
        await bobs.heard()
        assert bobs.waiting() == []


async def test_a_burst_is_taken_and_more_is_refused_for_a_while(visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    async with ann.connected() as anns:
        calls = [anns.invoke("signal", envelope("bye")) for _ in range(150)]
        said = await asyncio.gather(*calls)
        refused = [answer for answer in said if not answer["ok"]]
        assert 40 <= len(refused) <= 92
        assert {(answer["code"], answer["retryAfter"]) for answer in refused} == {
            ("rate_limited", 1)
        }
        await asyncio.sleep(0.2)
        assert await anns.invoke("signal", envelope("bye")) == {"ok": True}


async def test_who_does_not_stop_is_closed(visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    async with ann.connected() as anns:
        calls = [anns.invoke("signal", envelope("restart", {"pc": "p"})) for _ in range(3_000)]
        await asyncio.gather(*calls, return_exceptions=True)
        await anns.end()
        assert ("closed", "rate_limited") in [(t, a.get("code")) for t, a in anns.waiting()]
    again = await ann.again()
    assert again.status_code == 200  # the connection is over, not the identity


async def test_a_socket_opens_with_its_own_token_only(visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    for token in ("", "junk", ann.token):
        with pytest.raises(Exception, match="401"):
            async with Socket(ann.place["url"], token):
                pass


def seated(stack: Stack, seat: Seat) -> Socket:
    """A socket with this seat in its token."""
    url = f"{stack.signalr}/client/?hub=signaling"
    return Socket(url, sign_connect(AccessKey(KEY), url, seat, now()))


async def test_a_socket_that_has_outlived_its_room_says_nothing_and_is_closed(
    stack: Stack, visitor: Visitor
) -> None:
    """The token says when the room ends: nothing is read for that."""
    ann, bob = await meeting(visitor, "Ann", "Bob")
    seat = seat_of(ann.place["accessToken"])
    for method in ("signal", "broadcast"):
        async with bob.connected() as bobs:
            bobs.waiting()
            async with seated(stack, structs.replace(seat, until=now() // 1000)) as socket:
                late = socket.invoke(method, envelope("text", {"text": "late"}))
                # The end may come before the answer.
                (said,) = await asyncio.gather(late, return_exceptions=True)
                assert isinstance(said, ConnectionError) or said["code"] == "room_not_found"
                assert (await socket.next("closed"))["code"] == "room_not_found"
                await socket.end()
            await bobs.heard()
            assert "message" not in [target for target, _ in bobs.waiting()]


@pytest.mark.parametrize("change", ["life", "peer", "key"])
async def test_the_seat_of_another_life_another_peer_or_another_room_opens_nothing(
    stack: Stack, visitor: Visitor, change: str
) -> None:
    """An open room whose document has expired begins a new life under the same name."""
    ann, bob = await meeting(visitor, "Ann", "Bob")
    other = {"life": "L" * 16, "peer": NOBODY, "key": "0" * 32}
    seat = structs.replace(seat_of(ann.place["accessToken"]), **{change: other[change]})
    async with bob.connected() as bobs, seated(stack, seat) as socket:
        assert (await socket.next("closed"))["code"] == "not_member"
        await socket.end()
        await bobs.heard()
        assert [target for target, _ in bobs.waiting() if target == "joined"] == []


async def test_a_socket_without_a_seat_is_heard_by_nobody(stack: Stack, visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    url = f"{stack.signalr}/client/?hub=signaling"
    claims = {"aud": url, "exp": now() // 1000 + 60, "asrs.s.uid": user_id_of(ann.place)}
    for seat in ({}, {"seat": ""}, {"seat": f"{'0' * 32}.{ann.peer}"}, {"seat": ["a", "b"]}):
        token = jwt.encode({**claims, **seat}, KEY, "HS256")
        async with ann.connected() as anns, Socket(url, token) as socket:
            for method in ("signal", "broadcast"):
                said = await socket.invoke(method, envelope())
                assert (said["ok"], said["code"]) == (False, "invalid_message")
            await anns.heard()
            assert [target for target, _ in anns.waiting() if target == "message"] == []


async def test_a_socket_whose_seat_is_gone_is_closed(visitor: Visitor) -> None:
    (ann,) = await meeting(visitor, "Ann")
    await visitor.post("/leave", token=ann.token)
    async with ann.socket() as socket:
        assert (await socket.next("closed"))["code"] == "not_member"
        await socket.end()
    assert code_of(await ann.signal(envelope()), 403) == "not_member"
