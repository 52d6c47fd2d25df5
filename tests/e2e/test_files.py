"""Files from page to page."""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.room import WAIT_MS, expect_direct

pytestmark = pytest.mark.browser
Window = Callable[..., Page]
MB = 1_048_576
LONG_MS = 60_000


@pytest.fixture
def together(window: Window) -> Callable[..., list[Page]]:
    """People who see one another in a new room."""

    def meet(*names: str) -> list[Page]:
        room = f"files-{token_hex(6)}"
        pages = [window(f"/?room={room}&name={name}") for name in names]
        for page, me in zip(pages, names, strict=True):
            for name in names:
                if name != me:
                    expect_direct(page, name)
        return pages

    return meet


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(os.urandom(48 * MB))
    return path


def small(name: str, content: bytes = b"hello") -> dict[str, object]:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


def send(page: Page, files: object) -> None:
    page.get_by_test_id("file-input").set_input_files(files)  # type: ignore[arg-type]


def transfer(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="transfer"][data-name="{name}"]')


def expect_state(page: Page, name: str, state: str, within: int = WAIT_MS) -> None:
    expect(transfer(page, name)).to_have_attribute("data-state", state, timeout=within)


def received(page: Page, name: str, within: int = WAIT_MS) -> tuple[str, bytes]:
    """What lies in the downloads after the file was accepted: its name and its content."""
    with page.expect_download(timeout=within) as download:
        transfer(page, name).get_by_test_id("transfer-accept").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_needs_one_click_of_the_receiver(together: Callable[..., list[Page]]) -> None:
    ann, bob = together("Ann", "Bob")
    send(ann, small("note.txt", b"from Ann"))
    expect(transfer(ann, "note.txt")).to_have_attribute("data-direction", "up")
    expect(transfer(bob, "note.txt")).to_contain_text("From Ann")
    assert received(bob, "note.txt") == ("note.txt", b"from Ann")
    for page in (ann, bob):
        expect_state(page, "note.txt", "done")
        expect(transfer(page, "note.txt")).to_have_attribute("data-progress", "1.000")


def test_files_wait_for_whoever_comes(window: Window) -> None:
    room = f"files-{token_hex(6)}"
    ann = window(f"/?room={room}&name=Ann")
    send(ann, [small("a.txt"), small("b.txt")])
    expect(ann.get_by_test_id("room")).to_contain_text("2 files wait")
    bob = window(f"/?room={room}&name=Bob")
    for name in ("a.txt", "b.txt"):
        assert received(bob, name)[1] == b"hello"
        expect_state(ann, name, "done")


def test_somebody_with_the_link_gets_it_with_two_clicks(window: Window) -> None:
    ann = window("/")
    start = time.monotonic()
    send(ann, small("a.txt"))  # on the start screen: click, and choose
    expect(ann.get_by_test_id("room")).to_contain_text("1 file waits")
    link = ann.get_by_test_id("invite-link").input_value()
    bob = window("/")
    bob.goto(link)
    bob.get_by_test_id("join").click()
    assert received(bob, "a.txt")[1] == b"hello"
    print(
        f"start page to received file, of people who need no time: {time.monotonic() - start:.1f} s"
    )
    expect_state(ann, "a.txt", "done")
    ann.get_by_test_id("leave").click()
    send(ann, small("b.txt"))  # and what was sent once is not sent again
    expect(ann.get_by_test_id("room")).to_contain_text("1 file waits")


@pytest.mark.parametrize("everyone", [False, True], ids=["one", "everyone"])
def test_where_several_are_here_the_page_asks_for_whom(
    together: Callable[..., list[Page]], everyone: bool
) -> None:
    ann, bob, cleo = together("Ann", "Bob", "Cleo")
    send(ann, small("a.txt"))
    choices = ann.get_by_test_id("choice")
    assert sorted(choices.all_inner_texts()) == ["Bob", "Cleo", "Everyone"]
    choices.filter(has_text="Everyone" if everyone else "Cleo").click()
    assert received(cleo, "a.txt")[1] == b"hello"
    if everyone:
        assert received(bob, "a.txt")[1] == b"hello"
    else:
        expect(transfer(bob, "a.txt")).to_have_count(0)


def test_either_side_can_say_no(together: Callable[..., list[Page]], big: Path) -> None:
    ann, bob = together("Ann", "Bob")
    send(ann, small("no.txt"))
    transfer(bob, "no.txt").get_by_test_id("transfer-decline").click()
    for page in (ann, bob):
        expect_state(page, "no.txt", "declined")
    send(ann, big)
    transfer(bob, big.name).get_by_test_id("transfer-accept").click()
    transfer(ann, big.name).get_by_test_id("transfer-pause").click()
    for page in (ann, bob):
        expect_state(page, big.name, "paused")
    transfer(bob, big.name).get_by_test_id("transfer-cancel").click()
    for page in (ann, bob):
        expect_state(page, big.name, "cancelled")


def test_a_reload_of_the_receiver_loses_nothing(
    together: Callable[..., list[Page]], big: Path
) -> None:
    ann, bob = together("Ann", "Bob")
    send(ann, big)
    transfer(bob, big.name).get_by_test_id("transfer-accept").click()
    hold_after(bob, big.name, 0.3)
    bob.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    bob.reload()
    expect_direct(bob, "Ann", LONG_MS)
    with bob.expect_download(timeout=LONG_MS) as download:
        expect(transfer(bob, big.name)).to_be_visible(timeout=WAIT_MS)
    assert digest(download.value.path().read_bytes()) == digest(big.read_bytes())
    expect_state(ann, big.name, "done", LONG_MS)


def hold_after(page: Page, name: str, progress: float) -> None:
    """Until so much of it is there."""
    page.wait_for_function(
        "([name, least]) => [...document.querySelectorAll('[data-testid=transfer]')].some((one) =>"
        " one.dataset.name === name && one.dataset.progress >= least)",
        arg=[name, progress],
        timeout=LONG_MS,
    )


def test_names_of_strangers_do_no_harm(together: Callable[..., list[Page]]) -> None:
    ann, bob = together("Ann", "Bob")
    names: Sequence[str] = ["<img src=x onerror=alert(1)>.txt", "photo\u202egpj.exe"]
    for name in names:
        ann.evaluate(
            "(name) => window.heliograph.room.sendFile(new Blob(['x']), { path: name })",
            f"../../{name}",
        )
    expect(bob.get_by_test_id("transfer")).to_have_count(2)
    shown = [each.get_attribute("data-name") for each in bob.get_by_test_id("transfer").all()]
    assert sorted(map(str, shown)) == ["_img src=x onerror=alert(1)_.txt", "photogpj.exe"]
    assert received(bob, "photogpj.exe")[0] == "photogpj.exe"
    assert bob.locator("img").count() == 0


def test_whoever_leaves_a_file_under_way_is_asked(
    together: Callable[..., list[Page]], browser: Browser, big: Path
) -> None:
    ann, bob = together("Ann", "Bob")
    asked: list[str] = []
    bob.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    send(ann, big)
    transfer(bob, big.name).get_by_test_id("transfer-accept").click()
    hold_after(bob, big.name, 0.01)
    transfer(bob, big.name).get_by_test_id("transfer-pause").click()
    bob.close(run_before_unload=True)
    ann.wait_for_timeout(1000)
    assert asked == ["beforeunload"]
