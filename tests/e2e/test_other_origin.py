"""The snippets of the README, as they stand there, on a page of another origin than the stack."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from lab.stack import Stack
from tests.e2e.conftest import WAIT_MS

ROOT = Path(__file__).parents[2]
ORIGIN = "http://localhost:5199"  # nobody listens: Playwright answers, and the browser cannot tell
FILES = {
    "client": ROOT / "client/dist",
    "signalr": ROOT / "node_modules/@microsoft/signalr/dist/esm",
}
IMPORTS = {
    "imports": {"@heliograph/client": "/client/index.js", "@microsoft/signalr": "/signalr/index.js"}
}
HTML = f'<!doctype html><script type="importmap">{json.dumps(IMPORTS)}</script>'


def answer(route: Route) -> None:
    """A site that serves the modules as a bundler would name them."""
    path = route.request.url.removeprefix(ORIGIN).lstrip("/")
    folder, _, name = path.partition("/")
    if folder not in FILES:
        return route.fulfill(body=HTML, content_type="text/html")
    file = FILES[folder] / (name if name.endswith(".js") else f"{name}.js")
    return route.fulfill(body=file.read_bytes(), content_type="text/javascript")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    contexts: list[BrowserContext] = []

    def opened() -> Page:
        context = browser.new_context()
        contexts.append(context)
        context.route(f"{ORIGIN}/**", answer)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(ORIGIN)
        return page

    yield opened
    for context in contexts:
        context.close()


def snippet(stack: Stack, word: str) -> str:
    """The block of the README with this word, at this stack."""
    blocks = re.findall(r"```[tj]s\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    for url in ("https://your-app.azurewebsites.net/api", "http://localhost:7071/api"):
        found = found.replace(url, stack.api)
    assert stack.api in found
    return found


def run(page: Page, script: str) -> list[str]:
    """What the script writes on the console, and goes on writing."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.add_script_tag(content=script, type="module")
    return said


def wait_for(page: Page, said: list[str], word: str) -> None:
    for _ in range(WAIT_MS // 100):
        if any(word in line for line in said):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{word!r} was not written: {said}")


def test_the_snippet_of_our_client_runs_on_a_page_of_another_origin(
    stack: Stack, open_page: Callable[[], Page]
) -> None:
    script = snippet(stack, "@heliograph/client").replace('room: "tea"', 'room: "other-origin"')
    first, second = open_page(), open_page()
    said = run(first, script)
    first.wait_for_timeout(500)
    run(second, script)
    wait_for(first, said, "is here")
    wait_for(first, said, "Ann hello")


def test_the_snippet_of_a_plain_signalr_client_runs_on_a_page_of_another_origin(
    stack: Stack, open_page: Callable[[], Page]
) -> None:
    script = snippet(stack, "HubConnectionBuilder").replace("room=r", "room=plain-origin")
    first, second = open_page(), open_page()
    run(first, script)
    first.wait_for_timeout(1_000)
    said = run(second, script)
    wait_for(second, said, "kind: text")
