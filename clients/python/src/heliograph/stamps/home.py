"""Codes of created rooms, and which stamp is asked first (docs/protocol.md §1 and §7). Pure."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from heliograph.errors import HeliographError
from heliograph.wire.ids import ALPHABET

CODE = re.compile(r"~[A-Za-z0-9_-]{22}")
HOME_NUMBERS = 16  # a code has 132 bits: a block of 128, and the home number in the 4 that are left


def home_number(room: str) -> int | None:
    """The home number of a code; None for an open room."""
    return ALPHABET.index(room[-1]) % HOME_NUMBERS if CODE.fullmatch(room) else None


def first_asked(room: str, stamps: int) -> int:
    """The number of the stamp that is asked first.

    Of a created room its home, of an open one by the sum of the UTF-16 units of its name, so that
    all clients ask the same one.
    """
    home = home_number(room)
    return (_sum_of_units(room) if home is None else home) % stamps


def sort_backends(backends: str | Sequence[str]) -> list[str]:
    """The backends without a slash at the end, each once, in the order of their UTF-16 units.

    So all clients give the stamps the same numbers. Raises HeliographError (invalid_options) for
    an empty list, for more than 16, and for what is no http(s) URL.
    """
    given = [backends] if isinstance(backends, str) else list(backends)
    known = sorted({_absolute(each) for each in given}, key=lambda url: url.encode("utf-16-be"))
    if not 1 <= len(known) <= HOME_NUMBERS:
        raise HeliographError("invalid_options", f"Name 1 to {HOME_NUMBERS} backends.")
    return known


def _sum_of_units(text: str) -> int:
    units = text.encode("utf-16-be", "surrogatepass")
    return sum(units[n] << 8 | units[n + 1] for n in range(0, len(units), 2))


def _absolute(backend: str) -> str:
    """As a browser writes it: scheme and host in small letters, without the usual port."""
    message = "A backend is an http or https URL without a query."
    try:
        url = urlsplit(backend.strip())
        port = url.port
    except ValueError:
        raise HeliographError("invalid_options", message) from None
    scheme, host = url.scheme.lower(), (url.hostname or "").lower()
    if scheme not in ("http", "https") or not host or url.query or url.fragment:
        raise HeliographError("invalid_options", message)
    if ":" in host:
        host = f"[{host}]"
    usual = {"http": 80, "https": 443}[scheme]
    place = host if port in (None, usual) else f"{host}:{port}"
    return urlunsplit((scheme, place, url.path, "", "")).rstrip("/")
