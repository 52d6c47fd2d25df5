"""What contracts/calls.py says by hand of a call, tried at the door."""

import json
from pathlib import Path
from typing import Any

import altcha
import httpx
import pytest

from contracts.calls import CALLS, Token
from lab.stack import ROOT, Stack
from tests.contract import OPENAPI
from tests.visitor import Visitor, code_of, envelope, new_room

POSTS = [route for route in CALLS if "post" in OPENAPI["paths"][f"/{route}"]]
REPORT = json.loads((ROOT / "tests/vectors/reports.json").read_text())[0]["input"]
# A body that is taken as far as its form goes.
GOOD: dict[str, Any] = {
    "signal": envelope("text"),
    "rooms/kick": {"peer": "x" * 16},
    "rooms/lock": {"locked": True},
    "rooms/revoke": {"invite": "~" + "A" * 22},
    "report": REPORT,
    "negotiate": {"room": new_room()},
}


@pytest.mark.parametrize("route", POSTS)
async def test_a_call_says_whether_it_needs_a_token(visitor: Visitor, route: str) -> None:
    answer = await visitor.post(f"/{route}", GOOD.get(route, {}))
    if CALLS[route].token in (Token.PEER, Token.HOST):
        assert code_of(answer, 401) == "missing_token"
    else:
        assert answer.status_code < 300


@pytest.mark.parametrize("route", POSTS)
async def test_a_call_knows_whose_token_it_is(visitor: Visitor, route: str) -> None:
    """A guest's is none of a host, and a host's is none of a peer."""
    made = await visitor.create()
    guest = await visitor.negotiate(made["room"])
    for holder, token in ((Token.PEER, guest.token), (Token.HOST, made["hostToken"])):
        answer = await visitor.post(f"/{route}", {**GOOD.get(route, {})}, token)
        needed = CALLS[route].token
        if needed in (Token.PEER, Token.HOST) and needed is not holder:
            refused = answer.json()["error"]["code"]
            assert refused == ("not_host" if needed is Token.HOST else "bad_token")
        elif answer.status_code >= 400:
            assert answer.json()["error"]["code"] not in ("not_host", "bad_token", "missing_token")


async def test_a_toll_and_a_full_network_are_refused_as_documented(tmp_path: Path) -> None:
    """Each answer is compared with the document on its way (tests/visitor.py)."""
    with Stack(tmp_path / "log", HELIOGRAPH_NETWORK_RATE="8/0.0001") as stack:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            visitor = Visitor(http, stack.api)
            asked = await visitor.post("/rooms", {})
            for _ in range(8):
                if asked.status_code == 401:
                    break
                asked = await visitor.post("/rooms", {})
            assert asked.json()["error"]["code"] == "proof_required"
            proof = solved(asked.json()["error"]["challenge"])
            assert (await visitor.post("/negotiate", {"room": "r", "proof": proof})).is_success
            used = await visitor.post("/negotiate", {"room": "r", "proof": proof})
            assert code_of(used, 401) == "bad_proof"
            for _ in range(8):
                asked = await visitor.post("/rooms", {})
                if asked.status_code == 429:
                    break
                await visitor.post("/rooms", {"proof": solved(asked.json()["error"]["challenge"])})
            assert code_of(asked, 429) == "rate_limited"


def solved(challenge: Any) -> str:
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    assert solution is not None
    return altcha.Payload(made, solution).to_base64()
