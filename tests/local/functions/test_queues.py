"""The in-process queue."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from local.functions.outputs import BadOutput
from local.functions.queues import MAX_WAITING_MESSAGES, Message, Policy, Queues, policy


async def test_messages_come_in_the_order_they_become_visible() -> None:
    queue = Queues(Policy())["jobs"]
    now = datetime.now(UTC)
    for body, delay in [(b"third", 0.06), (b"first", -1), (b"second", 0.03)]:
        queue.put(Message(body, now), now + timedelta(seconds=delay))
    async with asyncio.timeout(2):
        assert [(await queue.take()).body for _ in range(3)] == [b"first", b"second", b"third"]
    assert datetime.now(UTC) - now >= timedelta(seconds=0.06)
    assert len(queue) == 0


async def test_a_reader_waits_for_a_message_and_sees_an_earlier_one_arrive() -> None:
    queues = Queues(Policy())
    later = datetime.now(UTC) + timedelta(hours=1)
    queues["jobs"].put(Message(b"later", later), later)
    reader = asyncio.create_task(queues["jobs"].take())
    await asyncio.sleep(0)
    await queues.put("jobs", b"now")
    async with asyncio.timeout(2):
        assert (await reader).body == b"now"


async def test_a_failed_message_waits_then_moves_to_the_poison_queue() -> None:
    queues = Queues(Policy(max_dequeue_count=2, visibility_timeout=timedelta(seconds=0.05)))
    await queues.put("jobs", b"bad")
    async with asyncio.timeout(2):
        first = await queues["jobs"].take()
        assert (first.dequeues, await queues.failed("jobs", first)) == (1, "jobs")
        started = datetime.now(UTC)
        second = await queues["jobs"].take()
        assert datetime.now(UTC) - started >= timedelta(seconds=0.04)
        assert (second.dequeues, second.id) == (2, first.id)
        assert await queues.failed("jobs", second) == "jobs-poison"
        assert (await queues["jobs-poison"].take()).body == b"bad"
    assert len(queues["jobs"]) == 0


async def test_a_queue_nobody_reads_is_bounded() -> None:
    queues = Queues(Policy(max_dequeue_count=1))
    for _ in range(MAX_WAITING_MESSAGES):
        await queues.put("jobs-poison", b"")
    with pytest.raises(BadOutput, match="full"):
        await queues.put("jobs-poison", b"")
    lost = Message(b"", datetime.now(UTC), dequeues=1)
    assert await queues.failed("jobs", lost) == "nowhere: the queue is full"


def test_host_json_sets_the_policy() -> None:
    assert policy({}) == Policy(5, timedelta(0))
    settings = {"maxDequeueCount": 3, "visibilityTimeout": "00:00:30"}
    assert policy({"extensions": {"queues": settings}}) == Policy(3, timedelta(seconds=30))
