import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signaling.errors import BadRequest, HeliographError, TooLarge
from signaling.messages import BODIES, MAX_ENVELOPE_BYTES, Envelope, check_size, parse_envelope

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "envelopes.json").read_text())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_protocol_examples(vector: dict[str, Any]) -> None:
    data = json.dumps(vector["input"]).encode()
    if vector["valid"]:
        envelope = parse_envelope(data)
        assert json.loads(bytes(envelope.body)) == vector["input"]["body"]
        assert (envelope.seq, envelope.kind) == (vector["input"]["seq"], vector["input"]["kind"])
    else:
        with pytest.raises(HeliographError) as refusal:
            parse_envelope(data)
        assert refusal.value.code == vector["code"]


def parsed(data: bytes) -> Envelope | None:
    """Whatever comes is an Envelope or a refusal with a code; anything else fails the test."""
    try:
        return parse_envelope(data)
    except HeliographError as refusal:
        assert refusal.code in {"invalid_json", "invalid_message", "unknown_kind", "too_large"}
        return None


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x00")
@example(b"\xff\xfe{")
@example(b'{"v":1' + b"[" * 40_000)
def test_any_bytes_are_an_envelope_or_a_refusal(data: bytes) -> None:
    parsed(data)


@given(
    st.fixed_dictionaries(
        {
            "v": st.just(1) | JSON,
            "seq": st.integers(0, 2**53) | JSON,
            "kind": st.sampled_from(sorted(BODIES)) | JSON,
            "body": JSON | st.fixed_dictionaries({"text": st.text()}, optional={"pc": st.text()}),
        },
        optional={"to": st.text(max_size=20) | JSON, "x": JSON},
    )
)
def test_any_json_is_an_envelope_or_a_refusal(value: dict[str, Any]) -> None:
    envelope = parsed(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if envelope is not None:
        assert json.loads(bytes(envelope.body)) == value["body"]


@given(st.sampled_from([vector["input"] for vector in VECTORS if vector["valid"]]), st.data())
def test_a_damaged_envelope_is_an_envelope_or_a_refusal(value: Any, data: st.DataObject) -> None:
    text = bytearray(json.dumps(value).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    envelope = parsed(bytes(text))
    if envelope is not None:
        bytes(envelope.body).decode()  # what travels on is valid UTF-8


@pytest.mark.parametrize("junk", [b'"\xff"', b'"\xed\xa0\x80"', b'{"\xc3":1}', b"1e999"])
@pytest.mark.parametrize("kind", ["text", "bye", "data"])
def test_what_a_body_holds_besides_is_valid_json_too(junk: bytes, kind: str) -> None:
    body = b'{"text":"x","unknown":' + junk + b"}"
    with pytest.raises(BadRequest):
        parse_envelope(b'{"v":1,"seq":1,"kind":"' + kind.encode() + b'","body":' + body + b"}")


@pytest.mark.parametrize(
    ("length", "fits"), [(1, True), (30_000, True), (30_001, False), (0, False)]
)
def test_the_length_of_an_sdp_is_bounded(length: int, fits: bool) -> None:
    body = {"pc": "p", "sdp": "x" * length}
    data = json.dumps({"v": 1, "seq": 1, "kind": "offer", "body": body}).encode()
    assert (parsed(data) is not None) is fits


def test_an_envelope_ends_at_32_kib_to_the_byte() -> None:
    frame = b'{"v":1,"seq":1,"kind":"data","body":"%s"}'
    room = MAX_ENVELOPE_BYTES - len(frame) + 2
    assert parsed(frame % (b"x" * room)) is not None
    with pytest.raises(TooLarge):
        parse_envelope(frame % (b"x" * (room + 1)))


def depth(value: Any) -> int:
    """The depth of nesting, counted over what a parser made of it."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(JSON)
@example(['[{"', "\\", '\\"[[[['])
@example({"[[[": "]]]", '"': ["{"]})
def test_the_depth_is_that_of_the_parsed_value(value: Any) -> None:
    for ascii_only in (True, False):
        data = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        check_size(data, len(data), depth(value))
        if depth(value):
            with pytest.raises(TooLarge):
                check_size(data, len(data), depth(value) - 1)


@pytest.mark.parametrize("hostile", [b'"', b'\\"', b'"\\', b'["', b'"a', b"]", b'{"', b"\\"])
def test_hostile_quotes_cost_linear_time(hostile: bytes) -> None:
    data = b"[" * 20 + hostile * (400_000 // len(hostile))
    started = time.perf_counter()
    with pytest.raises(TooLarge):
        check_size(data, len(data), 16)
    assert time.perf_counter() - started < 1  # quadratic: minutes


def test_a_refusal_never_repeats_what_was_sent() -> None:
    for value in ({"v": 1, "seq": "s3cret", "kind": "text", "body": {}}, {"kind": "s3cret"}):
        with pytest.raises(HeliographError) as refusal:
            parse_envelope(json.dumps(value).encode())
        assert "s3cret" not in refusal.value.message + str(refusal.value)
