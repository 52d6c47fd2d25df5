"""Reading tokens, beside PyJWT, which everybody uses."""

import base64
import json
import math
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.emulator.jws import Malformed, parse

KEY = "a-key-of-the-tests-0123456789abcdefghij"
NOW = int(time.time())
HOUR = 3600
GOOD = jwt.encode({"exp": NOW + HOUR, "nbf": NOW - HOUR, "sub": "ann"}, KEY, "HS256")


def accepts(token: str) -> bool:
    try:
        signed = parse(token)
    except Malformed:
        return False
    return signed.is_signed_with(KEY.encode()) and signed.is_in_force(time.time())


def pyjwt_accepts(token: str) -> bool:
    options: Any = {"require": ["exp"], "verify_aud": False, "verify_iat": False}
    try:
        jwt.decode(token, KEY, ["HS256"], options=options)
    except (jwt.InvalidTokenError, ValueError, OverflowError, TypeError):
        return False
    return True


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(header: Any, claims: Any) -> str:
    """Whatever the header says, the signature is right."""
    algorithm = jwt.get_algorithm_by_name("HS256")
    text = f"{segment(header)}.{segment(claims)}"
    return f"{text}.{segment(algorithm.sign(text.encode(), algorithm.prepare_key(KEY)))}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
dates = json_values | st.integers(NOW - 2 * HOUR, NOW + 2 * HOUR).filter(
    lambda date: abs(date - NOW) > HOUR // 2  # no test at the second itself
)
claim_sets = st.fixed_dictionaries(
    {}, optional={"exp": dates, "nbf": dates, "iat": json_values, "sub": json_values}
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["HS256", "HS384", "none", "hs256", "", 256, None]),
        "kid": json_values,
        "crit": json_values,
        "b64": json_values,
    },
)


@given(headers | json_values, claim_sets | json_values)
def test_no_token_is_taken_that_pyjwt_refuses(header: Any, claims: Any) -> None:
    token = signed(header, claims)
    assert not accepts(token) or pyjwt_accepts(token)


@given(st.data())
def test_no_changed_token_is_taken_that_pyjwt_refuses(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    token = GOOD[:at] + data.draw(st.text(max_size=2)) + GOOD[at + data.draw(st.integers(0, 2)) :]
    assert not accepts(token) or pyjwt_accepts(token)


@given(st.dictionaries(st.text(max_size=6), json_values, max_size=4))
def test_what_a_service_signs_is_taken_and_read_as_pyjwt_reads_it(others: dict[str, Any]) -> None:
    claims = {"sub": "ann", "jti": "1"} | others | {"exp": NOW + HOUR, "nbf": NOW - HOUR}
    if not all(isinstance(claims[name], str) for name in ("sub", "jti")):
        return
    token = jwt.encode(claims, KEY, "HS256", headers={"kid": "k"})
    assert accepts(token) and pyjwt_accepts(token)
    read = jwt.decode(token, options={"verify_signature": False})
    assert json.dumps(parse(token).claims) == json.dumps(read)
    assert parse(token).key_id == "k"


@pytest.mark.parametrize(
    "expires",
    [None, "soon", str(NOW + HOUR), True, math.inf, math.nan, []],
    ids=range(7),  # the same in every process of a parallel run
)
def test_a_date_is_a_number(expires: Any) -> None:
    assert not accepts(signed({"alg": "HS256"}, {"exp": expires}))
    assert not accepts(signed({"alg": "HS256"}, {"exp": NOW + HOUR, "nbf": expires}))


@pytest.mark.parametrize(
    ("begins", "expires", "is_good"),
    [(0, 101, True), (100, 101, True), (101, 102, False), (0, 100, False), (100.5, 200, True)],
)
def test_a_token_is_in_force_from_nbf_until_exp(
    begins: float, expires: float, is_good: bool
) -> None:
    token = parse(jwt.encode({"nbf": begins, "exp": expires}, KEY, "HS256"))
    assert token.is_in_force(100.0) == is_good


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "HS512"}, {}),
        ({"alg": "none"}, {}),
        ({}, {}),
        ({"alg": "HS256", "kid": 1}, {}),
        ({"alg": "HS256", "kid": None}, {}),
        ({"alg": "HS256", "crit": ["exp"]}, {}),
        ({"alg": "HS256", "b64": False}, {}),
        ({"alg": "HS256"}, {"sub": 1}),
        ({"alg": "HS256"}, {"jti": None}),
        ([], {}),
        ({"alg": "HS256"}, []),
        (b"\xff", {}),
        ({"alg": "HS256"}, b"[" * 3_000),
    ],
)
def test_what_is_no_such_token_is_malformed(header: Any, claims: Any) -> None:
    claims = {"exp": NOW + HOUR} | claims if isinstance(claims, dict) else claims
    with pytest.raises(Malformed):
        parse(signed(header, claims))


def test_padding_and_other_alphabets_are_malformed() -> None:
    parse(GOOD)
    head, claims, signature = GOOD.split(".")
    for token in (f"{GOOD}=", f"{head}.{claims}", f"{head}+.{claims}.{signature}", f" {GOOD}"):
        with pytest.raises(Malformed):
            parse(token)
