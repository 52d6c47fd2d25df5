"""Python with Python, by the real local stack: text, data, channels, hosts, identity, bad input."""

import asyncio
import os
import sys

import heliograph
import pytest
from heliograph import HeliographError
from heliograph.events import (
    ChannelOpened,
    Closed,
    DataReceived,
    PeerJoined,
    PeerLeft,
    RoomLocked,
    TextReceived,
)

from lab.stack import ROOT, Stack
from tests.pyclient.people import Person, eventually, together
from tests.visitor import new_room


async def test_text_goes_from_peer_to_peer_and_is_known_to_have_arrived(stack: Stack) -> None:
    async with together(stack.api, "Ann", "Bob", "Cem") as (ann, bob, cem):
        sent = await ann.room.send_text("hello, everyone")
        assert sent.via == "p2p"
        everyone = {bob.room.self_id, cem.room.self_id}
        assert set(await asyncio.wait_for(sent.delivered(), 5)) == everyone
        for person in (bob, cem):
            heard = await person.sees(TextReceived)
            assert (heard.peer.name, heard.text) == ("Ann", "hello, everyone")
            assert (heard.via, heard.broadcast) == ("p2p", True)
        await bob.room.send_text("only you", to=ann.room.self_id)
        heard = await ann.sees(TextReceived)
        assert (heard.text, heard.broadcast) == ("only you", False)
        assert ann.connected()["Bob"].path == "direct"


async def test_data_arrives_as_it_was(stack: Stack) -> None:
    data = {"when": "2026-01-01T00:00:00Z", "deep": [{"a": [1, 2.5, None, True, "ä 🦊"]}]}
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        await ann.room.send_data(data)
        assert (await bob.sees(DataReceived)).data == data


async def test_who_is_alone_sends_to_nobody(stack: Stack) -> None:
    async with heliograph.join(stack.api, new_room()) as room:
        sent = await room.send_text("is anybody here?")
        assert (sent.via, await sent.delivered()) == ("nobody", ())


async def test_a_message_to_somebody_who_leaves_is_known_not_to_have_arrived(stack: Stack) -> None:
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        gone = bob.room.self_id
        # Bob's program hears nothing any more, and then leaves.
        link = bob.room._members.peers[ann.room.self_id].link
        assert link.connection is not None
        link.connection.sctp.transport._data_receiver = None
        sent = await ann.room.send_text("are you there?", to=gone)
        await bob.room.leave()
        with pytest.raises(HeliographError) as refused:
            await asyncio.wait_for(sent.delivered(), 10)
        assert (refused.value.code, refused.value.peers) == ("peer_gone", (gone,))


async def test_a_channel_of_ones_own_carries_text_and_bytes_both_ways(stack: Stack) -> None:
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        peer = await ann.meets("Bob")
        mine = await peer.open_channel("chess")
        await mine.send("e4")
        await mine.send(b"\x00\xff" * 1000)
        theirs = (await bob.sees(ChannelOpened)).channel
        assert theirs.label == "chess"
        messages = aiter(theirs)
        assert [await anext(messages), await anext(messages)] == ["e4", b"\x00\xff" * 1000]
        await theirs.send("e5")
        assert await anext(aiter(mine)) == "e5"
        with pytest.raises(HeliographError) as refused:
            await mine.send(b"x" * 300_000)
        assert refused.value.code == "too_large"
        theirs.close()
        await eventually(lambda: mine.closed)
        assert [message async for message in theirs] == []


async def test_the_others_are_told_who_comes_and_who_leaves(stack: Stack) -> None:
    room = new_room()
    async with heliograph.join(stack.api, room, name="Ann") as ann:
        person = Person(ann)
        async with heliograph.join(stack.api, room, name="Bob") as bob:
            joined = await person.sees(PeerJoined)
            assert joined.peer.id == bob.self_id
        left = await person.sees(PeerLeft)
        assert (left.peer.name, left.reason, ann.peers) == ("Bob", "left", {})


async def test_a_host_locks_invites_and_kicks(stack: Stack) -> None:
    made = await heliograph.create_room(stack.api, invite_only=True, capacity=4)
    host = heliograph.join(stack.api, made.room, name="Host", host_token=made.host_token)
    async with host as room:
        assert (room.role, room.capacity, room.id) == ("host", 4, made.room)
        invite = await room.invite(uses=1)
        async with heliograph.join(stack.api, invite.invite, name="Guest") as guest:
            person = Person(guest)
            await person.is_heard()
            await room.lock()
            assert (await person.sees(RoomLocked)).locked
            assert await code_of(stack, made.invite) == "room_locked"
            await room.lock(False)
            assert await code_of(stack, invite.invite) == "invite_used"
            await room.revoke(made.invite)
            assert await code_of(stack, made.invite) == "invite_revoked"
            await room.kick(guest.self_id)
            assert (await person.sees(Closed)).code == "kicked"
            assert room.peers == {}
            assert await code_of(stack, made.room, secret=guest.secret) == "kicked"


