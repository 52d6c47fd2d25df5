"""Queues of the host. Here in process: bounded, with visibility delays, retries, a poison queue.

Rules from "Azure Queue storage trigger for Azure Functions": a message is tried `maxDequeueCount`
times (5), `visibilityTimeout` apart (0 s), then moves to `<queue>-poison`; both are host.json's
`extensions.queues`. In Azure messages live seven days; here they live as long as the process.
"""

import asyncio
import heapq
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

from local.functions.outputs import BadOutput
from local.functions.worker import json_text, text

MAX_WAITING_MESSAGES = 10_000  # messages waiting per queue; more means nobody reads it
LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `dequeues` counts how often it was handed out, this time included."""

    body: bytes
    inserted: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    dequeues: int = 0
    receipt: str = ""  # of an account's queue: it deletes the message


@dataclass(frozen=True, slots=True)
class Policy:
    """How often and how far apart a message is tried."""

    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)


class MessageQueues(Protocol):
    """Every queue of the app, by name."""

    async def put(self, name: str, body: bytes) -> None:
        """A new message, visible at once. Raises BadOutput or OutputFailed."""
        ...

    async def take(self, name: str) -> Message:
        """The next message, once there is one."""
        ...

    async def done(self, name: str, message: Message) -> None:
        """A message that was taken is worked off: it does not come again."""
        ...

    async def failed(self, name: str, message: Message) -> str:
        """A message that was taken comes again, or is poison. Says where it went."""
        ...


class Queue:
    """Messages in the order they become visible."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Message]] = []
        self._order = count()
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, message: Message, visible: datetime) -> None:
        """Raises BadOutput when the queue is full."""
        if len(self._heap) >= MAX_WAITING_MESSAGES:
            raise BadOutput(f"the local queue is full ({MAX_WAITING_MESSAGES} messages wait)")
        heapq.heappush(self._heap, (visible, next(self._order), message))
        self._changed.set()

    async def take(self) -> Message:
        """The next message, once one is visible; it is gone from the queue."""
        while True:
            self._changed.clear()
            wait = None
            if self._heap:
                wait = (self._heap[0][0] - datetime.now(UTC)).total_seconds()
                if wait <= 0:
                    message = heapq.heappop(self._heap)[2]
                    return replace(message, dequeues=message.dequeues + 1)
            try:
                await asyncio.wait_for(self._changed.wait(), wait)
            except TimeoutError:
                continue


class Queues:
    """Every queue of the app by name; a queue exists once it is named."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._queues: dict[str, Queue] = {}

    def __getitem__(self, name: str) -> Queue:
        return self._queues.setdefault(name, Queue())

    async def put(self, name: str, body: bytes) -> None:
        """A new message, visible at once. Raises BadOutput when the queue is full."""
        now = datetime.now(UTC)
        self[name].put(Message(body, now), now)

    async def take(self, name: str) -> Message:
        """See MessageQueues."""
        return await self[name].take()

    async def done(self, name: str, message: Message) -> None:
        """See MessageQueues: what was taken is gone already."""

    async def failed(self, name: str, message: Message) -> str:
        """Put a message back for another try, or into the poison queue. Says where it went."""
        now = datetime.now(UTC)
        last = message.dequeues >= self._policy.max_dequeue_count
        target = f"{name}-poison" if last else name
        again = replace(message, dequeues=0) if last else message
        try:
            self[target].put(again, now if last else now + self._policy.visibility_timeout)
        except BadOutput:
            return "nowhere: the queue is full"
        return target


def metadata(message: Message) -> dict[str, Any]:
    """The trigger metadata the host sends: what a QueueMessage is made of."""
    invisible_until = datetime.now(UTC) + timedelta(minutes=10)
    return {
        "Id": text(message.id),
        "DequeueCount": text(str(message.dequeues)),
        "PopReceipt": text(message.receipt or f"{message.id}-{message.dequeues}"),
        "InsertionTime": json_text(f'"{message.inserted.isoformat()}"'),
        "ExpirationTime": json_text(f'"{(message.inserted + LIFETIME).isoformat()}"'),
        "NextVisibleTime": json_text(f'"{invisible_until.isoformat()}"'),
    }


def policy(host_json: Mapping[str, Any]) -> Policy:
    """The policy in host.json, with the host's defaults."""
    settings = host_json.get("extensions", {}).get("queues", {})
    hours, minutes, seconds = map(int, settings.get("visibilityTimeout", "00:00:00").split(":"))
    delay = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Policy(int(settings.get("maxDequeueCount", 5)), delay)
