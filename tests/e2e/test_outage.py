"""Every TURN provider down at once: people still meet, and health says what is wrong."""

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from lab.outage import providers_down
from lab.stack import Stack
from tests.e2e.room import expect_direct, expect_heard, say

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def relayless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    log = tmp_path_factory.mktemp("relayless") / "log"
    with providers_down() as settings, Stack(log, **settings) as running:
        yield running


def ask(stack: Stack) -> dict[str, Any]:
    room = httpx.post(f"{stack.api}/rooms", json={}).json()["room"]
    token = httpx.post(f"{stack.api}/negotiate", json={"room": room}).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{stack.api}/turn", json={}, headers=bearer, timeout=10)
    assert answer.status_code == 200
    return dict(answer.json())


def test_people_meet_directly_while_every_provider_is_down(
    relayless: Stack, browser: Browser
) -> None:
    for _ in range(3):  # the first calls find out, the others are told at once
        said = ask(relayless)
        assert (said["granted"], said["degraded"]) == (False, True)
    health = httpx.get(f"{relayless.api}/health")
    assert health.status_code == 200  # people can come in
    assert (health.json()["status"], health.json()["checks"]["turn"]) == ("degraded", "down")
    assert {p["name"] for p in health.json()["providers"] if p["state"] != "ok"} == {
        "cloudflare",
        "metered",
        "twilio",
        "coturn",
    }
    room = f"outage-{token_hex(6)}"
    context = browser.new_context()
    ann, bob = context.new_page(), context.new_page()
    ann.goto(f"{relayless.page}?room={room}&name=Ann")
    bob.goto(f"{relayless.page}?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    say(bob, "no relay needed")
    expect_heard(ann, "no relay needed")
    context.close()
