import base64
import hmac
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signaling.errors import HeliographError
from signaling.orders import MAX_INSIDE, MAX_KICKED, MAX_REVOKED, Orders
from signaling.seats import CLAIM, Seat, user_of
from signaling.tokens import (
    CLOCKS_SECONDS,
    CONNECT_TTL_SECONDS,
    MAX_ORDERS,
    AccessKey,
    HostToken,
    KeyRing,
    PeerToken,
    read_bearer,
    read_host,
    read_orders,
    read_peer,
    sign_connect,
    sign_host,
    sign_orders,
    sign_peer,
    sign_rest,
)

OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"k1": OLD})
NOW = 1_800_000_000_123
LATER = NOW + 3_600_000
ANN = PeerToken("room", "A" * 16, "guest", 7, "L" * 16)
ORDERS = Orders(3, True, ("A" * 16, "B" * 16), ("5.1.30000000",))
SEAT = Seat("0f" * 16, "L" * 16, "A" * 16, 1_800_000_060)


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(HeliographError) as refusal:
        call(*arguments)
    return refusal.value.code


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


SAID: list[Any] = ["p", LATER // 1000, "room", "A" * 16, True, 7, "L" * 16]


def sealed(
    said: Any = SAID, key: bytes = OLD, kid: str = "k1", purpose: bytes = b"token\n", seal: int = 16
) -> str:
    payload = said if isinstance(said, bytes) else msgspec.msgpack.encode(said)
    mac = hmac.digest(key, purpose + kid.encode() + b"\n" + payload, "sha256")
    return f"{kid}.{part(payload)}.{part(mac[:seal])}"


def with_(**changed: Any) -> list[Any]:
    """What a peer token says, with members in another form; None leaves it out."""
    names = ("kind", "ends", "room", "peer", "is_host", "visit", "life")
    said = {**dict(zip(names, SAID, strict=True)), **changed}
    return [value for value in said.values() if value is not None]


def test_a_peer_token_says_who_it_is_for() -> None:
    assert read_peer(RING, sign_peer(RING, ANN, LATER), NOW) == ANN
    assert read_bearer(RING, sign_peer(RING, ANN, LATER), NOW) == ANN


@given(st.integers(0, 2**53 - 1), st.integers(1_700_000_000_000, 4_000_000_000_000))
def test_any_visit_and_time_come_back(visit: int, now: int) -> None:
    said = PeerToken("r", "p", "guest", visit, "l")
    assert read_peer(RING, sign_peer(RING, said, now + 60_000), now) == said


def test_host_tokens_and_orders_come_back() -> None:
    host = sign_host(RING, "room", LATER)
    assert read_bearer(RING, host, NOW) == read_host(RING, host, NOW) == HostToken("room")
    said = sign_orders(RING, "room", ORDERS, LATER)
    assert read_orders(RING, said, NOW) == ("room", ORDERS)


def test_the_longest_orders_fit_what_is_read() -> None:
    kicked = tuple(f"{number:016}" for number in range(MAX_KICKED))
    revoked = tuple(f"{2**21 - number}.1000.35000000" for number in range(1, MAX_REVOKED + 1))
    inside = tuple(f"{number:016}" for number in range(1_000, 1_000 + MAX_INSIDE))
    outside = tuple(f"{number:016}" for number in range(2_000, 2_000 + MAX_INSIDE))
    said = Orders(999_999, True, kicked, revoked, inside, outside, full=True)
    token = sign_orders(RING, "~" + "x" * 22, said, LATER)
    assert len(token) <= MAX_ORDERS
    assert read_orders(RING, token, NOW)[1] == said


def test_orders_that_name_too_many_are_cut_to_the_newest() -> None:
    kicked = tuple(f"{number:04}" for number in range(MAX_KICKED + 9))
    token = sign_orders(RING, "room", Orders(kicked=kicked), LATER)
    assert read_orders(RING, token, NOW)[1].kicked == kicked[9:]


def test_the_first_key_signs_and_every_key_verifies() -> None:
    both = KeyRing({"k2": NEW, "k1": OLD})
    assert read_peer(both, sign_peer(RING, ANN, LATER), NOW).peer == ANN.peer
    fresh = sign_peer(both, ANN, LATER)
    assert fresh.startswith("k2.")
    assert read_peer(KeyRing({"k2": NEW}), fresh, NOW).peer == ANN.peer
    assert code(read_peer, RING, fresh, NOW) == "bad_token"


SIGNED = {
    "peer": (read_peer, sign_peer(RING, ANN, LATER)),
    "host": (read_host, sign_host(RING, "room", LATER)),
    "bearer": (read_bearer, sign_host(RING, "room", LATER)),
    "orders": (read_orders, sign_orders(RING, "room", ORDERS, LATER)),
}


@pytest.mark.parametrize(("read", "token"), SIGNED.values(), ids=SIGNED)
def test_a_token_ends_when_it_says_by_a_clock_that_is_minutes_ahead(read: Any, token: str) -> None:
    end = (LATER // 1000 + CLOCKS_SECONDS) * 1000
    assert read(RING, token, end - 1)
    assert code(read, RING, token, end) == "token_expired"
    assert code(read, RING, token, end + 10**12) == "token_expired"


@pytest.mark.parametrize(("read", "token"), SIGNED.values(), ids=SIGNED)
def test_a_token_counts_by_a_clock_that_is_behind(read: Any, token: str) -> None:
    assert read(RING, token, NOW - CLOCKS_SECONDS * 1000)


def test_no_token_opens_what_another_is_for() -> None:
    connect = sign_connect(AccessKey("o" * 32), "http://x/client/?hub=signaling", SEAT, NOW)
    opens = {
        "peer": {read_peer, read_bearer},
        "host": {read_host, read_bearer},
        "orders": {read_orders},
    }
    for kind, readers in opens.items():
        _, token = SIGNED[kind]
        for read in {read_peer, read_host, read_bearer, read_orders} - readers:
            assert code(read, RING, token, NOW) == "bad_token"
    for read in (read_peer, read_host, read_bearer, read_orders):
        assert code(read, RING, connect, NOW) == "bad_token"


FORGERIES = {
    "no seal": sealed(seal=0),
    "a seal of which a part is missing": sealed(seal=15),
    "a longer seal": sealed(seal=32),
    "another key": sealed(key=NEW),
    "a seal for another purpose": sealed(purpose=b""),
    "an unknown kid": sealed(kid="k9"),
    "no kid": sealed(kid=""),
    "a JWT of the same key": jwt.encode({"aud": "heliograph:peer"}, OLD, headers={"kid": "k1"}),
    "another kind": sealed(with_(kind="o")),
    "an unknown kind": sealed(with_(kind="x")),
    "no kind": sealed(with_(kind=None)),
    "no end": sealed(with_(ends=None)),
    "an end that is text": sealed(with_(ends="soon")),
    "an end that is not whole": sealed(with_(ends=1e300)),
    "no life": sealed(SAID[:-1]),
    "a visit that is text": sealed(with_(visit="7")),
    "a room that is none": sealed([*SAID[:2], None, *SAID[3:]]),
    "no array": sealed({"kind": "p"}),
    "no MessagePack": sealed(b"\xc1"),
    "half of it": sealed(msgspec.msgpack.encode(SAID)[:-3]),
    "something after it": sealed(msgspec.msgpack.encode(SAID) + b"\0"),
    "nothing": sealed(b""),
    "deep": sealed(b"\x91" * 2_000),
}


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("read", [read_peer, read_bearer])
def test_forged_tokens_are_bad_tokens(token: str, read: Any) -> None:
    assert code(read, RING, token, NOW) == "bad_token"


@pytest.mark.parametrize(
    "said",
    [
        ["room", 1, False, [], []],
        ["room", [1], False, [], [], []],
        ["room", "x", True, [], [], []],
        ["room", 1, 1, [], [], []],
        ["room", 1, True, None, [], []],
        ["room", 1, True, [["A"]], [], []],
        ["room", 1, True, [], [{}], []],
        [None, 1, True, [], [], []],
    ],
    ids=str,
)
def test_orders_that_were_never_made_so_are_a_bad_token(said: list[Any]) -> None:
    assert code(read_orders, RING, sealed(["o", LATER // 1000, *said]), NOW) == "bad_token"


@pytest.mark.parametrize("key", [NEW, OLD * 2], ids=["another key", "a longer one"])
def test_orders_that_another_key_signed_are_a_bad_token(key: bytes) -> None:
    token = sign_orders(KeyRing({"k1": key}), "room", ORDERS, LATER)
    assert code(read_orders, RING, token, NOW) == "bad_token"


def test_the_name_of_a_key_is_sealed_too() -> None:
    same = KeyRing({"k1": OLD, "k2": OLD})
    assert read_peer(same, sealed(), NOW)
    assert code(read_peer, same, sealed().replace("k1.", "k2.", 1), NOW) == "bad_token"


def test_the_name_of_a_key_may_have_dots() -> None:
    ring = KeyRing({"2026.11": OLD})
    assert read_peer(ring, sign_peer(ring, ANN, LATER), NOW) == ANN


def test_a_peer_token_is_short() -> None:
    created = PeerToken("~" + "x" * 22, "A" * 16, "host", NOW, "")
    assert len(sign_peer(RING, created, LATER)) <= 110


@given(st.data())
def test_a_token_changed_anywhere_is_bad(data: st.DataObject) -> None:
    token = sign_peer(RING, ANN, LATER)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    assert code(read_peer, RING, changed, NOW) == "bad_token"


@given(st.text(max_size=300))
@example("")
@example("..")
@example("e30.e30.")
@example("\ud800")
@example("x" * 5000)
@example("eyJhbGciOiJIUzI1NiJ9." + "W" * 4000 + ".x")
def test_junk_is_a_bad_token(text: str) -> None:
    assert code(read_bearer, RING, text, NOW) == "bad_token"
    assert code(read_host, RING, text, NOW) == "bad_token"
    assert code(read_orders, RING, text, NOW) == "bad_token"


def test_the_token_of_a_socket_is_what_the_service_expects() -> None:
    claims = jwt.decode(
        sign_connect(AccessKey("the key " * 4), "http://x/client/?hub=signaling", SEAT, NOW),
        "the key " * 4,
        ["HS256"],
        audience="http://x/client/?hub=signaling",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["asrs.s.uid"] == user_of(SEAT.life, SEAT.peer)
    assert claims[CLAIM] == SEAT.claim
    # Five minutes to open a socket, by a clock that is up to five minutes ahead or behind.
    assert claims["exp"] - NOW // 1000 == CONNECT_TTL_SECONDS == 600
    assert "nbf" not in claims  # it counts at once, also by a clock that is behind


def test_the_token_of_a_rest_call_is_for_one_url() -> None:
    token = sign_rest(AccessKey("the key " * 4), "http://x/api/hubs/h", NOW)
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        token, "the key " * 4, ["HS256"], audience="http://x/api/hubs/h", options=options
    )
    assert claims["exp"] > NOW // 1000


@pytest.mark.parametrize("kid", [None, "key-2", 'a "quoted" \N{SNOWMAN}'])
def test_a_token_of_the_service_is_what_pyjwt_would_have_signed(kid: str | None) -> None:
    url, key = "http://x/client/?hub=signaling", AccessKey("the kéy " * 4, kid)
    token = sign_connect(key, url, SEAT, NOW)
    whole = jwt.decode_complete(
        token, key.text, ["HS256"], audience=url, options={"verify_exp": False}
    )
    headers = None if kid is None else {"kid": kid}
    again = jwt.encode(whole["payload"], key.text, "HS256", headers=headers)
    theirs = jwt.decode_complete(again, options={"verify_signature": False})
    assert (whole["header"], whole["payload"]) == (theirs["header"], theirs["payload"])
    assert token.isascii() and "=" not in token and token.count(".") == 2


def encoded(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def test_a_ring_is_read_from_one_line_newest_first() -> None:
    ring = KeyRing.parse(f"k2:{encoded(NEW)}, k1:{base64.urlsafe_b64encode(OLD).decode()}")
    assert ring.names == ("k2", "k1")
    assert dict(ring.keys) == {"k2": NEW, "k1": OLD}


SECRET = encoded(b"\xfb\xef\xbes3cret" + bytes(range(40)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        SECRET,
        f"{SECRET}:k1",  # the wrong way round
        f"k1:{SECRET},",
        f"k1:{SECRET},k1:{SECRET}",
        f":{SECRET}",
        "k1:",
        f"k1:{SECRET[:20]}",
        f"k1:{SECRET} {SECRET}",
        f"k1:{SECRET}!",
        f"k1:k2:{SECRET}",
        f"k1:{SECRET}é",
    ],
)
def test_what_is_no_ring_is_refused_in_words_without_the_key(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        KeyRing.parse(text)
    words = str(refusal.value)
    assert "key" in words and SECRET[:12] not in words
    assert refusal.value.__cause__ is None


def test_a_ring_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        KeyRing({})


def test_printing_a_ring_shows_no_key() -> None:
    ring = KeyRing({"k1": b"s3cret-s3cret-s3cret-s3cret-s3cret"})
    assert "s3cret" not in repr(ring) + str(ring) + f"{ring}" and "k1" in repr(ring)
