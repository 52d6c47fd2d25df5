import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.emulator.framing import Deframer, frame, unframe
from local.emulator.handshake import (
    Handshake,
    encode_handshake,
    parse_handshake,
    split_handshake,
)
from local.emulator.protocol import (
    Ack,
    AnyMessage,
    CancelInvocation,
    Close,
    CloseConnection,
    Completion,
    Decoder,
    Invocation,
    OpenConnection,
    Ping,
    Protocol,
    ProtocolError,
    Sequence,
    StreamInvocation,
    StreamItem,
    Unknown,
    decode,
    decode_body,
    encode,
    encode_invocation,
)

PROTOCOLS: list[Protocol] = ["json", "messagepack"]

text = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)
arguments = st.lists(values, max_size=4).map(tuple)
messages: st.SearchStrategy[AnyMessage] = st.one_of(
    st.builds(Invocation, target=text, arguments=arguments, invocation_id=st.none() | text),
    st.builds(StreamItem, invocation_id=text, item=values),
    st.builds(Completion, invocation_id=text),
    st.builds(Completion, invocation_id=text, result=values),
    st.builds(Completion, invocation_id=text, error=text),
    st.builds(StreamInvocation, invocation_id=text, target=text, arguments=arguments),
    st.builds(CancelInvocation, invocation_id=text),
    st.just(Ping()),
    st.builds(Close, error=st.none() | text, allow_reconnect=st.booleans()),
    st.builds(Ack, sequence_id=st.integers(0, 2**53)),
    st.builds(Sequence, sequence_id=st.integers(0, 2**53)),
)
protocols = st.sampled_from(PROTOCOLS)


@given(protocols, messages)
def test_every_message_survives_encoding_and_decoding(
    protocol: Protocol, message: AnyMessage
) -> None:
    assert decode(protocol, unframe(protocol, encode(protocol, message))) == message


