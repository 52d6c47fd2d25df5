"""All sockets end at once, and the service takes few new ones a second: everyone comes back.

Real Chromium, and the emulator with the quotas of the Free tier: 20 new connections a second.
"""

import threading
from collections.abc import Iterator
from secrets import token_hex

import httpx
import pytest
from playwright.sync_api import Browser

from lab.stack import COMMAND, Stack
from tests.e2e.room import users_of

pytestmark = pytest.mark.browser
PEOPLE = 16
# So many others use the rate up, until so long after the sockets have ended. One alone is too
# slow for it on a busy machine.
CROWD, CROWD_SECONDS = 3, 3.0
CROWD_PAUSE_SECONDS = 0.03
# Each refusal doubles the window: 3 s of refusals are 0.5 + 1 + 2 s, and a little luck.
MOST_TRIES_EACH = 8

COUNT_TRIES = """
window.tries = 0;
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    window.tries += 1;
  }
};
"""
JOIN_ALL = """
async (rooms) => {
  const join = (room) => heliograph.join({ backends: "/api", room, name: "Ann" });
  window.joined = await Promise.all(rooms.map(join));
}
"""
ALL_CONNECTED = "() => window.joined.every((room) => room.state === 'connected')"


@pytest.fixture
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("free") / "log")
    stack.command = [*COMMAND, "--signalr-tier", "free"]
    with stack as running:
        yield running


def crowd(stack: Stack, done: threading.Event, refused: list[int]) -> None:
    """One of the others asks for connections, until it is told to end."""
    with httpx.Client(trust_env=False, timeout=10) as http:
        given = http.post(f"{stack.api}/negotiate", json={"room": "crowd"}).json()
        path = given["url"].replace("/client/", "/client/negotiate", 1)
        while not done.wait(CROWD_PAUSE_SECONDS):
            headers = {"Authorization": f"Bearer {given['accessToken']}"}
            answer = http.post(path, headers=headers)
            if answer.status_code == 429:
                refused.append(answer.status_code)


def test_everyone_comes_back_in_few_tries_while_the_service_refuses_most_of_them(
    free: Stack, browser: Browser
) -> None:
    page = browser.new_page()
    page.add_init_script(COUNT_TRIES)
    page.goto(free.page)
    page.wait_for_function("() => window.heliograph")
    users = users_of(page)
    rooms = [f"many-{token_hex(6)}" for _ in range(PEOPLE)]
    page.evaluate(JOIN_ALL, rooms)
    page.wait_for_function(ALL_CONNECTED)
    assert len(users) == PEOPLE
    page.evaluate("() => { window.tries = 0; }")
    done, refused = threading.Event(), list[int]()
    others = [threading.Thread(target=crowd, args=(free, done, refused)) for _ in range(CROWD)]
    for other in others:
        other.start()
    try:
        while not refused and any(other.is_alive() for other in others):
            page.wait_for_timeout(50)
        for user in users:
            free.close_user(user)
        page.wait_for_timeout(CROWD_SECONDS * 1_000)
    finally:
        done.set()
        for other in others:
            other.join()
    page.wait_for_function(ALL_CONNECTED, timeout=60_000)
    tries = page.evaluate("() => window.tries")
    page.close()
    assert refused
    print(f"{tries} tries of {PEOPLE} people, {len(refused)} calls of others refused")
    assert PEOPLE < tries <= PEOPLE * MOST_TRIES_EACH
