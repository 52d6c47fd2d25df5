"""Files from Python to Python: hashes, progress, names, refusals, and going on after a break."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest
from heliograph import HeliographError, Incoming, Transfer
from heliograph.events import FileOffered, TransferUpdated
from heliograph.files.messages import BLOCK_BYTES

from lab.stack import Stack
from tests.pyclient.people import Person, eventually, together

Pair = tuple[Transfer, Incoming]


async def offered(sender: Person, receiver: Person, path: Path, **options: str) -> Pair:
    """Both sides of a file that one has offered to the other."""
    (sent,) = await sender.room.send_file(path, to=receiver.room.self_id, **options)
    return sent, (await receiver.sees(FileOffered)).file


def made(path: Path, size: int) -> Path:
    path.write_bytes(os.urandom(size))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 17])
async def test_what_arrives_is_what_was_sent(
    stack: Stack, tmp_path: Path, inbox: Path, size: int
) -> None:
    path = made(tmp_path / "photo.png", size)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        assert (file.name, file.size, file.type) == ("photo.png", size, "image/png")
        await file.accept(inbox)
        place = await asyncio.wait_for(file.wait(), 30)
        assert await sent.wait() is None
        assert place == inbox / "photo.png" and digest(place) == digest(path)
        assert [file.bytes, sent.bytes, file.state, sent.state] == [size, size, "done", "done"]
        assert os.listdir(inbox) == ["photo.png"]


async def test_progress_is_told_on_both_sides(stack: Stack, tmp_path: Path, inbox: Path) -> None:
    path = made(tmp_path / "a.bin", 6 * BLOCK_BYTES)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        await file.accept(inbox)
        await file.wait()
        for person, transfer in ((ann, sent), (bob, file)):
            told = await person.sees(TransferUpdated, lambda it: it.transfer.state == "done")
            assert told.transfer is transfer


async def test_names_lead_nowhere_and_overwrite_nothing(
    stack: Stack, tmp_path: Path, inbox: Path
) -> None:
    path = made(tmp_path / "x", 10)
    (inbox / "note.txt").write_text("mine")
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        for name, place in (
            ("../../note.txt", "note (1).txt"),
            ("note.txt", "note (2).txt"),
            ("/etc/passwd", "etc/passwd"),
            ("photos/CON", "photos/_CON"),
        ):
            sent, file = await offered(ann, bob, path, name=name)
            await file.accept(inbox)
            assert await file.wait() == inbox / place
            await sent.wait()
        assert (inbox / "note.txt").read_text() == "mine"
        sent, file = await offered(ann, bob, path)
        with pytest.raises(HeliographError) as refused:
            await file.accept(inbox / "note.txt")
        assert refused.value.code == "file_unwritable"
        with pytest.raises(HeliographError) as told:
            await asyncio.wait_for(sent.wait(), 5)
        assert told.value.code == "file_unwritable"
        sent, file = await offered(ann, bob, path)
        await file.accept(inbox / "note.txt", overwrite=True)
        await file.wait()
        assert digest(inbox / "note.txt") == digest(path)


async def test_a_file_can_be_declined_and_cancelled_by_either_side(
    stack: Stack, tmp_path: Path, inbox: Path
) -> None:
    path = made(tmp_path / "big.bin", 40 * BLOCK_BYTES)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        file.decline()
        assert await codes(sent, file) == ["declined", "declined"]
        for canceller in (0, 1):
            sent, file = await offered(ann, bob, path)
            await file.accept(inbox)
            await eventually(lambda file=file: file.bytes > 0)
            (sent, file)[canceller].cancel()
            assert await codes(sent, file) == ["cancelled", "cancelled"]
        await eventually(lambda: os.listdir(inbox) == [])


async def test_a_file_that_is_held_waits(stack: Stack, tmp_path: Path, inbox: Path) -> None:
    path = made(tmp_path / "big.bin", 8 * BLOCK_BYTES)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        file.pause()
        await file.accept(inbox)
        await eventually(lambda: sent.state == "paused")
        await asyncio.sleep(0.3)
        assert file.bytes == 0
        file.resume()
        assert await asyncio.wait_for(file.wait(), 20) == inbox / "big.bin"


async def test_a_file_goes_on_after_a_broken_connection(
    stack: Stack, tmp_path: Path, inbox: Path
) -> None:
    path = made(tmp_path / "big.bin", 24 * BLOCK_BYTES)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        await file.accept(inbox)
        await eventually(lambda: file.bytes >= 4 * BLOCK_BYTES)
        peer = ann.connected()["Bob"]
        before = peer.connection
        assert before is not None
        await before.close()
        await eventually(lambda: file.interrupted and sent.interrupted)
        kept = file.bytes
        await eventually(lambda: not file.interrupted)
        assert kept < path.stat().st_size and peer.connection is not before
        await asyncio.wait_for(file.wait(), 30)
        assert digest(inbox / "big.bin") == digest(path)
        await sent.wait()


async def test_a_receiver_that_died_goes_on_where_it_was(
    stack: Stack, tmp_path: Path, inbox: Path
) -> None:
    """The part on its disk counts as far as the sender confirms it."""
    path = made(tmp_path / "big.bin", 5 * BLOCK_BYTES + 5)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        part = inbox / f".big.bin.{file.id}.part"
        part.write_bytes(path.read_bytes()[: 3 * BLOCK_BYTES + 100])
        seen: list[int] = []
        await file.accept(inbox)
        seen.append(file.bytes)
        await asyncio.wait_for(file.wait(), 20)
        assert seen == [3 * BLOCK_BYTES] and digest(inbox / "big.bin") == digest(path)
        await sent.wait()
        sent, file = await offered(ann, bob, path)  # and nothing of what is not the file's
        (inbox / f".big.bin.{file.id}.part").write_bytes(os.urandom(3 * BLOCK_BYTES))
        await file.accept(inbox)
        assert digest(await asyncio.wait_for(file.wait(), 20) or path) == digest(path)
        assert sorted(os.listdir(inbox)) == ["big (1).bin", "big.bin"]


async def test_a_file_that_changes_while_it_is_sent_is_not_sent(
    stack: Stack, tmp_path: Path, inbox: Path
) -> None:
    path = made(tmp_path / "log", 3 * BLOCK_BYTES)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        with path.open("ab") as more:
            more.write(b"one more line")
        await file.accept(inbox)
        assert await codes(sent, file) == ["file_unreadable", "file_unreadable"]


async def codes(*transfers: Transfer) -> list[str]:
    """Why they have ended."""
    found = []
    for transfer in transfers:
        with pytest.raises(HeliographError) as ended:
            await asyncio.wait_for(transfer.wait(), 10)
        found.append(ended.value.code)
    return found


@pytest.mark.parametrize("times", [1, 10_000])
async def test_a_block_that_was_changed_on_its_way_comes_again_but_not_for_ever(
    stack: Stack, tmp_path: Path, inbox: Path, times: int
) -> None:
    path = made(tmp_path / "a.bin", 3 * BLOCK_BYTES)
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        sent, file = await offered(ann, bob, path)
        lane = ann.room._files._files[bob.room.self_id]._lane
        assert lane is not None
        whole, left = lane._send, [times]

        def changed(data: str | bytes) -> bool:
            if isinstance(data, bytes) and sent.bytes == BLOCK_BYTES and left[0] > 0:
                left[0] -= 1
                data = bytes([data[0] ^ 1]) + data[1:]
            return whole(data)

        lane._send = changed  # type: ignore[method-assign]
        await file.accept(inbox)
        if times == 1:
            await asyncio.wait_for(file.wait(), 20)
            assert digest(inbox / "a.bin") == digest(path) and left == [0]
        else:
            assert await codes(sent, file) == ["file_corrupt", "file_corrupt"]
            await eventually(lambda: os.listdir(inbox) == [])
