"""The toll at the door, by the front door: free, then a proof of work, then patience."""

from collections.abc import Iterator

import altcha
import httpx
import pytest

from lab.stack import Stack


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose networks get six admissions, and hardly any more after that."""
    log = tmp_path_factory.mktemp("busy") / "log"
    with Stack(log, HELIOGRAPH_NETWORK_RATE="6/0.0001") as running:
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
    again = negotiate(proof=proof)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "bad_proof")

    room = httpx.post(f"{busy.api}/rooms", json={"proof": solved(negotiate().json()["error"])})
    assert room.status_code == 201
    empty = httpx.post(f"{busy.api}/rooms", json={})
    assert (empty.status_code, empty.json()["error"]["code"]) == (429, "rate_limited")
    assert int(empty.headers["Retry-After"]) > 0


def test_junk_is_no_proof(busy: Stack) -> None:
    for junk in ("", "x", "e30=", "W10=", "bnVsbA==", "eyJjaGFsbGVuZ2UiOjF9", "A" * 3_000):
        answer = httpx.post(f"{busy.api}/negotiate", json={"room": "r", "proof": junk})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_proof")
