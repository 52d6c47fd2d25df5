import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from signaling.effects import AddToGroup, Push, SendToPeer, SendToRoom
from signaling.errors import BadRequest
from signaling.messages import Delivery, Left
from signaling.signalr import encode_pushes, parse_invocation


def test_an_invocation_says_who_called_with_what() -> None:
    value = {
        "ConnectionId": "c1",
        "UserId": "room.peer",
        "Arguments": [{"v": 1}],
        "Category": "messages",
        "Claims": None,
    }
    call = parse_invocation(json.dumps(value))
    assert (call.connection_id, call.sender.room, call.sender.peer) == ("c1", "room", "peer")
    assert json.loads(call.argument) == {"v": 1}


@pytest.mark.parametrize("arguments", [None, [], [1, 2]])
def test_a_call_takes_exactly_one_argument(arguments: object) -> None:
    call = parse_invocation(json.dumps({"ConnectionId": "c", "Arguments": arguments}))
    with pytest.raises(BadRequest) as refusal:
        _ = call.argument
    assert refusal.value.code == "invalid_message"


def test_a_caller_without_a_user_id_is_in_no_room() -> None:
    call = parse_invocation('{"ConnectionId": "c", "UserId": null}')
    assert (call.sender.room, call.sender.peer) == ("", "")


@given(st.text())
@example('{"ConnectionId": 1}')
@example("[" * 100_000)
@example('{"ConnectionId":"\ud800"}')
def test_any_text_is_an_invocation_or_a_refusal(value: str) -> None:
    try:
        parse_invocation(value)
    except BadRequest as refusal:
        assert refusal.code == "invalid_json"


def test_pushes_become_the_values_of_the_output_binding_in_their_order() -> None:
    delivery = Delivery(1, "ann", 3, "text", Raw(b'{"text": "hi"}'))
    pushes: list[Push] = [
        SendToRoom("room", "left", Left("bob", "kicked")),
        AddToGroup("room", "c1"),
        SendToPeer("room", "bob", "signal", delivery),
    ]
    assert json.loads(encode_pushes(pushes)) == [
        {
            "groupName": "room",
            "target": "left",
            "arguments": [{"peer": "bob", "reason": "kicked"}],
        },
        {"connectionId": "c1", "groupName": "room", "action": "add"},
        {
            "userId": "room.bob",
            "target": "signal",
            "arguments": [
                {"v": 1, "from": "ann", "seq": 3, "kind": "text", "body": {"text": "hi"}}
            ],
        },
    ]
