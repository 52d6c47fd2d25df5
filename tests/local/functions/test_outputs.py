"""What the values of output bindings mean."""

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
    assert signalr_effects(value) == effects


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
        ({"action": "add", "groupName": "g"}, "needs a connectionId or a userId"),
        ({"action": "add", "userId": "u"}, "needs a groupName"),
        ({"action": "removeAll", "connectionId": "c"}, "works on a userId only"),
        ({"action": "shout", "userId": "u", "groupName": "g"}, "add, remove or removeAll"),
        (HttpResponse(200, {}, (), b""), "cannot be an HttpResponse"),
    ],
)
def test_malformed_signalr_values_are_refused_in_words(value: Value, reason: str) -> None:
    with pytest.raises(BadOutput, match=reason):
        signalr_effects(value)


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
