import time

import jwt
import pytest

from local.emulator.audience import Resource
from local.emulator.tokens import BadToken, Caller, SigningKey, bearer, sign_client, verify
from tests.local.emulator.support import PRIMARY, SECONDARY, token

KEYS = (PRIMARY, SECONDARY)
CLIENT = "http://localhost/client/?hub=chat"


def check(access: str) -> Caller:
    return verify(access, KEYS, Resource("http://localhost:8888", "/client/", "chat"), time.time())


def test_the_user_id_claim_wins_over_the_name_identifier() -> None:
    assert check(token(CLIENT, **{"asrs.s.uid": "ann", "nameid": "x"})).user_id == "ann"
    assert check(token(CLIENT, nameid="bob")).user_id == "bob"
    assert check(token(CLIENT)).user_id is None


def test_claims_keep_their_order_and_lose_the_prefix_of_renamed_ones() -> None:
    caller = check(token(CLIENT, **{"role": ["a", "b"], "asrs.u.aud": "mine", "host": True}))
    assert [pair for pair in caller.claims if pair[0] in ("role", "host")] == [
        ("role", "a"),
        ("role", "b"),
        ("host", "true"),
    ]
    assert ("aud", "mine") in caller.claims


@pytest.mark.parametrize("key", KEYS)
def test_both_keys_open(key: str) -> None:
    check(token(CLIENT, key))


def test_a_token_for_something_else_is_refused() -> None:
    with pytest.raises(BadToken):
        check(token("http://localhost/client/?hub=other"))


@pytest.mark.parametrize(
    "access",
    [
        "",
        "junk",
        "a.b.c",
        token(CLIENT, key="a-key-nobody-gave-us-0123456789abcdef"),
        token(CLIENT, exp=int(time.time()) - 1),
        token(CLIENT, exp=None),
        token(CLIENT, exp="soon"),
        token(CLIENT, nbf=int(time.time()) + 86_400),
        token(CLIENT, padding="x" * 4096),
        jwt.encode({"aud": CLIENT, "exp": time.time() + 3600}, None, algorithm="none"),
        jwt.encode({"aud": CLIENT, "exp": time.time() + 3600}, PRIMARY * 2, algorithm="HS512"),
        "\ud800",
        "é.é.é",
    ],
    ids=range(13),
)
def test_bad_tokens_are_refused(access: str) -> None:
    with pytest.raises(BadToken):
        check(access)


def test_a_further_key_is_found_by_the_id_in_the_token() -> None:
    further = {"k1": "a-key-that-was-handed-out-0123456789abcdef"}
    resource = Resource("http://localhost", "/client/", "chat")

    def signed(id: str) -> str:
        claims = {"aud": CLIENT, "exp": int(time.time()) + 60}
        return jwt.encode(claims, further["k1"], "HS256", headers={"kid": id})

    verify(signed("k1"), KEYS, resource, time.time(), further.get)
    for access, find in [(signed("k2"), further.get), (signed("k1"), {}.get)]:
        with pytest.raises(BadToken):
            verify(access, KEYS, resource, time.time(), find)


def test_a_signed_clients_token_is_good_and_names_its_key() -> None:
    now = int(time.time())
    access = sign_client(SigningKey(PRIMARY, "k1"), CLIENT, "ann", now, now + 60)
    assert check(access).user_id == "ann"
    assert jwt.get_unverified_header(access)["kid"] == "k1"


def test_the_bearer_scheme_is_read_in_any_case_and_no_other() -> None:
    assert bearer({"authorization": "Bearer abc"}) == "abc"
    assert bearer({"authorization": "bearer abc"}) == "abc"
    assert bearer({"authorization": "Basic abc"}) == ""
    assert bearer({}) == ""
