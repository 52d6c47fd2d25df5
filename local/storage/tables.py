"""Tables of entities, each changed under its ETag.

https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

import base64
import json
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.storage.account import Account
from local.storage.errors import Refused

# https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
MAX_PROPERTY_BYTES = 64 << 10
MAX_ENTITY_BYTES = 1 << 20
# "A query against the Table service may return a maximum of 1,000 items at one time"
MAX_ENTITIES = 1_000
TYPE = "@odata.type"
KEYS = ("PartitionKey", "RowKey")


@dataclass(frozen=True, slots=True)
class Key:
    """Where an entity is."""

    table: str
    partition: str
    row: str


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as JSON, and its ETag."""

    properties: dict[str, Any]
    etag: str


class Tables:
    """The tables of an account. Every method may raise Refused."""

    def __init__(self, account: Account) -> None:
        self._database = account.database
        self._last = 0

    def create(self, name: str) -> None:
        """A new, empty table."""
        try:
            self._database.execute("INSERT INTO tables VALUES (?)", (name,))
        except sqlite3.IntegrityError:
            raise Refused("TableAlreadyExists") from None

    def get(self, key: Key) -> Entity:
        """The entity at `key`."""
        found = self._find(key)
        if found is None:
            raise Refused("ResourceNotFound")
        return found

    def insert(self, key: Key, properties: dict[str, Any]) -> Entity:
        """A new entity."""
        if self._find(key) is not None:
            raise Refused("EntityAlreadyExists")
        return self._write(key, properties)

    def replace(self, key: Key, properties: dict[str, Any], etag: str | None) -> Entity:
        """An entity in place of the one with this ETag; `*`: of any; None: or of none."""
        if etag is not None:
            self._match(key, etag)
        return self._write(key, properties)

    def delete(self, key: Key, etag: str) -> None:
        """Delete the entity with this ETag; `*`: any."""
        self._match(key, etag)
        self._database.execute(
            'DELETE FROM entities WHERE "table" = ? AND partition = ? AND row = ?',
            (key.table, key.partition, key.row),
        )

    def up_to(
        self, table: str, name: str, most: int, start: tuple[str, str]
    ) -> tuple[list[Entity], tuple[str, str] | None]:
        """Entities whose number `name` is at most `most`, from the keys `start` on.

        In the order of their keys; and the keys to go on with, None at the end.
        """
        self._check_table(table)
        rows = self._database.execute(
            'SELECT properties, etag, partition, row FROM entities WHERE "table" = ?'
            " AND (partition, row) >= (?, ?) AND CAST(properties ->> ? AS INTEGER) <= ?"
            " ORDER BY partition, row LIMIT ?",
            (table, *start, f'$."{name}"', most, MAX_ENTITIES + 1),
        ).fetchall()
        rest = rows[MAX_ENTITIES:]
        found = [Entity(json.loads(text), etag) for text, etag, _, _ in rows[:MAX_ENTITIES]]
        return found, (rest[0][2], rest[0][3]) if rest else None

    def _find(self, key: Key) -> Entity | None:
        self._check_table(key.table)
        row = self._database.execute(
            'SELECT properties, etag FROM entities WHERE "table" = ? AND partition = ? AND row = ?',
            (key.table, key.partition, key.row),
        ).fetchone()
        return None if row is None else Entity(json.loads(row[0]), row[1])

    def _match(self, key: Key, etag: str) -> None:
        if etag not in ("*", self.get(key).etag):
            raise Refused("UpdateConditionNotSatisfied")

    def _write(self, key: Key, properties: dict[str, Any]) -> Entity:
        self._check_table(key.table)
        _check_size(properties)
        # An ETag is made of the time of the change. Two changes never have the same one.
        self._last = max(time.time_ns() // 100, self._last + 1)
        stamp = datetime.fromtimestamp(self._last / 10_000_000, UTC).isoformat()
        entity = Entity(
            {**properties, "PartitionKey": key.partition, "RowKey": key.row, "Timestamp": stamp},
            f"W/\"datetime'{self._last}'\"",
        )
        self._database.execute(
            "INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?)",
            (key.table, key.partition, key.row, entity.etag, json.dumps(entity.properties)),
        )
        return entity

    def _check_table(self, name: str) -> None:
        rows = self._database.execute("SELECT 1 FROM tables WHERE name = ?", (name,))
        if rows.fetchone() is None:
            raise Refused("TableNotFound")


def _check_size(properties: dict[str, Any]) -> None:
    sizes = [_size(properties, name) for name in properties if not name.endswith(TYPE)]
    if any(size > MAX_PROPERTY_BYTES for size in sizes):
        raise Refused("PropertyValueTooLarge")
    if sum(sizes) > MAX_ENTITY_BYTES:
        raise Refused("EntityTooLarge")


def _size(properties: dict[str, Any], name: str) -> int:
    """Bytes of a property as the service counts them: text in UTF-16."""
    value = properties[name]
    if properties.get(name + TYPE) == "Edm.Binary":
        try:
            return len(base64.b64decode(value, validate=True))
        except (ValueError, TypeError):
            raise Refused("InvalidInput") from None
    return len(value.encode("utf-16-le", "replace")) if isinstance(value, str) else 8
