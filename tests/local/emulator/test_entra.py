"""Entra ID instead of access keys, with an issuer that the test is itself."""

import time
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import pytest
from websockets.exceptions import InvalidStatus

from local.emulator.entra import APP_SERVER, REST_API_OWNER, ROLES, Entra, HandedOutKeys
from local.emulator.upstream import UpstreamRequest, UpstreamResponse
from tests.local.emulator.support import (
    HUB,
    Client,
    Emulator,
    emulating,
    token,
    until,
)

SCOPE = "https://signalr.azure.com"
ISSUER_KEY = "the-key-of-the-test-issuer-0123456789abcdef"
SAY = {"target": "say", "arguments": []}


def verify(access: str) -> Mapping[str, Any]:
    """What the test issuer signed and has not expired."""
    try:
        options = {"verify_aud": False, "require": ["exp"]}
        return jwt.decode(access, ISSUER_KEY, ["HS256"], options=options)  # type: ignore[arg-type]
    except jwt.InvalidTokenError as error:
        raise ValueError from error


def entra_token(key: str = ISSUER_KEY, **claims: Any) -> str:
    now = int(time.time())
    return jwt.encode({"aud": SCOPE, "oid": "app", "exp": now + 3600} | claims, key, "HS256")


GIVEN = {
    "app": ROLES,
    "signer": frozenset({APP_SERVER}),
    "sender": frozenset({REST_API_OWNER}),
}
ENTRA = Entra(verify, lambda claims: GIVEN.get(claims["oid"], frozenset()), local_auth=False)
BOTH = Entra(verify)


async def ask_key(emulator: Emulator, bearer: str) -> httpx.Response:
    return await emulator.api("GET", "/api/v1/auth/accessKey", bearer=bearer)


@pytest.mark.parametrize("entra", [ENTRA, BOTH], ids=["identity only", "both"])
async def test_rest_calls_carry_the_entra_token_itself(entra: Entra) -> None:
    async with emulating(entra=entra) as emulator:
        answer = await emulator.rest("POST", "/:send", json=SAY, bearer=entra_token())
        assert answer.status_code == 202


@pytest.mark.parametrize(
    ("bearer", "status"),
    [
        (entra_token(oid="stranger"), 403),
        (entra_token(exp=1), 401),
        (entra_token(key="the-key-of-another-issuer-0123456789abcdef"), 401),
        (entra_token(aud="https://storage.azure.com"), 401),
        ("junk", 401),
        (token(f"http://127.0.0.1/api/hubs/{HUB}/:send"), 401),
    ],
    ids=["no role", "expired", "other issuer", "other resource", "junk", "an access key"],
)
async def test_other_tokens_are_401_and_a_missing_role_403(bearer: str, status: int) -> None:
    async with emulating(entra=ENTRA) as emulator:
        answer = await emulator.rest("POST", "/:send", json=SAY, bearer=bearer)
        assert answer.status_code == status
        expected = "Error.Forbidden" if status == 403 else "Error.Unauthorized"
        assert answer.json()["code"] == answer.headers["x-ms-error-code"] == expected
        assert (await ask_key(emulator, bearer)).status_code == status


async def test_access_keys_go_on_working_until_local_auth_is_off() -> None:
    async with emulating(entra=BOTH) as emulator:
        assert (await emulator.rest("POST", "/:send", json=SAY)).status_code == 202
        assert (await emulator.negotiate("ann")).status_code == 200
    async with emulating(entra=ENTRA) as emulator:
        assert (await emulator.negotiate("ann")).status_code == 401


async def test_without_entra_its_tokens_open_nothing(emulator: Emulator) -> None:
    answer = await emulator.rest("POST", "/:send", json=SAY, bearer=entra_token())
    assert answer.status_code == 401


@pytest.mark.parametrize(("who", "key", "rest"), [("signer", 200, 403), ("sender", 403, 202)])
async def test_each_role_opens_its_own_part(who: str, key: int, rest: int) -> None:
    async with emulating(entra=ENTRA) as emulator:
        bearer = entra_token(oid=who)
        assert (await ask_key(emulator, bearer)).status_code == key
        answer = await emulator.rest("POST", "/:send", json=SAY, bearer=bearer)
        assert answer.status_code == rest


