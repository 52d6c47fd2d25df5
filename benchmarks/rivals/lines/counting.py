"""How many lines each program has, by its parts.

A line counts if it holds something else than a comment. A comment `// part: NAME` says which part
the lines after it belong to. `biome check` sees to it that all programs are formatted alike.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
PARTS = {
    "room": "join by name; who is there, and their names",
    "text": "text to everyone, and whether it was delivered",
    "media": "camera and microphone, also to who comes later",
    "channel": "an own channel: binary, unordered",
    "file": "a file: offered, accepted, with progress",
    "loss": "go on after a loss of the network",
}
SYSTEMS = {
    "heliograph": "Heliograph",
    "peerjs": "PeerJS",
    "trystero": "Trystero",
    "livekit": "LiveKit",
}
# What a user has to write for a server, in the same folder.
SERVERS = {"livekit": "tokens.mjs"}
_PART = re.compile(r"// part: (\w+)")


class Unmarked(Exception):
    """A line of a program that is in no part, or a part that is not in PARTS."""


def by_part(text: str) -> dict[str, int]:
    """Lines of each of PARTS. Raises Unmarked."""
    found = dict.fromkeys(PARTS, 0)
    part = None
    for line in map(str.strip, text.splitlines()):
        if marker := _PART.fullmatch(line):
            part = marker[1]
        elif _counts(line):
            if part not in found:
                raise Unmarked(f"{line!r} is in part {part}")
            found[part] += 1
    return found


def lines(text: str) -> int:
    """All of them."""
    return sum(map(_counts, map(str.strip, text.splitlines())))


def _counts(line: str) -> bool:
    """Comments of several lines begin each with an asterisk, as biome writes them."""
    return bool(line) and not line.startswith(("//", "/*", "*"))


def programs(folder: Path) -> dict[str, dict[str, int]]:
    """By system, then by part. Raises Unmarked, and OSError for a program that is not there."""
    return {system: by_part((folder / f"{system}.ts").read_text()) for system in SYSTEMS}


def servers(folder: Path) -> dict[str, int]:
    """What has to be written for a server, by system."""
    return {
        system: lines((folder / SERVERS[system]).read_text()) if system in SERVERS else 0
        for system in SYSTEMS
    }
