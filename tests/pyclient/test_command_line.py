"""The command line, as a process of its own, by the real local stack."""

import hashlib
import os
from asyncio.subprocess import Process
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import heliograph
import pytest
from heliograph.cli import dev, main, parse
from heliograph.cli.link import Place, read_place
from heliograph.cli.terminal import harmless, size_of
from heliograph.events import PeerLeft, TextReceived, TransferUpdated
from heliograph.files.messages import BLOCK_BYTES

from lab.stack import Stack
from tests.pyclient.people import Person, eventually
from tests.pyclient.programs import end, line, program
from tests.visitor import new_room

CODE = "~AbCdEfGhIjKlMnOpQrStUv"


def command(*arguments: str, **environ: str) -> AbstractAsyncContextManager[Process]:
    return program("-m", "heliograph", *arguments, **environ)


async def test_people_talk_in_a_terminal(stack: Stack) -> None:
    room = new_room()
    link = f"{stack.page}?room={room}"
    async with command("join", link, "--name", "Term") as running:
        await line(running, "Nobody else is here yet")
        async with heliograph.join(stack.api, room, name="Bob") as bob:
            person = Person(bob)
            await person.meets("Term")
            await bob.send_text("hello\x1b[2J there")
            assert (await line(running, "hello")).endswith("hello [2J there")
            assert running.stdin is not None
            running.stdin.write(b"hi, Bob\n/quit\n")
            assert (await person.sees(TextReceived)).text == "hi, Bob"
            assert (await person.sees(PeerLeft)).reason == "left"
        assert (await end(running))[0] == 0


async def test_a_file_goes_from_terminal_to_terminal(stack: Stack, tmp_path: Path) -> None:
    room, path, into = new_room(), tmp_path / "film.bin", tmp_path / "into"
    path.write_bytes(os.urandom(2 * BLOCK_BYTES + 9))
    into.mkdir()
    where = {"HELIOGRAPH_BACKEND": stack.api}
    async with (
        command("receive", room, "--yes", "--into", str(into), **where) as receiver,
        command("send", str(path), room, "--name", "Sender", **where) as sender,
    ):
        assert "Sender offers film.bin, 2.1 MB" in await line(receiver, "offers")
        assert await end(sender) == (0, "")
        assert await end(receiver) == (0, "")
    assert (into / "film.bin").read_bytes() == path.read_bytes()


async def test_a_receiver_that_is_killed_and_started_again_goes_on(
    stack: Stack, tmp_path: Path
) -> None:
    room, path, into = new_room(), tmp_path / "film.bin", tmp_path / "into"
    path.write_bytes(os.urandom(8 * BLOCK_BYTES))
    into.mkdir()
    receive = ("receive", room, "--backend", stack.api, "--yes", "--into", str(into))
    receive += ("--identity", str(tmp_path / "identity"))
    async with heliograph.join(stack.api, room, name="Sender") as joined:
        person = Person(joined)
        async with command(*receive, "--name", "First") as running:
            await person.meets("First")
            (sent,) = await joined.send_file(path)
            await eventually(lambda: sent.bytes >= 2 * BLOCK_BYTES)
            running.kill()
        (part,) = into.iterdir()
        kept = part.stat().st_size // BLOCK_BYTES * BLOCK_BYTES
        assert 0 < kept < path.stat().st_size
        async with command(*receive, "--name", "Second") as running:
            told = await person.sees(
                TransferUpdated,
                lambda it: it.transfer.bytes == kept and not it.transfer.interrupted,
            )
            assert told.transfer is sent
            assert await end(running) == (0, "")
        await sent.wait()
    (place,) = into.iterdir()
    digests = [hashlib.sha256(each.read_bytes()).hexdigest() for each in (place, path)]
    assert place.name == "film.bin" and digests[0] == digests[1]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["join", "tea"], 2, "say --backend URL"),
        (["join", "https://host.example/"], 2, "names no room"),
        (["send", "/no/such/file", "tea", "--backend", "http://x/api"], 2, "is no file"),
        (["receive", "tea", "--into", "/no/such", "--backend", "http://x/api"], 2, "no folder"),
        (["receive", "tea", "--backend", "http://x/api"], 2, "say --yes"),
        (["join", "tea", "--backend", "ftp://x"], 1, "invalid_options"),
        (["join", "two words", "--backend", "http://127.0.0.1:9/api"], 1, "invalid_room"),
        (["fly"], 2, "invalid choice"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str],
    status: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HELIOGRAPH_BACKEND", raising=False)
    try:
        found: object = main(arguments)
    except SystemExit as ended:  # by argparse
        found = ended.code
    assert found == status and words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tea", Place("tea")),
        (f" {CODE} ", Place(CODE)),
        (f"https://x.example/#{CODE}", Place(CODE, ("https://x.example/api",))),
        (f"https://x.example/#%7E{CODE[1:]}).", Place(CODE, ("https://x.example/api",))),
        ("http://localhost:7071/?room=tea&name=A", Place("tea", ("http://localhost:7071/api",))),
        ("http://h/?room=tea).", Place("tea", ("http://h/api",))),
    ],
)
def test_a_room_is_named_or_linked(text: str, place: Place) -> None:
    assert read_place(text) == place


def test_a_backend_that_is_named_counts_before_that_of_the_link_and_the_environment() -> None:
    link, environ = f"https://x/#{CODE}", {"HELIOGRAPH_BACKEND": "https://e/api, https://f/api"}
    named = ["--backend", "https://a/api", "--backend", "https://b/api"]
    assert parse(["join", link, *named], environ).backends == ["https://a/api", "https://b/api"]
    assert parse(["join", link], environ).backends == ["https://x/api"]
    assert parse(["join", "tea"], environ).backends == ["https://e/api", "https://f/api"]


def test_what_strangers_say_moves_no_cursor() -> None:
    assert harmless("a\x1b[31mb\r\u202ec\u2028d") == "a [31mb  c d"
    assert [size_of(0), size_of(999), size_of(2_100_000)] == ["0 bytes", "999 bytes", "2.1 MB"]


def test_the_server_is_a_package_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dev", "--port", "7080"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("heliograph dev: the server is a package of its own: uvx heliograph-dev")
    assert said.endswith("(not_installed)\n")


def test_a_python_that_is_too_old_for_the_server_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert dev.run([], (3, 12)) == 1
    said = capsys.readouterr().err
    assert said.startswith("heliograph dev: it needs Python 3.13 or newer, and this is 3.12")
    assert said.endswith("(python_too_old)\n")
