"""Requests of a stranger over UDP; everything that comes back is counted.

What nobody answers is asked again, from a new socket: a packet that was lost tells nothing.
"""

import os
import selectors
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from turn import stun
from turn.audit.findings import Flood, Heard, Target, hear
from turn.audit.probes import BARE_ALLOCATE, Probe
from turn.stun import Attribute, Kind, Message, Method

LISTEN_SECONDS = 0.6  # for all answers to a probe
TRIES = 3  # of a probe: silence is what three in a row have met
FLOOD_REQUESTS = 200
FLOOD_SECONDS = 2.0
RELEASE = ((Attribute.LIFETIME, bytes(4)),)  # RFC 8656 §7.3: a lifetime of 0 ends it
_MAX_DATAGRAM_BYTES = 65_535


@dataclass
class Asked:
    """A request under way."""

    probe: Probe
    request: bytes
    udp: socket.socket
    datagrams: list[bytes] = field(default_factory=list)

    def heard(self) -> Heard:
        """What came back so far."""
        return hear(self.probe, self.request, self.datagrams)


def transaction() -> bytes:
    """Unpredictable, RFC 8489 §5."""
    return os.urandom(12)


def open_socket(target: Target) -> socket.socket:
    """On a port of its own, unconnected: answers from another port of the server count too."""
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.setblocking(False)
    return udp


def probe(target: Target, probes: Sequence[Probe]) -> tuple[Heard, ...]:
    """Every probe, and up to TRIES times those without an answer. Raises OSError.

    Takes TRIES times LISTEN_SECONDS at most. What is counted is of one try alone.
    """
    heard = dict(zip(probes, _ask(target, probes), strict=True))
    for _ in range(TRIES - 1):
        unheard = [one for one, found in heard.items() if not found.answers]
        if unheard:
            heard.update(zip(unheard, _ask(target, unheard), strict=True))
    return tuple(heard.values())


def _ask(target: Target, probes: Iterable[Probe]) -> tuple[Heard, ...]:
    """All of them at once, each from a fresh socket. Takes LISTEN_SECONDS."""
    with ExitStack() as stack:
        asked = [
            Asked(one, one.request(transaction()), stack.enter_context(open_socket(target)))
            for one in probes
        ]
        for one in asked:
            send(one.udp, one.request, target)
        _collect(asked, time.monotonic() + LISTEN_SECONDS)
        for one in asked:
            if one.heard().allocated:  # by a server that asks nobody for a credential
                goodbye = Message(Method.REFRESH, Kind.REQUEST, transaction(), RELEASE)
                send(one.udp, stun.encode(goodbye), target)
        return tuple(one.heard() for one in asked)


def flood(target: Target) -> Flood:
    """FLOOD_REQUESTS bare Allocates from one address, evenly over FLOOD_SECONDS. Raises OSError."""
    with open_socket(target) as udp:
        asked = Asked(BARE_ALLOCATE, BARE_ALLOCATE.request(transaction()), udp)
        start = time.monotonic()
        for number in range(1, FLOOD_REQUESTS + 1):
            send(udp, BARE_ALLOCATE.request(transaction()), target)
            _collect([asked], start + number * FLOOD_SECONDS / FLOOD_REQUESTS)
        seconds = time.monotonic() - start
        _collect([asked], time.monotonic() + LISTEN_SECONDS)
    received = sum(map(len, asked.datagrams))
    return Flood(
        FLOOD_REQUESTS, FLOOD_REQUESTS * len(asked.request), len(asked.datagrams), received, seconds
    )


def send(udp: socket.socket, datagram: bytes, target: Target) -> None:
    """To the target, which is the only place this package sends to."""
    udp.sendto(datagram, (target.address, target.port))


def receive(udp: socket.socket) -> bytes | None:
    """One datagram that has arrived; None where there is none, or an ICMP error instead."""
    try:
        return udp.recv(_MAX_DATAGRAM_BYTES)
    except (BlockingIOError, ConnectionError):
        return None


def _collect(asked: Sequence[Asked], deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        for one in asked:
            selector.register(one.udp, selectors.EVENT_READ, one)
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if (datagram := receive(key.data.udp)) is not None:
                    key.data.datagrams.append(datagram)
