"""The npm package of our client in Chromium: packed and installed elsewhere, and the examples."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from lab.stack import ROOT, Stack
from tests.e2e.browsers import is_thrown
from tests.e2e.conftest import WAIT_MS
from tests.e2e.room import until
from tests.folder_server import serving

pytestmark = pytest.mark.browser

README = (ROOT / "client/README.md").read_text()
EXAMPLES = ROOT / "examples"
API = "http://localhost:7071/api"  # what the README and the examples say
SDK = "node_modules/@heliograph/client/dist"
IMPORT_MAP = f"""<!doctype html><link rel="icon" href="data:," /><script type="importmap">
{{"imports": {{"@heliograph/client": "/{SDK}/index.js"}}}}</script>"""
FILE = {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"what Ann has written"}

type Open = Callable[[str], Page]


def run(*command: str, cwd: Path = ROOT, **environ: str) -> str:
    """What it says, in both streams. Fails if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which nothing but the package is installed, as it was built last."""
    packed, folder = tmp_path_factory.mktemp("packed"), tmp_path_factory.mktemp("app")
    run("npm", "pack", "--ignore-scripts", "--pack-destination", str(packed), cwd=ROOT / "client")
    (tarball,) = packed.iterdir()
    run("npm", "install", "--offline", str(tarball), cwd=folder)
    assert [entry.name for entry in (folder / "node_modules").iterdir() if entry.is_dir()] == [
        "@heliograph"
    ]
    return folder


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Opens an address as another person. Fails on errors that nobody has caught."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(address: str) -> Page:
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on(
            "pageerror",
            lambda error: faults.append(str(error)) if is_thrown(error, browser) else None,
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def block(language: str, word: str, stack: Stack, room: str) -> str:
    """The block of the README of the package that has this word, for this stack and room."""
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```", README)
    (text,) = [one for one in found if word in one]
    assert API in text and 'room: "tea"' in text
    return str(text.replace(API, stack.api).replace('room: "tea"', f'room: "{room}"'))


def test_the_ten_lines_of_the_readme_run_from_the_installed_package(
    stack: Stack, app: Path, visit: Open
) -> None:
    script = block("ts", "peer-joined", stack, f"ten-{token_hex(6)}")
    (app / "ten.html").write_text(IMPORT_MAP)
    said: list[str] = []
    with serving(app) as origin:
        ann, bob = visit(f"{origin}/ten.html"), visit(f"{origin}/ten.html")
        ann.on("console", lambda message: said.append(message.text))
        ann.add_script_tag(content=f"{script}\nwindow.joined = true;", type="module")
        ann.wait_for_function("() => window.joined")
        bob.add_script_tag(content=script, type="module")
        until(lambda: any("is here" in line for line in said), ann)
        until(lambda: any(" hello " in line for line in said), ann)


def test_who_was_invited_is_kicked_as_the_readme_does_it(
    stack: Stack, app: Path, visit: Open
) -> None:
    (script,) = [one for one in re.findall(r"(?ms)^```ts\n(.*?)^```", README) if "kick(" in one]
    assert script.count('"/api"') == 3
    (app / "kick.html").write_text(IMPORT_MAP)
    with serving(app) as origin:
        page = visit(f"{origin}/kick.html")
        heard = 'guest.on("closed", ({ code }) => { document.title = code; });'
        page.add_script_tag(
            content=script.replace('"/api"', f'"{stack.api}"') + heard, type="module"
        )
        expect(page).to_have_title("kicked", timeout=WAIT_MS)


def test_a_room_is_created_by_node(stack: Stack, app: Path) -> None:
    script = f"""import {{ createRoom }} from "@heliograph/client";
    const made = await createRoom({{ backends: "{stack.api}", capacity: 3, inviteOnly: true }});
    console.log(made.room.length, made.capacity, made.inviteOnly);"""
    said = run("node", "--input-type=module", "--eval", script, cwd=app)
    assert said.split() == ["23", "3", "true"]


def test_the_script_tag_of_the_readme_connects_two_pages(
    stack: Stack, app: Path, visit: Open
) -> None:
    html = block("html", "<script", stack, f"tag-{token_hex(6)}")
    assert f'src="{SDK}/heliograph.min.js"' in html
    (app / "index.html").write_text(f'{html}<link rel="icon" href="data:," />')
    with serving(app) as origin:
        pages = [visit(origin) for _ in range(2)]
        for page in pages:
            expect(page.locator("#log")).to_contain_text(": hello", timeout=WAIT_MS)


def test_the_plain_example_passes_texts_and_a_file(
    stack: Stack, app: Path, visit: Open, tmp_path: Path
) -> None:
    html = (EXAMPLES / "plain/index.html").read_text()
    built = "../../client/dist/heliograph.min.js"
    assert html.count(built) == 1 and (EXAMPLES / "plain" / built).resolve().is_file()
    (app / "plain.html").write_text(html.replace(built, f"{SDK}/heliograph.min.js"))
    with serving(app) as origin:
        ann, bob = (visit(f"{origin}/plain.html?backend={stack.api}") for _ in range(2))
        meet(ann, bob)
        expect(ann.locator("#people")).to_have_text("Bob (direct)", timeout=WAIT_MS)
        expect(bob.locator("#people")).to_have_text("Ann (direct)", timeout=WAIT_MS)
        say_and_send(ann, bob, ann.locator("#log"), bob.locator("#log"))
        bob.get_by_role("button", name="Leave").click()
        expect(bob.get_by_role("status")).to_have_text(re.compile("^left: "))
        expect(ann.locator("#people")).to_have_text("nobody else")


def test_the_plain_example_says_why_nobody_is_let_in(stack: Stack, app: Path, visit: Open) -> None:
    with serving(EXAMPLES.parent) as origin:  # as examples/README.md says
        page = visit(f"{origin}/examples/plain/?backend={stack.api}")
        enter(page, "Ann", "no room")
        expect(page.get_by_role("status")).to_have_text(re.compile("^invalid_room: "))


@pytest.fixture(scope="module")
def react_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with React, built."""
    folder = tmp_path_factory.mktemp("react")
    vite = str(ROOT / "node_modules/.bin/vite")
    options = ("--outDir", str(folder), "--emptyOutDir", "--logLevel", "warn")
    warnings = run(vite, "build", str(EXAMPLES / "react"), *options)
    assert warnings == ""
    return folder


