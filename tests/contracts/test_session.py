"""All that is said at a hub in one session: every method, every kind, every push."""

import asyncio
from typing import Any

import pytest

from signaling.messages import BODIES, TO_EVERYONE
from tests import contract
from tests.contract import Breach
from tests.visitor import SDP, Socket, Visitor, envelope

BODY: dict[str, Any] = {
    "offer": {"pc": "p", "sdp": SDP, "candidates": [{"candidate": ""}], "slots": list("1234")},
    "answer": {"pc": "p", "sdp": SDP, "answered": 3},
    "candidates": {"pc": "p", "candidates": [{"candidate": "c", "sdpMid": None}]},
    "restart": {"pc": "p", "refused": 1, "network": "symmetric"},
    "bye": {"reason": "left"},
    "text": {"text": "hi", "id": "1"},
    "data": {"a": [None]},
    "ack": {"seqs": [1, 2]},
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The targets of all pushes and the methods of all calls that were checked."""
    found: set[str] = set()

    def check_push(target: str, argument: Any) -> None:
        checked_push(target, argument)
        found.add(f"push_{target}")

    def check_hub_call(method: str, arguments: tuple[Any, ...], answer: Any) -> None:
        checked_call(method, arguments, answer)
        found.add(f"call_{method}")
        found.add("answer")

    checked_push, checked_call = contract.check_push, contract.check_hub_call
    monkeypatch.setattr(contract, "check_push", check_push)
    monkeypatch.setattr(contract, "check_hub_call", check_hub_call)
    return found


async def test_every_message_of_a_session_fits(visitor: Visitor, heard: set[str]) -> None:
    made = await visitor.create(capacity=4)
    ann = await visitor.negotiate(made["room"], made["hostToken"], name="Ann")
    bob = await visitor.negotiate(made["invite"], name="Bob")
    assert BODY.keys() == BODIES.keys()
    async with ann.connected() as anns:
        async with bob.connected() as bobs:
            await anns.next("joined")
            await talk(anns, bobs, bob.peer)
            await anns.next("message")
            await decide(ann, anns, made)
        assert (await anns.next("disconnected"))["peer"] == bob.peer
        await bob.post("/leave", {}, bob.token)
        assert (await anns.next("left"))["reason"] == "left"
        assert (await ann.post("/poll", {}, ann.token)).status_code == 200
        async with ann.connected():  # another window
            assert (await anns.next("closed"))["code"] == "replaced"
    assert heard == contract.ASYNCAPI["components"]["messages"].keys()


async def talk(anns: Socket, bobs: Socket, bob: str) -> None:
    for kind, body in BODY.items():
        assert (await anns.invoke("signal", envelope(kind, body, to=bob)))["ok"]
        assert (await bobs.next("signal"))["kind"] == kind
        if kind in TO_EVERYONE:
            assert (await anns.invoke("broadcast", envelope(kind, body)))["ok"]
            assert (await bobs.next("message"))["kind"] == kind
    assert (await anns.invoke("signal", envelope("offer", BODY["offer"])))["ok"]
    for wrong in ({"kind": "future"}, {"v": 2}, {"to": "x"}):
        assert not (await anns.invoke("signal", {**envelope(), **wrong}))["ok"]


async def decide(host: Visitor, anns: Socket, made: dict[str, Any]) -> None:
    """What only a host may do."""
    for path, body in {
        "/rooms/lock": {"locked": True},
        "/rooms/kick": {"peer": "x" * 16},
        "/rooms/invite": {"uses": 2},
        "/rooms/revoke": {"invite": made["invite"]},
    }.items():
        assert (await host.post(path, body, made["hostToken"])).status_code < 300
    assert (await anns.next("orders"))["locked"] is True


async def test_what_waits_is_polled_as_it_would_be_pushed(visitor: Visitor) -> None:
    ann = await visitor.negotiate((await visitor.create())["invite"], name="Ann")
    bob = await visitor.negotiate(ann.room, name="Bob")
    assert (await bob.signal(envelope("text", BODY["text"], to=ann.peer))).status_code == 200
    async with bob.connected():
        await asyncio.sleep(0)
        pushes = (await ann.post("/poll", {}, ann.token)).json()["pushes"]
    assert {push["target"] for push in pushes} >= {"signal"}


def test_a_push_of_an_unknown_kind_or_target_is_a_breach() -> None:
    good = {"v": 1, "from": "A" * 16, "seq": 1, "kind": "text", "body": {"text": "hi"}}
    contract.check_push("signal", good)
    for target, argument in [
        ("signal", {**good, "kind": "future"}),
        ("message", {**good, "kind": "ack", "body": {"seqs": [1]}}),
        ("signal", {**good, "new": 1}),
        ("future", good),
    ]:
        with pytest.raises(Breach):
            contract.check_push(target, argument)


def test_an_answer_that_is_not_documented_is_a_breach() -> None:
    json = {"content-type": "application/json"}
    contract.check_answer("POST", "/sleep", b"", 204, {}, b"")
    contract.check_answer("POST", "/poll", b"", 200, json, b'{"pushes":[]}')
    for status, body in [
        (201, b'{"pushes":[]}'),
        (200, b'{"pushes":[],"new":1}'),
        (200, b"{}"),
        (403, b'{"error":{"code":"room_locked","message":"no"}}'),
    ]:
        with pytest.raises(Breach):
            contract.check_answer("POST", "/poll", b"", status, json, body)
