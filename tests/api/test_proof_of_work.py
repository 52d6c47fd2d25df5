"""The toll at the door, by the front door: free, then a proof of work, then patience."""

from collections.abc import Iterator
from pathlib import Path

import altcha
import httpx
import pytest

from lab.stack import Stack


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose networks get seven tries, and hardly any more after that."""
    log = tmp_path_factory.mktemp("busy") / "log"
    with Stack(log, HELIOGRAPH_NETWORK_RATE="7/0.0001") as running:
        yield running


def solved(error: dict[str, object]) -> str:
    challenge = altcha.Challenge.from_dict(error["challenge"])  # type: ignore[arg-type]
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


def test_a_network_that_runs_hot_proves_its_work_and_an_empty_one_waits(busy: Stack) -> None:
    def negotiate(**body: str) -> httpx.Response:
        return httpx.post(f"{busy.api}/negotiate", json={"room": "r", **body})

    assert [negotiate().status_code for _ in range(4)] == [200, 200, 200, 200]
    asked = negotiate()
    error = asked.json()["error"]
    assert (asked.status_code, error["code"]) == (401, "proof_required")

    proof = solved(error)
    # What cannot be right costs nothing.
    for junk in ({"room": "~" + "A" * 22}, {"secret": "short"}, {"orders": "junk"}):
        assert negotiate(**junk, proof=proof).status_code in (400, 401, 404)
    assert negotiate(proof=proof).status_code == 200
    again = negotiate(proof=proof)  # and its network has paid for the try
    assert (again.status_code, again.json()["error"]["code"]) == (401, "bad_proof")

    room = httpx.post(f"{busy.api}/rooms", json={"proof": solved(negotiate().json()["error"])})
    assert room.status_code == 201
    empty = httpx.post(f"{busy.api}/rooms", json={})
    assert (empty.status_code, empty.json()["error"]["code"]) == (429, "rate_limited")
    assert int(empty.headers["Retry-After"]) > 0


def test_who_is_refused_by_the_room_has_its_proof_left_and_its_network_has_paid(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path / "log", HELIOGRAPH_NETWORK_RATE="8/0.0001") as stack:

        def negotiate(room: str, **body: str) -> httpx.Response:
            return httpx.post(f"{stack.api}/negotiate", json={"room": room, **body})

        made = httpx.post(f"{stack.api}/rooms", json={"inviteOnly": True}).json()
        for number in range(4):
            assert negotiate(f"r{number}").status_code == 200
        proof = solved(negotiate("r").json()["error"])
        for _ in range(2):
            refused = negotiate(made["room"], proof=proof)
            assert (refused.status_code, refused.json()["error"]["code"]) == (
                *(403, "invite_required"),
            )
        assert negotiate(made["invite"], proof=proof).status_code == 200
        again = negotiate(made["invite"], proof=proof)
        assert again.status_code == 429, "eight were asked for, and two of them in vain"


def test_junk_is_no_proof(busy: Stack) -> None:
    for junk in ("", "x", "e30=", "W10=", "bnVsbA==", "eyJjaGFsbGVuZ2UiOjF9", "A" * 3_000):
        answer = httpx.post(f"{busy.api}/negotiate", json={"room": "r", "proof": junk})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_proof")
