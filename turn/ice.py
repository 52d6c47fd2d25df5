"""ICE servers as browsers take them, cut out of what vendors answer. Pure.

URLs: RFC 7064 (stun, stuns) and RFC 7065 (turn, turns). One bad URL makes `RTCPeerConnection`
throw, and every further one makes gathering slower, so what is doubtful is dropped here.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

MAX_URLS = 16  # of one answer; Cloudflare, with the longest list, sends 8
MAX_URL_CHARACTERS = 300
MAX_NAME_CHARACTERS = 253  # RFC 1035 §2.3.4
MAX_USERNAME_BYTES = 508  # RFC 8489 §14.3
MAX_CREDENTIAL_BYTES = 512
DNS_PORT = 53  # browsers refuse to connect to this port, whatever answers there

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = re.compile(
    r"(?:(?P<turn>turns?)|stuns?):"
    rf"(?:(?P<name>{_LABEL}(?:\.{_LABEL})*\.?)|\[(?P<v6>[0-9a-f:.]{{2,45}})\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<transport>\?transport=(?:udp|tcp))?"
)


class IceServer(Struct, frozen=True, omit_defaults=True):
    """An `RTCIceServer`. Printing it does not show the credential."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None
    granted: str | None = None  # for reports: the proof that we have given it; browsers ignore it

    def __repr__(self) -> str:
        return f"IceServer({self.urls!r}, {self.username!r})"


class VendorServer(Struct):
    """One server as vendors send it: `urls` is text or a list."""

    urls: str | tuple[str, ...]
    username: str | None = None
    credential: str | None = None

    def __repr__(self) -> str:
        return f"VendorServer({self.urls!r})"


def usable(url: str) -> bool:
    """Whether browsers take this URL: a known scheme, a host, no port 53."""
    match = (
        _URL.fullmatch(url.lower()) if len(url) <= MAX_URL_CHARACTERS and url.isascii() else None
    )
    if match is None or (match["transport"] and not match["turn"]) or not _is_host(match):
        return False
    return (
        match["port"] is None or 0 < int(match["port"]) <= 65_535 and int(match["port"]) != DNS_PORT
    )


def _is_host(match: re.Match[str]) -> bool:
    """An address has to be one. A name whose last part is a number is read as an address."""
    from ipaddress import AddressValueError, IPv4Address, IPv6Address

    v6, name = match["v6"], match["name"]
    try:
        if v6 is not None:
            IPv6Address(v6)
        elif name.rstrip(".").rpartition(".")[2].isdigit():
            IPv4Address(name)
    except AddressValueError:
        return False
    return name is None or len(name) <= MAX_NAME_CHARACTERS


def relays(url: str) -> bool:
    """Whether this is the URL of a TURN server."""
    return url.startswith(("turn:", "turns:"))


def clean(servers: Iterable[VendorServer]) -> tuple[IceServer, ...]:
    """What a browser can use of these servers: no URL twice, one server for each credential.

    At most MAX_URLS URLs, in the vendor's order. A TURN URL without credentials is dropped,
    because `RTCPeerConnection` throws on it; STUN needs none and gets none.
    """
    found: dict[tuple[str | None, str | None], list[str]] = {}
    seen: set[str] = set()
    for url, username, credential in _usable_urls(servers):
        if url not in seen and len(seen) < MAX_URLS:
            seen.add(url)
            found.setdefault((username, credential), []).append(url)
    return tuple(IceServer(tuple(urls), *login) for login, urls in found.items())


def has_relay(servers: Iterable[IceServer]) -> bool:
    """Whether any of the servers is a TURN server."""
    return any(relays(url) for server in servers for url in server.urls)


def _usable_urls(
    servers: Iterable[VendorServer],
) -> Iterator[tuple[str, str | None, str | None]]:
    for server in servers:
        urls = (server.urls,) if isinstance(server.urls, str) else server.urls
        login = _login(server)
        for url in map(str.lower, filter(usable, urls)):
            if not relays(url):
                yield url, None, None
            elif login is not None:
                yield url, *login


def _login(server: VendorServer) -> tuple[str, str] | None:
    username, credential = server.username, server.credential
    if not (_fits(username, MAX_USERNAME_BYTES) and _fits(credential, MAX_CREDENTIAL_BYTES)):
        return None
    assert username is not None and credential is not None
    return username, credential


def _fits(text: str | None, most: int) -> bool:
    return bool(text) and text is not None and len(text) <= most and _PRINTABLE(text) is not None


_PRINTABLE = re.compile(r"[\x21-\x7e]+").fullmatch
