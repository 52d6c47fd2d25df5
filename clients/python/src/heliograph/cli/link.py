"""What may stand for a room on the command line: its name, a code, or a link of the page. Pure.

A link is `https://host/#~CODE` or `https://host/?room=NAME`; its backend is `https://host/api`
if no other one is named.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

# With one letter more it is no code; `_` and `-` after it are marks of whoever wrote the link.
CODE_WITHIN = re.compile(r"~[\w-]{21}[A-Za-z0-9](?![_-]*[A-Za-z0-9])", re.A)
MARKS = re.compile(r"[^\w-]+$", re.A)  # what a program has taken into a link: `?room=tea).`


@dataclass(frozen=True, slots=True)
class Place:
    """`backends`: those of the link, if it was one."""

    room: str
    backends: tuple[str, ...] = ()


def read_place(text: str) -> Place:
    """What cannot be read is taken as a name, which the backend refuses."""
    typed = text.strip()
    if not re.match(r"https?://", typed, re.I):
        return Place(typed)
    url = urlsplit(typed)
    code = CODE_WITHIN.search(unquote(url.fragment)) or CODE_WITHIN.search(unquote(url.query))
    names = parse_qs(url.query).get("room", [""])
    room = code[0] if code is not None else MARKS.sub("", names[0].strip())
    return Place(room, (f"{url.scheme}://{url.netloc}/api",))
