"""Relays by the front door: who gets one, for how long, and who does not."""

import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.stack import SIGNING_KEY, Stack
from signaling.orders import Orders
from signaling.tokens import KeyRing, sign_orders
from tests.stats.reports import report

RING = KeyRing({"tests": SIGNING_KEY})
SECRET = "a shared secret of coturn"
URLS = ["turn:127.0.0.1:3478?transport=udp", "turns:relay.example:5349"]
COTURN = {"kind": "coturn", "urls": URLS, "secret": "TURN_SECRET", "pricePerGB": 0.05}


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    log = tmp_path_factory.mktemp("turned") / "log"
    with Stack(log, TURN_PROVIDERS=json.dumps([COTURN]), TURN_SECRET=SECRET) as running:
        yield running
    assert SECRET not in log.read_text()


@pytest.fixture
async def http(turned: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{turned.api}/", trust_env=False) as client:
        yield client


async def room(http: httpx.AsyncClient, **options: Any) -> str:
    return str((await http.post("rooms", json=options)).json()["room"])


async def enter(http: httpx.AsyncClient, name: str, **more: str) -> dict[str, Any]:
    answer = await http.post("negotiate", json={"room": name, **more})
    assert answer.status_code == 200
    return dict(answer.json())


async def ask(http: httpx.AsyncClient, who: dict[str, Any], **body: Any) -> dict[str, Any]:
    bearer = {"Authorization": f"Bearer {who['token']}"}
    answer = await http.post("turn", json=body, headers=bearer)
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize("policy", ["late", "eager"])
async def test_bytes_over_a_relay_are_reported_with_the_proof_that_came_with_it(
    policy: str, http: httpx.AsyncClient
) -> None:
    name = await room(http, turn=policy)
    ann = await enter(http, name)
    bob = await enter(http, name)
    (met,) = (other["met"] for other in bob["peers"])
    given = bob if policy == "eager" else await ask(http, bob)
    proofs = [server.get("granted") for server in given["iceServers"]]
    assert len(proofs) == 1 and proofs[0]
    side = "first" if bob["peer"] > ann["peer"] else "second"
    said = report(met=met, side=side, turn="used", candidateType="relay", token=bob["token"])
    for granted, status in (({}, 403), ({"granted": met}, 403), ({"granted": proofs[0]}, 202)):
        answer = await http.post("report", json={**said, **granted})
        assert answer.status_code == status
        assert status == 202 or answer.json()["error"]["code"] == "not_granted"


async def test_a_member_gets_a_credential_that_soon_expires(http: httpx.AsyncClient) -> None:
    ann = await enter(http, await room(http))
    assert (ann["turn"], ann["iceServers"]) == ("late", [])
    given = await ask(http, ann)
    assert (given["granted"], given["level"]) == (True, "normal")
    assert 60 <= given["expiresAt"] / 1000 - time.time() <= 600
    assert given["ttl"] == 300  # for clients, whose clocks may be wrong by hours
    (server,) = given["iceServers"]
    assert server["urls"] == URLS
    expiry, _, label = server["username"].partition(":")
    assert int(expiry) == given["expiresAt"] // 1000
    assert ann["room"] not in label and ann["peer"] not in label


async def test_a_session_keeps_its_name_at_the_relay(http: httpx.AsyncClient) -> None:
    name = await room(http)
    ann, bob = await enter(http, name), await enter(http, name)
    labels = [
        (await ask(http, who))["iceServers"][0]["username"].partition(":")[2]
        for who in (ann, ann, bob)
    ]
    assert labels[0] == labels[1] != labels[2]
    assert labels[0].partition("-")[0] == labels[2].partition("-")[0]  # one room


async def test_strangers_get_nothing(http: httpx.AsyncClient) -> None:
    ann = await enter(http, await room(http))
    missing = await http.post("turn", json={})
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, "missing_token")
    bearer = {"Authorization": f"Bearer {ann['token']}"}
    await http.post("leave", headers=bearer)
    gone = await http.post("turn", json={}, headers=bearer)
    assert (gone.status_code, gone.json()["error"]["code"]) == (403, "not_member")


async def test_the_same_identity_again_is_no_second_peer_for_the_ledger(
    http: httpx.AsyncClient,
) -> None:
    """A secret is free: whoever asks as itself again has one ceiling, and one name at the relay."""
    name, secret = await room(http), "s" * 22
    labels, reasons = set(), []
    for _ in range(12):
        ann = await enter(http, name, secret=secret)
        for _ in range(4):
            given = await ask(http, ann)
            reasons.append(given.get("reason"))
            if given["granted"]:
                labels.add(given["iceServers"][0]["username"].partition(":")[2])
    assert (reasons[0], reasons[-1], len(labels)) == (None, "peer", 1)


async def test_whoever_sleeps_keeps_its_right_to_a_relay(http: httpx.AsyncClient) -> None:
    ann = await enter(http, await room(http))
    bearer = {"Authorization": f"Bearer {ann['token']}"}
    assert (await http.post("sleep", headers=bearer)).status_code == 204
    assert (await ask(http, ann))["granted"] is True


