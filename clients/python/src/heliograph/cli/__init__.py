"""The command line: `heliograph join ROOM`, `send FILE ROOM`, `receive ROOM`, `check URL…`.

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
CHECK_HELP = "try whether two people can meet at the stamps that run"
CHECK_TEXT = """Two peers of this program meet in a new room, talk and send a file: through each
stamp alone, then through all together. Each step is told with its seconds; the first that fails,
with what to look at. No address and no secret is printed. Status 0: all is well."""
CHECK_SECONDS = 150.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the status to exit with."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["dev"]:
        return dev.run(words[1:])
    options = parse(words, os.environ)
    from heliograph.cli import commands  # not before the command line is known to be right

    run = {
        "join": commands.chat,
        "send": commands.send,
        "receive": commands.receive,
        "check": commands.check,
    }
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
    known = [url.strip() for url in environ.get(BACKEND, "").split(",") if url.strip()]
    if options.command == "check":
        named = [url.strip().rstrip("/") for url in options.urls or known]
        options.backends = list(dict.fromkeys(named))
        if not options.backends:
            parser.error(f"name the API of each stamp, https://…/api, or set {BACKEND}")
        return options
    place = read_place(options.room)
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
    _add_check(commands.add_parser("check", help=CHECK_HELP, description=CHECK_TEXT))
    return parser


def _add_check(check: ArgumentParser) -> None:
    check.add_argument("urls", nargs="*", metavar="URL", help="the API of a stamp: https://…/api")
    relays = check.add_mutually_exclusive_group()
    text = "also by a relay alone, with a TURN credential of each stamp"
    relays.add_argument(
        "--relay", dest="relays", action="store_const", const="yes", default="no", help=text
    )
    text = "the same, but for stamps that have no relays"
    relays.add_argument(
        "--relay-if-any", dest="relays", action="store_const", const="if-any", help=text
    )
    text = "for everything, at most (default: %(default)g)"
    check.add_argument("--seconds", type=seconds, default=CHECK_SECONDS, help=text)
    text = "how often each is tried, at most (default: %(default)s)"
    check.add_argument("--tries", type=int, choices=range(1, 6), default=2, help=text)


def seconds(text: str) -> float:
    """An option of the command line: more than 0, an hour at most. Raises ValueError."""
    given = float(text)
    if not 0 < given <= 3_600:
        raise ValueError
    return given
