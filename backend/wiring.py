"""Settings to services: the only chooser of adapters.

Everything heavy (the Azure SDK, requests) is imported on first use, so that a cold start that
only forwards messages never pays for it.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from backend.checked import Checked
from backend.later import Later
from backend.settings import SIGNING_KEYS, Settings
from backend.spending import Spending
from cloud.connection_strings import TableStorage
from cloud.identity import managed_identity
from signaling.admission_rate import WIDER, AdmissionRate
from signaling.budget import Budget
from signaling.day_budget import DayBudget
from signaling.errors import Unavailable
from signaling.rate import Buckets, Rate
from signaling.tokens import AccessKey, KeyRing
from stats.settings import NETWORK_REPORTS

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from backend.proof import Proofs
    from backend.wakes import SharedWakes
    from cloud.documents import Documents
    from cloud.http_pool import HttpPool
    from cloud.rooms import RoomStore
    from cloud.secrets import Secrets
    from cloud.signalr_keys import AccessKeys
    from cloud.signalr_rest import SignalRRest
    from cloud.table_account import TableAccount
    from stats.published import Published
    from stats.store import Store
    from stats.writer import Writer
    from turn.broker import Broker
    from turn.minting import Minting

TABLE = "heliograph"
LOOK_UP_THREADS = 8
PUSH_THREADS = 32
# Who may be at the storage at once: the worker's threads (16 to 32 suit this app), and those of
# pushes, which keep offers too.
STORAGE_CONNECTIONS = 32 + PUSH_THREADS
DATABASE_WAIT_SECONDS = 30  # for a login
READER_WAIT_SECONDS = 4  # where somebody waits for the answer
# A full room that ends is 31 reports of each peer; replacements come on top.
REPORTS = Rate(burst=64, per_second=0.5)


class shared[T](cached_property[T]):
    """Made at first use. Threads that ask at once all get what one of them has made."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        assert self.attrname is not None
        return instance.__dict__.setdefault(self.attrname, self.func(instance))


def _now() -> int:
    return time.time_ns() // 1_000_000


