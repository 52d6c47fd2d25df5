"""Queues of messages. A message that is taken is hidden for a while, and then there again.

https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from local.storage.account import Account
from local.storage.errors import Refused

MAX_TAKEN = 32  # at a time
MAX_MESSAGE_BYTES = 64 << 10
LIFETIME_SECONDS = 7 * 86_400
MAX_HIDDEN_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Message:
    """A message. Times in epoch ms; `dequeues` counts how often it was taken, this time too."""

    id: str
    text: str
    inserted: int
    expires: int
    visible: int
    receipt: str
    dequeues: int


class Queues:
    """The queues of an account. Every method may raise Refused."""

    def __init__(self, account: Account, now: Callable[[], int]) -> None:
        """`now`: the clock, in epoch ms."""
        self._database = account.database
        self._now = now

    def create(self, name: str) -> bool:
        """Make a queue; False if it is there."""
        made = self._database.execute("INSERT OR IGNORE INTO queues VALUES (?)", (name,))
        return made.rowcount == 1

    def clear(self, name: str) -> None:
        """Delete every message."""
        self._check_queue(name)
        self._database.execute("DELETE FROM messages WHERE queue = ?", (name,))

    def put(self, name: str, text: str, hidden_seconds: int = 0) -> Message:
        """Add a message, which can be taken after so many seconds."""
        self._check_queue(name)
        if len(text.encode()) > MAX_MESSAGE_BYTES:
            raise Refused("MessageTooLarge")
        if not 0 <= hidden_seconds <= MAX_HIDDEN_SECONDS:
            raise Refused("OutOfRangeQueryParameterValue")
        now = self._now()
        message = Message(
            str(uuid.uuid4()),
            text,
            now,
            now + LIFETIME_SECONDS * 1000,
            now + hidden_seconds * 1000,
            uuid.uuid4().hex,
            0,
        )
        self._database.execute(
            "INSERT INTO messages (queue, id, text, inserted, expires, visible, receipt, dequeues)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (name, *_values(message)),
        )
        return message

    def take(self, name: str, count: int, hidden_seconds: int) -> list[Message]:
        """Up to `count` messages, the oldest first. Nobody else gets them for so many seconds."""
        self._check_queue(name)
        if not 1 <= count <= MAX_TAKEN or not 1 <= hidden_seconds <= MAX_HIDDEN_SECONDS:
            raise Refused("OutOfRangeQueryParameterValue")
        now = self._now()
        rows = self._database.execute(
            "SELECT id FROM messages WHERE queue = ? AND visible <= ? AND expires > ?"
            " ORDER BY visible, number LIMIT ?",
            (name, now, now, count),
        ).fetchall()
        return [self._hide(id, now + hidden_seconds * 1000) for (id,) in rows]

    def delete(self, name: str, id: str, receipt: str) -> None:
        """Delete a message that was taken. `receipt` is that of the last time it was."""
        self._check_queue(name)
        row = self._database.execute(
            "SELECT receipt FROM messages WHERE queue = ? AND id = ?", (name, id)
        ).fetchone()
        if row is None:
            raise Refused("MessageNotFound")
        if row[0] != receipt:
            raise Refused("PopReceiptMismatch")
        self._database.execute("DELETE FROM messages WHERE id = ?", (id,))

    def _hide(self, id: str, until: int) -> Message:
        row = self._database.execute(
            "UPDATE messages SET visible = ?, receipt = ?, dequeues = dequeues + 1 WHERE id = ?"
            " RETURNING id, text, inserted, expires, visible, receipt, dequeues",
            (until, uuid.uuid4().hex, id),
        ).fetchone()
        return Message(*row)

    def _check_queue(self, name: str) -> None:
        rows = self._database.execute("SELECT 1 FROM queues WHERE name = ?", (name,))
        if rows.fetchone() is None:
            raise Refused("QueueNotFound")


def _values(one: Message) -> tuple[object, ...]:
    return one.id, one.text, one.inserted, one.expires, one.visible, one.receipt, one.dequeues
