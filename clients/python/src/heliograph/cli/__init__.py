"""The command line: `heliograph join ROOM`, `heliograph send FILE ROOM`, `heliograph receive ROOM`.

`heliograph dev` starts a backend with its page on this machine, if `heliograph-dev` is installed.

Exit status: 0 if all is done, 1 if something was refused or has failed, 2 for a wrong command
line, 130 after Ctrl-C.
"""

import asyncio
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from heliograph.cli import dev
from heliograph.cli.link import read_place
from heliograph.errors import HeliographError

BACKEND = "HELIOGRAPH_BACKEND"
INTERRUPTED = 130
ROOM_HELP = "a room's name, an invite, or a link of the page"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the status to exit with."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["dev"]:
        return dev.run(words[1:])
    options = parse(words, os.environ)
    from heliograph.cli import commands  # not before the command line is known to be right

    run = {"join": commands.chat, "send": commands.send, "receive": commands.receive}
    try:
        return asyncio.run(run[options.command](options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except HeliographError as error:
        print(f"heliograph: {error} ({error.code})", file=sys.stderr)
    except OSError as error:
        print(f"heliograph: {error}", file=sys.stderr)
    return commands.FAILED


def parse(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> Namespace:
    """The options; exits with 2 and a word about what is wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    place = read_place(options.room)
    known = [url.strip() for url in environ.get(BACKEND, "").split(",") if url.strip()]
    options.backends = options.backend or list(place.backends) or known
    options.room = place.room
    if not options.backends:
        parser.error(f"say --backend URL, or set {BACKEND}, or name the room by its link")
    if not options.room:
        parser.error("the link names no room")
    for path in getattr(options, "files", ()):
        if not path.is_file():
            parser.error(f"{path} is no file")
    if options.command == "receive" and not options.into.is_dir():
        parser.error(f"{options.into} is no folder")
    return options


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="heliograph", description="Talk and send files, peer to peer.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chat = commands.add_parser("join", help="talk in a room; /who and /quit are commands")
    send = commands.add_parser("send", help="send files to whoever is in a room, or comes first")
    send.add_argument("files", nargs="+", type=Path, metavar="FILE")
    send.add_argument("--to", metavar="NAME", help="only to the member of this name")
    receive = commands.add_parser("receive", help="take the file that somebody in a room sends")
    receive.add_argument(
        "--into", type=Path, default=Path(), metavar="FOLDER", help="default: here"
    )
    receive.add_argument("--yes", action="store_true", help="do not ask before each file")
    receive.add_argument("--all", action="store_true", help="go on after the first one")
    # For the list of commands: its options are those of the package that it starts.
    commands.add_parser("dev", help="start a backend with its page on this machine")
    for each in (chat, send, receive):
        each.add_argument("room", metavar="ROOM", help=ROOM_HELP)
        each.add_argument("--backend", action="append", metavar="URL", help="one for each stamp")
        each.add_argument("--name", default="", help="what the others call you")
        each.add_argument(
            "--identity",
            type=Path,
            metavar="FILE",
            help="be the same peer each time: its secret is kept there",
        )
    return parser
