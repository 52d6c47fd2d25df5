"""How one connection uses TURN: when it waits for a credential, and what it does with a new one."""

import asyncio
from collections.abc import Awaitable, Callable

from heliograph.peer.connecting import ESCALATION_SECONDS
from heliograph.peer.link import Link
from heliograph.turn.access import TurnAccess
from heliograph.turn.credential import Grant, TurnCredential
from heliograph.turn.network import Need, need_of
from heliograph.wire.protocol import Description, IceServer, Network


class PeerTurn:
    """Of one peer, over all its connections."""

    def __init__(self, access: TurnAccess, peer: str, newcomer: bool) -> None:
        self._access = access
        self._credential: TurnCredential = access.create_credential(peer, newcomer)
        self._relayed_tries = 0  # connections that were given a relay

    @property
    def allowed(self) -> bool:
        """Whether the room allows it."""
        return self._access.allowed

    def need(self, ours: Network | None, theirs: Network | None, polite: bool) -> Need:
        """What the two networks call for."""
        return need_of(ours, theirs, polite)

    def configuration(
        self, network: Network | None, ask_stun: bool
    ) -> tuple[tuple[IceServer, ...], Grant | None]:
        """The ICE servers of a new connection, and the grant that is in them."""
        grant = self._credential.grant
        servers = self._access.servers(grant, network, self._relayed_tries, ask_stun)
        self._relayed_tries += grant is not None
        return servers, grant

    def adopt(self, grant: Grant | None) -> None:
        """A link that was parked with this grant became the peer's."""
        self._credential.adopt(grant)

    def is_fresh(self, link: Link) -> bool:
        """A new credential of ours is being tried by this link."""
        return link.grant is not None and link.grant is self._credential.fresh

    async def bring(self, offer: Description | None) -> None:
        """Before a description: who is asked to bring a relay waits for the credential."""
        seconds = self._access.wait_seconds(offer)
        if seconds > 0 and self._credential.grant is None:
            await within(seconds, self._credential.request())

    def escalate(self) -> Awaitable[Grant | None] | None:
        """A new credential for a connection that finds no path; None if the one we hold is new."""
        if self._credential.fresh is not None:
            return None
        return within(ESCALATION_SECONDS, self._credential.request())

    def selected(self, is_ours: bool, link: Link, renewed: Callable[[], None]) -> None:
        """ICE has selected a path, through our relay or not: a credential in use is renewed."""
        if is_ours and link.grant is not None:
            self._credential.renew_in_time(renewed)
        else:
            self._credential.stop_renewal()

    def unused(self) -> None:
        """The connection is down: nothing is in use."""
        self._credential.stop_renewal()

    def close(self) -> None:
        """The peer is gone."""
        self._credential.close()


async def within(seconds: float, request: Awaitable[Grant | None]) -> Grant | None:
    """What it answers in time, else None."""
    try:
        async with asyncio.timeout(seconds):
            return await request
    except TimeoutError:
        return None
