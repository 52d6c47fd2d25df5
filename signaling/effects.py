"""What a decision asks the world to do. Domain functions return these; edges carry them out.

`life` is that of a room (signaling/places.py).
"""

from msgspec import Struct

from signaling.messages import Target


class SendToPeer(Struct, frozen=True):
    """Push `argument` to every connection of one peer."""

    life: str
    peer: str
    target: Target
    argument: Struct


class SendToRoom(Struct, frozen=True):
    """Push `argument` to everyone in the room's group, but for some connections.

    `excluding`: their ids; of a broadcast none, so that the sender hears it too.
    """

    life: str
    target: Target
    argument: Struct
    excluding: tuple[str, ...] = ()


class AddToGroup(Struct, frozen=True):
    """Let one connection hear the room. It ends with the connection."""

    life: str
    connection: str


class ClosePeer(Struct, frozen=True):
    """Tell a peer `closed` and end its connections. The output binding cannot do this.

    `silent`: it is not told. Who has asked for its own end needs no message for it.
    """

    life: str
    peer: str
    code: str
    message: str
    silent: bool = False


class CloseConnection(Struct, frozen=True):
    """Tell one connection `closed` and end it. The output binding cannot do this.

    `silent`: it is not told, because a word to each of many would cost. The end says the code too.
    """

    connection: str
    code: str
    message: str
    silent: bool = False


class CloseGroup(Struct, frozen=True):
    """Tell everybody who hears a life of the room `closed`, and end their connections.

    The life is over: these are sockets that have outlived it.
    """

    life: str
    code: str
    message: str


Push = SendToPeer | SendToRoom | AddToGroup
Close = ClosePeer | CloseConnection | CloseGroup
Effect = Push | Close
