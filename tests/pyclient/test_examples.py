"""The examples in Python, as processes of their own, with the real page in Chromium."""

import asyncio
import hashlib
import os
import signal
import stat
import time
import wave
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import av
import heliograph
import pytest
from heliograph.events import TextReceived, TrackAdded
from playwright.async_api import Browser, Page, expect

from lab.chromium import chromium
from lab.stack import ROOT, Stack
from tests.pyclient.people import Person
from tests.pyclient.programs import end, line, program
from tests.visitor import new_room

WAIT_MS = 20_000
KEY = ".heliograph-drop"
RED, GREEN = (255, 0, 0), (0, 255, 0)
BIG = 2 * 1_048_576 + 321  # bytes: three blocks

# The picture of the tile is drawn twice; true once it has changed in between.
MOVES = """async (video) => {
  if (video.videoWidth === 0) return false;
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const look = async () => {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    brush.drawImage(video, 0, 0, 64, 36);
    return [...brush.getImageData(0, 0, 64, 36).data];
  };
  const before = await look();
  const after = await look();
  return before.some((value, place) => Math.abs(value - after[place]) > 32);
}"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium("--autoplay-policy=no-user-gesture-required") as running:
        yield running


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def example(name: str, *arguments: str) -> AbstractAsyncContextManager[Process]:
    script = ROOT / "examples" / name / f"{name.replace('-', '_')}.py"
    return program(str(script), *arguments)


async def open_page(browser: Browser, link: str) -> Page:
    """As a person of its own, who is in the room."""
    page = await browser.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(link)
    if "name=" not in link:  # then the page asks for it
        await page.get_by_test_id("name-input").fill("Ann")
        await page.get_by_test_id("join").click()
    await page.wait_for_function("() => window.heliograph?.room?.state === 'connected'")
    return page


async def interrupted(running: Process) -> tuple[int | None, str]:
    """As by Ctrl-C."""
    running.send_signal(signal.SIGINT)
    return await end(running)


async def expect_moving_picture(page: Page) -> None:
    video = page.get_by_test_id("call-video").first
    await expect(video).to_be_visible(timeout=WAIT_MS)
    async with asyncio.timeout(WAIT_MS / 1_000):
        while not await video.evaluate(MOVES):
            await asyncio.sleep(0.1)


@pytest.mark.browser
async def test_the_camera_bot_shows_a_picture_and_answers(stack: Stack, browser: Browser) -> None:
    """To a page that is there before it, and to one that comes later."""
    room = new_room()
    ann = await open_page(browser, f"{stack.page}?room={room}&name=Ann")
    async with example("camera-bot", room, "--backend", stack.api) as bot:
        await line(bot, "as Camera")
        await expect_moving_picture(ann)
        ben = await open_page(browser, f"{stack.page}?room={room}&name=Ben")
        await expect_moving_picture(ben)
        await ben.get_by_test_id("chat-input").fill("How many are here?")
        await ben.get_by_test_id("chat-input").press("Enter")
        for page in (ann, ben):
            await expect(page.get_by_test_id("chat-log")).to_contain_text("3 with me.")
        assert await interrupted(bot) == (130, "")
    await expect(ann.get_by_test_id("call-video")).to_have_count(0)


def write_film(path: Path) -> None:
    """One second, red at its beginning and green then."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(10):
            frame = av.VideoFrame(64, 64, "rgb24")
            frame.planes[0].update(bytes(RED if number < 3 else GREEN) * 64 * 64)
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))


@pytest.mark.long
async def test_the_camera_bot_shows_a_film_again_and_again(stack: Stack, tmp_path: Path) -> None:
    """In its own time: three beginnings are two seconds apart."""
    room, film = new_room(), tmp_path / "film.mp4"
    write_film(film)
    async with heliograph.join(stack.api, room, name="Ann") as joined:
        person = Person(joined)
        arguments = (room, "--backend", stack.api, "--source", str(film))
        async with example("camera-bot", *arguments, "--name", "Film"):
            track = (await person.sees(TrackAdded)).track
            begun, was_red = list[float](), False
            async with asyncio.timeout(20):
                while len(begun) < 3:
                    frame = await track.recv()
                    image = frame.to_ndarray(format="rgb24")[32, 32]
                    is_red = int(image.argmax()) == 0
                    if is_red and not was_red:
                        begun.append(time.monotonic())
                    was_red = is_red
            assert begun[2] - begun[0] > 1.8
            await joined.send_text("who is here", to=(await person.meets("Film")).id)
            answer = await person.sees(TextReceived)
            assert (answer.text, answer.broadcast) == ("Here: Film, Ann.", False)


