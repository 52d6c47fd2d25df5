"""Snippets of the documents, as they stand there, on a page of another origin than the stack."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from lab.stack import Stack
from tests.e2e.conftest import WAIT_MS
from tests.e2e.room import until
from tests.folder_server import serving_by

ROOT = Path(__file__).parents[2]
FILES = {
    "client": ROOT / "client/dist",
    "signalr": ROOT / "node_modules/@microsoft/signalr/dist/esm",
}
IMPORTS = {
    "imports": {"@heliograph/client": "/client/index.js", "@microsoft/signalr": "/signalr/index.js"}
}
HTML = f'<!doctype html><script type="importmap">{json.dumps(IMPORTS)}</script>'


class Site(BaseHTTPRequestHandler):
    """Serves the modules as a bundler would name them."""

    def do_GET(self) -> None:  # noqa: N802
        """The page, or a module."""
        folder, _, name = self.path.lstrip("/").partition("/")
        kind, body = "text/html", HTML.encode()
        if folder in FILES:
            file = FILES[folder] / (name if name.endswith(".js") else f"{name}.js")
            kind, body = "text/javascript", file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def site() -> Iterator[str]:
    """The origin of a page that is not the stack's."""
    with serving_by(Site) as origin:
        yield origin


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[[], Page]]:
    contexts: list[BrowserContext] = []

    def opened() -> Page:
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(site)
        return page

    yield opened
    for context in contexts:
        context.close()


def snippet(stack: Stack, document: str, word: str) -> str:
    """The block of the document with this word, at this stack."""
    blocks = re.findall(r"```[tj]s\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
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
    until(lambda: any(word in line for line in said), page)


def test_the_snippet_of_our_client_runs_on_a_page_of_another_origin(
    stack: Stack, open_page: Callable[[], Page]
) -> None:
    script = snippet(stack, "README.md", "@heliograph/client").replace(
        'room: "tea"', 'room: "other-origin"'
    )
    first, second = open_page(), open_page()
    said = run(first, script)
    first.wait_for_timeout(500)
    run(second, script)
    wait_for(first, said, "is here")
    wait_for(first, said, " hello ")  # behind the name, which may come later


def test_the_snippet_of_a_plain_signalr_client_runs_on_a_page_of_another_origin(
    stack: Stack, open_page: Callable[[], Page]
) -> None:
    script = snippet(stack, "docs/protocol.md", "HubConnectionBuilder").replace(
        "room=r", "room=plain-origin"
    )
    first, second = open_page(), open_page()
    wait_for(first, run(first, script), "WebSocket connected")
    first.wait_for_timeout(1_000)  # until the service has it in the room's group: nothing says so
    said = run(second, script)
    wait_for(second, said, "kind: text")
