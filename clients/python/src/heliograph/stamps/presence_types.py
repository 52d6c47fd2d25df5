"""What the stamps say of the members, and what the room does then (presence.py). Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from heliograph.wire.protocol import LeftReason, Listed, Role


@dataclass(frozen=True, slots=True)
class Profile:
    """What the room shows of a member."""

    name: str = ""
    role: Role = "guest"


STRANGER = Profile()  # a member who was heard before it was told or listed


# --- events: `stamp` is its number; our own peer id never appears -----------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """Before each negotiate."""

    stamp: int


@dataclass(frozen=True, slots=True)
class ListedHere:
    """What negotiate has answered."""

    stamp: int
    members: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class JoinedHere:
    """A member has a new socket there."""

    stamp: int
    peer: str
    profile: Profile
    visit: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A message came. `new_page`: by its seq, of a page after the one that left."""

    stamp: int
    peer: str
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class DisconnectedHere:
    """Its socket there has closed."""

    stamp: int
    peer: str
    asleep: bool


@dataclass(frozen=True, slots=True)
class LeftHere:
    """Its seat there is gone."""

    stamp: int
    peer: str
    reason: LeftReason
    visit: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Our socket there is open."""

    stamp: int


@dataclass(frozen=True, slots=True)
class ClosedHere:
    """It ended or did not open, or negotiate failed without one."""

    stamp: int


@dataclass(frozen=True, slots=True)
class Kicked:
    """By orders."""

    peer: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The room has dropped it: `left` after its `bye`, `expired` after its absence."""

    peer: str
    reason: LeftReason


PresenceEvent = (
    Asked
    | ListedHere
    | JoinedHere
    | Heard
    | DisconnectedHere
    | LeftHere
    | Opened
    | ClosedHere
    | Kicked
    | Forgotten
)


# --- changes: what the room does --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Here:
    """It is new, or back, or there is news of it.

    `fresh`: it can receive, and could not before, or is another page. `receives`: it is fresh, or
    can receive at a stamp where it could not.
    """

    peer: str
    profile: Profile
    fresh: bool
    receives: bool


@dataclass(frozen=True, slots=True)
class Absent:
    """`expired`: a stamp that kept its seat has given it up, and none that counts has one."""

    peer: str
    expired: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """It has left for good, or was kicked."""

    peer: str
    reason: Literal["left", "kicked"]


@dataclass(frozen=True, slots=True)
class Renamed:
    """Its name or its role is another."""

    peer: str
    profile: Profile


Change = Here | Absent | Gone | Renamed


# --- the state --------------------------------------------------------------------------------


WordIs = Literal["connected", "asleep", "disconnected"]


@dataclass(frozen=True, slots=True)
class Word:
    """What one stamp says of one member."""

    visit: int
    state: WordIs

    @property
    def is_there(self) -> bool:
        """Connected, or asleep: it comes back by itself."""
        return self.state != "disconnected"


@dataclass(frozen=True, slots=True)
class Member:
    """`visit`: the newest that any stamp has told; `guessed`: the member was only heard."""

    profile: Profile
    visit: int
    guessed: bool
    words: Mapping[int, Word]  # by stamp
    here: bool  # what the room was told


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that counts. `pushed`: of whom, since `Asked`; None without a negotiate under way."""

    open: bool = False
    pushed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """Somebody who is gone: the newest visit that we knew, and whether it left by its own will."""

    visit: int
    left: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """Everything that is known."""

    stamps: Mapping[int, Stamp] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    past: Mapping[str, Past] = field(default_factory=dict)
    kicked: tuple[str, ...] = ()
    # Stamps that were asked for a list before our socket there ended, and not since.
    late: frozenset[int] = frozenset()


PresenceStep = tuple[Presence, list[Change]]
