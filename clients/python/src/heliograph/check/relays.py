"""Relays: whether the TURN servers of a credential relay for who holds it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heliograph.check.steps import Failure
from heliograph.peer import rtc
from heliograph.turn.access import TURN_URL, UDP_URL
from heliograph.wire.protocol import IceServer

if TYPE_CHECKING:
    from aiortc import RTCPeerConnection

ALLOCATE_SECONDS = 5.0  # RFC 8489 §6.2.1: four sendings of a request
MAX_WAYS = 8
UNAUTHORIZED = 401
REFUSALS = ("relay_credential", "relay_refused")


def ways_of(servers: Sequence[IceServer]) -> list[IceServer]:
    """Each TURN address as a server of its own, UDP first."""
    ways = [
        replace(server, urls=(url,))
        for server in servers
        for url in server.urls
        if TURN_URL.match(url) and rtc.is_usable(url)
    ]
    ways.sort(key=lambda way: not UDP_URL.match(way.urls[0]))
    return ways[:MAX_WAYS]


def kind_of(way: IceServer) -> str:
    """How one speaks to it: `udp`, `tcp` or `tls`."""
    url = way.urls[0]
    return "udp" if UDP_URL.match(url) else "tls" if url.lower().startswith("turns") else "tcp"


async def try_ways(ways: Sequence[IceServer]) -> list[str]:
    """Of each way `ok`, or the code of a failure. 5 s at most."""
    return list(await asyncio.gather(*map(_allocate, ways)))


def chosen(ways: Sequence[IceServer], found: Sequence[str]) -> IceServer:
    """The first way that relays. Raises Failure if one refuses us, or none answers."""
    if not ways:
        raise Failure("turn_refused", "it names no TURN server")
    for code in REFUSALS:
        if code in found:
            raise Failure(code, kind_of(ways[found.index(code)]))
    if "ok" not in found:
        tried = sorted({kind_of(way) for way in ways})
        raise Failure("relay_silent", "by " + ", ".join(tried))
    return ways[found.index("ok")]


def told(ways: Sequence[IceServer], found: Sequence[str]) -> str:
    """What was found, in words."""
    said = {kind_of(way): code for way, code in zip(ways, found, strict=True)}
    text = ", ".join(f"{kind} {'ok' if code == 'ok' else 'silent'}" for kind, code in said.items())
    if said.get("udp") == "relay_silent":
        text += ": UDP to the TURN server is blocked here, or its port is closed"
    return text


async def relayed(ours: IceServer, theirs: IceServer) -> None:
    """Two connections through these relays alone, and a text each way. It takes a deadline.

    Raises Failure (relay_no_path) if they connect by another way.
    """
    ann, bob = _connection(ours), _connection(theirs)
    try:
        answers: asyncio.Queue[str] = asyncio.Queue()
        channel = ann.createDataChannel("check")
        channel.on("open", lambda: channel.send("there"))
        channel.on("message", answers.put_nowait)
        bob.on("datachannel", lambda given: given.on("message", given.send))
        await ann.setLocalDescription()
        await bob.setRemoteDescription(ann.localDescription)
        await bob.setLocalDescription()
        await ann.setRemoteDescription(bob.localDescription)
        if await answers.get() != "there" or rtc.path_of(ann) != ("relayed", True):
            raise Failure("relay_no_path")
    finally:
        await asyncio.gather(rtc.close(ann), rtc.close(bob))


def _connection(way: IceServer) -> "RTCPeerConnection":
    """One that uses nothing but this relay."""
    from aiortc import (
        RTCConfiguration,
        RTCIceServer,
        RTCIceTransportPolicy,
        RTCPeerConnection,
    )

    server = RTCIceServer(way.urls[0], username=way.username, credential=way.credential)
    policy = RTCIceTransportPolicy.RELAY
    return RTCPeerConnection(RTCConfiguration([server], iceTransportPolicy=policy))


async def _allocate(way: IceServer) -> str:
    from aioice import stun, turn

    try:
        async with asyncio.timeout(ALLOCATE_SECONDS):
            transport, _ = await turn.create_turn_endpoint(
                asyncio.DatagramProtocol,
                username=way.username,
                password=way.credential,
                **_place(way.urls[0]),
            )
    except stun.TransactionFailed as failed:
        is_credential = failed.response.error_code == UNAUTHORIZED
        return "relay_credential" if is_credential else "relay_refused"
    except (OSError, TimeoutError, stun.TransactionError):
        return "relay_silent"
    transport.close()
    return "ok"


def _place(url: str) -> dict[str, Any]:
    """Where, and how one speaks to it."""
    from aiortc.rtcicetransport import parse_stun_turn_uri

    parsed = parse_stun_turn_uri(url)
    return {
        "server_addr": (parsed["host"], parsed["port"]),
        "transport": parsed["transport"],
        "ssl": parsed["scheme"] == "turns",
    }
