"""Several instances behind one address: what is in one is not in another, and each can go."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from msgspec import Raw

from local.cluster import Cluster, cluster
from local.emulator.protocol import Completion, Invocation
from local.functions.outputs import ChangeGroup, Send
from local.functions.rest_sink import RestSink
from local.functions.signalr_rest import OutputFailed
from tests.local.emulator.support import PRIMARY, emulating
from tests.local.stack import Client, client_at, write_app

EXAMPLE = Path(__file__).with_name("example_app.py").read_text()


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(write_app(tmp_path, EXAMPLE), {}, instances=2) as running:
        yield running


async def ask(two: Cluster, path: str, **options: object) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return await http.request("GET", f"{two.http}/api/{path}", **options)  # type: ignore[arg-type]


async def test_busy_instances_are_passed_by_and_none_knows_the_others_memory(two: Cluster) -> None:
    hanging = asyncio.create_task(ask(two, "hang"))
    await asyncio.sleep(0.2)
    async with asyncio.timeout(5):  # `hang` holds the only slot of its instance for 20 s
        free = {(await ask(two, "instance")).json() for _ in range(5)}
    assert free == {two.instances[1].process.pid}
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)


async def test_a_client_stays_connected_while_instances_come_and_go(two: Cluster) -> None:
    async with client_at(two.signalr, "red.anna", seat="a-claim.of_its.token") as anna:
        assert await anna.receive() == Invocation(target="joined", arguments=("red.anna",))
        first, second = two.instances
        assert await _instance(anna) in {first.process.pid, second.process.pid}
        await two.stop(first)
        assert await _instance(anna) == second.process.pid
        await two.stop(second)
        answer = await anna.invoke("instance")
        assert answer.error == "Invocation failed, status code 500"
        assert (await ask(two, "instance")).status_code == 503
        third = await two.start()
        assert await _instance(anna) == third.process.pid
        assert (await ask(two, "instance")).json() == third.process.pid
        event = (await anna.invoke("context")).result  # who it is comes with every event
        assert event["Claims"]["seat"] == "a-claim.of_its.token"
        # Its memory is its own: it never saw the client connect, but messages reach it.
        assert (await ask(two, "shaped")).headers.get_list("set-cookie")[1] == "b=2"
        await anna.invoke("relay", "red.anna", {"n": 1})
        assert await anna.receive() == Invocation(target="signal", arguments=({"n": 1},))


async def test_an_event_of_a_user_with_any_name_reaches_an_instance(two: Cluster) -> None:
    name = "red.änna \N{SNOWMAN}"
    async with client_at(two.signalr, name) as anna:
        heard = (await anna.invoke("context")).result["UserId"]
        assert heard.encode("latin-1").decode() == name  # as UTF-8


async def _instance(anna: Client) -> int:
    answer = await anna.invoke("instance")
    assert isinstance(answer, Completion) and answer.error is None
    return int(answer.result)


async def test_outputs_by_rest_do_what_the_service_can_do() -> None:
    async with emulating() as emulator, httpx.AsyncClient(trust_env=False) as http:
        sink = RestSink(http, emulator.url, PRIMARY.encode(), 5)
        async with emulator.client("ann") as ann:
            await sink.carry_out(ChangeGroup("user", "ann", "a/b", "add"), "signaling")
            await sink.carry_out(ChangeGroup("connection", ann.id, "c", "add"), "signaling")
            for scope, id in [("all", ""), ("group", "a/b"), ("group", "c"), ("user", "ann")]:
                said = Send(scope, id, scope, Raw(b"[1]"))  # type: ignore[arg-type]
                await sink.carry_out(said, "Signaling")
                assert await ann.receive() == Invocation(target=scope, arguments=(1,))
            await sink.carry_out(ChangeGroup("user", "ann", "", "removeAll"), "signaling")
            assert not emulator.service.board.has_group("signaling", "a/b")
        # The extension takes no offence at a connection that has just gone.
        await sink.carry_out(ChangeGroup("connection", "gone", "c", "add"), "signaling")


async def test_a_service_that_refuses_or_is_not_there_fails_the_output() -> None:
    said = Send("user", "ann", "say", Raw(b"[]"))
    async with emulating() as emulator, httpx.AsyncClient(trust_env=False) as http:
        wrong = RestSink(http, emulator.url, b"a-key-nobody-gave-us-0123456789abcdef", 5)
        with pytest.raises(OutputFailed) as refused:
            await wrong.carry_out(said, "signaling")
        assert refused.value.kind == "AzureSignalRUnauthorizedException"
        nobody = RestSink(http, "http://127.0.0.1:9", PRIMARY.encode(), 5)
        with pytest.raises(OutputFailed) as away:
            await nobody.carry_out(said, "signaling")
        assert away.value.kind == "AzureSignalRException"
