"""The tables of docs/benchmarks.md: lines, and what each of the programs does and does not do."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.rivals.lines.counting import PARTS, SYSTEMS, programs, servers

PAGE = Path(__file__).parents[3] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- benchmarks.rivals.lines: begin -->", "<!-- benchmarks.rivals.lines: end -->"
# Of each row, in the order of SYSTEMS.
RUNS = (
    "what has to run",
    "the backend, as it is deployed",
    "PeerServer with `--allow_discovery`",
    "nothing of one's own: public Nostr relays",
    "its token server and `livekit-server`",
)
SEEN = (
    "tried",
    "runs, every part",
    "runs, every part",
    "runs, every part",
    "type-checked, not run: its server is not on npm, PyPI or in Debian. Its token server runs",
)
DOES = (
    (
        "rooms",
        "yes",
        "no: the program asks PeerServer for all ids, and whoever asks sees all rooms",
        "yes",
        "yes; a token says who may come in",
    ),
    ("names", "yes", "a message of the program", "a message of the program", "yes"),
    (
        "text delivered",
        "yes; told who has not got it",
        "an answer of the program; fails if the connection closes",
        "by a request; told who has not got it",
        "by a call (RPC); fails after 15 s",
    ),
    (
        "text while there is no path between the two",
        "by the backend",
        "no",
        "no",
        "all goes by the media server",
    ),
    ("who comes later sees the camera", "yes", "the program calls", "the program adds", "yes"),
    (
        "the browser asks for camera and microphone",
        "once",
        "once",
        "once",
        "once",
    ),
    (
        "a picture is sent",
        "to each, in one connection",
        "to each, in a connection of its own",
        "to each, in one connection",
        "once, to the media server, which forwards it",
    ),
    (
        "end-to-end encrypted",
        "yes, but for what the backend carries",
        "yes",
        "yes",
        "not as it is; with keys of one's own and a worker",
    ),
    (
        "the own channel",
        "unordered, nothing sent again",
        "unordered, but sent again; a connection of its own",
        "unordered, nothing sent again; by the `RTCPeerConnection`. "
        "An action would be ordered, and shorter",
        "unordered, nothing sent again; by the media server",
    ),
    ("a file is accepted", "yes", "a message of the program", "by a request", "by a call (RPC)"),
    ("progress", "on both sides", "the program counts", "on both sides", "on both sides"),
    (
        "the sender knows that the file has arrived",
        "yes",
        "the program says so",
        "by a request",
        "no",
    ),
    ("a hash is compared", "yes", "no", "no", "no"),
    ("the file is kept", "on disk if it is large", "in memory", "in memory", "in memory"),
    ("the file goes on after a new connection", "yes", "no", "no", "no"),
)


def tables(folder: Path) -> str:
    """The part of docs/benchmarks.md between BEGIN and END, both included. Raises Unmarked."""
    counted, written = programs(folder), servers(folder)
    rows: list[Sequence[object]] = [
        (title, *(counted[system][part] or "–" for system in SYSTEMS))
        for part, title in PARTS.items()
    ]
    rows.append(("**together**", *(f"**{sum(counted[each].values())}**" for each in SYSTEMS)))
    rows.append(("for a server, written", *(written[each] or "–" for each in SYSTEMS)))
    lines = _table("lines", [*rows, RUNS, SEEN])
    return "\n\n".join([BEGIN, lines, _table("what the program does", DOES), END])


def _table(title: str, rows: Sequence[Sequence[object]]) -> str:
    head = (title, *SYSTEMS.values())
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in cells)


def write(folder: Path) -> None:
    """Bring the page up to date."""
    block = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    PAGE.write_text(block.sub(lambda _: tables(folder), PAGE.read_text()))


def is_written(folder: Path) -> bool:
    """Whether the page is up to date."""
    return tables(folder) in PAGE.read_text()
