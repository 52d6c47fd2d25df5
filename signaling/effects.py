"""What a decision asks the world to do. Domain functions return these; edges carry them out."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class SendToPeer:
    """Push `argument` to every connection of one peer."""

    room: str
    peer: str
    target: str
    argument: msgspec.Struct


@dataclass(frozen=True, slots=True)
class SendToRoom:
    """Push `argument` to everyone in the room's group, the sender included."""

    room: str
    target: str
    argument: msgspec.Struct


@dataclass(frozen=True, slots=True)
class AddToGroup:
    """Let one connection hear the room. It ends with the connection."""

    room: str
    connection: str


@dataclass(frozen=True, slots=True)
class ClosePeer:
    """Tell a peer `closed` and end its connections. The output binding cannot do this."""

    room: str
    peer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Tell one connection `closed` and end it. The output binding cannot do this."""

    connection: str
    code: str
    message: str


Push = SendToPeer | SendToRoom | AddToGroup
Close = ClosePeer | CloseConnection
Effect = Push | Close
