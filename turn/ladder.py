"""The ladder: what is refused as the ledger fills up. Pure.

 level       from   refuses
 normal      0 %    nothing
 one-sided   70 %   a second relay for a pair
 invited     85 %   also members who came without an invite
 stun-only   100 %  everybody

The level is that of one shard: the largest of its day, month, exposure and number of grants, each
as a part of its ceiling.
"""

from enum import IntEnum
from typing import Literal

from turn.balances import Shard
from turn.ceilings import Ceilings
from turn.ledger import MAX_GRANTS, Refused, lapse

type Word = Literal["normal", "one-sided", "invited", "stun-only"]
WORDS: tuple[Word, ...] = ("normal", "one-sided", "invited", "stun-only")


class Level(IntEnum):
    """A step of the ladder; each includes those before it."""

    NORMAL = 0
    ONE_SIDED = 1
    INVITED = 2
    STUN_ONLY = 3

    @property
    def word(self) -> Word:
        """As `/api/health` and the answers show it."""
        return WORDS[self]


THRESHOLDS = (0.70, 0.85, 1.00)  # of ONE_SIDED, INVITED and STUN_ONLY
# The level at which a refusal puts the caller; a reason that is not here concerns nobody else.
_LEVELS = {
    "one-sided": Level.ONE_SIDED,
    "invited": Level.INVITED,
    "stun-only": Level.STUN_ONLY,
    "day": Level.STUN_ONLY,
    "month": Level.STUN_ONLY,
}


def level_of(shard: Shard, ceilings: Ceilings, now: int) -> Level:
    """Where this shard is. `ceilings` are the shard's part."""
    shard = lapse(shard, now)
    filled = max(
        _part(shard.day_balance, ceilings.day),
        _part(shard.month_balance, ceilings.month),
        _part(shard.exposure(now), ceilings.exposure),
        _part(len(shard.grants), MAX_GRANTS),
    )
    return Level(sum(filled >= threshold for threshold in THRESHOLDS))


def check(level: Level, *, second: bool, invited: bool) -> None:
    """Raises Refused (one-sided, invited, stun-only) for what this level does not allow.

    `second`: the other side of the pair holds a relay already. `invited`: the member came by an
    invite, or is the host.
    """
    if level >= Level.STUN_ONLY:
        raise Refused("stun-only")
    if level >= Level.INVITED and not invited:
        raise Refused("invited")
    if level >= Level.ONE_SIDED and second:
        raise Refused("one-sided")


def level_after(refused: Refused) -> Level:
    """The level to tell a caller who was refused."""
    return _LEVELS.get(refused.reason, Level.NORMAL)


def _part(balance: int, ceiling: int) -> float:
    return balance / ceiling if ceiling > 0 else 1.0
