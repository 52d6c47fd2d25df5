"""Two people in a room: they meet, talk, send a file, and go."""

import asyncio
import hashlib
import os
import random
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from heliograph import events as e
from heliograph.check import relays
from heliograph.check.steps import Failure
from heliograph.check.walk import Walk
from heliograph.errors import HeliographError
from heliograph.peer.peer import Peer
from heliograph.room.join import create_room, join
from heliograph.room.room import Room
from heliograph.room.streams import EventStream
from heliograph.wire.protocol import TurnAnswer

E = TypeVar("E", bound=e.Event)
LOOK_SECONDS = 0.05
ANSWER_SECONDS = 5.0
ASK_AGAIN_SECONDS = 2.0  # and up to as much again
FILE_BYTES = 65_536
TEXTS = 3  # of which one has to go from peer to peer
UNREADABLE = ("room_not_found", "invalid_room")  # of a room that another stamp has just made
NO_STUN = "no STUN server answers: UDP to it is blocked here"


class Person:
    """Somebody in the room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.stream: EventStream = room.events()

    @property
    def other(self) -> Peer:
        """Raises Failure (not_seen) unless there is one."""
        for peer in self.room.peers.values():
            return peer
        raise Failure("not_seen")

    async def sees(self, kind: type[E], matches: Callable[[E], bool]) -> E:
        """The next such event; others before it are dropped."""
        async for event in self.stream:
            if isinstance(event, kind) and matches(event):
                return event
        raise Failure("unexpected", "the room was closed")


Pair = tuple[Person, Person]
Look = Callable[[Person], Awaitable[bool]]


async def talk(walk: Walk, backends: Sequence[str], relay: bool) -> None:
    """All steps but `health`. Raises Failure, after the walk has told of it."""
    async with AsyncExitStack() as rooms:
        pair = await walk.step("join", _join(rooms, backends))
        await walk.step("socket", _each(pair, _has_sockets))
        await walk.step("hub", _each(pair, _is_heard))
        await walk.step("meet", _each(pair, _has_met))
        await walk.step("connect", _connect(walk, pair))
        ann, bob = pair
        await walk.step("text", _both(_say(ann, bob), _say(bob, ann)))
        await walk.step("file", _send(ann, bob))
        if relay:
            await walk.step("relay", _relay(walk, pair))
        await walk.step("leave", _leave(ann, bob))


async def _join(rooms: AsyncExitStack, backends: Sequence[str]) -> Pair:
    """An open room at one stamp. At several a created one: only who has its key can read it."""
    room = f"check-{token_hex(8)}"
    if len(backends) > 1:
        room = (await create_room(backends[0])).room
    people = []
    for name in ("Check 1", "Check 2"):
        try:
            joined = await rooms.enter_async_context(join(backends, room, name=name))
        except HeliographError as error:
            if len(backends) > 1 and error.code in UNREADABLE:
                raise Failure("stamp_refuses", error.code) from None
            raise
        people.append(Person(joined))
    return people[0], people[1]


async def _each(pair: Pair, look: Look) -> None:
    await _both(*(_until(person, look) for person in pair))


async def _until(person: Person, look: Look) -> None:
    while not await look(person):
        await asyncio.sleep(LOOK_SECONDS)


async def _both(*work: Awaitable[None]) -> None:
    await asyncio.gather(*work)


async def _has_sockets(person: Person) -> bool:
    stamps = person.room._signaling.stamps
    for stamp in stamps:
        if stamp.refusal is not None:
            raise Failure("stamp_refuses", stamp.refusal.code)
    if person.room.state == "closed":
        raise Failure("no_socket", "the room was closed")
    return all(stamp.open for stamp in stamps)


async def _is_heard(person: Person) -> bool:
    """Each look costs a message, so it waits before there is another one."""
    for stamp in person.room._signaling.stamps:
        if not await stamp.is_answered(ANSWER_SECONDS):
            if stamp.is_checked:
                await asyncio.sleep(ASK_AGAIN_SECONDS * (1 + random.random()))
            return False
    return True


async def _has_met(person: Person) -> bool:
    count = len(person.room.peers)
    if count > 1:
        raise Failure("seen_twice")
    return count == 1


async def _is_connected(person: Person) -> bool:
    return person.other.state == "connected" and person.other.path != "server"


async def _connect(walk: Walk, pair: Pair) -> None:
    try:
        async with asyncio.timeout(walk.seconds("connect") - 0.2):
            await _each(pair, _is_connected)
    except TimeoutError:
        raise Failure("udp_blocked" if _is_blocked(pair) else "no_path") from None
    walk.note(pair[0].other.path)
    if _is_blocked(pair):
        walk.note(NO_STUN)


def _is_blocked(pair: Pair) -> bool:
    links = [peer.link for person in pair for peer in person.room._members.peers.values()]
    return any(link.network == "udp-blocked" for link in links)


async def _say(ours: Person, theirs: Person) -> None:
    """From peer to peer. On a busy machine a channel may fall silent: then once more."""
    for _ in range(TEXTS):
        await _until(ours, _is_connected)
        text = f"check {token_hex(8)}"
        sent = await ours.room.send_text(text)
        via = sent.via
        await sent.delivered()
        heard = await theirs.sees(e.TextReceived, partial(_is_text, text))
        if via == heard.via == "p2p":
            return
    raise Failure("by_server")


def _is_text(text: str, event: e.TextReceived) -> bool:
    return event.text == text


async def _send(ours: Person, theirs: Person) -> None:
    content = os.urandom(FILE_BYTES)
    with tempfile.TemporaryDirectory(prefix="heliograph-check-") as folder:
        path, into = Path(folder, "check.bin"), Path(folder, "into")
        path.write_bytes(content)
        into.mkdir()
        (sent,) = await ours.room.send_file(path, to=theirs.room.self_id)
        offered = await theirs.sees(e.FileOffered, lambda event: event.file.name == path.name)
        await offered.file.accept(into)
        await asyncio.gather(sent.wait(), offered.file.wait())
        saved = offered.file.saved_as
        if saved is None or _hash(saved.read_bytes()) != _hash(content):
            raise Failure("file_corrupt")


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


async def _relay(walk: Walk, pair: Pair) -> None:
    """Each asks for a credential for the connection to the other, as if there were no path."""
    answers = [await person.room._fetch_turn(person.other.id) for person in pair]
    for answer in answers:
        _require_grant(answer)
    ours, theirs = (relays.ways_of(answer.ice_servers) for answer in answers)
    found, found_too = await asyncio.gather(relays.try_ways(ours), relays.try_ways(theirs))
    chosen = relays.chosen(ours, found), relays.chosen(theirs, found_too)
    walk.note(relays.told(ours, found))
    await relays.relayed(*chosen)


def _require_grant(answer: TurnAnswer) -> None:
    if not answer.granted:
        if answer.reason == "off":
            raise Failure("turn_off")
        raise Failure("turn_degraded" if answer.degraded else "turn_refused", answer.reason)


async def _leave(ours: Person, theirs: Person) -> None:
    await ours.room.leave()
    await theirs.sees(e.PeerLeft, lambda event: event.reason == "left")
    await theirs.room.leave()
