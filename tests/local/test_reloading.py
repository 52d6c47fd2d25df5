"""`python -m local --reload`: what changed is served, what is broken is told and not served."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from local.static import Page
from tests.local.stack import ROOT, Stack, client, refused, running, write_app

EXAMPLE = Path(__file__).with_name("example_app.py").read_text()
GREET = """
from words.greeting import WORDS

@app.route(route="greet")
async def greet(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(WORDS)
"""
HTML = '<!doctype html><title>page</title><script type="module" src="/src/main.ts"></script>'
VITE = 'import { defineConfig } from "vite";\nexport default defineConfig({ base: "./" });\n'
FILES = {
    ".funcignore": "/*\n!/function_app.py\n!/words\n",
    "words/greeting.py": 'WORDS = "hello"\n',
    "web/index.html": HTML,
    "web/vite.config.ts": VITE,
    "web/src/main.ts": 'console.log("first page" as string);\n',
    "web/dist/index.html": "<title>built before</title>",
}
WAIT = 60.0  # seconds; reached only by a failing test


@asynccontextmanager
async def reloading(folder: Path) -> AsyncIterator[Stack]:
    app = write_app(folder, EXAMPLE + GREET, FILES)
    (app / "node_modules").symlink_to(ROOT / "node_modules")
    with running(app, "--reload") as stack:
        yield stack


async def said(stack: Stack, words: str) -> str:
    """All that it says up to the line that holds these words."""
    assert stack.process.stdout is not None
    text = ""
    async with asyncio.timeout(WAIT):
        while words not in text:
            line = await asyncio.to_thread(stack.process.stdout.readline)
            assert line, text
            text += line
    return text


async def gone(pid: int) -> None:
    """The process ends."""
    async with asyncio.timeout(WAIT):
        while Path(f"/proc/{pid}/cwd").exists():
            await asyncio.sleep(0.05)


def greeting(stack: Stack) -> str:
    return httpx.get(f"{stack.http}/api/greet").text


async def test_a_changed_handler_is_served_and_a_broken_one_is_told(tmp_path: Path) -> None:
    async with reloading(tmp_path) as stack, client(stack, "red.anna") as anna:
        await anna.receive()
        first = (await anna.invoke("instance")).result
        assert greeting(stack) == "hello"

        (tmp_path / "words" / "greeting.py").write_text('# changed\nWORDS = "good evening"\n')
        assert "words/greeting.py changed: reloaded in " in await said(stack, "reloaded")
        assert greeting(stack) == "good evening"
        second = (await anna.invoke("instance")).result  # by the socket that she had before
        assert second != first
        await gone(first)

        (tmp_path / "words" / "greeting.py").write_text("\n\nWORDS = (\n")
        told = await said(stack, "not reloaded")
        assert "SyntaxError: '(' was never closed" in told and "greeting.py, line 3" in told
        assert told.endswith(
            "words/greeting.py changed: not reloaded; the last good version goes on serving.\n"
        )
        assert greeting(stack) == "good evening"
        assert (await anna.invoke("instance")).result == second

        (tmp_path / "words" / "greeting.py").write_text('WORDS = {}["nobody"]\n')
        told = await said(stack, "not reloaded")
        assert "KeyError" in told and "greeting.py, line 1" in told
        assert greeting(stack) == "good evening"
        assert stack.stop()[0] == 0


async def test_the_page_is_built_again_and_a_broken_one_is_told(tmp_path: Path) -> None:
    async with reloading(tmp_path) as stack:
        assert httpx.get(stack.http).text == "<title>built before</title>"

        (tmp_path / "web" / "src" / "main.ts").write_text('console.log("second page" as string)')
        assert "web/src/main.ts changed: page built in " in await said(stack, "page built")
        page = httpx.get(stack.http).text
        assert "<title>page</title>" in page
        script = page.partition('src="./')[2].partition('"')[0]
        assert "second page" in httpx.get(f"{stack.http}/{script}").text

        (tmp_path / "web" / "src" / "main.ts").write_text('\nconst broken: = "third page";\n')
        told = await said(stack, "not built")
        assert "src/main.ts:2:15" in told and "the last good page stays" in told
        assert httpx.get(stack.http).text == page
        assert stack.stop()[0] == 0


@pytest.mark.long
async def test_an_app_that_ends_by_itself_is_told_of_and_the_next_change_starts_it(
    tmp_path: Path,
) -> None:
    async with reloading(tmp_path) as stack:
        os.kill(httpx.get(f"{stack.http}/api/instance").json(), 9)
        assert "(status -9)" in await said(stack, "The app has ended")
        assert httpx.get(f"{stack.http}/api/greet").status_code == 503
        (tmp_path / "words" / "greeting.py").write_text('WORDS = "here again"\n')
        await said(stack, "reloaded")
        assert greeting(stack) == "here again"


@pytest.mark.long
def test_an_app_that_does_not_load_at_first_is_refused(tmp_path: Path) -> None:
    text = refused(write_app(tmp_path, "import nowhere\n"), "--reload")
    assert "No module named 'nowhere'" in text and text.endswith("So nothing was started.")


def test_several_stamps_do_not_reload(tmp_path: Path) -> None:
    text = refused(write_app(tmp_path, EXAMPLE), "--reload", "--stamps", "2")
    assert text == "Several stamps do not reload: leave out --reload."


def test_a_few_builds_of_the_page_are_kept_for_windows_that_are_open(tmp_path: Path) -> None:
    names = [tmp_path / str(number) for number in range(7)]
    for name in names:
        name.mkdir()
    page = Page(names[0], {})
    gone = [old for name in names[1:] for old in page.put_first(name)]
    assert gone == names[1:3]
    assert page.all_directories == [*reversed(names[3:]), names[0]]
