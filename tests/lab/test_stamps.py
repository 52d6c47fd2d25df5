"""Stamps of the lab: each part fails alone, nothing else is touched, and what was stored stays."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from lab.process import DidNotStart, Process
from lab.stamps import Lab, NotWell, Stamp, running
from tests.stats.reports import report

ASK_SECONDS = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    # A message that a killed host had taken comes again after a second.
    again = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01"}
    async with running(2, tmp_path_factory.mktemp("stamps"), again) as two:
        yield two


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def two(lab: Lab) -> AsyncIterator[tuple[Stamp, Stamp]]:
    """Both stamps, well before each test, and made well after it."""
    yield lab.stamps[0], lab.stamps[1]
    for stamp in lab.stamps:
        await stamp.restore()


async def ask(stamp: Stamp, call: str, seconds: float = ASK_SECONDS, **body: Any) -> Any:
    """The answer of a call; the name of the error where there is none."""
    async with httpx.AsyncClient(trust_env=False, timeout=seconds) as http:
        try:
            answer = await http.post(f"{stamp.api}/{call}", json=body)
        except httpx.HTTPError as error:
            return type(error).__name__
    return answer.json() if answer.status_code == 200 else answer.status_code


async def members(stamp: Stamp, room: str) -> int:
    """How many were in a room before this one more came; for a stamp that has to start again."""
    found = await ask(stamp, "negotiate", 10, room=room)
    return len(found["peers"])


async def test_both_are_complete_and_each_has_rooms_of_its_own(two: tuple[Stamp, Stamp]) -> None:
    a, b = two
    assert [await members(stamp, "apart") for stamp in (a, a, b)] == [0, 1, 0]
    answers = [await ask(stamp, "negotiate", 10, room="names") for stamp in two]
    assert [said["stamp"] for said in answers] == ["a", "b"]
    assert [said["url"].partition("/client")[0] for said in answers] == [
        stamp.signalr.url for stamp in two
    ]


async def test_a_killed_functions_host_comes_back_to_its_address_and_its_rooms(
    two: tuple[Stamp, Stamp],
) -> None:
    a, b = two
    await members(a, "kept")
    address, before = a.api, a.functions.process.pid
    await a.functions.kill()
    assert await ask(a, "negotiate", room="kept") == "ConnectError"
    assert await members(b, "alive") == 0
    await a.restore()
    assert (a.api, a.functions.process.pid == before) == (address, False)
    assert await members(a, "kept") == 1


async def test_a_killed_storage_comes_back_with_what_it_had(two: tuple[Stamp, Stamp]) -> None:
    a, _ = two
    await members(a, "stored")
    await a.storage.kill()
    assert await ask(a, "negotiate", 15, room="stored") == 503
    await a.restore()
    assert await members(a, "stored") == 1


async def test_a_whole_stamp_is_killed_and_comes_back(two: tuple[Stamp, Stamp]) -> None:
    a, b = two
    await members(a, "whole")
    await a.kill()
    assert [part.process.runs for part in a.parts] == [False] * 3
    assert await members(b, "survivors") == 0
    await a.restore()
    assert await members(a, "whole") == 1


@pytest.mark.parametrize("kind", ["freeze", "swallow"])
async def test_a_frozen_or_swallowed_host_takes_calls_and_answers_later(
    two: tuple[Stamp, Stamp], kind: str
) -> None:
    a, b = two
    if kind == "freeze":
        a.functions.freeze()
    else:
        await a.functions.swallow()
    waiting = asyncio.create_task(ask(a, "negotiate", 20, room=kind))
    assert await ask(a, "negotiate", 0.5, room=kind) == "ReadTimeout"
    assert await members(b, kind) == 0
    assert not a.functions.well
    await a.restore()
    assert (await waiting)["room"] == kind  # it was only late
    assert a.functions.well


async def test_a_host_that_is_far_away_answers_late(two: tuple[Stamp, Stamp]) -> None:
    a, _ = two
    await members(a, "far")
    a.functions.delay(200)
    start = asyncio.get_running_loop().time()
    await members(a, "far")
    assert 0.4 <= asyncio.get_running_loop().time() - start < 2


async def test_a_signalr_that_is_killed_ends_its_sockets_and_the_others_stay(
    two: tuple[Stamp, Stamp],
) -> None:
    a, b = two
    sockets = [await _socket(stamp) for stamp in two]
    await a.signalr.kill()
    async with asyncio.timeout(5):
        await sockets[0].wait_closed()
    assert sockets[1].close_code is None
    assert await ask(b, "negotiate", 10, room="r") != 503
    assert b.signalr.cut() > 0
    async with asyncio.timeout(5):
        await sockets[1].wait_closed()
    await a.restore()
    again = await _socket(a)
    await again.close()


async def _socket(stamp: Stamp) -> ClientConnection:
    said = await ask(stamp, "negotiate", 10, room="sockets")
    url = said["url"].replace("http", "ws", 1) + f"&access_token={said['accessToken']}"
    socket = await connect(url, proxy=None)
    await socket.send('{"protocol":"json","version":1}\x1e')
    assert str(await socket.recv()).startswith("{}\x1e")
    return socket


async def test_reports_in_the_queue_of_a_killed_host_are_written_once_it_is_back(
    two: tuple[Stamp, Stamp], lab: Lab
) -> None:
    """The queue is in the account, as in Azure; and both stamps write to one database."""
    for stamp in two:
        await _report(stamp)
    async with asyncio.timeout(10):
        while _written(lab) < 2:
            await asyncio.sleep(0.1)
    a, _ = two
    assert await _report(a) == 202
    await a.functions.kill()
    await a.restore()
    async with asyncio.timeout(20):
        while _written(lab) < 3:
            await asyncio.sleep(0.1)


async def _report(stamp: Stamp) -> int:
    """The status of a report that a newcomer sends of a call with who is in the room already."""
    await ask(stamp, "negotiate", 10, room="reports")
    me = await ask(stamp, "negotiate", 10, room="reports")
    other = me["peers"][0]
    side = "first" if me["peer"] > other["peer"] else "second"
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        sent = report(side=side, met=other["met"])
        headers = {"Authorization": f"Bearer {me['token']}"}
        return (await http.post(f"{stamp.api}/report", json=sent, headers=headers)).status_code


def _written(lab: Lab) -> int:
    connection = sqlite3.connect(lab.statistics)
    try:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_happens_to_a_stamp_it_can_be_made_well(
    two: tuple[Stamp, Stamp], seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        part = chance.choice([part for stamp in two for part in stamp.parts])
        faults: list[Callable[[], object]] = [
            *(part.kill, part.stop, part.freeze, part.thaw, part.swallow, part.refuse, part.cut),
            *(part.start, part.restore, lambda part=part: part.delay(chance.choice([0, 20]))),
        ]
        done = [fault() for fault in chance.sample(faults, 3)]
        await asyncio.gather(*(one for one in done if asyncio.iscoroutine(one)))
    await asyncio.gather(*(stamp.restore() for stamp in two))
    assert all(part.well for stamp in two for part in stamp.parts)
    assert [await members(stamp, f"after-{seed}") for stamp in two] == [0, 0]


async def test_a_stamp_that_stays_ill_is_said_by_name_in_time(two: tuple[Stamp, Stamp]) -> None:
    a, _ = two
    a.functions.freeze()
    with pytest.raises(NotWell, match=r"^stamp a is not well after 1 s$"):
        await a.until_well(1)


async def test_a_process_that_ends_or_says_nothing_did_not_start(tmp_path: Path) -> None:
    ends = Process(["local.storage", "--port", "99999", "--file", "x"], {}, "never", tmp_path / "l")
    with pytest.raises(DidNotStart, match="see "):
        await ends.start()
    assert (ends.pid, ends.runs) == (None, False)
