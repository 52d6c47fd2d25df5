import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signaling.errors import Forbidden, HeliographError, Unauthorized
from signaling.tokens import (
    CONNECT_TTL_SECONDS,
    AccessKey,
    HostToken,
    InviteToken,
    KeyRing,
    PeerToken,
    read_bearer,
    read_invite,
    read_peer,
    sign_connect,
    sign_host,
    sign_invite,
    sign_peer,
    sign_rest,
)

OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"k1": OLD})
NOW = 1_800_000_000_123
LATER = NOW + 3_600_000
ANN = PeerToken("room", "A" * 16, "guest", "Ann")
INVITE = InviteToken("room", "i1", 3)


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(HeliographError) as refusal:
        call(*arguments)
    return refusal.value.code


def forged(
    key: bytes | str = OLD, kid: str | None = "k1", alg: str = "HS256", **claims: Any
) -> str:
    payload = {
        "aud": "heliograph:peer",
        "room": "room",
        "sub": "A" * 16,
        "role": "host",
        "name": "",
        "iat": NOW // 1000,
        "exp": LATER // 1000,
        **claims,
    }
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, key, alg, headers={} if kid is None else {"kid": kid})


def test_a_peer_token_says_who_it_is_for_and_when_it_was_made() -> None:
    found = read_peer(RING, sign_peer(RING, ANN, NOW, LATER), NOW)
    assert (found.room, found.peer, found.role, found.name) == ("room", "A" * 16, "guest", "Ann")
    assert found.issued_at == NOW


@given(st.text(max_size=64), st.integers(1_700_000_000_000, 4_000_000_000_000))
def test_any_name_and_any_time_come_back(name: str, now: int) -> None:
    name = name.encode("utf-8", "ignore").decode()
    token = sign_peer(RING, PeerToken("r", "p", "guest", name), now, now + 60_000)
    assert read_peer(RING, token, now) == PeerToken("r", "p", "guest", name, now)


def test_host_and_invite_tokens_come_back() -> None:
    assert read_bearer(RING, sign_host(RING, "room", NOW, LATER), NOW) == HostToken("room")
    assert read_invite(RING, sign_invite(RING, INVITE, NOW, LATER), NOW) == INVITE


def test_the_first_key_signs_and_every_key_verifies() -> None:
    both = KeyRing({"k2": NEW, "k1": OLD})
    assert read_peer(both, sign_peer(RING, ANN, NOW, LATER), NOW).peer == ANN.peer
    fresh = sign_peer(both, ANN, NOW, LATER)
    assert jwt.get_unverified_header(fresh)["kid"] == "k2"
    assert read_peer(KeyRing({"k2": NEW}), fresh, NOW).peer == ANN.peer
    assert code(read_peer, RING, fresh, NOW) == "bad_token"


@pytest.mark.parametrize("read", [read_peer, read_bearer])
def test_a_token_ends_when_it_says(read: Any) -> None:
    token = sign_peer(RING, ANN, NOW, LATER)
    end = LATER // 1000 * 1000
    assert read(RING, token, end - 1)
    assert code(read, RING, token, end) == "token_expired"
    assert code(read, RING, token, end + 10**12) == "token_expired"


def test_an_invite_ends_when_it_says() -> None:
    token = sign_invite(RING, INVITE, NOW, LATER)
    with pytest.raises(Forbidden) as refusal:
        read_invite(RING, token, LATER)
    assert refusal.value.code == "invite_expired"


def test_no_token_opens_what_another_is_for() -> None:
    peer, host = sign_peer(RING, ANN, NOW, LATER), sign_host(RING, "room", NOW, LATER)
    invite = sign_invite(RING, INVITE, NOW, LATER)
    connect = sign_connect(AccessKey("o" * 32), "http://x/client/?hub=signaling", "room.A", NOW)
    assert code(read_invite, RING, peer, NOW) == "bad_invite"
    assert code(read_invite, RING, host, NOW) == "bad_invite"
    assert code(read_peer, RING, host, NOW) == "bad_token"
    assert code(read_peer, RING, invite, NOW) == "bad_token"
    assert code(read_bearer, RING, invite, NOW) == "bad_token"
    assert code(read_bearer, RING, connect, NOW) == "bad_token"


FORGERIES = {
    "no signature": forged("", alg="none"),
    "no signature and no kid": forged("", kid=None, alg="none"),
    "another key": forged(NEW),
    "another hash": forged(OLD * 2, alg="HS512"),
    "an unknown kid": forged(kid="k9"),
    "no kid": forged(kid=None),
    "another audience": forged(aud="heliograph:invite"),
    "somebody else's audience": forged(aud="x"),
    "no audience": forged(aud=None),
    "no expiry": forged(exp=None),
    "no time of issue": forged(iat=None),
    "an expiry that is text": forged(exp="soon"),
    "no peer": forged(sub=None),
    "no role": forged(role=None),
    "no room": forged(room=None),
}


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("read", [read_peer, read_bearer])
def test_forged_tokens_are_bad_tokens(token: str, read: Any) -> None:
    assert code(read, RING, token, NOW) == "bad_token"


def test_the_name_of_a_key_cannot_be_made_to_mean_another() -> None:
    headers: list[dict[str, Any]] = [{"kid": None}, {"kid": 1}, {"kid": ["k1"]}, {"kid": {}}]
    for header in headers:
        head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", **header}).encode()).decode()
        _, payload, signature = forged().split(".")
        token = ".".join([head.rstrip("="), payload, signature])
        assert code(read_peer, RING, token, NOW) == "bad_token"


@given(st.data())
def test_a_token_changed_anywhere_is_bad(data: st.DataObject) -> None:
    token = sign_peer(RING, ANN, NOW, LATER)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    try:
        assert read_peer(RING, changed, NOW) == read_peer(RING, token, NOW)
        # The last character of a base64 part can hold unused bits: the same bytes, spelled anew.
        assert place == len(token) - 1 or token[place + 1] == "."
    except Unauthorized as refusal:
        assert refusal.code == "bad_token"


@given(st.text(max_size=300))
@example("")
@example("..")
@example("e30.e30.")
@example("\ud800")
@example("x" * 5000)
@example("eyJhbGciOiJIUzI1NiJ9." + "W" * 4000 + ".x")
def test_junk_is_a_bad_token_and_a_bad_invite(text: str) -> None:
    assert code(read_bearer, RING, text, NOW) == "bad_token"
    assert code(read_invite, RING, text, NOW) == "bad_invite"


def test_json_that_is_deep_is_a_bad_token() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 2500 + b"]" * 2500).decode().rstrip("=")
    for token in (f"{deep[:4000]}.e30.x", forged()[:36] + "." + deep[:3900] + ".x"):
        assert code(read_bearer, RING, token, NOW) == "bad_token"


def test_the_token_of_a_socket_is_what_the_service_expects() -> None:
    claims = jwt.decode(
        sign_connect(AccessKey("the key " * 4), "http://x/client/?hub=signaling", "room.peer", NOW),
        "the key " * 4,
        ["HS256"],
        audience="http://x/client/?hub=signaling",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["asrs.s.uid"] == "room.peer"
    assert claims["exp"] - NOW // 1000 == CONNECT_TTL_SECONDS == 300
    assert claims["nbf"] < NOW // 1000


def test_the_token_of_a_rest_call_is_for_one_url() -> None:
    token = sign_rest(AccessKey("the key " * 4), "http://x/api/hubs/h", NOW)
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        token, "the key " * 4, ["HS256"], audience="http://x/api/hubs/h", options=options
    )
    assert claims["exp"] > NOW // 1000


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
