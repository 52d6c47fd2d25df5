"""Peers that no relay should reach, and two that it must. Pure: named to the server, never sent to.

IPv6 can spell an IPv4 address (mapped, compatible, NAT64, 6to4), and a rule for one spelling does
not hold for the next: CVE-2020-26262 was loopback, spelt otherwise. Hosts that end in 0 are here
because coturn up to 4.15 compares IPv6 ranges byte by byte: one that starts at ...:1 lets them by.
"""

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from turn.stun import Address


class Place(Enum):
    """Where a peer is."""

    LOOPBACK = "loopback"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    METADATA = "metadata"  # of clouds: credentials of the machine
    MULTICAST = "multicast"
    RESERVED = "reserved"
    PUBLIC = "public"  # whom a relay is for


@dataclass(frozen=True)
class Peer:
    """An address to name to the server."""

    place: Place
    address: Address


_NAMED: dict[Place, tuple[str, ...]] = {
    Place.LOOPBACK: (
        "127.0.0.1",
        "0.0.0.0",  # "this host": on Linux it is loopback
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ),
    Place.PRIVATE: (
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.1",
        "100.64.0.1",  # shared by a carrier's customers, RFC 6598
        "fd00::1",
        "::ffff:10.0.0.1",
        "::ffff:192.168.1.0",
        "::192.168.1.0",
        "64:ff9b::a00:100",
        "2002:a00:1::",
    ),
    Place.LINK_LOCAL: ("169.254.0.1", "fe80::1", "::ffff:169.254.0.1"),
    Place.METADATA: (
        "169.254.169.254",  # Azure, AWS, Google and most others
        "168.63.129.16",  # Azure's wire server: a public address
        "100.100.100.200",  # Alibaba
        "fd00:ec2::254",  # AWS
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
    ),
    Place.MULTICAST: ("224.0.0.1", "239.255.255.250", "255.255.255.255", "ff02::1"),
    Place.RESERVED: ("192.0.0.1", "198.18.0.1", "240.0.0.1"),
    # The sink of the AS112 project: nobody's machine, RFC 7534.
    Place.PUBLIC: ("192.175.48.1", "2620:4f:8000::1"),
}

PEERS = tuple(Peer(place, ip_address(text)) for place, all_ in _NAMED.items() for text in all_)
