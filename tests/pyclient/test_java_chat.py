"""The example in Java: any SignalR client can talk in a room. It is run as a stranger runs it."""

import asyncio
import re
import shutil
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import heliograph
import pytest
from heliograph.events import PeerLeft, TextReceived
from playwright.async_api import expect

from lab.chromium import chromium
from lab.stack import ROOT, SIGNING_KEYS, Stack
from local.cluster import cluster
from local.emulator import UpstreamRequest, UpstreamResponse
from local.emulator.upstream import IGNORED
from tests.long import usually
from tests.pyclient.people import Person
from tests.pyclient.programs import end, line, process
from tests.visitor import new_room

CHAT = str(ROOT / "examples" / "java-chat" / "Chat.java")
LEAST = 17
# Umlauts, characters of two and four bytes, joined emoji, quotes, escapes and what looks like them.
TEXTS = (
    "Grüße aus Köln: ÄÖÜß",
    'she said "no" \\ \\n \\u00e9 / </script>',
    "👩\u200d💻 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 日本語 שלום \u00e9 e\u0301",
    '{"v":1,"kind":"text"}',
)


def java() -> str:
    """The program. Skips the test where there is none, or an older one."""
    found = shutil.which("java")
    if found is None:
        pytest.skip("there is no java on the PATH: this example needs a JDK, 17 or newer")
    said = subprocess.run([found, "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < LEAST:
        pytest.skip(f"java is older than {LEAST}, which this example needs")
    return found


@asynccontextmanager
async def chat(*arguments: str) -> AsyncIterator[Process]:
    """`java Chat.java ARGUMENTS`, with UTF-8 at both ends. Killed at the end of the block."""
    program = (java(), "-XX:TieredStopAtLevel=1", CHAT, *arguments)
    async with process(*program) as running:
        yield running


async def typed(running: Process, text: str) -> None:
    assert running.stdin is not None
    running.stdin.write(f"{text}\n".encode())
    await running.stdin.drain()


async def test_every_text_arrives_as_it_was_written_in_both_directions(stack: Stack) -> None:
    room = new_room()
    async with heliograph.join(stack.api, room, name="Bob") as joined:
        bob = Person(joined)
        async with chat(f"{stack.api}/", room, "Jöran") as running:
            assert await line(running, "You are in") == f"You are in {room}. Here: Bob."
            for text in TEXTS:
                await typed(running, text)
                heard = await bob.sees(TextReceived)
                assert (heard.peer.name, heard.text) == ("Jöran", text)
                assert (heard.via, heard.broadcast) == ("server", True)
                sent = await joined.send_text(text)
                assert await line(running, "Bob: ") == f"Bob: {text}"
                # It acknowledges what it shows.
                assert await asyncio.wait_for(sent.delivered(), 10) == (heard.peer.id,)
            (peer,) = joined.peers.values()
            await joined.send_text("to you\x1b[2J\u202ealone", to=peer.id)
            assert await line(running, "to you") == "Bob: to you [2J alone"
            await typed(running, "x" * 4_097)
            await line(running, "! A text has at most 4096 characters.")
            await typed(running, "the last\n/quit")
            assert (await bob.sees(TextReceived)).text == "the last"
            assert (await bob.sees(PeerLeft)).reason == "left"
            assert await end(running) == (0, "")


# Each starts a Java of its own, which compiles the program first.
REFUSALS = (
    ("{api}", "two words", "Ann"),
    ("{api}", "{full}", "Ann"),
    ("http://127.0.0.1:9/api", "tea", "Ann"),
    ("tea", "Ann"),
)
SAID = dict(
    zip(
        REFUSALS,
        ["(invalid_room)", "(room_full)", "(backend_away)", "usage: java Chat.java"],
        strict=True,
    )
)


@pytest.mark.parametrize("arguments", usually(REFUSALS, REFUSALS[0]))
async def test_what_is_wrong_is_said_in_one_line(stack: Stack, arguments: tuple[str, ...]) -> None:
    full = await heliograph.create_room(stack.api, capacity=2) if "{full}" in arguments else None
    code = "" if full is None else full.room
    given = [each.format(api=stack.api, full=code) for each in arguments]
    if full is None:
        async with chat(*given) as running:
            found, said = await end(running)
    else:
        async with (
            heliograph.join(stack.api, full.room),
            heliograph.join(stack.api, full.room),
            chat(*given) as running,
        ):
            found, said = await end(running)
    assert found == (1 if len(arguments) == 3 else 2)
    assert SAID[arguments] in said and said.count("\n") == 1


@pytest.mark.long
async def test_a_socket_that_ends_or_that_nobody_knows_is_replaced_and_nothing_is_lost() -> None:
    settings = {"HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS, "HELIOGRAPH_STUN_URLS": ""}
    async with cluster(ROOT, settings, concurrency=16) as stamp:
        assert stamp.service is not None
        upstream, board = stamp.service.upstream, stamp.service.board
        deliver, opened = upstream.deliver, list[str]()

        async def deaf_to_the_first(event: UpstreamRequest) -> UpstreamResponse:
            if event.event == "connected":
                opened.append(event.headers["X-ASRS-User-Id"])
                if opened.count(opened[-1]) == 1:
                    return IGNORED
            return await deliver(event)

        api, room = f"{stamp.http}/api", new_room()
        async with chat(api, room, "Java") as running:
            await line(running, "You are in")
            async with heliograph.join(api, room, name="Bob") as joined:
                bob = Person(joined)
                await line(running, "* Bob is here")
                for number, handler in enumerate((deliver, deaf_to_the_first)):
                    upstream.deliver = handler
                    board.close_all("signaling")
                    await typed(running, f"in between {number}")
                    assert (await bob.sees(TextReceived)).text == f"in between {number}"
                    sent = await joined.send_text(f"and back {number}")
                    assert await line(running, "Bob: ") == f"Bob: and back {number}"
                    assert len(await asyncio.wait_for(sent.delivered(), 30)) == 1
        assert max(map(opened.count, opened)) >= 2


@pytest.mark.long
@pytest.mark.browser
async def test_a_person_on_the_page_talks_with_it(stack: Stack) -> None:
    room = new_room()
    async with chat(stack.api, room, "Java") as running, chromium() as browser:
        await line(running, "You are in")
        page = await browser.new_page()
        await page.goto(f"{stack.page}?room={room}&name=Ann")
        await line(running, "* Ann is here")
        await page.get_by_test_id("chat-input").fill("Grüße 👋")
        await page.get_by_test_id("chat-input").press("Enter")
        assert await line(running, "Ann: ") == "Ann: Grüße 👋"
        await typed(running, 'and "hello" 👋')
        message = page.get_by_test_id("message").filter(has_text='and "hello" 👋')
        await expect(message).to_be_visible(timeout=20_000)
