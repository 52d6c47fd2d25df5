"""Documents in Azure Table storage: each is one encrypted entity, changed under its ETag.

An entity holds at most 1 MiB and a property at most 64 KiB, so a value is cut into pieces.
https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
Table storage deletes nothing by itself, so an entity has `expiresAt`, and `sweep` deletes it.

A change reads the entity and writes it under its ETag: two trips one after another. What this
process itself has written a moment ago it remembers (cloud/remembered.py), and then it writes
without reading; and so it does at a key that it has just drawn. Only the write proves that what was
remembered is so: whatever ends without a write, a refusal or a change of nothing, is decided again
from what is stored.
"""

import base64
import itertools
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from cloud.documents import Busy, Change, always
from cloud.encryption import Cipher, DecryptionFailed
from cloud.remembered import Remembered
from cloud.table_client import Conflict, Entity, TableClient

# Who came too late is tried again for so long: longer than the people of a full room take who all
# come in the same second, and shorter than anybody waits for an answer.
UPDATE_SECONDS = 4.0
FIRST_PAUSE_SECONDS = 0.01  # at most, before the second try; doubles
MAX_PAUSE_SECONDS = 0.3
PIECE_BYTES = 60_000
REMEMBERED_BYTES = 131_072  # of one document: all that are remembered together take 64 MB at most
# That a key has just been drawn counts for so long: until its owner has come. Later most calls are
# made by others, and at another instance, so that a guess of ours would cost a trip.
NEW_SECONDS = 10.0
ROW = "document"
KEYS_ONLY = "PartitionKey,RowKey"


log = logging.getLogger("heliograph")


class Stored(Struct, frozen=True):
    """A document as it is, or was when this process wrote it. `etag` "": there is none."""

    value: bytes | None  # None: no document, or one that nobody can read any more
    expires_at: int = 0
    etag: str = ""


class TableDocuments:
    """Documents in one table. Threads share it."""

    def __init__(
        self,
        table: TableClient,
        cipher: Cipher,
        *,
        seconds: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`cipher` encrypts the values; keys and times are stored as they are.

        `seconds` is a clock, and `pause` waits for so many seconds.
        """
        self._table, self._cipher = table, cipher
        self._seconds, self._pause = seconds, pause
        self._remembered: Remembered[Stored] = Remembered(seconds)

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        """See Documents. Raises Busy after UPDATE_SECONDS, Refused or Away."""
        guess = self._remembered.get(key)
        if guess is not None:
            done = self._try_guess(key, guess, decide)
            if done is not None:
                return done.result
        began, pause = self._seconds(), FIRST_PAUSE_SECONDS
        for tries in itertools.count(1):
            stored = self._read(key)
            change = decide(stored.value)
            if _is_same(stored, change) or self._write(key, stored, change):
                return change.result
            if self._seconds() - began >= UPDATE_SECONDS:
                log.warning("others were faster %d times in a row", tries)
                raise Busy
            # Another caller was faster. A random pause lets one of them pass.
            self._pause(random.uniform(0, pause))
            pause = min(MAX_PAUSE_SECONDS, 2 * pause)
        raise AssertionError

    def read(self, key: str) -> bytes | None:
        """See Documents. Raises Away."""
        return self._read(key).value

    def expect_none(self, key: str) -> None:
        """See Documents."""
        self._remembered.put(key, Stored(None), NEW_SECONDS)

    def sweep(self, now: int, may_go: Callable[[str], bool] = always) -> int:
        """See Documents. Raises Away."""
        expired = self._table.query(f"expiresAt le {now}L", KEYS_ONLY)  # L: a 64-bit number
        return sum(self._delete(one) for one in expired if may_go(one.properties["PartitionKey"]))

    def ping(self) -> None:
        """See Documents. Raises Away."""
        self._table.get("ping", ROW)

    def _try_guess[T](
        self, key: str, guess: Stored, decide: Callable[[bytes | None], Change[T]]
    ) -> Change[T] | None:
        """The change, if it was written over what we remember. None: nothing has happened."""
        try:
            change = decide(guess.value)
        except Exception:
            return None  # it may be a refusal of what is not so any more
        if _is_same(guess, change) or not self._write(key, guess, change):
            return None
        return change

    def _read(self, key: str) -> Stored:
        entity = self._table.get(key, ROW)
        if entity is None:
            return Stored(None)
        return Stored(self._value(entity), int(entity.properties["expiresAt"]), entity.etag)

    def _value(self, entity: Entity) -> bytes | None:
        try:
            return self._cipher.decrypt(entity.binary("piece"))
        except DecryptionFailed:
            # Encrypted with a key that has been retired: nobody can read it any more.
            return None

    def _write(self, key: str, old: Stored, change: Change[Any]) -> bool:
        """Whether it was written; not, if the document is another by now."""
        try:
            etag = self._put(key, old.etag, change)
        except Conflict:
            self._remembered.contest(key)
            return False
        except BaseException:
            self._remembered.forget(key)  # it may have been done
            raise
        if etag and change.value is not None and len(change.value) <= REMEMBERED_BYTES:
            self._remembered.put(key, Stored(change.value, change.expires_at, etag))
        else:
            self._remembered.forget(key)
        return True

    def _put(self, key: str, etag: str, change: Change[Any]) -> str:
        """The new ETag, "" of a deletion. Raises Conflict."""
        if change.value is None:
            if etag:
                self._table.delete(key, ROW, etag)
            return ""
        properties = self._properties(change.value, change.expires_at)
        if not etag:
            return self._table.insert(key, ROW, properties)
        return self._table.replace(key, ROW, properties, etag)

    def _properties(self, value: bytes, expires_at: int) -> dict[str, Any]:
        encrypted = self._cipher.encrypt(value)
        properties = {"expiresAt": str(expires_at), "expiresAt@odata.type": "Edm.Int64"}
        for start in range(0, len(encrypted), PIECE_BYTES):
            name = f"piece{start // PIECE_BYTES:02}"
            piece = encrypted[start : start + PIECE_BYTES]
            properties[name] = base64.b64encode(piece).decode()
            properties[f"{name}@odata.type"] = "Edm.Binary"
        return properties

    def _delete(self, entity: Entity) -> int:
        try:
            self._table.delete(entity.properties["PartitionKey"], ROW, entity.etag)
            return 1
        except Conflict:
            return 0  # it was changed meanwhile, or another sweep was faster


def _is_same(stored: Stored, change: Change[Any]) -> bool:
    """Nothing changes, so nothing is written."""
    same = change.value == stored.value
    return same and (not stored.etag or stored.expires_at == change.expires_at)
