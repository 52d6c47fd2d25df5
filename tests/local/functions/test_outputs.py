"""What the values of output bindings mean."""

import json

import pytest
from msgspec import Raw

from local.functions.outputs import BadOutput, ChangeGroup, Send, queue_messages, signalr_effects
from local.functions.values import HttpResponse, Value


def send(scope: str, id: str) -> Send:
    return Send(scope, id, "t", Raw(b"[1]"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "effects"),
    [
        ('{"target": "t", "arguments": [1]}', [send("all", "")]),
        (b'{"target": "t", "arguments": [1]}', [send("all", "")]),
        ({"target": "t", "arguments": [1]}, [send("all", "")]),
        ({"target": "t", "arguments": [1], "connectionId": "c"}, [send("connection", "c")]),
        ({"target": "t", "arguments": [1], "userId": "u", "groupName": "g"}, [send("user", "u")]),
        ({"target": "t", "arguments": [1], "userId": None, "groupName": "g"}, [send("group", "g")]),
        ("[]", []),
        (
            [
                {"action": "add", "userId": "u", "groupName": "g"},
                {"Action": "Remove", "connectionId": "c", "userId": "u", "groupName": "g"},
                {"action": "removeAll", "userId": "u"},
            ],
            [
                ChangeGroup("user", "u", "g", "add"),
                ChangeGroup("connection", "c", "g", "remove"),
                ChangeGroup("user", "u", "", "removeAll"),
            ],
        ),
    ],
)
def test_signalr_values_become_effects(value: Value, effects: list[Send | ChangeGroup]) -> None:
    assert list(signalr_effects(value)) == effects


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "not JSON"),
        ("words", "not JSON"),
        ("[1]", "not JSON of the expected shape"),
        (7, "not JSON of the expected shape"),
        ("{}", "must be a message .* or a group action"),
        ({"target": "t"}, "must be a message"),
        ({"target": "", "arguments": []}, "no target"),
        ({"target": None, "arguments": []}, "no target"),
        ({"target": "t", "arguments": None}, "not a list"),
        ({"target": "t", "arguments": {}}, "not a list"),
        ({"target": "t", "arguments": [], "userId": 5}, "expected shape"),
        ('{"target": "t", "arguments": [' + "[" * 70 + "]" * 70 + "]}", "MaxDepth of 64"),
        ({"action": "add", "groupName": "g"}, "needs a connectionId or a userId"),
        ({"action": "add", "userId": "u"}, "needs a groupName"),
        ({"action": "removeAll", "connectionId": "c"}, "works on a userId only"),
        ({"action": "shout", "userId": "u", "groupName": "g"}, "add, remove or removeAll"),
        (HttpResponse(200, {}, (), b""), "cannot be an HttpResponse"),
    ],
)
def test_malformed_signalr_values_are_refused_in_words(value: Value, reason: str) -> None:
    with pytest.raises(BadOutput, match=reason):
        list(signalr_effects(value))


def test_items_before_a_malformed_one_are_read_and_carried_out() -> None:
    effects = signalr_effects('[{"target": "t", "arguments": [1]}, {"target": "t"}]')
    assert next(effects) == send("all", "")
    with pytest.raises(BadOutput):
        next(effects)


def test_dates_in_the_text_of_an_output_are_rewritten_and_those_of_an_object_are_not() -> None:
    message = {"target": "t", "arguments": ["2026-01-02T03:04:05.120Z"]}
    (text,) = signalr_effects(json.dumps(message))
    (value,) = signalr_effects(message)
    assert isinstance(text, Send) and bytes(text.arguments) == b'["2026-01-02T03:04:05.12Z"]'
    assert isinstance(value, Send) and bytes(value.arguments) == b'["2026-01-02T03:04:05.120Z"]'


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("text", [b"text"]),
        ("", [b""]),
        (b"\x00", [b"\x00"]),
        ('{"a": 1}', [b'{"a": 1}']),
        ('["a", {"b": 1}, 2]', [b"a", b'{"b": 1}', b"2"]),
        ("[not json]", [b"[not json]"]),
        ({"a": 1}, [b'{"a":1}']),
        (["a", {"b": 1}], [b"a", b'{"b":1}']),
        ("[]", []),
    ],
)
def test_queue_values_become_messages(value: Value, messages: list[bytes]) -> None:
    assert queue_messages(value) == messages


def test_a_queue_message_has_the_length_of_storage() -> None:
    assert queue_messages("x" * 49_152) == [b"x" * 49_152]
    with pytest.raises(BadOutput, match="49152 bytes"):
        queue_messages("x" * 49_153)
    with pytest.raises(BadOutput, match="HttpResponse"):
        queue_messages(HttpResponse(200, {}, (), b""))
