"""The codec against the test vectors of RFC 5769, and against junk."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn import stun
from turn.stun import Attribute, Kind, Malformed, Message, Method

# RFC 5769 §2.1: a request with short-term credentials, padded with spaces.
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
# §2.2 and §2.3: its answers over IPv4 and IPv6.
ANSWER_IPV4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
ANSWER_IPV6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c"
)
PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
# §2.4: a request with long-term credentials.
LONG_TERM = bytes.fromhex(
    "000100602112a44278ad3433c6ad72c029da412e"
    "00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b"
    "6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666"
)

TRANSACTION = b"transaction!"


@pytest.mark.parametrize("datagram", [REQUEST, ANSWER_IPV4, ANSWER_IPV6])
def test_the_vectors_are_authentic_and_intact(datagram: bytes) -> None:
    assert stun.authentic(datagram, PASSWORD)
    assert stun.intact(datagram)
    assert not stun.authentic(datagram, b"another")
    broken = datagram[:-1] + bytes([datagram[-1] ^ 1])
    assert not stun.intact(broken)


def test_a_request_is_read() -> None:
    message = stun.decode(REQUEST)
    assert (message.method, message.kind) == (Method.BINDING, Kind.REQUEST)
    assert message.get(Attribute.SOFTWARE) == b"STUN test client"
    assert message.get(Attribute.USERNAME) == b"evtj:h6vY"
    assert message.get(Attribute.REALM) is None
    assert message.code == 0


@pytest.mark.parametrize(
    ("datagram", "address"),
    [(ANSWER_IPV4, "192.0.2.1"), (ANSWER_IPV6, "2001:db8:1234:5678:11:2233:4455:6677")],
)
def test_addresses_are_read_and_written(datagram: bytes, address: str) -> None:
    message = stun.decode(datagram)
    value = message.get(Attribute.XOR_MAPPED_ADDRESS)
    assert value is not None
    assert stun.unxor_address(value, message.transaction) == (ip_address(address), 32853)
    assert stun.xor_address(ip_address(address), 32853, message.transaction) == value
    assert message.code == 200


def test_a_request_is_signed_with_a_long_term_credential() -> None:
    key = stun.long_term_key("マトリックス", b"example.org", "TheMatrIX")
    unsigned = replace(stun.decode(LONG_TERM), attributes=stun.decode(LONG_TERM).attributes[:-1])
    assert stun.encode(unsigned, key=key) == LONG_TERM
    assert stun.authentic(LONG_TERM, key)
    assert not stun.authentic(stun.encode(unsigned), key), "unsigned is not authentic"


def test_a_fingerprint_comes_after_the_signature() -> None:
    message = Message(Method.REFRESH, Kind.REQUEST, TRANSACTION, ((Attribute.NONCE, b"n"),))
    datagram = stun.encode(message, key=b"key", fingerprint=True)
    kinds = [kind for kind, _ in stun.decode(datagram).attributes]
    assert kinds == [Attribute.NONCE, Attribute.MESSAGE_INTEGRITY, Attribute.FINGERPRINT]
    assert stun.authentic(datagram, b"key")
    assert stun.intact(datagram)
    assert not stun.intact(stun.encode(message)[:-8])


@pytest.mark.parametrize(
    ("method", "kind", "first"),
    [
        (Method.BINDING, Kind.REQUEST, 0x0001),
        (Method.BINDING, Kind.INDICATION, 0x0011),
        (Method.BINDING, Kind.SUCCESS, 0x0101),
        (Method.BINDING, Kind.ERROR, 0x0111),
        (Method.ALLOCATE, Kind.ERROR, 0x0113),
        (Method.CREATE_PERMISSION, Kind.SUCCESS, 0x0108),
        (0xFFF, Kind.ERROR, 0x3FFF),
    ],
)
def test_method_and_class_share_the_first_two_bytes(method: int, kind: Kind, first: int) -> None:
    datagram = stun.encode(Message(method, kind, TRANSACTION))
    assert datagram[:2] == first.to_bytes(2)
    assert stun.decode(datagram) == Message(method, kind, TRANSACTION)


@pytest.mark.parametrize(
    ("value", "code"),
    [(b"\0\0\4\1Unauthorized", 401), (b"\0\0\4\x56", 486), (b"\0\0\3\0", 300), (b"\0\0", 0)],
)
def test_an_error_has_the_code_it_says(value: bytes, code: int) -> None:
    message = Message(Method.ALLOCATE, Kind.ERROR, TRANSACTION, ((Attribute.ERROR_CODE, value),))
    assert message.code == code


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        ANSWER_IPV4[:19],
        ANSWER_IPV4[:-1],
        ANSWER_IPV4 + b"\0\0\0\0",
        b"\x80" + ANSWER_IPV4[1:],
        bytes.fromhex("000100022112a442") + TRANSACTION + b"\0\0",
        bytes.fromhex("000100042112a442") + TRANSACTION + b"\0\x06\0\x01",
    ],
    ids=[
        "empty",
        "header cut",
        "cut",
        "too long",
        "top bit",
        "odd length",
        "attribute over the end",
    ],
)
def test_what_is_no_stun_is_malformed(datagram: bytes) -> None:
    with pytest.raises(Malformed):
        stun.decode(datagram)


def test_an_address_of_odd_size_is_malformed() -> None:
    with pytest.raises(Malformed):
        stun.unxor_address(b"\0\1\0\0\0", TRANSACTION)


@given(st.binary(max_size=80))
def test_junk_is_read_or_malformed(datagram: bytes) -> None:
    try:
        stun.decode(datagram)
    except Malformed:
        pass


attributes = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=6)
messages = st.builds(
    Message,
    st.integers(0, 0xFFF),
    st.sampled_from(Kind),
    st.binary(min_size=12, max_size=12),
    attributes.map(tuple),
    st.integers(0, 0xFFFF_FFFF),
)


@given(messages)
def test_what_is_written_is_read_again(message: Message) -> None:
    assert stun.decode(stun.encode(message)) == message


@given(messages, st.binary(min_size=1, max_size=16))
def test_what_is_signed_is_authentic(message: Message, key: bytes) -> None:
    signed = [kind for kind, _ in message.attributes]
    if Attribute.MESSAGE_INTEGRITY not in signed:
        assert stun.authentic(stun.encode(message, key=key, fingerprint=True), key)
