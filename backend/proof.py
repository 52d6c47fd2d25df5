"""Proof of work (ALTCHA v2): slow to make, fast to check, and good for one use.

A challenge is stateless: signed and short-lived. What was solved is remembered as a document
until it has expired, so that every instance of the app knows.
"""

import binascii
from typing import Annotated, Any

from msgspec import Meta

from cloud.documents import Away, Busy, Change, Documents
from signaling.errors import HeliographError, Unauthorized

ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000  # iterations per try; 256 tries on average: about half a second in a browser
LIFE_SECONDS = 120
MAX_PROOF = 2_048  # characters
# What contracts/ says of a proof; `check` refuses what is longer (bad_proof).
SentProof = Annotated[str, Meta(extra_json_schema={"maxLength": MAX_PROOF})]


class Proof:
    """A solution that was checked; or none was brought, and there is nothing to use."""

    def __init__(self, documents: Documents | None = None, nonce: str = "", until: int = 0) -> None:
        """`until`: when it has expired, epoch ms."""
        self._documents, self._key, self._until = documents, f"proof-{nonce}", until

    def use(self) -> None:
        """It is used now. Raises Unauthorized (bad_proof) if it was used before."""

        def first(old: bytes | None) -> Change[bool]:
            return Change(b"used", self._until, old is None)

        if self._documents is None:
            return
        try:
            is_first = self._documents.update(self._key, first)
        except (Away, Busy):
            return  # it was solved all the same: an attacker still has to solve more
        if not is_first:
            raise _bad_proof()

    def give_back(self) -> None:
        """What it was used for did not happen: it is as good as before."""
        if self._documents is None:
            return
        try:
            self._documents.update(self._key, lambda old: Change(None, 0, None))
        except (Away, Busy):
            return  # it stays used: whoever was refused solves another one


class Proofs:
    """Challenges and their check, under one key."""

    def __init__(self, key: bytes, documents: Documents) -> None:
        self._key = key.hex()
        self._documents = documents

    def challenge(self, now: int) -> dict[str, Any]:
        """A new challenge, as the client's ALTCHA library takes it."""
        import altcha  # 60 ms to import, and most networks never need it

        expires = now // 1000 + LIFE_SECONDS
        return altcha.create_challenge(
            ALGORITHM, COST, expires_at=expires, hmac_secret=self._key
        ).to_dict()

    def check(self, proof: str, now: int) -> Proof:
        """The proof, if it is the solution of a challenge of ours that has not expired.

        Raises Unauthorized (bad_proof).
        """
        import altcha

        if len(proof) > MAX_PROOF:
            raise _bad_proof()
        try:
            payload = altcha.Payload.from_base64(proof)
            verified = altcha.verify_solution(payload, self._key).verified
            parameters = payload.challenge.parameters
            nonce, expires = parameters.nonce, parameters.expires_at
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError):
            raise _bad_proof() from None
        if not verified or not isinstance(expires, int) or expires * 1000 <= now:
            raise _bad_proof()
        return Proof(self._documents, f"{nonce}", expires * 1000)


def _bad_proof() -> HeliographError:
    return Unauthorized("bad_proof", "This proof of work is not valid.")
