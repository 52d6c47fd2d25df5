"""The queues of a storage account, as the host uses them: what a killed host had comes again."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.functions.account_queues import AccountQueues
from local.functions.queues import Policy
from local.functions.signalr_rest import OutputFailed
from tests.cloud.local_storage import LocalStorage, local_storage

SECONDS = 10.0


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[LocalStorage]:
    with local_storage(tmp_path / "file") as running:
        yield running


def queues(storage: LocalStorage, tries: int = 5) -> AccountQueues:
    policy = Policy(tries, timedelta(seconds=1))
    return AccountQueues({"S": storage.connection}, "S", policy)


async def test_what_one_host_put_another_takes_once(storage: LocalStorage) -> None:
    one, other = queues(storage), queues(storage)
    async with asyncio.timeout(SECONDS):
        await one.put("jobs", "ä".encode())
        message = await other.take("jobs")
        assert (message.body.decode(), message.dequeues) == ("ä", 1)
        await other.done("jobs", message)
        await one.put("jobs", b"next")
        assert (await other.take("jobs")).body == b"next"


async def test_what_nobody_finished_comes_again(storage: LocalStorage) -> None:
    one, other = queues(storage), queues(storage)
    async with asyncio.timeout(SECONDS):
        await one.put("jobs", b"work")
        first = await one.take("jobs")  # and this host is killed
        again = await other.take("jobs")
    assert (again.id, again.dequeues) == (first.id, 2)


async def test_what_failed_too_often_is_poison(storage: LocalStorage) -> None:
    one = queues(storage, tries=2)
    async with asyncio.timeout(SECONDS):
        await one.put("jobs", b"bad")
        assert await one.failed("jobs", await one.take("jobs")) == "jobs"
        assert await one.failed("jobs", await one.take("jobs")) == "jobs-poison"
        assert (await one.take("jobs-poison")).body == b"bad"
        await one.put("jobs", b"good")
        assert (await one.take("jobs")).body == b"good"


async def test_while_the_account_is_away_outputs_fail_and_readers_wait(tmp_path: Path) -> None:
    with local_storage(tmp_path / "file") as storage:
        one = queues(storage)
    with pytest.raises(OutputFailed) as failed:
        await one.put("jobs", b"lost")
    assert failed.value.kind == "RequestFailedException"
    reader = asyncio.create_task(one.take("jobs"))
    await asyncio.sleep(0.3)
    assert not reader.done()
    reader.cancel()


@pytest.mark.parametrize("setting", ["", "AccountName=only"])
def test_without_a_key_there_are_no_queues(setting: str) -> None:
    with pytest.raises(ValueError):
        AccountQueues({"S": setting}, "S", Policy())
