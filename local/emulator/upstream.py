"""What the service sends upstream, and how: the seam between the emulator and a Functions host.

Shapes from the upstream protocol of Azure SignalR Service: one POST per event, the event in
`X-ASRS-*` headers, the hub message (framing removed) as body. Source: "Upstream endpoints" and
"Serverless protocols" of the Azure SignalR docs. Pure: `delivery` calls the app.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """One event of one connection, ready to be posted."""

    hub: str
    category: str  # "connections" | "messages"
    event: str  # "connected" | "disconnected" | the invocation's target
    headers: dict[str, str]  # every X-ASRS-* header, signature included
    content_type: str  # "application/json" | "application/x-msgpack"
    body: bytes


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """The app's answer. A body, where there is one, is a framed Completion."""

    status: int
    content_type: str = ""
    body: bytes = b""


# Over HTTP in the stand-alone emulator; a plain call inside `python -m local`.
Deliver = Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]

# The answer of a Deliver that has no place to send this event to: the event is ignored, and an
# invocation stays unanswered, as with the service when no template matches.
IGNORED = UpstreamResponse(status=0)