async def test_orders_of_another_stamp_end_the_right_to_a_relay(http: httpx.AsyncClient) -> None:
    name = await room(http)
    ann, eve = await enter(http, name), await enter(http, name)
    assert (await ask(http, eve))["granted"] is True
    said = Orders(kicked=(eve["peer"],))
    at = time.time_ns() // 1_000_000
    given = sign_orders(RING, name, said, at + 60_000)
    await enter(http, name, orders=given)
    bearer = {"Authorization": f"Bearer {eve['token']}"}
    refused = await http.post("turn", json={}, headers=bearer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "kicked")
    assert (await ask(http, ann))["granted"] is True


async def test_a_room_without_relays_has_none(http: httpx.AsyncClient) -> None:
    ann = await enter(http, await room(http, turn="off"))
    assert ann["turn"] == "off" and not {"relayBytes", "turnTtl", "turnExpiresAt"} & set(ann)
    refused = await ask(http, ann)
    assert (refused["granted"], refused["reason"], refused["iceServers"]) == (False, "off", [])


async def test_an_eager_room_hands_the_relay_out_at_once(http: httpx.AsyncClient) -> None:
    ann = await enter(http, await room(http, turn="eager"))
    assert ann["turn"] == "eager" and ann["turnExpiresAt"] > time.time() * 1000
    assert ann["turnTtl"] == 300
    assert ann["relayBytes"] == 600 * 2_500 * 125  # ten minutes of TURN_ASSUMED_KBPS
    assert ann["iceServers"][0]["credential"]


async def test_a_one_sided_room_gives_a_pair_one_relay(http: httpx.AsyncClient) -> None:
    name = await room(http, turnSides=1)
    ann, bob = await enter(http, name), await enter(http, name)
    assert (await ask(http, ann, to=bob["peer"]))["granted"]
    assert (await ask(http, ann, to=bob["peer"]))["granted"]  # a refresh is no second side
    second = await ask(http, bob, to=ann["peer"])
    assert (second["granted"], second["reason"]) == (False, "one-sided")


async def test_a_made_up_peer_is_no_way_round_the_one_side(http: httpx.AsyncClient) -> None:
    name = await room(http, turnSides=1)
    ann, bob = await enter(http, name), await enter(http, name)
    assert (await ask(http, ann, to=bob["peer"]))["granted"]
    assert (await ask(http, bob, to="nobodyisthisname"))["granted"] is False


async def test_a_peer_that_asks_without_end_reaches_its_ceiling(http: httpx.AsyncClient) -> None:
    ann = await enter(http, await room(http))
    reasons = [(await ask(http, ann)).get("reason") for _ in range(40)]
    assert reasons[0] is None and reasons[-1] == "peer"
    assert reasons == sorted(reasons, key=lambda reason: reason is not None)


async def test_a_home_with_256_networks_of_ipv6_gets_relays_as_one(tmp_path: Path) -> None:
    """A provider gives each home a /56. Both ways to a relay: `POST /api/turn`, and negotiate."""
    turn = {"TURN_PROVIDERS": json.dumps([COTURN]), "TURN_SECRET": SECRET}
    ceilings = json.dumps({"network": 0.1, "peer": 0.1, "room": 0.1})
    with Stack(tmp_path / "log", **turn, TURN_CEILINGS=ceilings) as stack:

        async def granted(policy: str, addresses: Iterable[str]) -> int:
            """How many get a relay: each from its address, in a room of its own."""
            count = 0
            for address in addresses:
                headers = {"X-Forwarded-For": address}
                async with httpx.AsyncClient(base_url=f"{stack.api}/", headers=headers) as http:
                    ann = await enter(http, await room(http, turn=policy))
                    given = ann if policy == "eager" else await ask(http, ann)
                    count += bool(given["iceServers"])
            return count

        for number, policy in enumerate(("late", "eager")):
            one = await granted(policy, [f"203.0.113.{number}"] * 12)
            home = [f"2001:db8:{number}:1{each:02x}::1" for each in range(12)]
            assert 0 < await granted(policy, home) == one < 12
            streets = [f"2001:db8:{number}:{each + 2}00::1" for each in range(8)]
            assert await granted(policy, streets) == 8


@pytest.mark.parametrize("body", [{"to": "bob"}, {"to": 1}, {"region": "a b"}, {"region": 7}, []])
async def test_a_wrong_request_is_refused(http: httpx.AsyncClient, body: Any) -> None:
    ann = await enter(http, await room(http))
    bearer = {"Authorization": f"Bearer {ann['token']}"}
    answer = await http.post("turn", json=body, headers=bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_options")


@pytest.mark.parametrize("options", [{"turn": "always"}, {"turnSides": 3}, {"turn": None}])
async def test_a_room_takes_no_other_policy(http: httpx.AsyncClient, options: Any) -> None:
    answer = await http.post("rooms", json=options)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_options")


async def test_health_tells_of_relays(http: httpx.AsyncClient) -> None:
    said = (await http.get("health")).json()
    assert (said["status"], said["checks"]["turn"], said["level"]) == ("ok", "ok", "normal")
    assert said["providers"] == [{"name": "coturn", "state": "ok"}]


async def test_without_any_provider_a_relay_is_off(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=f"{stack.api}/", trust_env=False) as http:
        ann = await enter(http, await room(http))
        assert (ann["turn"], (await ask(http, ann))["reason"]) == ("off", "off")
