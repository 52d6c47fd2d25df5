"""Documents in Azure Table storage: each is one encrypted entity, changed under its ETag.

An entity holds at most 1 MiB and a property at most 64 KiB, so a value is cut into pieces.
https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
Table storage deletes nothing by itself, so an entity has `expiresAt`, and `sweep` deletes it.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, UpdateMode

from cloud.documents import Away, Busy, Change
from cloud.encryption import Cipher, DecryptionFailed

UPDATE_TRIES = 8
FIRST_PAUSE_SECONDS = 0.01  # at most, before the second try; doubles
PIECE_BYTES = 60_000
ROW = "document"
KEYS_ONLY = ["PartitionKey", "RowKey"]


class TableDocuments:
    """Documents in one table. Threads share it."""

    def __init__(self, table: TableClient, cipher: Cipher) -> None:
        """`cipher` encrypts the values; keys and times are stored as they are."""
        self._table = table
        self._cipher = cipher

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        """See Documents. Raises Busy after UPDATE_TRIES tries, or Away."""
        with _away_on_failure():
            for attempt in range(UPDATE_TRIES):
                entity = self._get(key)
                before = self._value(entity)
                change = decide(before)
                if change.value == before and _lives_until(entity) in (None, change.expires_at):
                    return change.result  # nothing changes, so nothing is written
                try:
                    self._put(key, entity, change)
                    return change.result
                except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError):
                    # Another caller was faster. A random pause lets one of them pass.
                    time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempt))
        raise Busy

    def read(self, key: str) -> bytes | None:
        """See Documents. Raises Away."""
        with _away_on_failure():
            return self._value(self._get(key))

    def sweep(self, now: int) -> int:
        """See Documents. Raises Away."""
        with _away_on_failure():
            # L: a 64-bit number. The SDK's parameters would make a small number a 32-bit one.
            expired = self._table.query_entities(f"expiresAt le {now:d}L", select=KEYS_ONLY)
            try:
                return sum(self._delete(entity) for entity in expired)
            except ResourceNotFoundError:
                return 0  # there is no table yet

    def ping(self) -> None:
        """See Documents. Raises Away."""
        with _away_on_failure():
            self._get("ping")

    def _create_table(self) -> None:
        """The first call makes the table, so that the start of the app does not wait for it."""
        with suppress(ResourceExistsError):
            self._table.create_table()

    def _get(self, key: str) -> Any | None:
        try:
            return self._table.get_entity(key, ROW)
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", None) == "TableNotFound":
                self._create_table()
            return None

    def _value(self, entity: Any | None) -> bytes | None:
        if entity is None:
            return None
        pieces = [entity[name] for name in sorted(entity) if name.startswith("piece")]
        try:
            return self._cipher.decrypt(b"".join(pieces))
        except DecryptionFailed:
            # Encrypted with a key that has been retired: nobody can read it any more.
            return None

    def _put(self, key: str, old: Any | None, change: Change[Any]) -> None:
        if change.value is None:
            if old is not None:
                self._table.delete_entity(old, **_unless_modified(old))
            return
        entity = self._entity(key, change.value, change.expires_at)
        if old is None:
            self._table.create_entity(entity)
        else:
            self._table.update_entity(entity, UpdateMode.REPLACE, **_unless_modified(old))

    def _entity(self, key: str, value: bytes, expires_at: int) -> dict[str, Any]:
        encrypted = self._cipher.encrypt(value)
        pieces = {
            f"piece{start // PIECE_BYTES:02}": encrypted[start : start + PIECE_BYTES]
            for start in range(0, len(encrypted), PIECE_BYTES)
        }
        return {"PartitionKey": key, "RowKey": ROW, "expiresAt": _int64(expires_at), **pieces}

    def _delete(self, entity: Any) -> int:
        try:
            self._table.delete_entity(entity, **_unless_modified(entity))
            return 1
        except (ResourceModifiedError, ResourceNotFoundError):
            return 0  # it was changed meanwhile, or another sweep was faster


def _unless_modified(entity: Any) -> dict[str, Any]:
    return {
        "etag": entity.metadata["etag"],
        "match_condition": MatchConditions.IfNotModified,
    }


def _lives_until(entity: Any | None) -> int | None:
    return None if entity is None else int(entity["expiresAt"].value)


def _int64(value: int) -> Any:
    from azure.data.tables import EdmType, EntityProperty

    return EntityProperty(value, EdmType.INT64)


@contextmanager
def _away_on_failure() -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        # The SDK's text can hold the account's address, so it is only the cause.
        raise Away(type(error).__name__) from error