@given(protocols, st.lists(messages, max_size=4), st.data())
def test_messages_survive_any_split_of_the_stream(
    protocol: Protocol, sent: list[AnyMessage], data: st.DataObject
) -> None:
    stream = b"".join(encode(protocol, message) for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder, received = Decoder(protocol), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += decoder.messages(stream[start:end])
    assert received == sent
    assert decoder.pending == 0


@given(protocols, st.binary(max_size=200))
def test_garbage_raises_nothing_but_a_protocol_error(protocol: Protocol, data: bytes) -> None:
    try:
        Deframer(protocol).feed(data)
    except ProtocolError:
        pass
    try:
        decode(protocol, data)
    except ProtocolError:
        pass


@given(values)
def test_well_formed_values_that_are_no_message_raise_a_protocol_error(value: Any) -> None:
    for protocol, payload in (
        ("json", msgspec.json.encode(value)),
        ("messagepack", msgspec.msgpack.encode(value)),
    ):
        try:
            decode(protocol, payload)
        except ProtocolError:
            pass


@given(st.binary(max_size=200))
def test_a_garbage_handshake_raises_nothing_but_a_protocol_error(data: bytes) -> None:
    try:
        parse_handshake(data)
    except ProtocolError:
        pass


# The examples of the specification, and what the JavaScript client sends.
@pytest.mark.parametrize(
    ("protocol", "payload", "message"),
    [
        (
            "json",
            b'{"type":1,"invocationId":"123","target":"Send","arguments":[42,"Test Message"]}',
            Invocation(target="Send", arguments=(42, "Test Message"), invocation_id="123"),
        ),
        (
            "json",
            b'{"arguments":[],"target":"Send","type":1,"streamIds":["1"],"new":true}',
            Invocation(target="Send", arguments=(), stream_ids=("1",)),
        ),
        (
            "json",
            b'{"type":3,"invocationId":"123","result":null}',
            Completion(invocation_id="123", result=None),
        ),
        ("json", b'{"type":6}', Ping()),
        (
            "json",
            b'{"type":7,"error":"E","allowReconnect":true}',
            Close(error="E", allow_reconnect=True),
        ),
        ("json", b'{"type":99,"error":"E"}', Unknown()),
        (
            "messagepack",
            bytes.fromhex("96 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90"),
            Invocation(target="method", arguments=(42,), invocation_id="xyz"),
        ),
        (
            "messagepack",
            bytes.fromhex("95 01 80 c0 a6 6d 65 74 68 6f 64 91 2a"),
            Invocation(target="method", arguments=(42,)),
        ),
        (
            "messagepack",
            bytes.fromhex("95 03 80 a3 78 79 7a 01 a5 45 72 72 6f 72"),
            Completion(invocation_id="xyz", error="Error"),
        ),
        (
            "messagepack",
            bytes.fromhex("94 03 80 a3 78 79 7a 02"),
            Completion(invocation_id="xyz"),
        ),
        (
            "messagepack",
            bytes.fromhex("95 03 80 a3 78 79 7a 03 2a"),
            Completion(invocation_id="xyz", result=42),
        ),
        ("messagepack", bytes.fromhex("91 06"), Ping()),
        ("messagepack", bytes.fromhex("92 07 a3 78 79 7a"), Close(error="xyz")),
        ("messagepack", bytes.fromhex("92 63 01"), Unknown()),
    ],
)
def test_payloads_of_other_implementations_are_understood(
    protocol: Protocol, payload: bytes, message: AnyMessage
) -> None:
    assert decode(protocol, payload) == message


@pytest.mark.parametrize(
    ("protocol", "message", "expected"),
    [
        ("json", Ping(), b'{"type":6}\x1e'),
        ("json", Completion(invocation_id="1"), b'{"type":3,"invocationId":"1"}\x1e'),
        (
            "json",
            Completion(invocation_id="1", result=None),
            b'{"type":3,"invocationId":"1","result":null}\x1e',
        ),
        (
            "json",
            Close(error="bye", allow_reconnect=True),
            b'{"type":7,"error":"bye","allowReconnect":true}\x1e',
        ),
        ("messagepack", Ping(), bytes.fromhex("02 91 06")),
        (
            "messagepack",
            Invocation(target="m", arguments=(42,)),
            bytes.fromhex("09 96 01 80 c0 a1 6d 91 2a 90"),
        ),
        ("messagepack", Completion(invocation_id="1"), bytes.fromhex("06 94 03 80 a1 31 02")),
    ],
)
def test_messages_have_the_bytes_of_the_specification(
    protocol: Protocol, message: AnyMessage, expected: bytes
) -> None:
    assert encode(protocol, message) == expected


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"type":1}',
        b'{"type":1,"target":"a"}',
        b'{"type":1,"target":1,"arguments":[]}',
        b'{"type":"1","target":"a","arguments":[]}',
        b'{"type":true}',
        b'{"type":3,"invocationId":"1","result":1,"error":"both"}',
        b"[" * 100_000,
        b'{"type":1,"target":"a","arguments":' + b"[" * 100_000,
        b'{"type":1,"target":"\xff","arguments":[]}',
    ],
)
def test_malformed_json_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode("json", payload)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        {},
        None,
        [1],
        [1, {}, None, 5, []],
        [1, {}, None, "t", "arguments"],
        [1, {"h": 1}, None, "t", []],
        [1, {}, None, "t", [], [1]],
        [3, {}, "1", 9],
        [3, {}, "1", 1, 5],
        [5, {}, None],
        [8, "one"],
        [10],
        [11],
        ["1"],
        [True],
    ],
)
def test_malformed_messagepack_is_refused(fields: Any) -> None:
    with pytest.raises(ProtocolError):
        decode("messagepack", msgspec.msgpack.encode(fields))


def test_a_deeply_nested_messagepack_message_is_refused() -> None:
    with pytest.raises(ProtocolError):
        decode("messagepack", b"\x91" * 100_000)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_message_up_to_the_limit_passes_and_a_longer_one_does_not(protocol: Protocol) -> None:
    payload = unframe(protocol, encode(protocol, Invocation(target="x" * 200, arguments=())))
    assert Deframer(protocol, limit=len(payload)).feed(frame(protocol, payload)) == [payload]
    with pytest.raises(ProtocolError, match="too large"):
        Deframer(protocol, limit=len(payload) - 1).feed(frame(protocol, payload))


