"""heliograph-dev from its wheel, in a new environment, as somebody without a clone has it."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from lab.chromium import chromium
from lab.process import environment
from tests.local.wheels import CLIENT, SERVER, build, fresh_environment, names_in, unpacked
from tests.visitor import new_room

pytestmark = pytest.mark.long
START_SECONDS = 60.0
WAIT_MS = 30_000
PROGRAMS = ("heliograph-dev", "heliograph dev")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("wheels")
    (server,) = build(SERVER, out / "server", "wheel")
    (client,) = build(CLIENT, out / "client", "wheel")
    return {"heliograph-dev": server, "heliograph": client}


@pytest.fixture(scope="module")
def commands(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each program, the folder of commands of an environment that has what it needs."""
    folder = tmp_path_factory.mktemp("environments")
    alone = fresh_environment(folder / "alone", [wheels["heliograph-dev"]], "heliograph-dev")
    both = fresh_environment(folder / "both", [*wheels.values()], "heliograph[dev]")
    return {"heliograph-dev": alone, "heliograph dev": both}


class Running:
    """A stack of the package: its process, and where its page is."""

    def __init__(self, process: asyncio.subprocess.Process, page: str) -> None:
        self.process = process
        self.page = page

    async def stop(self) -> int:
        """Ctrl-C: the status."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 10)


@asynccontextmanager
async def started(program: str, commands: Path, cwd: Path, data: Path) -> AsyncIterator[Running]:
    """The stack, ready, in an empty folder. It is killed if it still runs at the end."""
    name, *words = program.split()
    environ = environment({"XDG_DATA_HOME": str(data), "PORT": "0", "SIGNALR_PORT": "0"})
    environ = {key: value for key, value in environ.items() if key != "PYTHONPATH"}
    process = await asyncio.create_subprocess_exec(
        *(str(commands / name), *words), cwd=cwd, env=environ, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            while found := await process.stdout.readline():
                if page := re.search(rb"Page +(http://\S+)", found):
                    break
        assert page is not None
        yield Running(process, page[1].decode())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def window(page_url: str, room: str, name: str) -> AsyncIterator[Page]:
    """A browser of its own, in the room."""
    async with chromium() as browser:
        page = await browser.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(f"{page_url}?room={room}&name={name}")
        await page.wait_for_function("() => window.heliograph?.room?.state === 'connected'")
        yield page


async def meets(page: Page, name: str) -> None:
    peer = page.locator(f'[data-testid="peer"][data-name="{name}"]')
    await expect(peer).to_have_attribute("data-state", "connected", timeout=WAIT_MS)


async def say(page: Page, text: str) -> None:
    await page.get_by_test_id("chat-input").fill(text)
    await page.get_by_test_id("chat-input").press("Enter")


async def sees(page: Page, text: str) -> None:
    await expect(page.get_by_test_id("chat-log")).to_contain_text(text, timeout=WAIT_MS)


def processes_of(commands: Path) -> Iterator[str]:
    """Those that run out of an environment."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:  # it has just ended
            continue
        if any(word.startswith(f"{commands}/") for word in words):
            yield " ".join(words)


@pytest.mark.browser
@pytest.mark.parametrize("program", PROGRAMS)
async def test_two_windows_chat_and_nothing_is_left(
    program: str, commands: dict[str, Path], tmp_path: Path
) -> None:
    here, data, room = tmp_path / "empty", tmp_path / "data", new_room()
    here.mkdir()
    async with started(program, commands[program], here, data) as stack:
        async with (
            window(stack.page, room, "Ann") as ann,
            window(stack.page, room, "Bob") as bob,
        ):
            await meets(ann, "Bob")
            await say(ann, "hello, Bob")
            await sees(bob, "hello, Bob")
            await say(bob, "hello, Ann")
            await sees(ann, "hello, Ann")
        assert await stack.stop() == 0
    assert list(here.iterdir()) == []
    kept = {path.name for path in (data / "heliograph").iterdir()}
    assert kept == {"host-key", "signing-keys", "stats.sqlite"}
    assert list(processes_of(commands[program])) == []


@pytest.mark.browser
async def test_the_page_talks_with_the_command_line(
    commands: dict[str, Path], tmp_path: Path
) -> None:
    program, room = "heliograph dev", new_room()
    async with started(program, commands[program], tmp_path, tmp_path / "data") as stack:
        join = await asyncio.create_subprocess_exec(
            *(str(commands[program] / "heliograph"), "join", room, "--name", "Term"),
            env={**os.environ, "HELIOGRAPH_BACKEND": f"{stack.page}api", "PYTHONPATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert join.stdin is not None and join.stdout is not None
        async with window(stack.page, room, "Ann") as ann:
            await meets(ann, "Term")
            await say(ann, "hello, terminal")
            async with asyncio.timeout(WAIT_MS / 1000):
                while b"Ann: hello, terminal" not in await join.stdout.readline():
                    assert join.returncode is None
            join.stdin.write(b"hello, page\n/quit\n")
            await sees(ann, "hello, page")
            await asyncio.wait_for(join.communicate(), 30)
            assert join.returncode == 0
        assert await stack.stop() == 0


def test_a_wheel_that_is_built_of_the_sdist_holds_the_same(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    for name, project in (("heliograph-dev", SERVER), ("heliograph", CLIENT)):
        (sdist,) = build(project, tmp_path / name, "sdist")
        (again,) = build(unpacked(sdist, tmp_path), tmp_path / name, "wheel")
        assert names_in(again) == names_in(wheels[name])