def test_the_react_example_passes_texts_and_a_file(
    stack: Stack, react_example: Path, visit: Open
) -> None:
    with serving(react_example) as origin:
        ann, bob = (visit(f"{origin}/?backend={stack.api}") for _ in range(2))
        meet(ann, bob)
        people = ann.get_by_role("list", name="People")
        expect(people).to_have_text("Bob (connected, direct)", timeout=WAIT_MS)
        expect(bob.get_by_role("list", name="People")).to_have_text("Ann (connected, direct)")
        say_and_send(
            ann,
            bob,
            ann.get_by_role("list", name="Messages"),
            bob.get_by_role("list", name="Messages"),
        )
        expect(ann.get_by_role("list", name="Files")).to_contain_text("done, 20 of 20 bytes")
        bob.get_by_role("button", name="Leave").click()
        expect(bob.get_by_role("status")).to_have_text("idle")
        expect(people).to_have_text("")


def test_the_react_example_says_what_has_failed(
    stack: Stack, react_example: Path, visit: Open
) -> None:
    with serving(react_example) as origin:
        page = visit(f"{origin}/?backend={stack.api}")
        enter(page, "Ann", "no room")
        expect(page.get_by_role("alert")).to_contain_text("invalid_room: ")
        page.get_by_role("button", name="Leave").click()
        enter(page, "Ann", f"react-{token_hex(6)}")
        expect(page.get_by_role("status")).to_have_text("connected", timeout=WAIT_MS)
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("button", name="Start camera").click()  # this browser has none
        expect(page.get_by_role("alert")).not_to_be_empty()


def enter(page: Page, name: str, room: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Room").fill(room)
    page.get_by_role("button", name="Join").click()


def meet(ann: Page, bob: Page) -> None:
    room = f"example-{token_hex(6)}"
    enter(ann, "Ann", room)
    expect(ann.get_by_role("status")).to_have_text("connected", timeout=WAIT_MS)
    enter(bob, "Bob", room)
    expect(bob.get_by_role("status")).to_have_text("connected", timeout=WAIT_MS)


def say_and_send(ann: Page, bob: Page, of_ann: Locator, of_bob: Locator) -> None:
    """A text with marks of HTML, which stays text, and a file that is saved as it was."""
    ann.get_by_label("Text").fill("hello, <b>Bob</b>")
    ann.get_by_role("button", name="Send", exact=True).click()
    expect(of_bob).to_contain_text("Ann: hello, <b>Bob</b>")
    expect(of_ann).to_contain_text("(delivered)")
    ann.get_by_label("Send files").set_input_files([FILE])
    bob.get_by_role("button", name="Accept").click()
    link = bob.get_by_role("link", name=re.compile("^Save"))
    with bob.expect_download() as saved:
        link.click()
    assert saved.value.suggested_filename == FILE["name"]
    assert saved.value.path().read_bytes() == FILE["buffer"]
