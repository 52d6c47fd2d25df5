"""Relays late, by a real coturn: only where there is no direct path."""

import asyncio
import json
from collections.abc import Iterator

import aioice.ice
import heliograph
import pytest

from lab.chromium import chromium
from lab.stack import Stack
from tests.pyclient.people import Person, together
from tests.turn.coturn import Coturn
from tests.visitor import new_room

SECRET = "a secret of the relay"
# As in a network that lets nothing but TCP out: a relay over TCP is the only way.
BLOCKED = "--webrtc-ip-handling-policy=disable_non_proxied_udp"


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A local stack that mints for a coturn."""
    with Coturn(SECRET, extra=["--allow-loopback-peers"]) as relay:
        urls = [f"turn:{relay.host}:{relay.port}?transport={way}" for way in ("udp", "tcp")]
        provider = {"kind": "coturn", "urls": urls, "secret": "TURN_SECRET", "pricePerGB": 0.05}
        log = tmp_path_factory.mktemp("turned") / "log"
        with Stack(log, TURN_PROVIDERS=json.dumps([provider]), TURN_SECRET=SECRET) as running:
            yield running


async def test_who_has_a_direct_path_gets_no_relay(turned: Stack) -> None:
    async with together(turned.api, "Ann", "Bob") as (ann, bob):
        assert {ann.connected()["Bob"].path, bob.connected()["Ann"].path} == {"direct"}
        for person in (ann, bob):
            (peer,) = person.room._members.peers.values()
            assert peer.link.grant is None


async def test_who_has_none_gets_one_late(turned: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither side has an address of its own: both need a relay."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    async with together(turned.api, "Ann", "Bob") as (ann, bob):
        assert {ann.connected()["Bob"].path, bob.connected()["Ann"].path} == {"relayed"}
        sent = await ann.room.send_text("by the relay")
        assert sent.via == "p2p"
        assert await asyncio.wait_for(sent.delivered(), 10) == (bob.room.self_id,)


@pytest.mark.browser
async def test_a_page_without_udp_is_reached_by_its_relay(turned: Stack) -> None:
    room = new_room()
    async with heliograph.join(turned.api, room, name="Bob") as joined:
        person = Person(joined)
        async with chromium(BLOCKED, whole=True) as browser:
            page = await browser.new_page()
            await page.goto(f"{turned.page}?room={room}&name=Ann")
            peer = await person.meets("Ann")
            assert peer.path == "relayed"
            assert (await joined.send_text("hello")).via == "p2p"
