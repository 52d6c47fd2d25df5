"""The requests of a stranger: no credential, any source address. Pure."""

from dataclasses import dataclass
from enum import Enum

from turn import stun
from turn.stun import Attribute, Kind, Message, Method


class Group(Enum):
    """Which gates judge the answer to a probe."""

    BINDING = "binding"
    RFC3489 = "rfc3489"
    TURN = "turn"  # wants a credential
    OTHER = "other"


@dataclass(frozen=True)
class Probe:
    """One request of a stranger."""

    name: str
    group: Group
    method: Method
    attributes: tuple[tuple[int, bytes], ...] = ()
    fingerprint: bool = False
    cookie: int = stun.MAGIC_COOKIE

    def request(self, transaction: bytes) -> bytes:
        """The datagram, with this transaction id of 12 bytes."""
        message = Message(self.method, Kind.REQUEST, transaction, self.attributes, self.cookie)
        return stun.encode(message, fingerprint=self.fingerprint)


_UDP = ((Attribute.REQUESTED_TRANSPORT, stun.UDP),)
_CHANGE = ((Attribute.CHANGE_REQUEST, bytes(4)),)
# Comprehension-required and unassigned: answered with 420. RFC 8489 §6.3.1, §18.3.
_UNKNOWN = ((0x7FF0, b""),)

BARE_ALLOCATE = Probe("Allocate", Group.TURN, Method.ALLOCATE)

PROBES = (
    Probe("Binding", Group.BINDING, Method.BINDING),
    Probe("Binding, FINGERPRINT", Group.BINDING, Method.BINDING, fingerprint=True),
    Probe("Binding, RFC 3489", Group.RFC3489, Method.BINDING, cookie=0),
    Probe("Binding, CHANGE-REQUEST", Group.OTHER, Method.BINDING, _CHANGE),
    Probe("Binding, unknown attribute", Group.OTHER, Method.BINDING, _UNKNOWN),
    BARE_ALLOCATE,
    Probe("Allocate, UDP", Group.TURN, Method.ALLOCATE, _UDP),
    Probe("Allocate, UDP, FINGERPRINT", Group.TURN, Method.ALLOCATE, _UDP, fingerprint=True),
    # Each gets the same 401: to filter Allocate alone is useless.
    Probe("Refresh", Group.TURN, Method.REFRESH),
    Probe("CreatePermission", Group.TURN, Method.CREATE_PERMISSION),
    Probe("ChannelBind", Group.TURN, Method.CHANNEL_BIND),
    Probe("Connect", Group.TURN, Method.CONNECT),
)
