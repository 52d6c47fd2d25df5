"""Tracks: from Python to Python, and to and from the real page's own SDK in Chromium."""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import heliograph
import pytest
from aiortc import AudioStreamTrack, MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from av import VideoFrame
from heliograph import HeliographError
from heliograph.events import PeerLeft, TrackAdded, TrackRemoved

from lab.chromium import chromium
from lab.stack import Stack
from tests.long import usually
from tests.pyclient.people import Person, eventually, together
from tests.visitor import new_room

GREEN, RED = (0, 255, 0), (255, 0, 0)
SIZE = 64  # pixels


class Picture(MediaStreamTrack):
    """One colour, 20 times a second."""

    kind = "video"

    def __init__(self, colour: tuple[int, int, int]) -> None:
        super().__init__()
        frame = VideoFrame(SIZE, SIZE, "rgb24")
        frame.planes[0].update(bytes(colour) * SIZE * SIZE)
        self._frame, self._count = frame, 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(0.05)
        frame = self._frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = self._count, Fraction(1, 20)
        self._count += 1
        return frame


async def colour_of(track: Any) -> str:
    """What a frame shows: aiortc decodes it."""
    async with asyncio.timeout(10):
        frame = await track.recv()
    image = frame.to_ndarray(format="rgb24")[SIZE // 2, SIZE // 2]
    return ("red", "green", "blue")[int(image.argmax())]


async def test_a_track_goes_to_everyone_and_to_who_comes_later(stack: Stack) -> None:
    room = new_room()
    async with together(stack.api, "Ann", "Bob", room=room) as (ann, bob):
        ann.room.add_track(Picture(GREEN))
        seen = await bob.sees(TrackAdded)
        assert (seen.peer.name, seen.source) == ("Ann", "camera")
        assert await colour_of(seen.track) == "green"
        async with heliograph.join(stack.api, room, name="Cem") as joined:
            cem = Person(joined)
            late = await cem.sees(TrackAdded)
            assert await colour_of(late.track) == "green"
            assert (await cem.meets("Ann")).tracks == {"camera": late.track}
        await ann.sees(PeerLeft)


async def test_tracks_of_both_sides_stop_change_and_come_again(stack: Stack) -> None:
    async with together(stack.api, "Ann", "Bob") as (ann, bob):
        ann.room.add_track(Picture(GREEN))
        bob.room.add_track(AudioStreamTrack())
        bob.room.add_track(Picture(RED), "screen")
        sources = {(await ann.sees(TrackAdded)).source for _ in range(2)}
        assert sources == {"microphone", "screen"}
        seen = await bob.sees(TrackAdded)
        assert await colour_of(seen.track) == "green"
        ann.room.remove_track("camera")
        assert (await bob.sees(TrackRemoved)).source == "camera"
        connection = next(iter(ann.room.peers.values())).connection
        ann.room.add_track(Picture(RED))
        again = await bob.sees(TrackAdded)
        async with asyncio.timeout(10):
            while await colour_of(again.track) != "red":
                pass
        assert next(iter(ann.room.peers.values())).connection is connection


async def test_a_track_that_fits_no_source_is_refused(stack: Stack) -> None:
    async with heliograph.join(stack.api, new_room()) as room:
        for track, source in ((Picture(RED), "microphone"), (AudioStreamTrack(), "screen")):
            with pytest.raises(HeliographError) as refused:
                room.add_track(track, source)  # type: ignore[arg-type]
            assert refused.value.code == "invalid_options"
        ended = MediaRelay().subscribe(Picture(RED))
        ended.stop()
        with pytest.raises(HeliographError):
            room.add_track(ended)


# What the page's SDK says of a peer, and a canvas as a camera.
START = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
  const brush = canvas.getContext("2d");
  setInterval(() => { brush.fillStyle = "rgb(0,0,255)"; brush.fillRect(0, 0, 64, 64); }, 50);
  const [track] = canvas.captureStream(20).getVideoTracks();
  await window.heliograph.room.media.start("camera", { track });
}"""
COLOUR = """async () => {
  const [peer] = [...window.heliograph.room.peers.values()];
  const media = peer?.media.get("camera");
  if (!media) return null;
  const video = Object.assign(document.createElement("video"), { muted: true });
  video.srcObject = media.stream;
  await video.play();
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
  const brush = canvas.getContext("2d");
  brush.drawImage(video, 0, 0, 8, 8);
  const [r, g, b] = brush.getImageData(4, 4, 1, 1).data;
  return r > g && r > b ? "red" : g > b ? "green" : "blue";
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "first", usually(["page", "page with a camera", "Python"], "page with a camera")
)
async def test_pictures_go_to_the_page_and_come_from_it(stack: Stack, first: str) -> None:
    room = new_room()
    async with chromium("--autoplay-policy=no-user-gesture-required") as browser:
        page = await browser.new_page()

        async def visit() -> None:
            await page.goto(f"{stack.page}?room={room}&name=Ann")
            await page.wait_for_function("() => window.heliograph?.room?.state === 'connected'")

        if first != "Python":
            await visit()
        if first == "page with a camera":  # then its first offer has sections for media
            await page.evaluate(START)
        async with heliograph.join(stack.api, room, name="Bob") as joined:
            person = Person(joined)
            if first == "Python":
                joined.add_track(Picture(GREEN))
                await visit()
            await person.meets("Ann")
            if first != "Python":
                joined.add_track(Picture(GREEN))
            assert await until(lambda: page.evaluate(COLOUR)) == "green"
            if first != "page with a camera":
                await page.evaluate(START)
            seen = await person.sees(TrackAdded)
            assert (seen.peer.name, seen.source) == ("Ann", "camera")
            assert await colour_of(seen.track) == "blue"


async def until(ask: Callable[[], Any]) -> Any:
    """What it answers, once that is something."""
    async with asyncio.timeout(15):
        while (answer := await ask()) is None:
            await asyncio.sleep(0.1)
    return answer


async def test_who_wants_no_tracks_gets_none(stack: Stack) -> None:
    room = new_room()
    async with heliograph.join(stack.api, room, name="Ann") as ann:
        async with heliograph.join(stack.api, room, name="Bob", receive_media=False) as bob:
            people = Person(ann), Person(bob)
            await people[0].meets("Bob")
            ann.add_track(Picture(GREEN))
            (peer,) = bob._members.peers.values()
            await eventually(lambda: peer.link.slots is not None)
            await eventually(lambda: peer.link.slots[1].currentDirection == "sendonly")
            assert (await bob.send_text("hello")).via == "p2p"
            assert bob.peers[ann.self_id].tracks == {}
