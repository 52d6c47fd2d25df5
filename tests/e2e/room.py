"""What a person does and sees in the room page."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, Response, expect

from tests.visitor import user_id_of

WAIT_MS = 15_000
STEP_MS = 50


def until(happened: Callable[[], object], page: Page, within: int = WAIT_MS) -> None:
    """For what the handlers of a page's events and routes do: they run while Playwright waits."""
    for _ in range(within // STEP_MS):
        if happened():
            return
        page.wait_for_timeout(STEP_MS)
    raise AssertionError("it did not happen")  # what was seen may hold a token


def users_of(page: Page) -> list[str]:
    """The SignalR user ids of the peers in this page; grows with each one that is admitted."""
    users: list[str] = []

    def note(response: Response) -> None:
        if response.url.endswith("/api/negotiate") and response.ok:
            user = user_id_of(response.json())
            if user not in users:
                users.append(user)

    page.on("response", note)
    return users


def peer(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="peer"][data-name="{name}"]')


def expect_direct(page: Page, name: str, within: int = WAIT_MS) -> None:
    expect(peer(page, name)).to_have_attribute("data-state", "connected", timeout=within)
    expect(peer(page, name)).to_have_attribute("data-path", "direct", timeout=within)


def expect_relayed(page: Page, name: str, within: int = 30_000) -> None:
    expect(peer(page, name)).to_have_attribute("data-state", "connected", timeout=within)
    expect(peer(page, name)).to_have_attribute("data-path", "relayed", timeout=within)


def say(page: Page, text: str) -> None:
    page.get_by_test_id("chat-input").fill(text)
    page.get_by_test_id("chat-input").press("Enter")


def expect_heard(page: Page, text: str) -> None:
    expect(page.get_by_test_id("chat-log")).to_contain_text(text, timeout=WAIT_MS)


def expect_error(page: Page, code: str) -> None:
    expect(page.get_by_test_id("error")).to_have_attribute("data-code", code, timeout=WAIT_MS)
