"""The queues of a storage account, as the Functions host uses them.

A message that was taken is hidden, and comes again if nobody deletes it: also when the host that
took it was killed. Rules and texts from "Azure Queue storage trigger for Azure Functions".
"""

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cloud.queues import HIDDEN_SECONDS, QueueAway, Queues, read_account
from cloud.queues import Message as Lying
from local.functions.queues import Message, Policy
from local.functions.signalr_rest import OutputFailed

log = logging.getLogger("local.functions.host")

# The host begins with 100 ms between two looks and doubles while it finds nothing, up to
# `maxPollingInterval`, a minute. Here nobody pays for a look.
FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 2.0


class AccountQueues:
    """See MessageQueues. Its calls wait on threads, each with the deadline of `cloud.queues`."""

    def __init__(self, environ: Mapping[str, str], setting: str, policy: Policy) -> None:
        """`setting` names the account. Raises ValueError if it names none with a key."""
        self._queues = Queues(read_account(environ, setting, _no_token))
        self._policy = policy
        self._made: set[str] = set()

    async def put(self, name: str, body: bytes) -> None:
        """See MessageQueues."""
        try:
            await self._ask(name, lambda: self._queues.put(name, _encoded(body)))
        except QueueAway as away:
            raise OutputFailed("RequestFailedException", str(away)) from None

    async def take(self, name: str) -> Message:
        """See MessageQueues. While the account is away it is asked again and again."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                found = await self._ask(name, lambda: self._queues.take(name, 1, self._hidden))
                if found:
                    return _message(found[0])
            except QueueAway as away:
                log.warning("the queue %s cannot be read: %s", name, away)
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    async def done(self, name: str, message: Message) -> None:
        """See MessageQueues. If the account is away now, the message comes again."""
        lying = Lying(message.id, message.receipt, "")
        try:
            await self._ask(name, lambda: self._queues.delete(name, lying))
        except QueueAway as away:
            log.warning("a message of %s cannot be deleted: %s", name, away)

    async def failed(self, name: str, message: Message) -> str:
        """See MessageQueues. It is hidden already, and comes again by itself."""
        if message.dequeues < self._policy.max_dequeue_count:
            return name
        poison = f"{name}-poison"
        try:
            await self.put(poison, message.body)
        except OutputFailed:
            return name
        await self.done(name, message)
        return poison

    @property
    def _hidden(self) -> int:
        """Seconds: how long the next try waits, if this one fails or its host is killed."""
        return int(self._policy.visibility_timeout.total_seconds()) or HIDDEN_SECONDS

    async def _ask[T](self, name: str, call: Callable[[], T]) -> T:
        """On a thread, and into a queue that is there: the host makes what is missing."""
        try:
            if name not in self._made:
                await asyncio.to_thread(self._queues.create, name)
                self._made.add(name)
            return await asyncio.to_thread(call)
        except QueueAway:
            self._made.discard(name)
            raise


def _no_token() -> str:
    raise ValueError("queues by a managed identity are not built for the local stack")


def _encoded(body: bytes) -> str:
    """As the host writes messages by default (`messageEncoding`)."""
    return base64.b64encode(body).decode()


def _message(lying: Lying) -> Message:
    body = base64.b64decode(lying.text)
    return Message(body, datetime.now(UTC), lying.id, lying.dequeues, lying.receipt)