def test_an_unfinished_record_over_the_limit_is_refused_before_it_ends() -> None:
    deframer = Deframer("json", limit=10)
    deframer.feed(b"x" * 10)
    with pytest.raises(ProtocolError, match="too large"):
        deframer.feed(b"x")


def test_a_length_prefix_over_the_limit_is_refused_before_the_payload_comes() -> None:
    with pytest.raises(ProtocolError, match="too large"):
        Deframer("messagepack", limit=1000).feed(bytes.fromhex("ff ff 03"))


def test_a_length_prefix_of_more_than_five_bytes_is_refused() -> None:
    with pytest.raises(ProtocolError, match="prefix"):
        Deframer("messagepack").feed(bytes.fromhex("80 80 80 80 80 01"))


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 70_000])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_framing_can_be_removed_again(protocol: Protocol, size: int) -> None:
    assert unframe(protocol, frame(protocol, b"x" * size)) == b"x" * size


@pytest.mark.parametrize("data", [b"", b"x", b"a\x1eb", b"a\x1eb\x1e"])
def test_anything_but_one_whole_frame_is_not_unframed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        unframe("json", data)


def test_a_handshake_is_read_and_what_follows_is_kept() -> None:
    split = split_handshake(b'{"protocol":"messagepack","version":1}\x1e\x02\x91\x06')
    assert split is not None
    record, rest = split
    assert parse_handshake(record) == Handshake("messagepack", 1)
    assert rest == b"\x02\x91\x06"


def test_half_a_handshake_is_not_split() -> None:
    assert split_handshake(b'{"protocol":"json"') is None


@pytest.mark.parametrize(
    "record",
    [
        b"{}",
        b"junk",
        b'{"protocol":"blazorpack","version":1}',
        b'{"protocol":"json","version":2}',
        b'{"protocol":"json","version":"1"}',
        b"[" * 100_000,
    ],
)
def test_a_bad_handshake_is_refused(record: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_handshake(record)


def test_handshake_answers_are_framed_json() -> None:
    assert encode_handshake() == b"{}\x1e"
    assert json.loads(encode_handshake("no").rstrip(b"\x1e")) == {"error": "no"}


def test_an_upstream_body_is_read_by_its_content_type() -> None:
    call = Invocation(target="m", arguments=(1,), invocation_id="7")
    for protocol, content_type in (
        ("json", "application/json"),
        ("json", "application/json; charset=utf-8"),
        ("messagepack", "application/x-msgpack"),
    ):
        assert decode_body(content_type, unframe(protocol, encode(protocol, call))) == call


def test_the_bodies_of_connection_events_are_read() -> None:
    assert decode_body("application/json", b'{"type":10}') == OpenConnection()
    assert decode_body("application/json", b'{"Type":11}') == CloseConnection()
    body = b'{"Type":11,"Error":"lost"}'
    assert decode_body("application/json", body) == CloseConnection(error="lost")


def test_an_upstream_body_of_another_content_type_is_refused() -> None:
    with pytest.raises(ProtocolError):
        decode_body("text/plain", b'{"type":10}')


def test_json_arguments_are_passed_on_as_they_were_written() -> None:
    raw = msgspec.Raw(b'[1.0,  "\\u00e9",{"b":1,"a":2}]')
    sent = encode_invocation("json", "m", raw)
    assert bytes(raw) in sent
    same = encode_invocation("messagepack", "m", raw)
    message = decode("json", unframe("json", sent))
    assert message == decode("messagepack", unframe("messagepack", same))


@pytest.mark.parametrize("raw", [b"1", b"{}", b"[", b'["\\ud800"]'])
def test_raw_arguments_that_are_no_array_cannot_become_messagepack(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        encode_invocation("messagepack", "m", msgspec.Raw(raw))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_value_no_protocol_can_carry_raises_a_protocol_error(protocol: Protocol) -> None:
    with pytest.raises(ProtocolError):
        encode(protocol, Invocation(target="m", arguments=(object(),)))
