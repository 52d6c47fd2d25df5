"""What the commands do. Each answers the exit status of the program."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from heliograph import events as e
from heliograph.check.report import Check, Order
from heliograph.cli.terminal import Screen, harmless, lines_of, size_of
from heliograph.errors import HeliographError
from heliograph.files.incoming import Incoming
from heliograph.files.transfer import Transfer
from heliograph.peer.peer import Peer
from heliograph.room.join import join
from heliograph.room.room import Room
from heliograph.room.streams import EventStream
from heliograph.wire.ids import create_secret

OK, FAILED, USAGE = 0, 1, 2
WAIT_FOR_ACK = 60.0  # seconds for what was said last


@asynccontextmanager
async def entered(options: Namespace, screen: Screen) -> AsyncIterator[Room]:
    """The room that the options name, as whoever they say."""
    secret = _identity(options.identity)
    joining = join(
        options.backends, options.room, name=options.name, secret=secret, receive_media=False
    )
    async with joining as room:
        screen.say(f"You are in {room.id}. {_who(room)}")
        yield room


async def chat(options: Namespace) -> int:
    """Talk: what is typed goes to everyone."""
    screen = Screen()
    async with entered(options, screen) as room:
        talking = asyncio.ensure_future(_talk(room, screen))
        try:
            return await _show(room, screen, talking)
        finally:
            talking.cancel()


async def send(options: Namespace) -> int:
    """Offer files to whoever is there, or comes first."""
    screen = Screen()
    async with entered(options, screen) as room:
        stream = room.events()
        peer = _wanted(room, options.to)
        if peer is None:
            screen.say("Waiting for somebody to come …")
        while peer is None:
            event = await anext(stream, None)
            if event is None or isinstance(event, e.Closed):
                return _ended(event, screen)
            peer = _wanted(room, options.to)
        who = harmless(peer.name) or peer.id
        sent = []
        for path in options.files:
            sent += await room.send_file(path, to=peer.id)
            screen.say(f"{path.name} is offered to {who}.")
        return await _follow(stream, [file.id for file in sent], screen)


async def receive(options: Namespace) -> int:
    """Take what is offered."""
    if not options.yes and not sys.stdin.isatty():
        print("heliograph: nobody can be asked here; say --yes to take what comes", file=sys.stderr)
        return USAGE
    screen, answers = Screen(), None if options.yes else lines_of(sys.stdin)
    status = OK
    async with entered(options, screen) as room:
        stream, open_files = room.events(), set[str]()
        async for event in stream:
            match event:
                case e.FileOffered(peer, file):
                    text = f"{_name(peer)} offers {harmless(file.path)}, {_size(file)}."
                    screen.say(text)
                    if await _is_wanted(answers, screen) and await _accept(file, options, screen):
                        open_files.add(file.id)
                case e.TransferUpdated(transfer) if transfer.id in open_files:
                    screen.progress(transfer)
                    if transfer.ended:
                        open_files.discard(transfer.id)
                        status = max(status, _told(transfer, screen))
                        if not open_files and not options.all:
                            return status
                case e.Closed():
                    return _ended(event, screen)
                case _:
                    pass
    return status


async def check(options: Namespace) -> int:
    """Try whether two people can meet."""
    order = Order(options.backends, options.relays, options.seconds, options.tries)
    return OK if await Check(order, Screen().say, harmless).run() else FAILED


async def _talk(room: Room, screen: Screen) -> None:
    lines = lines_of(sys.stdin)
    last = None
    while (line := await lines.get()) is not None:
        if line.strip() == "/quit":
            break
        if line.strip() == "/who":
            screen.say(_who(room))
        elif line.strip():
            try:
                last = await room.send_text(line)
            except HeliographError as error:
                screen.say(f"! {error}")
    if last is not None:  # what was said last is to arrive before we leave
        try:
            async with asyncio.timeout(WAIT_FOR_ACK):
                await last.delivered()
        except (HeliographError, TimeoutError):
            screen.say("! Not everyone has got your last message.")
    await room.leave()


async def _show(room: Room, screen: Screen, talking: "asyncio.Future[None]") -> int:
    async for event in room.events():
        match event:
            case e.TextReceived(peer, text):
                screen.say(f"{_name(peer)}: {harmless(text)}")
            case e.PeerJoined(peer):
                screen.say(f"* {_name(peer)} is here")
            case e.PeerLeft(peer, reason):
                screen.say(
                    f"* {_name(peer)} has left" + ("" if reason == "left" else f": {reason}")
                )
            case e.StateChanged("reconnecting"):
                screen.say("* the server does not answer; what you say waits")
            case e.ErrorOccurred(_, message):
                screen.say(f"! {message}")
            case e.FileOffered(peer, file):
                file.decline()
                screen.say(f"* {_name(peer)} offers a file: use `heliograph receive`")
            case e.Closed():
                if talking.done():
                    talking.result()
                return _ended(event, screen)
            case _:
                pass
    return OK


async def _follow(stream: EventStream, ids: list[str], screen: Screen) -> int:
    """Until these files have ended."""
    open_files, status = set(ids), OK
    async for event in stream:
        match event:
            case e.TransferUpdated(transfer) if transfer.id in open_files:
                screen.progress(transfer)
                if transfer.ended:
                    open_files.discard(transfer.id)
                    status = max(status, _told(transfer, screen))
            case e.Closed():
                return _ended(event, screen)
            case _:
                pass
        if not open_files:
            break
    return status


async def _is_wanted(answers: "asyncio.Queue[str | None] | None", screen: Screen) -> bool:
    if answers is None:
        return True
    screen.say("Take it? [y/N]")
    return ((await answers.get()) or "").strip().lower() in ("y", "yes")


async def _accept(file: Incoming, options: Namespace, screen: Screen) -> bool:
    try:
        await file.accept(options.into)
        return True
    except HeliographError as error:
        screen.say(f"! {error}")
        return False


def _told(transfer: Transfer, screen: Screen) -> int:
    name = harmless(transfer.name)
    if transfer.error is not None:
        screen.say(f"! {name}: {transfer.error}")
        return FAILED
    place = "" if transfer.saved_as is None else f" It is {transfer.saved_as}."
    screen.say(f"{name} has arrived.{place}")
    return OK


def _ended(event: "e.Closed | None", screen: Screen) -> int:
    if event is None or event.code == "left":
        return OK
    screen.say(f"! {event.message} ({event.code})")
    return FAILED


def _wanted(room: Room, name: str | None) -> Peer | None:
    """Who is connected, and is called so."""
    for peer in room.peers.values():
        if peer.state == "connected" and name in (None, peer.name, peer.id):
            return peer
    return None


def _who(room: Room) -> str:
    names = [_name(peer) for peer in room.peers.values()]
    return f"Here: {', '.join(names)}." if names else "Nobody else is here yet."


def _name(peer: Peer) -> str:
    return harmless(peer.name) or peer.id


def _size(file: Incoming) -> str:
    return "of unknown size" if file.size is None else size_of(file.size)


def _identity(path: Path | None) -> str | None:
    """The secret in the file, which is made if it is not there."""
    if path is None:
        return None
    if path.exists():
        return path.read_text().strip()
    secret = create_secret()
    path.touch(mode=0o600)
    path.write_text(secret + "\n")
    return secret
