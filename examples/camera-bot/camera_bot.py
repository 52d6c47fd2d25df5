"""A bot that sends a picture to everyone in a room, and answers questions in the chat."""

import argparse
import asyncio
import sys

import av
import heliograph
from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaPlayer

BACKEND = "http://localhost:7071/api"
TEST_PICTURE = "testsrc2=size=640x360:rate=15"  # FFmpeg draws it: bars that move, and a clock
PAUSE = 0.5  # seconds before a picture that has ended is opened again


def open_picture(options: argparse.Namespace) -> MediaStreamTrack:
    """A track of what the options name. Raises ValueError if that shows no picture."""
    source = options.source or TEST_PICTURE
    try:
        player = MediaPlayer(source, format=options.format if options.source else "lavfi")
    except av.FFmpegError as error:
        raise ValueError(f"{source} cannot be opened: {error.strerror}") from error
    if player.video is None:
        raise ValueError(f"{source} has no picture")
    return player.video


async def show(room: heliograph.Room, track: MediaStreamTrack, options: argparse.Namespace) -> None:
    """Send it to all. When it has ended it is opened again: aiortc's `loop` would play too fast."""
    while True:
        ended = asyncio.Event()
        track.add_listener("ended", ended.set)
        room.add_track(track, "camera")
        try:
            await ended.wait()
        finally:
            track.stop()  # its thread would keep the program alive
        await asyncio.sleep(PAUSE)
        track = open_picture(options)


def answer_to(question: str, room: heliograph.Room) -> str | None:
    """None to anything else: two bots that answer everything would never stop."""
    names = [room.name, *(peer.name or "somebody without a name" for peer in room.peers.values())]
    match question.lower().strip(" ?!."):
        case "how many are here":
            return f"{len(names)} with me."
        case "who is here":
            return f"Here: {', '.join(names)}."
        case "help":
            return "Ask me: how many are here? who is here?"
        case _:
            return None


async def talk(room: heliograph.Room) -> None:
    """Answer until the room is closed. Raises HeliographError that says why it was."""
    async for event in room.events():
        match event:
            case heliograph.TextReceived(peer, text, broadcast=broadcast):
                if answer := answer_to(text, room):
                    try:
                        await room.send_text(answer, to=None if broadcast else peer.id)
                    except heliograph.HeliographError as error:  # who asked may be gone by now
                        print(f"An answer was not sent: {error}", file=sys.stderr)
            case heliograph.Closed(code, message):
                raise heliograph.HeliographError(code, message)


async def run(options: argparse.Namespace) -> None:
    """Until one of the two fails, or Ctrl-C."""
    track = open_picture(options)  # what is wrong with it is said before anybody sees us
    joining = heliograph.join(options.backend, options.room, name=options.name, receive_media=False)
    async with joining as room, asyncio.TaskGroup() as tasks:
        print(f"In {room.id} as {room.name}. Ctrl-C ends it.", flush=True)
        tasks.create_task(show(room, track, options))
        tasks.create_task(talk(room))


def main() -> int:
    """The status to exit with."""
    parser = argparse.ArgumentParser(description="Send a picture into a room.")
    parser.add_argument("room", help="its name, or an invite")
    parser.add_argument("--backend", default=BACKEND, help="default: %(default)s")
    parser.add_argument("--name", default="Camera", help="default: %(default)s")
    parser.add_argument("--source", help="a file or a device; default: a test picture")
    parser.add_argument("--format", help="of a device: v4l2, avfoundation or dshow")
    status, options = 1, parser.parse_args()
    try:
        asyncio.run(run(options))
    except* KeyboardInterrupt:
        status = 130
    except* (heliograph.HeliographError, ValueError) as failed:
        print(f"camera_bot: {failed.exceptions[0]}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
