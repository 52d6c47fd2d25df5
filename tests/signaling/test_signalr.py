import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from signaling.errors import BadRequest, HeliographError, TooLarge
from signaling.messages import MAX_ENVELOPE_BYTES, Delivery
from signaling.seats import CLAIM, Seat
from signaling.signalr import encode_message, parse_invocation

SEAT = Seat("0f" * 16, "L" * 16, "P" * 16, 1_800_000_060)


def invocation(*arguments: Any) -> str:
    return json.dumps({"ConnectionId": "c", "UserId": "user", "Arguments": arguments})


def test_an_invocation_says_who_called_with_what() -> None:
    value = {
        "ConnectionId": "c1",
        "UserId": "opaque",
        "Arguments": ['{"v": 1}'],
        "Category": "messages",
        "Claims": {"nameid": "opaque", CLAIM: SEAT.claim, "exp": "1800000600"},
    }
    call = parse_invocation(json.dumps(value))
    assert (call.connection_id, call.sender) == ("c1", SEAT)
    assert call.argument == b'{"v": 1}'


@pytest.mark.parametrize(
    "arguments", [(), ("{}", "{}"), (1,), ({"v": 1},), (None,), (["{}"],), (True,)]
)
def test_a_call_takes_exactly_one_text(arguments: tuple[object, ...]) -> None:
    call = parse_invocation(invocation(*arguments))
    with pytest.raises(BadRequest) as refusal:
        _ = call.argument
    assert refusal.value.code == "invalid_message"


def test_a_call_without_arguments_is_no_envelope() -> None:
    call = parse_invocation('{"ConnectionId": "c", "Arguments": null}')
    with pytest.raises(BadRequest):
        _ = call.argument


def test_a_text_that_is_far_too_long_is_not_read() -> None:
    most = 6 * MAX_ENVELOPE_BYTES
    assert parse_invocation(invocation("x" * most)).argument == b"x" * most
    with pytest.raises(TooLarge):
        _ = parse_invocation(invocation("x" * (most + 1))).argument


@given(st.text(st.characters(codec="utf-8")))
@example("2026-11-25T10:00:00.120Z")
def test_what_is_in_the_text_arrives_as_it_was(text: str) -> None:
    assert parse_invocation(invocation(text)).argument == text.encode()


@pytest.mark.parametrize(
    "claims",
    [None, {}, {"nameid": SEAT.claim}, {CLAIM: ""}, {CLAIM: SEAT.claim + ","}, {"Seat": "x"}],
)
def test_a_caller_without_the_claim_of_a_seat_has_none(claims: dict[str, str] | None) -> None:
    call = parse_invocation(json.dumps({"ConnectionId": "c", "Claims": claims}))
    with pytest.raises(BadRequest) as refusal:
        _ = call.sender
    assert refusal.value.code == "invalid_message"


def test_the_user_id_gives_nobody_a_seat() -> None:
    call = parse_invocation(json.dumps({"ConnectionId": "c", "UserId": SEAT.claim}))
    with pytest.raises(BadRequest):
        _ = call.sender


@given(st.text())
@example('{"ConnectionId": 1}')
@example("[" * 100_000)
@example('{"ConnectionId":"\ud800"}')
def test_any_text_is_an_invocation_or_a_refusal(value: str) -> None:
    try:
        parse_invocation(value)
    except BadRequest as refusal:
        assert refusal.code == "invalid_json"


@given(st.text() | st.integers() | st.dictionaries(st.text(), st.integers()))
def test_any_argument_is_a_text_or_a_refusal(argument: Any) -> None:
    try:
        assert isinstance(parse_invocation(invocation(argument)).argument, bytes)
    except HeliographError as refusal:
        assert refusal.code in ("invalid_message", "invalid_json")


def test_a_message_carries_its_argument_as_json_text() -> None:
    delivery = Delivery(1, "ann", 3, "text", Raw(b'{"text": "2026-11-25T10:00:00.120Z"}'))
    body = json.loads(encode_message("signal", delivery))
    assert body["target"] == "signal" and len(body["arguments"]) == 1
    assert json.loads(body["arguments"][0]) == {
        "v": 1,
        "from": "ann",
        "seq": 3,
        "kind": "text",
        "body": {"text": "2026-11-25T10:00:00.120Z"},
    }
