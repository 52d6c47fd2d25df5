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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

DAY_MS = 86_400_000
UNKNOWN = ""  # nobody can tell; such calls are never refused for the sake of a network
# RFC 1918, 6598, 3927, 1122 §3.2.1.3; RFC 4193, 4291 §2.5.3, §2.5.6.
OUR_SIDE = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
    *("127.0.0.0/8", "fc00::/7", "::1/128", "fe80::/10"),
)
WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([\d.]+):\d+")


def read_network(forwarded: str | None, trusted_hops: int, key: bytes, now: int) -> str:
    """The caller's network at `now` (epoch ms), as a keyed hash that is another one tomorrow.

    One IPv4 address, or one /64 of IPv6, is one network. UNKNOWN if the header names none.
    """
    from ipaddress import ip_network  # 4 ms to import, and a message never needs it

    caller = _caller(forwarded or "", trusted_hops)
    if caller is None:
        return UNKNOWN
    network = ip_network((caller, 32 if caller.version == 4 else 64), strict=False)
    return hmac.digest(key, f"{now // DAY_MS} {network}".encode(), "sha256")[:12].hex()


def _caller(forwarded: str, trusted_hops: int) -> "IPv4Address | IPv6Address | None":
    """None if the entry that counts is no address."""
    entries = [_address(entry.strip()) for entry in forwarded.split(",")]
    hops = trusted_hops
    for address in reversed(entries):
        if address is None:
            return None
        if any(address in network for network in _our_side()):
            continue
        if hops == 0:
            return address
        hops -= 1
    return entries[-1]


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