@pytest.mark.long
async def test_the_camera_bot_says_nothing_to_what_is_no_question(stack: Stack) -> None:
    """Its own answers included: two of them in one room would talk for ever."""
    room = new_room()
    async with heliograph.join(stack.api, room, name="Ann") as joined:
        person = Person(joined)
        async with example("camera-bot", room, "--backend", stack.api):
            await person.meets("Camera")
            for text in ("Ask me: how many are here? who is here?", "2 with me.", "HELP!"):
                await joined.send_text(text)
            assert (await person.sees(TextReceived)).text.startswith("Ask me: ")
            await joined.send_text("how many are here")
            assert (await person.sees(TextReceived)).text == "2 with me."


async def send_from_page(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/x-thing", "buffer": content}
    await page.get_by_test_id("file-input").set_input_files(file)  # type: ignore[arg-type]


@pytest.mark.browser
async def test_the_file_drop_keeps_what_a_page_sends(
    stack: Stack, browser: Browser, tmp_path: Path
) -> None:
    """Two files of one name too. After a new start its link is the same, and so is its key."""
    contents = [os.urandom(BIG), os.urandom(BIG)]
    async with example("file-drop", str(tmp_path), "--backend", stack.api) as running:
        link = (await line(running, "Send files to ")).removeprefix("Send files to ")
        assert link.startswith(f"{stack.page}?room=drop-")
        page = await open_page(browser, link)
        for name, content in zip(("thing.bin", "thing (1).bin"), contents, strict=True):
            await send_from_page(page, "thing.bin", content)
            assert await line(running, str(tmp_path)) == str(tmp_path / name)
            assert digest((tmp_path / name).read_bytes()) == digest(content)
        key = (tmp_path / KEY).read_bytes()
        await send_from_page(page, KEY, b"a key of a stranger, of 32 letters")
        assert await line(running, str(tmp_path)) == str(tmp_path / f"{KEY} (1)")
        assert (tmp_path / KEY).read_bytes() == key
        assert await interrupted(running) == (130, "")
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    async with example("file-drop", str(tmp_path), "--backend", stack.api) as running:
        assert (await line(running, "Send files to ")).endswith(link)


@pytest.mark.long
async def test_a_path_that_leads_out_of_the_folder_stays_in_it(
    stack: Stack, tmp_path: Path
) -> None:
    folder, path = tmp_path / "drop", tmp_path / "mine"
    folder.mkdir()
    path.write_bytes(b"hello")
    async with example("file-drop", str(folder), "--backend", stack.api) as running:
        room = (await line(running, "Send files to ")).rpartition("=")[2]
        async with heliograph.join(stack.api, room, name="Mallory") as joined:
            await Person(joined).meets("File drop")
            (sent,) = await joined.send_file(path, name="../../out\x1b[2J.txt")
            await asyncio.wait_for(sent.wait(), WAIT_MS / 1_000)
            assert await line(running, "out") == str(folder / "out[2J.txt")
    assert (folder / "out[2J.txt").read_bytes() == b"hello"
    assert {each.name for each in tmp_path.iterdir()} == {"drop", "mine"}


@pytest.mark.long
async def test_one_file_that_cannot_be_kept_does_not_end_the_file_drop(
    stack: Stack, tmp_path: Path
) -> None:
    path = tmp_path / "mine"
    path.write_bytes(b"hello")
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "taken").write_bytes(b"a file, and no folder")
    async with example("file-drop", str(folder), "--backend", stack.api) as running:
        room = (await line(running, "Send files to ")).rpartition("=")[2]
        async with heliograph.join(stack.api, room, name="Ann") as joined:
            await Person(joined).meets("File drop")
            await joined.send_file(path, name="taken/mine")
            assert "cannot be written" in await line(running, "taken/mine: ")
            await joined.send_file(path, name="mine")
            assert await line(running, "mine") == str(folder / "mine")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("camera-bot", "tea", "--source", "/no/such/film"), "/no/such/film cannot be opened"),
        (("camera-bot", "tea", "--source", "SILENT"), "has no picture"),
        (("camera-bot", "two words"), "camera_bot: A room is 1 to 64"),
        (("camera-bot", "tea"), "camera_bot: The backend cannot be reached."),
        (("file-drop", "/no/such/folder"), "/no/such/folder"),
        (("file-drop", "FOLDER"), "file_drop: The backend cannot be reached."),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    silent = tmp_path / "silent.wav"
    with wave.open(str(silent), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    given = {"SILENT": str(silent), "FOLDER": str(tmp_path)}
    known = [given.get(each, each) for each in arguments]
    async with example(*known, "--backend", "http://127.0.0.1:9/api") as running:
        status, said = await end(running)
    assert status == 1 and words in said and said.count("\n") == 1
