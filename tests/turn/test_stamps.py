"""Several stamps, each with a ledger of its own: together they grant no more than the owner set.

`python -m pytest tests/turn/test_stamps.py` runs mints, leaves, polls and time at random over all
of them. No ledger knows of another.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from lab.theft import MIDNIGHT_MS
from tests.turn.world import EACH, METERED, MINUTE_MS, PLENTY, SILENT, World
from turn.balances import RoomLedger, Shard
from turn.ceilings import SHARDS, Ceilings
from turn.ledger import lapse
from turn.minting import Ask
from turn.money import THEFT_KBPS, theft
from turn.room_ledger import lapse as lapse_room

MAX_STAMPS = 4
ROOM_KEY = "turn-ledger-room-"
RISK = theft(THEFT_KBPS, 50_000)  # of a live credential at METERED's price
# What the owner sets, for all stamps together: none of it divides evenly.
OWNER = Ceilings(
    peer=9 * EACH + 1,
    room=13 * EACH + 2,
    network=17 * EACH + 1,
    day=MAX_STAMPS * SHARDS * 2 * EACH + 3,
    month=MAX_STAMPS * SHARDS * 3 * EACH + 1,
    exposure=MAX_STAMPS * SHARDS * RISK + 2,
)


class Mint(NamedTuple):
    """Somebody asks one stamp, several times."""

    stamp: int
    room: str
    peer: str
    network: str
    times: int


class Leave(NamedTuple):
    """A peer of room x leaves one stamp."""

    stamp: int
    room: str
    peer: str


class Wait(NamedTuple):
    """Time passes, and each stamp reads the figures."""

    minutes: int


type Event = Mint | Leave | Wait

STAMP, ROOM, PEER = st.integers(0, MAX_STAMPS - 1), st.sampled_from("xy"), st.sampled_from("pqr")
EVENTS = st.lists(
    st.builds(Mint, STAMP, ROOM, PEER, st.sampled_from("nm"), st.integers(1, 12))
    | st.builds(Leave, STAMP, ROOM, PEER)
    | st.builds(Wait, st.sampled_from([1, 6, 20, 600, 1_440])),
    max_size=30,
)


class Stamps:
    """As many apps as there are stamps, each with its own store, its own vendors and its share."""

    def __init__(self, count: int, share: Ceilings) -> None:
        self.worlds = [World(METERED, SILENT, ceilings=share) for _ in range(count)]
        self.now = MIDNIGHT_MS

    def run(self, event: Event) -> None:
        match event:
            case Mint(stamp, room, peer, network, times):
                for _ in range(times):
                    self._at(stamp).mint(Ask(room, peer, network, invited=True), self.now)
            case Leave(stamp, room, peer):
                self._at(stamp).minting.leave(room, peer, self.now)
            case Wait(minutes):
                self.now += minutes * MINUTE_MS
                for world in self.worlds:
                    world.poll(self.now)

    def granted(self) -> dict[str, int]:
        """Spent and held under each ceiling, over all stamps; the largest peer, room, network."""
        shards = [lapse(s, self.now) for world in self.worlds for s in world.ledger.read_shards()]
        networks = {name for shard in shards for name in _networks(shard)}
        rooms: dict[str, int] = {}
        peers: dict[str, int] = {}
        for world in self.worlds:
            for room, ledger in self._rooms(world):
                rooms[room] = rooms.get(room, 0) + ledger.balance
                for peer in _peers(ledger):
                    peers[peer] = peers.get(peer, 0) + ledger.peer_balance(peer)
        return {
            "peer": max(peers.values(), default=0),
            "room": max(rooms.values(), default=0),
            "network": max((_network(shards, name) for name in networks), default=0),
            "day": sum(shard.day_balance for shard in shards),
            "month": sum(shard.month_balance for shard in shards),
            "exposure": sum(shard.exposure(self.now) for shard in shards),
        }

    def most(self, owner: Ceilings) -> dict[str, int]:
        """What may be granted at most: of exposure, one credential more in each shard."""
        over = len(self.worlds) * SHARDS * RISK
        return structs.asdict(structs.replace(owner, exposure=owner.exposure + over))

    def _rooms(self, world: World) -> list[tuple[str, RoomLedger]]:
        keys = [key.removeprefix(ROOM_KEY) for key in world.store.documents if ROOM_KEY in key]
        return [(key, lapse_room(world.ledger.read_room(key), self.now)) for key in keys]

    def _at(self, stamp: int) -> World:
        return self.worlds[stamp % len(self.worlds)]


def _networks(shard: Shard) -> set[str]:
    return {*shard.networks, *(grant.network for grant in shard.grants.values())}


def _network(shards: Sequence[Shard], name: str) -> int:
    return sum(shard.network_balance(name) for shard in shards)


def _peers(room: RoomLedger) -> set[str]:
    return {*room.peers, *(hold.peer for hold in room.holds.values())}


def passed(stamps: Stamps, owner: Ceilings) -> set[str]:
    """The ceilings that all stamps together have passed."""
    granted, most = stamps.granted(), stamps.most(owner)
    return {scope for scope, money in granted.items() if money > most[scope]}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, MAX_STAMPS), EVENTS)
def test_all_stamps_together_never_pass_a_ceiling(count: int, events: list[Event]) -> None:
    stamps = Stamps(count, OWNER.of_stamp(count))
    for event in events:
        stamps.run(event)
        assert passed(stamps, OWNER) == set()


# Asked of every stamp: more than each ceiling lets through.
RUSH = {
    "peer": [Mint(n, "x", "p", "n", 12) for n in range(2)],
    "room": [Mint(n, "x", peer, "n", 6) for n in range(2) for peer in "pqr"],
    "network": [Mint(n, room, peer, "n", 6) for n in range(2) for room in "xy" for peer in "pqr"],
    **dict.fromkeys(
        ("day", "month", "exposure"),
        [Mint(n, f"x{k}", "p", f"n{k}", 6) for n in range(2) for k in range(20)],
    ),
}


@pytest.mark.parametrize("scope", RUSH)
def test_a_rush_on_all_stamps_reaches_a_ceiling_and_passes_it_only_where_it_is_not_shared(
    scope: str,
) -> None:
    owner = structs.replace(PLENTY, **{scope: getattr(OWNER, scope)})
    sharing, alone = Stamps(2, owner.of_stamp(2)), Stamps(2, owner)
    for event in RUSH[scope]:
        sharing.run(event)
        alone.run(event)
    assert passed(sharing, owner) == set()
    assert sharing.granted()[scope] > getattr(OWNER, scope) * 0.7
    assert passed(alone, owner) == {scope}
