"""What a decision asks the world to do. Domain functions return these; edges carry them out."""

from msgspec import Struct


class SendToPeer(Struct, frozen=True):
    """Push `argument` to every connection of one peer."""

    room: str
    peer: str
    target: str
    argument: Struct


class SendToRoom(Struct, frozen=True):
    """Push `argument` to everyone in the room's group, the sender included."""

    room: str
    target: str
    argument: Struct


class AddToGroup(Struct, frozen=True):
    """Let one connection hear the room. It ends with the connection."""

    room: str
    connection: str


class ClosePeer(Struct, frozen=True):
    """Tell a peer `closed` and end its connections. The output binding cannot do this."""

    room: str
    peer: str
    code: str
    message: str


class CloseConnection(Struct, frozen=True):
    """Tell one connection `closed` and end it. The output binding cannot do this."""

    connection: str
    code: str
    message: str


Push = SendToPeer | SendToRoom | AddToGroup
Close = ClosePeer | CloseConnection
Effect = Push | Close
