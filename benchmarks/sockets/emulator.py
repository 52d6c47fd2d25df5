"""The SignalR emulator alone, with a hub function that relays, as a process of its own.

    python -m benchmarks.sockets.emulator

Prints its port when it listens, and ends when its standard input does. The hub function does what
ours does for a message, without the Functions host: it reads whom the message is for, and sends it
to that user by the service's own call. There are no quotas.
"""

import asyncio
import sys

import msgspec

from local.emulator import Options, Quotas, Service, UpstreamRequest, UpstreamResponse
from local.emulator.protocol import Invocation, ProtocolError, decode_body
from local.serving import Served, listen, port_of, serving

DONE = UpstreamResponse(204)
REFUSED = UpstreamResponse(400)


class Envelope(msgspec.Struct, frozen=True):
    """The one argument of a message: a text of JSON, which names the receiver."""

    to: str


def relay(service: Service, request: UpstreamRequest) -> UpstreamResponse:
    """The app: whatever it gets, it sends on."""
    if request.category == "connections":
        return DONE
    try:
        message = decode_body(request.content_type, request.body)
        assert isinstance(message, Invocation)
        argument = str(message.arguments[0])
        to = msgspec.json.decode(argument, type=Envelope).to
    except (ProtocolError, msgspec.DecodeError, AssertionError, IndexError):
        return REFUSED
    service.board.send_to_user(request.hub, to, "signal", [argument])
    return DONE


async def main() -> None:
    """Serve until the standard input ends."""
    service = Service(options=Options(quotas=Quotas()))

    async def deliver(request: UpstreamRequest) -> UpstreamResponse:
        return relay(service, request)

    service.upstream.deliver = deliver
    sockets = listen(0, "")
    async with serving([Served(service.app, sockets)]):
        print(port_of(sockets), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        service.stop()


if __name__ == "__main__":
    asyncio.run(main())
