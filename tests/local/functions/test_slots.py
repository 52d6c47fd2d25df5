"""How many requests an instance works on at a time."""

import asyncio

import pytest

from local.functions.slots import Load, Slots


async def test_requests_wait_for_a_free_slot_in_the_order_of_asking() -> None:
    slots, go, order = Slots(2), asyncio.Event(), []

    async def work(number: int) -> None:
        async with slots.one():
            order.append(number)
            await go.wait()

    tasks = [asyncio.create_task(work(number)) for number in range(5)]
    await asyncio.sleep(0.01)
    assert order == [0, 1]
    assert slots.load == Load(concurrency=2, running=2, waiting=3, most=5)
    go.set()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert slots.load == Load(concurrency=2, running=0, waiting=0, most=5)


async def test_a_request_that_fails_or_is_given_up_frees_its_slot() -> None:
    slots = Slots(1)
    with pytest.raises(RuntimeError):
        async with slots.one():
            waiting = asyncio.create_task(_take(slots))
            await asyncio.sleep(0.01)
            waiting.cancel()
            raise RuntimeError
    async with asyncio.timeout(1):
        await asyncio.gather(waiting, return_exceptions=True)
        await _take(slots)
    assert slots.load.running == slots.load.waiting == 0


async def _take(slots: Slots) -> None:
    async with slots.one():
        pass


def test_an_instance_has_at_least_one_slot_and_by_default_one() -> None:
    with pytest.raises(ValueError):
        Slots(0)
    assert Slots().load.concurrency == 1
