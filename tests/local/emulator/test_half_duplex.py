"""Long polling and Server-Sent Events, request by request: what a client library would hide."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest

from local.emulator.half_duplex import WAITING_POSTS, HalfDuplexWire
from local.emulator.options import Options
from local.emulator.protocol import Close, Decoder, Invocation, encode
from tests.local.emulator.support import DEFAULTS, HUB, Client, Emulator, emulating, until

HANDSHAKE = b'{"protocol":"json","version":1}\x1e'
SAY = Invocation(target="say", arguments=("ü",))


@dataclass
class Half:
    """One negotiated connection, spoken to by plain requests."""

    emulator: Emulator
    id: str
    token: str
    user: str

    async def ask(self, verb: str, *, user: str = "", **options: object) -> httpx.Response:
        access = self.emulator.client_token(user or self.user)
        headers = {"Authorization": f"Bearer {access}"} | dict(options.pop("headers", {}))  # type: ignore[call-overload]
        url = f"{self.emulator.client_url()}&id={self.token}"
        return await self.emulator.http.request(verb, url, headers=headers, **options)  # type: ignore[arg-type]

    async def poll(self) -> httpx.Response:
        return await self.ask("GET")

    async def start(self) -> None:
        """The first poll, which answers at once, the handshake and its answer."""
        assert (await self.poll()).content == b""
        assert (await self.ask("POST", content=HANDSHAKE)).status_code == 200
        assert (await self.poll()).content == b"{}\x1e"


async def negotiated(emulator: Emulator, user: str = "ann") -> Half:
    answer = (await emulator.negotiate(user)).json()
    return Half(emulator, answer["connectionId"], answer["connectionToken"], user)


@asynccontextmanager
async def stream(half: Half) -> AsyncIterator[AsyncIterator[bytes]]:
    """The data of the events, as bytes of the hub protocol."""
    url = f"{half.emulator.client_url()}&id={half.token}"
    # EventSource cannot set headers, so the token comes in the query.
    url += f"&access_token={half.emulator.client_token(half.user)}"
    headers = {"Accept": "text/event-stream"}
    async with half.emulator.http.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")

        async def data() -> AsyncIterator[bytes]:
            waiting = b""
            async for piece in response.aiter_bytes():
                *lines, waiting = (waiting + piece).split(b"\r\n")
                for line in lines:
                    if line.startswith(b"data: "):
                        yield line.removeprefix(b"data: ")

        yield data()


async def test_a_poll_waits_for_data_and_carries_all_of_it(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    waiting = asyncio.create_task(ann.poll())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    board = emulator.service.board
    for _ in range(3):
        board.send_to_user(HUB, "ann", "say", ["ü"])
    answer = await waiting
    assert answer.headers["cache-control"].startswith("no-cache")
    assert Decoder("json").messages(answer.content) == [SAY] * 3


async def test_a_poll_without_data_ends_empty_and_the_connection_lives_on() -> None:
    async with emulating(options=Options(poll_seconds=0.05)) as emulator:
        ann = await negotiated(emulator)
        await ann.start()
        for _ in range(3):
            answer = await ann.poll()
            assert (answer.status_code, answer.content) == (200, b"")
        assert emulator.service.board.has_connection(HUB, ann.id)


async def test_a_new_poll_ends_the_one_before_and_gets_the_data(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    first = asyncio.create_task(ann.poll())
    await asyncio.sleep(0.05)
    second = asyncio.create_task(ann.poll())
    assert (await first).status_code == 204
    emulator.service.board.send_to_user(HUB, "ann", "say", ["ü"])
    assert Decoder("json").messages((await second).content) == [SAY]


async def test_no_data_is_lost_when_a_poll_is_given_up(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    with pytest.raises(httpx.ReadTimeout):
        await ann.ask("GET", timeout=0.1)
    await asyncio.sleep(0.1)  # until the server has seen it
    emulator.service.board.send_to_user(HUB, "ann", "say", ["ü"])
    assert Decoder("json").messages((await ann.poll()).content) == [SAY]


async def test_a_client_that_does_not_poll_is_gone_after_its_lease() -> None:
    async with emulating(options=Options(poll_lease_seconds=0.1)) as emulator:
        ann = await negotiated(emulator)
        await ann.start()
        await emulator.gone(ann.id)
        assert (await ann.poll()).status_code == 404


async def test_a_polling_client_is_not_silent_and_gets_no_pings() -> None:
    options = Options(client_timeout_seconds=0.1, keep_alive_seconds=0.02, poll_seconds=0.3)
    async with emulating(options=options) as emulator:
        ann = await negotiated(emulator)
        await ann.start()
        assert (await ann.poll()).content == b""
        assert emulator.service.board.has_connection(HUB, ann.id)


async def test_delete_ends_a_polled_connection(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    assert (await ann.ask("DELETE")).status_code == 202
    await emulator.gone(ann.id)
    await until_unknown(ann)


async def until_unknown(half: Half) -> None:
    async with asyncio.timeout(5):
        while (await half.ask("DELETE")).status_code != 404:
            await asyncio.sleep(0.01)


async def test_a_close_by_the_app_reaches_the_poll_and_then_it_is_204(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    await emulator.rest("DELETE", f"/connections/{ann.id}?reason=bye")
    (close,) = Decoder("json").messages((await ann.poll()).content)
    assert close == Close(error="bye", allow_reconnect=True)
    assert (await ann.poll()).status_code == 204
    await until_unknown(ann)


async def test_events_carry_the_hub_protocol_both_ways(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    async with stream(ann) as data:
        assert (await ann.ask("POST", content=HANDSHAKE)).status_code == 200
        assert await anext(data) == b"{}\x1e"
        emulator.service.board.send_to_user(HUB, "ann", "say", ["ü"])
        assert Decoder("json").messages(await anext(data)) == [SAY]
        assert (await ann.ask("DELETE")).status_code == 400
        assert (await ann.poll()).status_code == 400
        again = await ann.ask("GET", headers={"Accept": "text/event-stream"})
        assert again.status_code == 409
    await emulator.gone(ann.id)


async def test_an_event_stream_has_pings() -> None:
    async with emulating(options=replace(DEFAULTS, keep_alive_seconds=0.02)) as emulator:
        ann = await negotiated(emulator)
        async with stream(ann) as data:
            await ann.ask("POST", content=HANDSHAKE)
            got = [await anext(data) for _ in range(3)]
    assert got[0] == b"{}\x1e" and got[2] == b'{"type":6}\x1e'


async def test_the_end_of_a_connection_ends_its_event_stream(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    async with stream(ann) as data:
        await ann.ask("POST", content=HANDSHAKE)
        await anext(data)
        await emulator.rest("DELETE", f"/connections/{ann.id}?reason=bye")
        rest = [piece async for piece in data]
    assert Decoder("json").messages(b"".join(rest))[-1] == Close(error="bye", allow_reconnect=True)


@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
async def test_requests_need_a_token_an_id_and_a_connection(emulator: Emulator, verb: str) -> None:
    url, headers = emulator.client_url(), {"Authorization": f"Bearer {emulator.client_token()}"}

    async def status(url: str, headers: dict[str, str]) -> int:
        return (await emulator.http.request(verb, url, headers=headers)).status_code

    assert await status(f"{url}&id=x", {}) == 401
    assert await status(url, headers) == 400
    assert await status(f"{url}&id=guess", headers) == 404


async def test_a_connection_belongs_to_its_user(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    for verb in ("GET", "POST", "DELETE"):
        assert (await ann.ask(verb, user="eve")).status_code == 403


async def test_a_websocket_takes_no_posts_and_no_polls(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    async with emulator.socket(emulator.client_token("ann"), f"&id={ann.token}") as socket:
        await Client(socket, "json", ann.id).shake_hands()
        assert (await ann.ask("POST", content=HANDSHAKE)).status_code == 405
        assert (await ann.poll()).status_code == 409


async def test_a_body_over_the_limit_is_refused(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.start()
    assert (await ann.ask("POST", content=b"x" * ((1 << 20) + 1))).status_code == 413


async def test_a_bad_handshake_is_answered_in_the_poll(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.poll()
    await ann.ask("POST", content=b"junk\x1e")
    assert (await ann.poll()).content.startswith(b'{"error":"')
    assert (await ann.poll()).status_code == 204


async def test_what_waits_is_bounded_for_a_client_that_does_not_poll() -> None:
    async with emulating(options=Options(outbox_bytes=100_000)) as emulator:
        ann = await negotiated(emulator)
        await ann.start()
        for _ in range(20):
            emulator.service.board.send_to_user(HUB, "ann", "say", ["x" * 10_000])
            await asyncio.sleep(0)
        await emulator.gone(ann.id)


async def test_stopping_ends_polls_and_streams_at_once(emulator: Emulator) -> None:
    ann, bob = await negotiated(emulator), await negotiated(emulator, "bob")
    await ann.start()
    async with stream(bob) as data:
        waiting = asyncio.create_task(ann.poll())
        await asyncio.sleep(0.05)
        emulator.service.stop()
        async with asyncio.timeout(1):
            assert (await waiting).status_code == 204
            assert [piece async for piece in data] == []
    await until(lambda: not emulator.service.board.has_connection(HUB, ann.id))


async def test_a_messagepack_client_may_poll(emulator: Emulator) -> None:
    ann = await negotiated(emulator)
    await ann.poll()
    await ann.ask("POST", content=HANDSHAKE.replace(b"json", b"messagepack"))
    assert (await ann.poll()).content == b"{}\x1e"
    emulator.service.board.send_to_user(HUB, "ann", "say", ["ü"])
    assert (await ann.poll()).content == encode("messagepack", SAY)


class Heard:
    """A receiver that notes what it hears."""

    def __init__(self) -> None:
        self.bodies: list[bytes | None] = []

    def received(self, data: bytes) -> None:
        self.bodies.append(data)

    def ended(self) -> None:
        self.bodies.append(None)

    def writable(self) -> None: ...

    def closed(self) -> None: ...


async def test_no_body_overtakes_those_that_wait_and_the_end_comes_last() -> None:
    wire, heard = HalfDuplexWire(None), Heard()
    wire.start(heard)
    wire.pause()
    assert await wire.accept(b"1") and await wire.accept(b"2")
    wire.resume()
    assert await wire.accept(b"3")
    wire.leave()
    assert not await wire.accept(b"4")
    await until(lambda: heard.bodies[-1:] == [None])
    assert heard.bodies == [b"1", b"2", b"3", None]


async def test_posts_wait_once_many_bodies_do() -> None:
    wire, heard = HalfDuplexWire(None), Heard()
    wire.start(heard)
    wire.pause()
    for number in range(WAITING_POSTS):
        assert await wire.accept(b"%d" % number)
    one_more = asyncio.ensure_future(wire.accept(b"late"))
    await asyncio.sleep(0.01)
    assert not one_more.done()
    wire.resume()
    assert await one_more
    await until(lambda: len(heard.bodies) == WAITING_POSTS + 1)
    assert heard.bodies[-1] == b"late"
