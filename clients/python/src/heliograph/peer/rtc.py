"""What only aiortc knows: all that is asked of it beside the standard's own calls is here.

aiortc is imported when the first connection is made: it takes half a second or more.
"""

import asyncio
import importlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from heliograph.wire.protocol import Candidate, IceServer

if TYPE_CHECKING:
    from aiortc import RTCIceCandidate, RTCPeerConnection

Path = Literal["direct", "relayed"]
CLOSE_SECONDS = 5.0
BUNDLE = re.compile(r"^a=group:BUNDLE (\S+)", re.M)
DATA_MID = re.compile(r"^m=application (?:(?!^m=).*\r?\n)*?a=mid:(\S+)", re.M)
# RFC 7064 §3.1, RFC 7065 §3.1; aiortc takes more, such as `stun://host`.
ICE_URL = re.compile(
    r"(stuns?|turns?):(\[[0-9a-f:.]+\]|[^:/?\[\]@]+)(:\d{1,5})?(\?transport=(udp|tcp))?", re.I
)


async def load() -> None:
    """Import aiortc, without holding up the event loop."""
    await asyncio.to_thread(importlib.import_module, "aiortc")


def connect(servers: Sequence[IceServer]) -> "RTCPeerConnection":
    """A new connection with these ICE servers; all media and data share one transport.

    A URL that aiortc refuses is left out: the others count.
    """
    from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCPeerConnection

    known = [
        RTCIceServer(urls=urls, username=each.username, credential=each.credential)
        for each in servers
        if (urls := list(filter(is_usable, each.urls)))
    ]
    bundle = RTCBundlePolicy.MAX_BUNDLE
    return RTCPeerConnection(RTCConfiguration(iceServers=known, bundlePolicy=bundle))


async def set_remote(
    connection: "RTCPeerConnection", kind: Literal["offer", "answer"], sdp: str
) -> None:
    """Set their description. Raises what aiortc raises.

    All sections share one transport from the start, that of the data channels. If another section
    is the first of their bundle, aiortc (1.16) takes the shared transport for one that is left over
    and stops it; so it is told that the data channels are bundled already, and then that the
    first section is not, because what is bundled gets no candidates.
    """
    from aiortc import RTCSessionDescription

    found = BUNDLE.search(sdp)
    first = None if found is None else found[1]
    leads = DATA_MID.search(sdp)
    is_ours = connection.sctp is not None and (leads is None or leads[1] != first)
    if is_ours and connection.sctp is not None and connection.sctp.mid is None:
        connection.sctp._bundled = True
    await connection.setRemoteDescription(RTCSessionDescription(sdp, kind))
    for transceiver in connection.getTransceivers():
        if is_ours and transceiver.mid == first:
            transceiver._bundled = False


def is_usable(url: str) -> bool:
    """Whether aiortc takes it as the address of an ICE server."""
    from aiortc.rtcicetransport import parse_stun_turn_uri

    try:
        parse_stun_turn_uri(url)
    except ValueError:
        return False
    return ICE_URL.fullmatch(url) is not None


def candidate(given: Candidate) -> "RTCIceCandidate | None":
    """One of theirs; None if it is of a kind that aiortc does not know."""
    from aiortc.sdp import candidate_from_sdp

    text = given.candidate.removeprefix("candidate:")
    try:
        known = candidate_from_sdp(text)
    except (AssertionError, IndexError, ValueError):
        return None
    known.sdpMid = given.mid
    known.sdpMLineIndex = given.index
    return known if given.mid is not None or given.index is not None else None


def received_bytes(connection: "RTCPeerConnection") -> int:
    """That have come over the transport; those of ICE do not count."""
    sctp = connection.sctp
    if sctp is None:
        return 0
    # aiortc gives the statistics of a transport only along with those of media.
    report = sctp.transport._get_stats()
    return sum(getattr(stats, "bytesReceived", 0) for stats in report.values())


def path_of(connection: "RTCPeerConnection") -> tuple[Path, bool] | None:
    """By the selected pair: whether either end is a TURN server, and whether ours is.

    None if none is selected. aiortc does not tell, so the ICE agent below it is asked.
    """
    sctp = connection.sctp
    pairs = {} if sctp is None else sctp.transport.transport._connection._nominated
    for pair in pairs.values():
        ours = pair.local_candidate.type == "relay"
        theirs = pair.remote_candidate.type == "relay"
        return ("relayed" if ours or theirs else "direct"), ours
    return None


async def close(connection: "RTCPeerConnection") -> None:
    """End it: 5 s at most. It never raises."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
    except (TimeoutError, OSError):
        pass
