"""Settings to services: the only chooser of adapters.

Everything heavy (the Azure SDK, requests) is imported on first use, so that a cold start that
only relays never pays for it.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from backend.settings import SIGNING_KEYS, Settings
from cloud.connection_strings import TableStorage
from signaling.errors import Unavailable
from signaling.gate import Gate
from signaling.rate import Buckets, Rate
from signaling.tokens import KeyRing

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from azure.data.tables import TableClient

    from backend.proof import Proofs
    from cloud.documents import Documents
    from cloud.key_vault import Secrets
    from cloud.rooms import RoomStore
    from cloud.signalr_rest import DataPlane
    from stats.published import Published
    from stats.sql import Store
    from stats.writer import Writer
    from turn.broker import Broker
    from turn.minting import Minting

TABLE = "heliograph"
# A full room that ends is 31 reports of each peer; replacements come on top.
REPORTS = Rate(burst=64, per_second=0.5)


def _now() -> int:
    return time.time_ns() // 1_000_000


class Services:
    """What the calls work with; one per process. Threads share it."""

    def __init__(self, settings: Settings, now: Callable[[], int] = _now) -> None:
        self.settings = settings
        self.now = now  # epoch ms
        self.buckets = Buckets()
        self.report_buckets = Buckets(REPORTS)
        self.gate = Gate(settings.network_rate)
        self._ring: tuple[str, KeyRing] | None = None  # as text and as keys
        # When health was looked at, and what it was.
        self.checked: tuple[int, dict[str, Any]] | None = None

    def new_id(self) -> str:
        """16 base64url characters: 96 random bits."""
        return secrets.token_urlsafe(12)

    @property
    def ring(self) -> KeyRing:
        """The signing keys as they are now. Raises Unavailable while nobody can tell them."""
        if self.settings.signing_keys is not None:
            return self.settings.signing_keys
        from cloud.key_vault import VaultError

        try:
            text = self.secrets.get(SIGNING_KEYS)
            if self._ring is None or self._ring[0] != text:
                self._ring = (text, KeyRing.parse(text))
        except (VaultError, ValueError) as error:
            raise Unavailable("unavailable", "A service we need is away.", 5) from error
        return self._ring[1]

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for `purpose` (at most 16 characters), from the newest signing key."""
        key = self.ring.keys[self.ring.names[0]]
        return hashlib.blake2b(key, digest_size=32, person=purpose.encode()).digest()

    @cached_property
    def secrets(self) -> "Secrets":
        from cloud.key_vault import open_secrets

        settings = self.settings
        return open_secrets(settings.vault_uri, settings.client_id, settings.secrets, self.now)

    @property
    def proofs(self) -> "Proofs":
        from backend.proof import Proofs

        return Proofs(self.key_for("proof"), self.documents)

    @cached_property
    def broker(self) -> "Broker | None":
        """None where no provider is configured."""
        if self.settings.turn is None:
            return None
        from turn.broker import Broker
        from turn.configuration import connect

        made = Broker(connect(self.settings.turn.providers, self.secrets.get))
        return cast("Broker", self.__dict__.setdefault("broker", made))

    @property
    def minting(self) -> "Minting | None":
        turn, broker = self.settings.turn, self.broker
        if turn is None or broker is None:
            return None
        from turn.minting import Minting
        from turn.store import LedgerStore

        key = self.key_for("turn-label")
        return Minting(LedgerStore(self.documents), broker, key, turn.ceilings, turn.kbps)

    @cached_property
    def documents(self) -> "Documents":
        made = self._documents()
        # Threads may ask at once for the first time: what one of them has made is for all.
        return cast("Documents", self.__dict__.setdefault("documents", made))

    def _documents(self) -> "Documents":
        if self.settings.storage is None:
            from cloud.memory import MemoryDocuments

            return MemoryDocuments()
        from cloud.encryption import Seal
        from cloud.table import TableDocuments

        seal = Seal(lambda: self.ring.keys)
        return TableDocuments(_table_client(self.settings.storage), seal)

    @property
    def rooms(self) -> "RoomStore":
        from cloud.rooms import RoomStore

        return RoomStore(self.documents)

    @cached_property
    def report_writer(self) -> "Writer | None":
        """None without a database for statistics."""
        if self.settings.sql is None:
            return None
        from stats.writer import Writer

        made = Writer(self._report_store())
        return cast("Writer", self.__dict__.setdefault("report_writer", made))

    @cached_property
    def published(self) -> "Published | None":
        if self.settings.sql is None:
            return None
        from pathlib import Path

        from costs.prices import parse
        from costs.pricing import pricing
        from stats.published import Published

        # Its own connection, and short deadlines: somebody waits for it.
        store = self._report_store(patient=False)
        prices = parse((Path(__file__).parents[1] / "costs" / "prices.toml").read_text())
        made = Published(store, self.settings.sql.k, pricing(prices))
        return cast("Published", self.__dict__.setdefault("published", made))

    def _report_store(self, *, patient: bool = True) -> "Store":
        """`patient` waits for a database that wakes up, and tries again."""
        from stats.connect import open_driver
        from stats.sql import PAUSES, Store

        sql = self.settings.sql
        assert sql is not None
        wait = 30 if patient else 4
        driver = open_driver(sql.path, sql.connection, self._credential, wait=wait)
        return Store(driver, PAUSES if patient else ())

    def _credential(self) -> Any:
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self.settings.client_id)

    @cached_property
    def dataplane(self) -> "DataPlane":
        import requests

        from cloud.signalr_rest import DataPlane

        return DataPlane(self.settings.signalr, requests.Session())

    @cached_property
    def lookups(self) -> "ThreadPoolExecutor":
        """For calls to the service that need not wait for one another."""
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(8, thread_name_prefix="lookup")


def _table_client(storage: TableStorage) -> "TableClient":
    from azure.data.tables import TableClient

    # A call waits for this: few tries, short deadlines (seconds).
    bounds: dict[str, Any] = {
        "retry_total": 2,
        "retry_connect": 1,
        # A write that was not answered may have happened: it is not for us to do it again.
        "retry_read": 0,
        "retry_backoff_max": 1,
        "connection_timeout": 2,
        "read_timeout": 3,
    }
    if storage.connection_string is not None:
        return TableClient.from_connection_string(storage.connection_string, TABLE, **bounds)
    from azure.identity import ManagedIdentityCredential

    assert storage.endpoint is not None
    credential = ManagedIdentityCredential(client_id=storage.client_id)
    return TableClient(storage.endpoint, TABLE, credential=credential, **bounds)