class Services:
    """What the calls work with; one per process. Threads share it."""

    def __init__(self, settings: Settings, now: Callable[[], int] = _now) -> None:
        self.settings = settings
        self.now = now  # epoch ms
        self.buckets = Buckets()
        self.budget = Budget(settings.network_rate)
        self.report_buckets = Buckets(REPORTS)
        # By width of network. Their names are others each day (backend/network.py), so nothing has
        # to be filled up again.
        most = NETWORK_REPORTS if settings.sql is None else settings.sql.network_reports
        self.network_reports = tuple(Buckets(Rate(most * times, 0)) for times in (1, *WIDER))
        self.admission_rate = AdmissionRate(settings.network_rate)
        self.spending = Spending(
            DayBudget(settings.messages_per_day),
            lambda: self.documents,
            lambda: self.push_threads,
        )
        self.checked = Checked(lambda: self.now())
        self.later = Later()
        self._ring: tuple[str, KeyRing] | None = None  # as text and as keys
        self._minting: tuple[bytes, Minting] | None = None  # with its key, which rotates

    def new_id(self) -> str:
        """16 base64url characters: 96 random bits."""
        return secrets.token_urlsafe(12)

    def new_secret(self) -> str:
        """22 base64url characters: 128 random bits."""
        return secrets.token_urlsafe(16)

    def new_number(self, bits: int) -> int:
        """A random number of so many bits."""
        return secrets.randbits(bits)

    @property
    def ring(self) -> KeyRing:
        """The signing keys as they are now. Raises Unavailable while nobody can tell them."""
        if self.settings.signing_keys is not None:
            return self.settings.signing_keys
        from cloud.secrets import VaultError

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

    @shared
    def secrets(self) -> "Secrets":
        """Key Vault, or the environment where no vault is named."""
        from cloud.vault_secrets import open_secrets

        settings = self.settings
        return open_secrets(settings.vault_uri, settings.client_id, settings.secrets, self.now)

    @property
    def proofs(self) -> "Proofs":
        """Proofs of work. Raises Unavailable without signing keys."""
        from backend.proof import Proofs

        return Proofs(self.key_for("proof"), self.documents)

    @shared
    def broker(self) -> "Broker | None":
        """None where no TURN provider is configured."""
        if self.settings.turn is None:
            return None
        from turn.broker import Broker
        from turn.configuration import connect

        return Broker(connect(self.settings.turn.providers, self.secrets.get))

    @property
    def minting(self) -> "Minting | None":
        """None where no TURN provider is configured. Raises Unavailable without signing keys."""
        turn, broker = self.settings.turn, self.broker
        if turn is None or broker is None:
            return None
        from turn.minting import Minting
        from turn.store import LedgerStore

        key = self.key_for("turn-label")
        if self._minting is None or self._minting[0] != key:
            store = LedgerStore(self.documents)
            share = turn.network_share
            made = Minting(store, broker, key, turn.ceilings, turn.kbps, share)
            self._minting = (key, made)
        return self._minting[1]

    @shared
    def documents(self) -> "Documents":
        """Table storage, or the memory of this process."""
        if self.settings.storage is None:
            from cloud.memory import MemoryDocuments

            return MemoryDocuments()
        from cloud.combined import CombinedDocuments
        from cloud.encryption import Cipher
        from cloud.http_pool import HttpPool
        from cloud.table import TableDocuments
        from cloud.table_client import TableClient

        pool = HttpPool(STORAGE_CONNECTIONS)
        table = TableClient(self._table_account(self.settings.storage), TABLE, pool)
        return CombinedDocuments(TableDocuments(table, Cipher(lambda: self.ring.keys)))

    def _table_account(self, storage: TableStorage) -> "TableAccount":
        from cloud.table_account import IdentityToken, TableAccount, read_connection

        if storage.connection_string is not None:
            return read_connection(storage.connection_string)
        assert storage.endpoint is not None
        token = IdentityToken(lambda: managed_identity(storage.client_id), self.now)
        return TableAccount(storage.endpoint.rstrip("/"), token=token)

    @property
    def rooms(self) -> "RoomStore":
        """The rooms in the documents."""
        from cloud.rooms import RoomStore

        return RoomStore(self.documents)

    @shared
    def report_writer(self) -> "Writer | None":
        """None without a database for statistics."""
        if self.settings.sql is None:
            return None
        from stats.store import PAUSES_SECONDS
        from stats.writer import Writer

        return Writer(self._report_store(DATABASE_WAIT_SECONDS, PAUSES_SECONDS), self.database_used)

    @shared
    def wakes(self) -> "SharedWakes | None":
        """How often the page may wake the database; None: as often as it likes."""
        from backend.wakes import SharedWakes
        from stats.wakes import MOST_PER_DAY

        sql = self.settings.sql
        if sql is None or sql.path is not None or sql.wakes_per_day >= MOST_PER_DAY:
            return None
        return SharedWakes(self.documents, sql.wakes_per_day)

    def database_used(self) -> None:
        """The statistics' database has just done something: it is awake. Never raises."""
        if self.wakes is not None:
            self.wakes.written(self.now())

    @shared
    def published(self) -> "Published | None":
        """What `GET /api/stats` shows; None without a database for statistics."""
        sql, wakes = self.settings.sql, self.wakes
        if sql is None:
            return None
        from pathlib import Path

        from backend.kept import KeptPages
        from costs.prices import parse
        from costs.pricing import pricing
        from stats.noise import Noise
        from stats.published import Published, always

        # Its own connection, which waits and tries less.
        store = self._report_store(READER_WAIT_SECONDS, ())
        prices = parse((Path(__file__).parents[1] / "costs" / "prices.toml").read_text())
        may_read, keeper = wakes.ask if wakes else always, KeptPages(self.documents)
        price = pricing(prices, stamps=self.settings.stamps)
        noise = Noise(sql.epsilon) if sql.epsilon else None
        return Published(store, sql.k, price, may_read=may_read, noise=noise, keeper=keeper)

    def patient_store(self) -> "Store":
        """A new connection to the statistics that waits until a paused database is awake.

        Raises ValueError without a database for statistics.
        """
        from stats.store import WAKING_PAUSES_SECONDS

        return self._report_store(DATABASE_WAIT_SECONDS, WAKING_PAUSES_SECONDS)

    def _report_store(self, wait_seconds: int, pauses: tuple[float, ...]) -> "Store":
        from stats.connect import open_driver
        from stats.store import Store

        sql = self.settings.sql
        if sql is None:
            raise ValueError("SQL_CONNECTION is not set")
        driver = open_driver(sql.path, sql.connection, self._credential, wait=wait_seconds)
        return Store(driver, pauses)

    def _signalr_credential(self) -> Any:
        return managed_identity(self.settings.signalr.client_id)

    def _credential(self) -> Any:
        return managed_identity(self.settings.client_id)

    @shared
    def http(self) -> "HttpPool":
        """Connections to SignalR Service: one for each thread that may send at the same time."""
        from cloud.http_pool import HttpPool

        return HttpPool(PUSH_THREADS + LOOK_UP_THREADS)

    @shared
    def signalr(self) -> "SignalRRest":
        """SignalR Service by REST."""
        from cloud.signalr_rest import SignalRRest

        return SignalRRest(self.settings.signalr, self.http, self.signalr_keys)

    @shared
    def signalr_keys(self) -> "AccessKeys":
        """The key of the connection string, or those that the service hands out by Entra ID."""
        from cloud.signalr_keys import EntraKeys, StaticKey

        connection = self.settings.signalr
        if connection.access_key is not None:
            return StaticKey(AccessKey(connection.access_key))
        return EntraKeys(connection, self.http, self._signalr_credential, self.now)

    @property
    def signalr_key(self) -> AccessKey:
        """The key that signs tokens for SignalR Service now. Raises Unavailable."""
        from cloud.signalr_keys import KeyAway

        try:
            key: AccessKey = self.signalr_keys.get()
            return key
        except KeyAway as error:
            raise Unavailable("unavailable", "A service we need is away.", 5) from error

    @shared
    def lookups(self) -> "ThreadPoolExecutor":
        """Threads for calls to the service that need not wait for one another."""
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(LOOK_UP_THREADS, thread_name_prefix="look-up")

    @shared
    def push_threads(self) -> "ThreadPoolExecutor":
        """Threads for pushes: those of one change go at the same time."""
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(PUSH_THREADS, thread_name_prefix="push")
