"""Two peers who met: the proof that each gets of the other, and the name of their call. Pure.

                      what the server says                     who gets it
 a seat is listed     negotiate, `peers[].met`                 the newcomer
 a socket opens       the push `joined`, `met`                 the others
 a report comes       with the `met` of the other side and     counts once for each side of a call
                      the peer token of its own

Who shows the proof of a seat was in the same room as its holder, and both were admitted there. A
call that failed has the same proof as one that went well, so failures count too. The two page loads
(visits) of the two peers name a call: every stamp gives it the same name, without asking another.
"""

import hashlib
import hmac

from signaling import tokens
from signaling.errors import Forbidden, Unauthorized
from signaling.tokens import KeyRing, Met

# A call can take a week, and its report can come a week later (stats/report.py). A row stays for a
# month at least, so no proof outlives the row that was written with it.
TTL_DAYS = 14  # and the rest of the day: whoever asks again is given the same proof
DAY_MS = 86_400_000
CALL_BYTES = 16


def sign(ring: KeyRing, key: str, peer: str, visit: int, now: int) -> str:
    """The proof of having met this page load of a peer. `key`: of the room's document."""
    return tokens.sign_met(ring, Met(key, peer, visit), _ends(now))


def call_side(ring: KeyRing, me: Met, proof: str, side: str, now: int) -> str:
    """The name of one side of the call that `me` had with whom the proof is of.

    32 hexadecimal digits: a keyed hash, the same at every stamp, that names neither peer nor room.
    `side`: "first" or "second", as `me` says. Raises Forbidden (not_met).
    """
    try:
        other = tokens.read_met(ring, proof, me.key, now)
    except Unauthorized:
        raise _not_met() from None
    if other.peer == me.peer or side != _side(me.peer, other.peer):
        raise _not_met()
    # By the key of the proof: a second try brings the same proof, also after a change of keys.
    said = f"call\n{me.key}\n{me.peer} {me.visit}\n{other.peer} {other.visit}"
    digest = hmac.digest(tokens.key_of(ring, proof), said.encode(), hashlib.sha256)
    return digest[:CALL_BYTES].hex()


def sign_granted(ring: KeyRing, key: str, peer: str, now: int) -> str:
    """The proof of having been given a relay. `key`: of the room's document."""
    return tokens.sign_granted(ring, key, peer, _ends(now))


def check_granted(ring: KeyRing, me: Met, proof: str | None, now: int) -> None:
    """Raises Forbidden (not_granted) if `me` does not show that it was given a relay."""
    try:
        tokens.check_granted(ring, proof or "", me.key, me.peer, now)
    except Unauthorized:
        raise Forbidden("not_granted", "No relay was granted for this report.") from None


def _ends(now: int) -> int:
    return (now // DAY_MS + 1 + TTL_DAYS) * DAY_MS


def _side(me: str, other: str) -> str:
    """The impolite one, with the greater id, is the first (docs/protocol.md §5)."""
    return "first" if me > other else "second"


def _not_met() -> Forbidden:
    return Forbidden("not_met", "This report is of nobody whom you have met here.")