async def test_who_comes_back_with_its_secret_is_the_same_peer(stack: Stack) -> None:
    room = new_room()
    async with heliograph.join(stack.api, room, name="Ann") as first:
        id, secret = first.self_id, first.secret
    async with heliograph.join(stack.api, room, name="Ann", secret=secret) as second:
        assert second.self_id == id
        person = Person(second)
        async with heliograph.join(stack.api, room, secret=secret):
            assert (await person.sees(Closed)).code == "replaced"


async def test_a_socket_that_ends_is_opened_again_and_messages_go_on(stack: Stack) -> None:
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        stamp = bob.room._signaling.stamps[0]
        assert stamp._hub is not None
        before = stamp._hub
        await before.stop()
        await eventually(lambda: stamp.open and stamp._hub is not before)
        sent = await ann.room.send_text("still there?")
        assert await asyncio.wait_for(sent.delivered(), 5) == (bob.room.self_id,)


async def test_bad_input_is_refused_with_the_codes_of_the_protocol(stack: Stack) -> None:
    assert await code_of(stack, "two words") == "invalid_room"
    assert await code_of(stack, "") == "invalid_room"
    assert await code_of(stack, "~" + "A" * 22) == "room_not_found"
    assert await code_of(stack, new_room(), secret="short") == "invalid_secret"
    assert await code_of(stack, new_room(), name="a\nb") == "invalid_name"
    assert await code_of(stack, new_room(), host_token="x.y.z") == "bad_token"
    with pytest.raises(HeliographError) as refused:
        await heliograph.create_room(stack.api, capacity=1)
    assert refused.value.code == "invalid_options"
    async with together(stack.api, "Ann", "Bob") as (ann, _):
        room = ann.room
        for send, code in (
            (room.send_text(""), "invalid_message"),
            (room.send_text("x" * 4_097), "too_large"),
            (room.send_text("\ud800"), "invalid_message"),
            (room.send_data({1, 2}), "invalid_message"),
            (room.send_data(float("nan")), "invalid_message"),
            (room.send_text("x", to="A" * 16), "peer_not_found"),
            (room.send_file("/nowhere/at/all"), "invalid_file"),
            (room.kick("A" * 16), "not_host"),
        ):
            with pytest.raises(HeliographError) as refused:
                await send
            assert refused.value.code in (code, "room_not_found"), code
    with pytest.raises(HeliographError) as refused:
        await room.send_text("too late")
    assert refused.value.code == "closed"


async def test_a_backend_that_nobody_runs_is_away() -> None:
    with pytest.raises(HeliographError) as refused:
        async with heliograph.join("http://127.0.0.1:9/api", "tea"):
            pass
    assert refused.value.code == "backend_away"


async def code_of(stack: Stack, room: str, **options: str) -> str:
    """With which a joining is refused."""
    with pytest.raises(HeliographError) as refused:
        async with heliograph.join(stack.api, room, **options):
            pass
    return refused.value.code


async def test_people_who_come_in_the_same_moment_all_meet(stack: Stack) -> None:
    room, names = new_room(), ("Ann", "Bob", "Cem", "Dan")
    joining = [heliograph.join(stack.api, room, name=name) for name in names]
    rooms = await asyncio.gather(*(each.__aenter__() for each in joining))
    try:
        people = [Person(each) for each in rooms]
        for person in people:
            for name in set(names) - {person.room.name}:
                await person.meets(name)
        sent = await rooms[0].send_text("all of you")
        assert sent.via == "p2p" and len(await sent.delivered()) == len(names) - 1
    finally:
        await asyncio.gather(*(each.__aexit__(None, None, None) for each in joining))


async def test_the_example_of_the_readme_works(stack: Stack) -> None:
    """It ends when the other one leaves, so it is run beside somebody who does."""
    readme = (ROOT / "clients" / "python" / "README.md").read_text()
    example = readme.split("```python\n")[1].split("```")[0]
    room = new_room()
    ours = example.replace("http://localhost:7071/api", stack.api).replace('"tea"', f'"{room}"')
    command = [sys.executable, "-c", ours]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python" / "src")}
    running = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.PIPE
    )
    async with heliograph.join(stack.api, room, name="Bob") as joined:
        person = Person(joined)
        await person.meets("Ann")
        await (await joined.send_text("from Bob")).delivered()
    out, _ = await asyncio.wait_for(running.communicate(), 30)
    assert (running.returncode, out.decode().strip()) == (0, "Bob from Bob")
