"""An app over a real ledger, a real broker and vendors that meter, report late and revoke."""

from itertools import count

from msgspec import structs

from lab.theft import MIDNIGHT_MS
from lab.vendor import Vendor
from tests.turn.unreliable import UnreliableDocuments, rooms_in
from turn.balances import DAY_MS, Grant, RoomLedger
from turn.broker import Broker
from turn.ceilings import Ceilings
from turn.fairness import NETWORK_SHARE
from turn.minting import Answer, Ask, Minting
from turn.providers import Capabilities
from turn.store import LedgerStore

NOON = MIDNIGHT_MS + DAY_MS // 2
KEY = b"k" * 32
MINUTE_MS = 60_000
KBPS = 1_000
# 600 s at 1 Mbit/s are 75 MB: 3,750 micro-dollars at $0.05.
EACH = 3_750
METERED = Capabilities(True, "since", True, 60, 86_400, 0.05, "egress")
SILENT = Capabilities(False, "none", None, 60, 86_400, 0.05, "egress")
MUTE = Capabilities(True, "none", True, 60, 86_400, 0.05, "egress")  # revokes, tells nothing
PLENTY = Ceilings(*[10**12] * 6)
ASK = Ask("room", "ann", "network", other="bob")


class World:
    """One app, its store, and a vendor for each of `capabilities`."""

    def __init__(
        self,
        *capabilities: Capabilities,
        ceilings: Ceilings = PLENTY,
        share: int = NETWORK_SHARE,
    ) -> None:
        self.store = UnreliableDocuments()
        self.vendors = [Vendor(f"vendor{n}", able) for n, able in enumerate(capabilities)]
        self.vendor = self.vendors[0]
        self.ledger = LedgerStore(self.store)
        self.broker = Broker(self.vendors)
        self.minting = Minting(self.ledger, self.broker, KEY, ceilings, KBPS, share)
        self._numbers = count()

    def mint(self, ask: Ask = ASK, now: int = NOON, **more: object) -> Answer:
        wish = structs.replace(ask, **more)
        return self.minting.mint(wish, f"{next(self._numbers):04x}", now)

    def leave(self, now: int, peer: str = "ann") -> None:
        self._set_clock(now)
        self.minting.leave("room", peer, now)

    def poll(self, now: int) -> None:
        self._set_clock(now)
        self.minting.poll(now)

    def _set_clock(self, now: int) -> None:
        for vendor in self.vendors:
            vendor.now = now

    @property
    def grants(self) -> list[Grant]:
        return [grant for shard in self.ledger.read_shards() for grant in shard.grants.values()]

    @property
    def used(self) -> tuple[int, int, int, int, int]:
        """Spent and held by peers, rooms, networks, day and month."""
        shards, rooms = self.ledger.read_shards(), self.rooms
        networks = [
            shard.network_balance(network)
            for shard in shards
            for network in {*shard.networks, *(g.network for g in shard.grants.values())}
        ]
        peers = [
            room.peer_balance(peer)
            for room in rooms
            for peer in {*room.peers, *(hold.peer for hold in room.holds.values())}
        ]
        return (
            sum(peers),
            sum(room.balance for room in rooms),
            sum(networks),
            sum(shard.day_balance for shard in shards),
            sum(shard.month_balance for shard in shards),
        )

    @property
    def rooms(self) -> list[RoomLedger]:
        return rooms_in(self.store, self.ledger)


def username(answer: Answer) -> str:
    name = answer.servers[0].username
    assert name is not None
    return name
