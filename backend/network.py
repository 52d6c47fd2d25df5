"""The network a call comes from, out of `X-Forwarded-For`.

Every proxy adds the address that it saw at the right end; Azure's front end writes the last entry
and may add a port. So the list is read from the right:

  an entry of our own side     skipped: private, shared, link-local and loopback addresses
                               (OUR_SIDE) are proxies inside Azure
  one of `trusted_hops`        skipped: public proxies of ours, such as Front Door
  the next entry               the caller
  anything left of it          the caller's own word: it proves nothing and is not read

Where all entries are of our own side, the last one is the caller: a laptop, or a private network.
"""

import hmac
import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from signaling.admission_rate import Network

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

DAY_MS = 86_400_000
UNKNOWN = Network()  # nobody can tell; such calls are never refused for the sake of a network
# One customer is given as much of IPv6: a /56 at home, a /48 elsewhere (RFC 6177).
WIDTHS = {4: (32,), 6: (64, 56, 48)}
# RFC 1918, 6598, 3927, 1122 §3.2.1.3; RFC 4193, 4291 §2.5.3, §2.5.6.
OUR_SIDE = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
    *("127.0.0.0/8", "fc00::/7", "::1/128", "fe80::/10"),
)
WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([\d.]+):\d+")


type Kind = Literal["public", "private", "unknown"]  # private: an address of our own side


class Caller(Struct, frozen=True):
    """What the header says of one caller, without any address. For who sets `trusted_hops`.

    A caller who sends no such header itself and finds an entry `left` of it came through a public
    proxy that is not trusted: all of its callers count as one network.
    """

    kind: Kind
    skipped: int  # entries right of the caller's
    left: int  # entries left of it


def read_network(forwarded: str | None, trusted_hops: int, key: bytes, now: int) -> Network:
    """The caller's network at `now` (epoch ms), as keyed hashes that are others tomorrow.

    One IPv4 address, or one /64 of IPv6, is one network, and lies in a /56 and a /48. UNKNOWN if
    the header names none.
    """
    from ipaddress import ip_network  # 4 ms to import, and a message never needs it

    entries = _entries(forwarded)
    caller = entries[_place(entries, trusted_hops)]
    if caller is None:
        return UNKNOWN
    day = now // DAY_MS
    own, *wider = (
        hmac.digest(key, f"{day} {ip_network((caller, bits), strict=False)}".encode(), "sha256")
        for bits in WIDTHS[caller.version]
    )
    return Network(own[:12].hex(), tuple(name[:12].hex() for name in wider))


def describe_caller(forwarded: str | None, trusted_hops: int) -> Caller:
    """What is seen of the caller."""
    entries = _entries(forwarded)
    place = _place(entries, trusted_hops)
    address = entries[place]
    kind: Kind = "unknown" if address is None else "private" if _is_ours(address) else "public"
    return Caller(kind, len(entries) - 1 - place, place)


def _entries(forwarded: str | None) -> "list[IPv4Address | IPv6Address | None]":
    """At least one; None for what is no address."""
    return [_address(entry.strip()) for entry in (forwarded or "").split(",")]


def _place(entries: "list[IPv4Address | IPv6Address | None]", trusted_hops: int) -> int:
    """Which entry is the caller's."""
    hops = trusted_hops
    for place in reversed(range(len(entries))):
        address = entries[place]
        if address is None:
            return place
        if _is_ours(address):
            continue
        if hops == 0:
            return place
        hops -= 1
    return len(entries) - 1


def _is_ours(address: "IPv4Address | IPv6Address") -> bool:
    return any(address in network for network in _our_side())


@cache
def _our_side() -> "tuple[IPv4Network | IPv6Network, ...]":
    from ipaddress import ip_network

    return tuple(map(ip_network, OUR_SIDE))


def _address(text: str) -> "IPv4Address | IPv6Address | None":
    from ipaddress import IPv6Address, ip_address

    found = WITH_PORT.fullmatch(text)
    try:
        address = ip_address(found[1] or found[2] if found else text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
