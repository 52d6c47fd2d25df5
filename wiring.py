"""Settings to services: the only chooser of adapters.

Everything heavy (the Azure SDK, requests) is imported on first use, so that a cold start that
only relays never pays for it.
"""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from settings import Settings, TableStorage
from signaling.rate import Buckets

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from dataplane import DataPlane
    from storage.documents import Documents
    from storage.rooms import RoomStore

TABLE = "heliograph"


def _now() -> int:
    return time.time_ns() // 1_000_000


class Services:
    """What the calls work with; one per process. Threads share it."""

    def __init__(self, settings: Settings, now: Callable[[], int] = _now) -> None:
        self.settings = settings
        self.now = now  # epoch ms
        self.buckets = Buckets()
        # When health was looked at, and what it was.
        self.checked: tuple[int, dict[str, str]] | None = None

    def new_id(self) -> str:
        """16 base64url characters: 96 random bits."""
        return secrets.token_urlsafe(12)

    @cached_property
    def documents(self) -> "Documents":
        made = self._documents()
        # Threads may ask at once for the first time: what one of them has made is for all.
        return cast("Documents", self.__dict__.setdefault("documents", made))

    def _documents(self) -> "Documents":
        if self.settings.storage is None:
            from storage.memory import MemoryDocuments

            return MemoryDocuments()
        from storage.seal import Seal
        from storage.table import TableDocuments

        seal = Seal(self.settings.signing_keys.keys.values())
        return TableDocuments(_table_client(self.settings.storage), seal)

    @property
    def rooms(self) -> "RoomStore":
        from storage.rooms import RoomStore

        return RoomStore(self.documents)

    @cached_property
    def dataplane(self) -> "DataPlane":
        import requests

        from dataplane import DataPlane

        return DataPlane(self.settings.signalr, requests.Session())

    @cached_property
    def lookups(self) -> ThreadPoolExecutor:
        """For calls to the service that need not wait for one another."""
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