@pytest.mark.parametrize("path", ["/api/v1/auth/accessKey", "/api/auth/accessKey"])
async def test_a_key_is_handed_out_and_opens_for_clients_by_its_id(path: str) -> None:
    async with emulating(entra=ENTRA) as emulator:
        answer = await emulator.api("GET", path, bearer=entra_token())
        given = answer.json()
        assert set(given) == {"KeyId", "AccessKey"}
        assert (await ask_key(emulator, entra_token())).json() == given  # one for all who ask
        claims = {"aud": emulator.client_url(), "exp": int(time.time()) + 60, "asrs.s.uid": "ann"}
        good = jwt.encode(claims, given["AccessKey"], "HS256", headers={"kid": given["KeyId"]})
        async with emulator.socket(good) as socket:
            await Client(socket, "json", "").shake_hands()
            await until(lambda: emulator.service.board.has_user(HUB, "ann"))
        nameless = jwt.encode(claims, given["AccessKey"], "HS256")
        with pytest.raises(InvalidStatus):
            await emulator.socket(nameless)
        # It signs clients' tokens; it is no key to the REST API.
        rest = {"aud": f"{emulator.url}/api/hubs/{HUB}/:send", "exp": int(time.time()) + 60}
        bearer = jwt.encode(rest, given["AccessKey"], "HS256", headers={"kid": given["KeyId"]})
        answer = await emulator.rest("POST", "/:send", json=SAY, bearer=bearer)
        assert answer.status_code == 401


async def test_a_handed_out_key_expires() -> None:
    async with emulating(entra=Entra(verify, key_lifetime_seconds=0)) as emulator:
        given = (await ask_key(emulator, entra_token())).json()
        claims = {"aud": emulator.client_url(), "exp": int(time.time()) + 60}
        late = jwt.encode(claims, given["AccessKey"], "HS256", headers={"kid": given["KeyId"]})
        with pytest.raises(InvalidStatus) as refused:
            await emulator.socket(late)
        assert refused.value.response.status_code == 401


def test_a_key_is_replaced_when_half_its_life_is_over_and_stays_good_to_its_end() -> None:
    keys = HandedOutKeys(100)
    first = keys.current(now=0)
    assert keys.current(now=49) == first
    second = keys.current(now=50)
    assert second != first
    assert keys.find(first.id, now=99) == first.key
    assert keys.find(first.id, now=100) is None
    assert keys.find(second.id, now=149) == second.key
    assert keys.find("guess", now=0) is None


@pytest.mark.parametrize("entra", [None, ENTRA], ids=["keys", "identity"])
async def test_a_generated_token_lets_a_client_in(entra: Entra | None) -> None:
    async with emulating(entra=entra) as emulator:
        path = f"/api/hubs/{HUB}/:generateToken?userId=ann&minutesToExpire=5"
        bearer = entra_token() if entra else None
        answer = await emulator.api("POST", path, bearer=bearer)
        access = answer.json()["token"]
        assert set(answer.json()) == {"token"}
        claims = jwt.decode(access, options={"verify_signature": False})
        assert 290 <= claims["exp"] - time.time() <= 300
        async with emulator.socket(access) as socket:
            await Client(socket, "json", "").shake_hands()
            await until(lambda: emulator.service.board.has_user(HUB, "ann"))


@pytest.mark.parametrize("minutes", ["0", "-1", "soon", "10001", "٥"])
async def test_a_token_of_no_sensible_life_is_refused(emulator: Emulator, minutes: str) -> None:
    path = f"/api/hubs/{HUB}/:generateToken"
    answer = await emulator.api("POST", path, params={"minutesToExpire": minutes})
    assert answer.status_code == 400


async def test_with_identity_events_carry_no_signature() -> None:
    seen: list[dict[str, str]] = []

    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        seen.append(event.headers)
        return UpstreamResponse(200)

    async with emulating(deliver, entra=ENTRA) as emulator:
        path = f"/api/hubs/{HUB}/:generateToken"
        answer = await emulator.api("POST", path, bearer=entra_token())
        async with emulator.socket(answer.json()["token"]) as socket:
            await Client(socket, "json", "").shake_hands()
            await until(lambda: seen)
    assert "X-ASRS-Signature" not in seen[0]
