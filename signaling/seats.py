"""A peer's seat as SignalR Service knows it: opaque names in its logs, a signed claim for us. Pure.

 group     of a room's life                        a hash of the life
 user id   of one peer in it                       a hash of life and peer
 claim     `seat` of the signed client token        {key}.{life}.{peer}.{until}.{admitted}, and
                                                   .{network} where it is known

The service hands the claims of a connection to us with every event (`X-ASRS-User-Claims`), and the
extension to a function (`Claims`). It cuts a claim at a comma, so there is none in it.
"""

import base64
import hashlib
import re

from msgspec import Struct

CLAIM = "seat"
NAME_CHARACTERS = 22  # of base64url: 132 bits
_FORM = re.compile(
    r"([0-9a-f]{32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{16})\.(\d{1,12})\.(\d{1,16})"
    r"(?:\.((?:[A-Za-z0-9_-]{8}){1,2}))?",
    re.ASCII,
)


class Seat(Struct, frozen=True):
    """Who a connection is. `key`: of the room's document. `until`: the room's end in s, or 0.

    `admitted`: when negotiate gave the answer with which it was opened, in epoch ms.
    `network`: who pays for what it sends (signaling/budget.py), "" if nobody can tell.
    """

    key: str
    life: str
    peer: str
    until: int = 0
    admitted: int = 0
    network: str = ""

    @property
    def claim(self) -> str:
        """As it stands in the token."""
        known = f"{self.key}.{self.life}.{self.peer}.{self.until}.{self.admitted}"
        return f"{known}.{self.network}" if self.network else known

    def is_over(self, now: int) -> bool:
        """Whether the room has ended at `now` (epoch ms)."""
        return 0 < self.until * 1000 <= now


def read_seat(claim: str) -> Seat | None:
    """What `Seat.claim` wrote; None for anything else."""
    found = _FORM.fullmatch(claim)
    if found is None:
        return None
    return Seat(found[1], found[2], found[3], int(found[4]), int(found[5]), found[6] or "")


def group_of(life: str) -> str:
    """The group of everybody in the room."""
    return _hashed(f"group\n{life}")


def user_of(life: str, peer: str) -> str:
    """The user id of one peer."""
    return _hashed(f"user\n{life}\n{peer}")


def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:NAME_CHARACTERS]
