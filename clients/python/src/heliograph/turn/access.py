"""Whether and when a connection gets TURN: the room's policy, and the ICE servers that follow."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from heliograph.turn.credential import Grant, TurnCredential
from heliograph.wire.protocol import (
    Admission,
    Description,
    IceServer,
    Network,
    TurnAnswer,
    TurnPolicy,
)

MUST_HAVE_SECONDS = 3.0  # a description waits so long for a relay that it is asked to bring
TURN_URL = re.compile(r"turns?:", re.I)
UDP_URL = re.compile(r"turn:(?!.*[?&]transport=tcp)", re.I)


class TurnAccess:
    """One for each room."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[TurnAnswer]]) -> None:
        """`fetch` requests a credential for the connection to a peer, or for our parked offer."""
        self._fetch = fetch
        self._policy: TurnPolicy = "off"
        self._servers: tuple[IceServer, ...] = ()
        self._eager: Grant | None = None

    @property
    def allowed(self) -> bool:
        """Whether the room lets us request TURN."""
        return self._policy != "off"

    def admitted(self, admission: Admission) -> None:
        """Take over what negotiate answered.

        With the policy `eager` its ICE servers hold a credential that expires, so that one is for
        the members whom we meet now; the others get the STUN servers.
        """
        self._policy = admission.turn
        servers = admission.ice_servers
        self._servers = tuple(filter(_has_urls, map(_without_turn, servers)))
        self._eager = None
        if admission.turn_ttl is not None and self.allowed:
            asked_at = time.monotonic() - admission.took
            self._eager = Grant(servers, admission.turn_ttl, asked_at)

    def servers(
        self, grant: Grant | None, network: Network | None, nth: int, ask_stun: bool = True
    ) -> tuple[IceServer, ...]:
        """For a new connection: STUN if `ask_stun`, and one way to a relay of the grant.

        aiortc takes one TURN address, so each connection after the first is given the next one
        (`nth`, from 0): by UDP first, or by TCP and TLS first where the network blocks UDP.
        """
        if grant is None:
            return self._servers if ask_stun else ()
        known = grant.ice_servers if ask_stun else ()
        stun = tuple(filter(_has_urls, map(_without_turn, known)))
        ways = [
            replace(server, urls=(url,))
            for server in grant.ice_servers
            for url in server.urls
            if TURN_URL.match(url)
        ]
        by_udp = network != "udp-blocked"
        ways.sort(key=lambda way: bool(UDP_URL.match(way.urls[0])) != by_udp)
        return (*stun, ways[nth % len(ways)]) if ways else stun

    def create_credential(self, to: str | None, newcomer: bool) -> TurnCredential:
        """For the connection to a peer, or for the offer that we park.

        With the policy `eager` only the newcomer of a pair starts with one.
        """
        return TurnCredential(lambda: self._fetch(to), self._eager if newcomer else None)

    def wait_seconds(self, offer: Description | None) -> float:
        """So long our description waits for a credential. `offer`: the one that we answer."""
        is_asked = offer is not None and offer.relay is True
        return MUST_HAVE_SECONDS if self.allowed and is_asked else 0.0


def _without_turn(server: IceServer) -> IceServer:
    return replace(server, urls=tuple(url for url in server.urls if not TURN_URL.match(url)))


def _has_urls(server: IceServer) -> bool:
    return bool(server.urls)
