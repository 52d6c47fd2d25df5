"""What our own candidates say of the network that we are in, and who needs a relay. Pure.

    need_of(ours, theirs, polite)

    ours          theirs        who brings a relay                                    certain
    udp-blocked   udp-blocked   both: a relay sends and receives UDP (RFC 8656 §3.1)  no: an office?
    udp-blocked   another       we                                                    yes
    another       udp-blocked   they                                                  yes
    symmetric     symmetric     the impolite side: one relay is enough for a pair     no: an office?
    symmetric     another       we                                                    no: a router?
    another       symmetric     they                                                  no
    another       another       nobody, as far as we know

aiortc asks one STUN server, so it can find out that UDP is blocked, and never that a NAT is
symmetric.
"""

import re
from dataclasses import dataclass
from typing import Literal

from heliograph.wire.protocol import Network

Relays = Literal["none", "ours", "theirs", "both"]
NO_ANSWER_SECONDS = 0.5  # a STUN server answers in a round trip
REFLEXIVE = re.compile(r"^a=candidate:.* typ (srflx|prflx)\b", re.M)


@dataclass(frozen=True, slots=True)
class Need:
    """Relays that two networks call for. `certain`: there is no direct path."""

    relays: Relays = "none"
    certain: bool = False


def network_of(sdp: str, stun_servers: int, seconds: float) -> Network | None:
    """Our network, by our own description, which took so long to gather."""
    if stun_servers == 0 or REFLEXIVE.search(sdp) or seconds < NO_ANSWER_SECONDS:
        return None
    return "udp-blocked"


def need_of(ours: Network | None, theirs: Network | None, polite: bool) -> Need:
    """The table at the head."""
    is_blocked = "udp-blocked" in (ours, theirs)
    return Need(_relays(ours, theirs, polite), is_blocked and ours != theirs)


def without(need: Need, ours: bool, theirs: bool) -> Need:
    """Less the relays that are there already."""
    we = need.relays in ("ours", "both") and not ours
    they = need.relays in ("theirs", "both") and not theirs
    relays: Relays = "both" if we and they else "ours" if we else "theirs" if they else "none"
    return Need(relays, need.certain)


def _relays(ours: Network | None, theirs: Network | None, polite: bool) -> Relays:
    if ours == theirs:
        if ours == "udp-blocked":
            return "both"
        if ours is None:
            return "none"
        return "theirs" if polite else "ours"
    if "udp-blocked" in (ours, theirs):
        return "ours" if ours == "udp-blocked" else "theirs"
    return "ours" if ours == "symmetric" else "theirs"
