import time

import jwt
import pytest

from local.emulator.tokens import BadToken, Caller, bearer, verify
from tests.local.emulator.support import PRIMARY, SECONDARY, token

KEYS = (PRIMARY, SECONDARY)
CLIENT = "http://localhost/client/?hub=chat"


def check(access: str, path: str = "/client/", hub: str | None = "chat") -> Caller:
    return verify(access, KEYS, path, hub)


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


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/client/?hub=chat",
        "http://localhost:8888/client/?hub=chat",
        "https://elsewhere.example/client/?hub=CHAT",
        "http://localhost/client/",
        "http://localhost/client",
        "http://localhost/",
        "http://localhost",
        ["http://other/x", "http://localhost/client/?hub=chat"],
    ],
)
def test_audiences_are_read_leniently(audience: str | list[str]) -> None:
    check(token(audience))
    check(token(audience), "/client/negotiate")


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/api/hubs/chat",
        "http://localhost/api/hubs/chat/users/ann%2Fb/:send",
        "http://localhost:8888/api/hubs/chat/users/ann%2fb/:send?api-version=2022-06-01",
    ],
)
def test_a_rest_audience_opens_its_path_and_what_is_below(audience: str) -> None:
    check(token(audience), "/api/hubs/chat/users/ann%2Fb/:send", None)


@pytest.mark.parametrize(
    "audience",
    [
        None,
        "http://localhost/client/?hub=other",
        "http://localhost/clients/?hub=chat",
        "http://localhost/api/hubs/chat",
        "http://[broken/client/",
        [],
    ],
)
def test_other_audiences_are_refused(audience: str | list[str] | None) -> None:
    with pytest.raises(BadToken):
        check(token(audience))


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
        token(CLIENT, nbf=int(time.time()) + 600),
        token(CLIENT, padding="x" * 4096),
        jwt.encode({"aud": CLIENT, "exp": time.time() + 60}, None, algorithm="none"),
        jwt.encode({"aud": CLIENT, "exp": time.time() + 60}, PRIMARY * 2, algorithm="HS512"),
        "\ud800",
        "é.é.é",
    ],
    ids=range(13),
)
def test_bad_tokens_are_refused(access: str) -> None:
    with pytest.raises(BadToken):
        check(access)


def test_the_bearer_scheme_is_read_in_any_case_and_no_other() -> None:
    assert bearer({"authorization": "Bearer abc"}) == "abc"
    assert bearer({"authorization": "bearer abc"}) == "abc"
    assert bearer({"authorization": "Basic abc"}) == ""
    assert bearer({}) == ""
