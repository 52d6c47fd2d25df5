"""A walk through all that the page shows: whoever walks looks at every screen on the way."""

import re
from collections.abc import Callable, Iterator

from playwright.sync_api import Page, Route, expect

from tests.e2e.room import expect_direct, expect_error, expect_heard, say
from tests.e2e.test_stats_page import Backend, answer, nobody

type Step = tuple[str, Page]
type Visit = Callable[[str], Page]

# Names and texts of people, which no language of the page has.
HOST = "Änne"
GUEST = "שרה!"
THIRD = "Bodo <b>x</b>"
TEXT = "Grüß Gott, https://beispiel.example/a"


def walk(visit: Visit) -> Iterator[Step]:
    """`visit` opens a path as another person. Each step is a name of what is seen, and its page."""
    yield from at_the_start(visit)
    host = visit("/")
    yield from alone(host)
    guest = visit("/")
    yield from together(host, guest)
    third = visit("/")
    yield from three(host, third)
    yield from locked(host, visit("/"))
    yield from removed(host, guest)
    yield from unavailable(visit("/"))
    yield from statistics(visit)


def at_the_start(visit: Visit) -> Iterator[Step]:
    page = visit("/")
    expect(page.get_by_test_id("join")).to_be_visible()
    yield "start", page
    page.locator("summary").click()
    yield "options", page
    page.get_by_test_id("join").click()
    expect_error(page, "room_missing")
    yield "form", page
    page.goto(page.url.split("#")[0] + "#~cut")
    expect(page.get_by_test_id("room-input")).to_have_value("~cut")
    page.get_by_test_id("name-input").fill(HOST)
    page.get_by_test_id("join").click()
    expect_error(page, "link_cut")
    yield "cut", page


def side(page: Page, shown: bool) -> None:
    """On a narrow screen a button switches between the chat and the side."""
    button = page.get_by_test_id("people")
    if button.is_visible() and (button.get_attribute("aria-expanded") == "true") != shown:
        button.click()


def alone(host: Page) -> Iterator[Step]:
    host.get_by_test_id("name-input").fill(HOST)
    host.get_by_test_id("new-room").click()
    expect(host.get_by_test_id("alone")).to_be_visible()
    expect(host.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    host.get_by_test_id("chat-input").fill(TEXT)
    host.get_by_test_id("chat-input").press("Enter")
    yield "alone", host
    send(host, "warten.txt")
    yield "waiting file", host
    side(host, True)
    for summary in host.locator(".side summary").all():
        summary.click()
    expect(host.locator(".qr path")).to_have_attribute("d", re.compile("M"))
    yield "side", host
    side(host, False)


def together(host: Page, guest: Page) -> Iterator[Step]:
    join(host, guest, GUEST)
    expect_direct(host, GUEST)
    expect_direct(guest, HOST)
    yield "two people", host
    say(guest, TEXT)
    expect_heard(host, "beispiel")
    expect(host.locator(".bubble a")).to_have_attribute("href", "https://beispiel.example/a")
    for name in ("annehmen.txt", "דוח.pdf"):
        send(guest, name)
        expect(transfer(host, name)).to_have_attribute("data-state", "offered")
    yield "offered", host
    yield "offering", guest
    transfer(host, "annehmen.txt").get_by_test_id("transfer-accept").click()
    transfer(host, "דוח.pdf").get_by_test_id("transfer-decline").click()
    expect(transfer(guest, "annehmen.txt")).to_have_attribute("data-state", "done")
    expect(transfer(guest, "דוח.pdf")).to_have_attribute("data-state", "declined")
    yield "received", host
    yield "delivered", guest
    side(guest, True)
    yield "guest's side", guest
    side(guest, False)
    guest.get_by_test_id("call-start").click()  # this browser has no microphone, or refuses it
    expect(guest.get_by_test_id("error")).to_be_visible()
    yield "no call", guest
    guest.get_by_test_id("error").get_by_role("button").click()


def three(host: Page, third: Page) -> Iterator[Step]:
    join(host, third, THIRD)
    expect_direct(host, THIRD)
    send(host, "wem.txt")
    expect(host.get_by_test_id("choose")).to_be_visible()
    yield "choosing", host
    host.get_by_test_id("choose").locator("button").last.click()
    third.get_by_test_id("leave").click()
    expect(third.get_by_test_id("join")).to_be_visible()
    expect(host.get_by_test_id("peer")).to_have_count(1)
    yield "gone", host


def locked(host: Page, late: Page) -> Iterator[Step]:
    host.get_by_test_id("lock").click()
    expect(host.get_by_test_id("locked")).to_be_visible()
    yield "locked", host
    join(host, late, "Carla")
    expect_error(late, "room_locked")
    yield "refused", late


def removed(host: Page, guest: Page) -> Iterator[Step]:
    side(host, True)
    host.get_by_test_id("kick").click()
    expect_error(guest, "kicked")
    yield "kicked", guest
    side(host, False)
    expect(host.get_by_test_id("peer")).to_have_count(0)
    expect(host.get_by_test_id("alone")).to_be_visible()
    yield "alone again", host


def unavailable(page: Page) -> Iterator[Step]:
    def refuse(route: Route) -> None:
        body = {"error": {"code": "unavailable", "message": "Away.", "retryAfter": 30}}
        route.fulfill(status=503, json=body)

    page.route("**/api/negotiate", refuse)
    page.get_by_test_id("name-input").fill(HOST)
    page.get_by_test_id("room-input").fill("weg")
    page.get_by_test_id("join").click()
    expect_error(page, "unavailable")
    yield "waiting", page


def statistics(visit: Visit) -> Iterator[Step]:
    for name, backend in (
        ("statistics", Backend(lambda days: answer(days, demo=True))),
        ("no statistics", Backend(nobody)),
        ("statistics away", Backend(None)),
    ):
        page = visit("/favicon.svg")
        page.route("**/api/stats?*", backend.handle)
        page.goto(page.url.replace("favicon.svg", "stats/"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        for plot in page.locator(".plot").all():
            if plot.is_visible():
                plot.scroll_into_view_if_needed()
                plot.locator("summary").click()
        yield name, page


def join(host: Page, page: Page, name: str) -> None:
    link = host.get_by_test_id("invite-link").input_value()
    page.goto(link)
    page.get_by_test_id("name-input").fill(name)
    page.get_by_test_id("join").click()


def send(page: Page, name: str) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": b"hello"}
    page.get_by_test_id("file-input").set_input_files(file)  # type: ignore[arg-type]


def transfer(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'[data-testid="transfer"][data-name="{name}"]')
