"""STUN and TURN messages as bytes. RFC 8489 (STUN), RFC 8656 (TURN), RFC 6062 (Connect). Pure.

Passwords are taken as they are: the OpaqueString profile (RFC 8265) is left to the caller. Of the
two password algorithms only MD5 is known, which is what a server means that names none (§9.2.4).
"""

import hashlib
import hmac
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address

MAGIC_COOKIE = 0x2112A442  # RFC 8489 §5
HEADER_BYTES = 20
UDP = b"\x11\0\0\0"  # REQUESTED-TRANSPORT, RFC 8656 §18.7
IPV6 = b"\x02\0\0\0"  # REQUESTED-ADDRESS-FAMILY, RFC 8656 §18.6

_FINGERPRINT_XOR = 0x5354554E  # RFC 8489 §14.7
_INTEGRITY_SIZE = 24  # the attribute with its header, RFC 8489 §14.5
_FINGERPRINT_SIZE = 8

Address = IPv4Address | IPv6Address


class Method(IntEnum):
    """Methods of RFC 8489 §18.2, RFC 8656 §17 and RFC 6062 §6.1."""

    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    CREATE_PERMISSION = 0x008
    CHANNEL_BIND = 0x009
    CONNECT = 0x00A


class Kind(IntEnum):
    """The class of a message. RFC 8489 §5."""

    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


class Attribute(IntEnum):
    """Attributes of RFC 8489 §18.3 and RFC 8656 §18, where no other source is named."""

    MAPPED_ADDRESS = 0x0001
    CHANGE_REQUEST = 0x0003  # RFC 5780 §7.2
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_ADDRESS_FAMILY = 0x0017
    REQUESTED_TRANSPORT = 0x0019
    XOR_MAPPED_ADDRESS = 0x0020
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028


class Malformed(ValueError):
    """Not a STUN message."""


@dataclass(frozen=True)
class Message:
    """`transaction` is 12 bytes; in RFC 3489 the cookie is its first four."""

    method: int
    kind: Kind
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = ()
    cookie: int = MAGIC_COOKIE

    def get(self, attribute: Attribute) -> bytes | None:
        """The first of that type; later ones are ignored (RFC 8489 §14)."""
        return next((value for kind, value in self.attributes if kind == attribute), None)

    @property
    def code(self) -> int:
        """200 for a success, else what ERROR-CODE says; 0 where it says nothing."""
        if self.kind is Kind.SUCCESS:
            return 200
        value = self.get(Attribute.ERROR_CODE)
        return 0 if value is None or len(value) < 4 else (value[2] & 7) * 100 + value[3]


def encode(message: Message, *, key: bytes | None = None, fingerprint: bool = False) -> bytes:
    """The datagram, with MESSAGE-INTEGRITY under `key` and FINGERPRINT where asked for."""
    body = b"".join(_attribute(kind, value) for kind, value in message.attributes)
    if key is not None:
        # The length counts MESSAGE-INTEGRITY, and not what follows it. RFC 8489 §14.5.
        covered = _header(message, len(body) + _INTEGRITY_SIZE) + body
        body += _attribute(Attribute.MESSAGE_INTEGRITY, hmac.digest(key, covered, "sha1"))
    if fingerprint:
        covered = _header(message, len(body) + _FINGERPRINT_SIZE) + body
        body += _attribute(Attribute.FINGERPRINT, _crc(covered))
    return _header(message, len(body)) + body


def decode(datagram: bytes) -> Message:
    """The message in a datagram; raises Malformed."""
    if len(datagram) < HEADER_BYTES:
        raise Malformed("shorter than a header")
    first, length, cookie = struct.unpack_from("!HHI", datagram)
    if first & 0xC000 or length % 4 or length != len(datagram) - HEADER_BYTES:
        raise Malformed("no STUN header")  # RFC 8489 §5, §6.3
    method, kind = _split(first)
    return Message(method, kind, datagram[8:HEADER_BYTES], tuple(_attributes(datagram)), cookie)


def authentic(datagram: bytes, key: bytes) -> bool:
    """Whether MESSAGE-INTEGRITY is there and right. Raises Malformed."""
    message = decode(datagram)
    position = HEADER_BYTES
    for kind, value in message.attributes:
        if kind == Attribute.MESSAGE_INTEGRITY:
            covered = _header(message, position - HEADER_BYTES + _INTEGRITY_SIZE)
            covered += datagram[HEADER_BYTES:position]
            return hmac.compare_digest(value, hmac.digest(key, covered, "sha1"))
        position += 4 + len(value) + _padding(value)
    return False


def intact(datagram: bytes) -> bool:
    """Whether the message ends in a right FINGERPRINT. RFC 8489 §14.7."""
    end = len(datagram) - _FINGERPRINT_SIZE
    if end < HEADER_BYTES:
        return False
    return datagram[end:] == _attribute(Attribute.FINGERPRINT, _crc(datagram[:end]))


def long_term_key(username: str, realm: bytes, password: str) -> bytes:
    """RFC 8489 §9.2.2, password algorithm MD5 (§18.5.1)."""
    text = b":".join((username.encode(), realm, password.encode()))
    return hashlib.md5(text, usedforsecurity=False).digest()


def xor_address(address: Address, port: int, transaction: bytes) -> bytes:
    """RFC 8489 §14.2."""
    family = 1 if address.version == 4 else 2
    start = struct.pack("!BBH", 0, family, port ^ (MAGIC_COOKIE >> 16))
    return start + _xor(address.packed, transaction)


def unxor_address(value: bytes, transaction: bytes) -> tuple[Address, int]:
    """The address and port that `xor_address` hid; raises Malformed."""
    if len(value) not in (8, 20):
        raise Malformed("no address")
    port: int = struct.unpack_from("!H", value, 2)[0] ^ (MAGIC_COOKIE >> 16)
    return ip_address(_xor(value[4:], transaction)), port


def _xor(packed: bytes, transaction: bytes) -> bytes:
    mask = struct.pack("!I", MAGIC_COOKIE) + transaction
    return bytes(a ^ b for a, b in zip(packed, mask, strict=False))


def _header(message: Message, length: int) -> bytes:
    first = _join(message.method, message.kind)
    return struct.pack("!HHI", first, length, message.cookie) + message.transaction


def _join(method: int, kind: Kind) -> int:
    """The class's two bits lie between those of the method. RFC 8489 §5, figure 3."""
    spread = (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2
    return spread | (kind & 1) << 4 | (kind & 2) << 7


def _split(first: int) -> tuple[int, Kind]:
    method = (first & 0x000F) | (first & 0x00E0) >> 1 | (first & 0x3E00) >> 2
    return method, Kind((first & 0x0010) >> 4 | (first & 0x0100) >> 7)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(_padding(value))


def _attributes(datagram: bytes) -> list[tuple[int, bytes]]:
    found = []
    position = HEADER_BYTES
    while position < len(datagram):
        kind, length = struct.unpack_from("!HH", datagram, position)
        value = datagram[position + 4 : position + 4 + length]
        if len(value) != length:
            raise Malformed("an attribute runs over the end")
        found.append((kind, value))
        position += 4 + length + _padding(value)
    return found


def _padding(value: bytes) -> int:
    return -len(value) % 4


def _crc(covered: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(covered) ^ _FINGERPRINT_XOR)
