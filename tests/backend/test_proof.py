"""Proofs of work, solved by ALTCHA's own solver."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.proof import LIFE_SECONDS, MAX_PROOF, Proofs
from cloud.documents import Away, Busy, Change
from cloud.memory import MemoryDocuments
from signaling.errors import Unauthorized

KEY = b"k" * 32


def now() -> int:
    """ALTCHA looks at the clock itself, so challenges are made at the real time."""
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def at() -> int:
    return now()


@pytest.fixture(scope="module")
def solved(at: int) -> str:
    """A proof made in earnest: half a second of work. No store knows it yet."""
    return solve(Proofs(KEY, MemoryDocuments()).challenge(at))


def solve(challenge: dict[str, Any]) -> str:
    found = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(found)
    assert solution is not None
    return altcha.Payload(found, solution).to_base64()


def refused(proofs: Proofs, text: str, at: int) -> bool:
    with pytest.raises(Unauthorized) as refusal:
        proofs.check(text, at).use()
    return refusal.value.code == "bad_proof"


def test_what_was_solved_is_good_once(solved: str, at: int) -> None:
    proofs = Proofs(KEY, MemoryDocuments())
    proofs.check(solved, at).use()
    assert refused(proofs, solved, at) and refused(proofs, solved, at + 1)
    proofs.check(solve(proofs.challenge(at)), at).use()


def test_another_instance_of_the_app_knows_what_was_used(solved: str, at: int) -> None:
    documents = MemoryDocuments()
    one, other = Proofs(KEY, documents), Proofs(KEY, documents)
    other.check(solved, at).use()
    assert refused(one, solved, at)


def test_one_proof_used_by_many_threads_at_once_is_good_for_one(solved: str, at: int) -> None:
    for _ in range(5):
        proofs = Proofs(KEY, MemoryDocuments())

        def check(_: int, proofs: Proofs = proofs) -> bool:
            try:
                proofs.check(solved, at).use()
                return True
            except Unauthorized:
                return False

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(check, range(8))) == 1


def test_the_same_solution_written_differently_is_the_same(solved: str, at: int) -> None:
    proofs = Proofs(KEY, MemoryDocuments())
    proofs.check(solved, at).use()
    plain = json.loads(base64.b64decode(solved))
    plain["solution"]["time"] = 17
    plain["more"] = "of it"
    assert refused(proofs, encode(plain), at)
    plain["challenge"]["parameters"]["nonce"] = plain["challenge"]["parameters"]["nonce"].upper()
    assert refused(proofs, encode(plain), at)


def encode(plain: object) -> str:
    return base64.b64encode(json.dumps(plain).encode()).decode()


def test_a_proof_is_good_for_two_minutes(solved: str, at: int) -> None:
    until = (at // 1000 + LIFE_SECONDS) * 1000
    for passed in (until, until + 1, until + LIFE_SECONDS * 1000):
        assert refused(Proofs(KEY, MemoryDocuments()), solved, passed)
    Proofs(KEY, MemoryDocuments()).check(solved, until - 1).use()


def test_a_challenge_that_ran_out_is_refused_whatever_the_caller_says_of_the_time() -> None:
    proofs, long_ago = Proofs(KEY, MemoryDocuments()), now() - (LIFE_SECONDS + 1) * 1000
    assert refused(proofs, solve(proofs.challenge(long_ago)), now())


def test_what_was_used_is_remembered_until_it_has_run_out(solved: str, at: int) -> None:
    documents = MemoryDocuments()
    Proofs(KEY, documents).check(solved, at).use()
    assert documents.sweep(at + (LIFE_SECONDS - 1) * 1000) == 0
    assert documents.sweep(at + LIFE_SECONDS * 1000) == 1


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "cheaper": lambda p: p["challenge"]["parameters"].update(cost=1),
    "dearer": lambda p: p["challenge"]["parameters"].update(cost=10**9),
    "no prefix": lambda p: p["challenge"]["parameters"].update(keyPrefix=""),
    "longer": lambda p: p["challenge"]["parameters"].update(keyLength=10**9),
    "lives for ever": lambda p: p["challenge"]["parameters"].update(expiresAt=2**40),
    "no expiry": lambda p: p["challenge"]["parameters"].pop("expiresAt"),
    "null expiry": lambda p: p["challenge"]["parameters"].update(expiresAt=None),
    "expiry of another kind": lambda p: p["challenge"]["parameters"].update(expiresAt="soon"),
    "another algorithm": lambda p: p["challenge"]["parameters"].update(algorithm="SCRYPT"),
    "a nonce again": lambda p: p["challenge"]["parameters"].update(nonce="00" * 16),
    "a nonce that is none": lambda p: p["challenge"]["parameters"].update(nonce=["x"]),
    "unsigned": lambda p: p["challenge"].pop("signature"),
    "signed by nobody": lambda p: p["challenge"].update(signature="00" * 32),
    "a signature of another kind": lambda p: p["challenge"].update(signature=7),
    "no parameters": lambda p: p["challenge"].update(parameters=None),
    "a guess": lambda p: p["solution"].update(counter=p["solution"]["counter"] + 1),
    "counts below nothing": lambda p: p["solution"].update(counter=-1),
    "counts too far": lambda p: p["solution"].update(counter=2**40),
    "counts in words": lambda p: p["solution"].update(counter="one"),
    "counts nothing": lambda p: p["solution"].update(counter=None),
    "another key": lambda p: p["solution"].update(derivedKey="00" * 32),
    "a key that is none": lambda p: p["solution"].update(derivedKey={}),
    "a key in no alphabet": lambda p: p["solution"].update(derivedKey="é\ud800"),
    "no solution": lambda p: p.update(solution=[]),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_refused_without_working_for_it(
    forge: Callable[[dict[str, Any]], object], solved: str, at: int
) -> None:
    plain = json.loads(base64.b64decode(solved))
    forge(plain)
    began = time.process_time()
    assert refused(Proofs(KEY, MemoryDocuments()), encode(plain), at)
    assert time.process_time() - began < 0.5


def test_a_challenge_of_another_key_is_refused(solved: str, at: int) -> None:
    assert refused(Proofs(b"x" * 32, MemoryDocuments()), solved, at)


@given(st.text(max_size=200))
def test_any_text_is_refused_and_nothing_worse(text: str) -> None:
    assert refused(Proofs(KEY, MemoryDocuments()), text, now())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
FIELDS = "algorithm nonce salt cost keyLength keyPrefix keySignature expiresAt data".split()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "challenge": JSON
            | st.fixed_dictionaries(
                {"parameters": st.dictionaries(st.sampled_from(FIELDS), JSON), "signature": JSON}
            ),
            "solution": JSON
            | st.fixed_dictionaries({"counter": JSON, "derivedKey": JSON, "time": JSON}),
        },
    )
)
def test_any_json_is_refused_and_nothing_worse(plain: dict[str, Any]) -> None:
    assert refused(Proofs(KEY, MemoryDocuments()), encode(plain), now())


@given(st.dictionaries(st.sampled_from(["counter", "derivedKey", "time"]), JSON))
def test_any_solution_of_a_true_challenge_is_refused_and_nothing_worse(
    solution: dict[str, Any],
) -> None:
    proofs, at = Proofs(KEY, MemoryDocuments()), now()
    plain = {"challenge": proofs.challenge(at), "solution": solution}
    assert refused(proofs, encode(plain), at)


@pytest.mark.parametrize("depth", [200, 100_000])
def test_nothing_is_nested_too_deep_and_nothing_is_too_long(depth: int) -> None:
    text = base64.b64encode(b"[" * depth + b"]" * depth).decode()
    began = time.process_time()
    assert refused(Proofs(KEY, MemoryDocuments()), text, now())
    assert time.process_time() - began < 0.1


def test_a_true_proof_is_well_below_the_longest_allowed(solved: str, at: int) -> None:
    assert len(solved) < MAX_PROOF / 2
    assert refused(Proofs(KEY, MemoryDocuments()), solved + " " * MAX_PROOF, at)


def test_a_proof_that_was_given_back_is_good_once_more(solved: str, at: int) -> None:
    proofs = Proofs(KEY, MemoryDocuments())
    proof = proofs.check(solved, at)
    proof.use()
    proof.give_back()
    proofs.check(solved, at).use()
    assert refused(proofs, solved, at)


def test_to_look_at_a_proof_does_not_use_it(solved: str, at: int) -> None:
    proofs = Proofs(KEY, MemoryDocuments())
    for _ in range(3):
        proofs.check(solved, at)
    proofs.check(solved, at).use()


@pytest.mark.parametrize("error", [Away("x"), Busy()], ids=["away", "busy"])
def test_when_the_store_is_away_who_worked_comes_in(error: Exception, solved: str, at: int) -> None:
    class Failing(MemoryDocuments):
        def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
            raise error

    proofs = Proofs(KEY, Failing())
    proofs.check(solved, at).use()
    assert refused(proofs, encode({"challenge": proofs.challenge(at), "solution": {}}), at)


def test_a_check_costs_milliseconds() -> None:
    proofs, at = Proofs(KEY, MemoryDocuments()), now()
    plain = {"challenge": proofs.challenge(at), "solution": {"counter": 7, "derivedKey": "00"}}
    wrong = encode(plain)
    began = time.process_time()
    for _ in range(20):
        assert refused(proofs, wrong, at)
    assert (time.process_time() - began) / 20 < 0.02


def test_challenges_are_short_lived_and_all_different() -> None:
    proofs, at = Proofs(KEY, MemoryDocuments()), now()
    parameters = [proofs.challenge(at)["parameters"] for _ in range(20)]
    assert len({p["nonce"] for p in parameters}) == 20
    assert {p["expiresAt"] for p in parameters} == {at // 1000 + LIFE_SECONDS}
