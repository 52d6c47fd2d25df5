import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.effects import SendToPeer, SendToRoom
from signaling.errors import BadRequest
from signaling.forward import broadcast, forward
from signaling.messages import BODIES, TO_EVERYONE, Delivery, Envelope, parse_envelope
from signaling.room_document import ParkedOffer
from signaling.seats import CLAIM, Seat
from signaling.signalr import Invocation

ANN, BOB = "A" * 16, "B" * 16
KEY, LIFE = "a1" * 16, "L" * 16
SENDER = Seat(KEY, LIFE, ANN)
BODY: dict[str, Any] = {
    "offer": {"pc": "p", "sdp": "v=0"},
    "answer": {"pc": "p", "sdp": "v=0"},
    "candidates": {"pc": "p", "candidates": []},
    "restart": {"pc": "p"},
    "bye": {},
    "text": {"text": "hi"},
    "data": [1, None],
    "ack": {"seqs": [1, 2]},
}


def envelope(kind: str, to: str | None = None) -> Envelope:
    value = {"v": 1, "seq": 7, "kind": kind, "body": BODY[kind], "to": to}
    return parse_envelope(json.dumps(value).encode())


def content(delivery: object) -> tuple[str, int, str, Any]:
    assert isinstance(delivery, Delivery)
    return delivery.sender, delivery.seq, delivery.kind, json.loads(bytes(delivery.body))


def test_every_kind_has_an_example_here() -> None:
    assert set(BODY) == set(BODIES)


def test_what_concerns_one_peer_never_goes_to_everyone() -> None:
    assert TO_EVERYONE == {"bye", "text", "data"}


@pytest.mark.parametrize("kind", BODY)
def test_every_kind_reaches_one_peer_with_its_sender_and_its_body(kind: str) -> None:
    push = forward(SENDER, envelope(kind, to=BOB))
    assert isinstance(push, SendToPeer)
    assert (push.life, push.peer, push.target) == (LIFE, BOB, "signal")
    assert content(push.argument) == (ANN, 7, kind, BODY[kind])


@pytest.mark.parametrize("kind", sorted(TO_EVERYONE))
@pytest.mark.parametrize("call", [forward, broadcast])
def test_some_kinds_reach_everyone(kind: str, call: Any) -> None:
    push = call(SENDER, envelope(kind))
    assert isinstance(push, SendToRoom)
    assert (push.life, push.target) == (LIFE, "message")
    assert content(push.argument) == (ANN, 7, kind, BODY[kind])


def test_an_offer_to_nobody_is_parked_as_its_sender_wrote_it() -> None:
    parked = forward(SENDER, envelope("offer"))
    assert isinstance(parked, ParkedOffer)
    assert (parked.seq, json.loads(bytes(parked.body))) == (7, BODY["offer"])


@pytest.mark.parametrize("kind", sorted(set(BODY) - TO_EVERYONE - {"offer"}))
def test_other_kinds_need_a_peer(kind: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        forward(SENDER, envelope(kind))
    assert refusal.value.code == "missing_to"


@pytest.mark.parametrize("kind", BODY)
@pytest.mark.parametrize("to", [None, BOB])
def test_broadcast_takes_nothing_with_a_peer_and_nothing_for_one(kind: str, to: str | None) -> None:
    if to is None and kind in TO_EVERYONE:
        return
    with pytest.raises(BadRequest) as refusal:
        broadcast(SENDER, envelope(kind, to))
    assert refusal.value.code == "invalid_message"


KEYS = st.text("0123456789abcdef", min_size=32, max_size=32)
IDS = st.text("abcXYZ019_-", min_size=16, max_size=16)


@given(KEYS, IDS, IDS, st.sampled_from(sorted(BODY)), st.none() | st.just(BOB))
def test_nothing_leaves_the_room_of_its_sender(
    key: str, life: str, peer: str, kind: str, to: str | None
) -> None:
    sender = Seat(key, life, peer, 7)
    assert Invocation("c", {CLAIM: sender.claim}).sender == sender
    try:
        push = forward(sender, envelope(kind, to))
    except BadRequest:
        return
    assert isinstance(push, ParkedOffer) or push.life == life
