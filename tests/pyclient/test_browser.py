"""Python with the real page: text and files in both directions."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import heliograph
import pytest
from heliograph.events import FileOffered, TextReceived
from playwright.async_api import Page, expect

from lab.chromium import chromium
from lab.stack import Stack
from tests.pyclient.people import Person, eventually
from tests.visitor import new_room

pytestmark = pytest.mark.browser
WAIT_MS = 15_000
BIG = 5 * 1_048_576 + 321


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        page = await browser.new_page()
        page.set_default_timeout(WAIT_MS)
        yield page


async def visit(page: Page, stack: Stack, room: str) -> None:
    await page.goto(f"{stack.page}?room={room}&name=Ann")
    await page.wait_for_function("() => window.heliograph?.room?.state === 'connected'")


async def expect_direct(page: Page, name: str) -> None:
    peer = page.locator(f'[data-testid="peer"][data-name="{name}"]')
    await expect(peer).to_have_attribute("data-state", "connected", timeout=WAIT_MS)
    await expect(peer).to_have_attribute("data-path", "direct", timeout=WAIT_MS)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def talk(page: Page, person: Person) -> None:
    """A text each way."""
    sent = await person.room.send_text("hello from Python")
    assert sent.via == "p2p" and len(await asyncio.wait_for(sent.delivered(), 5)) == 1
    await expect(page.get_by_test_id("chat-log")).to_contain_text("hello from Python")
    await page.get_by_test_id("chat-input").fill("hello from the page")
    await page.get_by_test_id("chat-input").press("Enter")
    heard = await person.sees(TextReceived)
    assert (heard.peer.name, heard.text, heard.via) == ("Ann", "hello from the page", "p2p")


async def test_text_and_files_go_both_ways(page: Page, stack: Stack, tmp_path: Path) -> None:
    room = new_room()
    await visit(page, stack, room)
    async with heliograph.join(stack.api, room, name="Bob") as joined:
        person = Person(joined)
        await person.meets("Ann")
        await expect_direct(page, "Bob")
        await talk(page, person)
        path = tmp_path / "from-python.bin"
        path.write_bytes(os.urandom(BIG))
        (sent,) = await joined.send_file(path)
        offer = page.locator('[data-testid="transfer"][data-name="from-python.bin"]')
        async with page.expect_download() as download:
            await offer.get_by_test_id("transfer-accept").click()
        saved = await (await download.value).path()
        assert digest(Path(saved).read_bytes()) == digest(path.read_bytes())
        await asyncio.wait_for(sent.wait(), 10)
        content = os.urandom(BIG)
        ours = {"name": "from-page.bin", "mimeType": "application/x-thing", "buffer": content}
        await page.get_by_test_id("file-input").set_input_files(ours)  # type: ignore[arg-type]
        file = (await person.sees(FileOffered)).file
        await file.accept(tmp_path)
        place = await asyncio.wait_for(file.wait(), 30)
        assert place == tmp_path / "from-page.bin"
        assert digest(place.read_bytes()) == digest(content)


async def test_a_page_that_comes_later_and_one_that_loads_again(page: Page, stack: Stack) -> None:
    """Here the page is the newcomer, and answers the offer that Python has parked."""
    room = new_room()
    async with heliograph.join(stack.api, room, name="Bob") as joined:
        person = Person(joined)
        await person.is_heard()
        await visit(page, stack, room)
        await person.meets("Ann")
        await expect_direct(page, "Bob")
        await talk(page, person)
        await page.reload()
        await page.wait_for_function("() => window.heliograph?.room?.state === 'connected'")
        await expect_direct(page, "Bob")
        await person.meets("Ann")
        await talk(page, person)


async def test_a_program_that_stood_still_is_heard_again(page: Page, stack: Stack) -> None:
    """The page has missed it by then, and restarts ICE or asks for that: aiortc can do neither."""
    room = new_room()
    await visit(page, stack, room)
    async with heliograph.join(stack.api, room, name="Bob") as joined:
        person = Person(joined)
        await person.meets("Ann")
        await expect_direct(page, "Bob")
        before = person.connected()["Ann"].connection
        await asyncio.sleep(1.5)  # until each knows that the other one says "I am here"
        time.sleep(4)  # not asyncio's: nothing of this program runs
        peer = page.locator('[data-testid="peer"][data-name="Bob"]')
        await expect(peer).to_have_attribute("data-state", "connected", timeout=WAIT_MS)
        await eventually(lambda: person.connected().get("Ann"))
        await asyncio.sleep(2)  # what was under way has had its effect
        await person.meets("Ann")
        await expect_direct(page, "Bob")
        await talk(page, person)
        assert person.connected()["Ann"].connection is not before
