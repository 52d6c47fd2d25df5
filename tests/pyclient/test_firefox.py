"""Python with the real page in Firefox."""

import asyncio
import hashlib
import os
from pathlib import Path

import heliograph
import pytest
from heliograph.events import TextReceived

from lab.firefox import executable, firefox
from lab.stack import Stack
from tests.pyclient.people import Person
from tests.visitor import new_room

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="there is no Firefox"),
]
TAKEN = """async () => {
  const [transfer] = window.taken ?? [];
  const blob = await transfer?.done;
  if (!blob) return null;
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


@pytest.mark.parametrize("first", ["Firefox", "Python"])
async def test_text_and_a_file_go_between_python_and_firefox(
    stack: Stack, tmp_path: Path, first: str
) -> None:
    room = new_room()
    link = f"{stack.page}?room={room}&name=Ann"
    async with firefox() as browser:
        if first == "Firefox":
            tab = await browser.open(link)
        async with heliograph.join(stack.api, room, name="Bob") as joined:
            person = Person(joined)
            if first == "Python":
                tab = await browser.open(link)
            peer = await person.meets("Ann")
            assert peer.path == "direct"
            sent = await joined.send_text("hello, Firefox")
            assert sent.via == "p2p" and len(await asyncio.wait_for(sent.delivered(), 10)) == 1
            await tab.evaluate("() => window.heliograph.room.sendText('hello, Python').delivered")
            assert (await person.sees(TextReceived)).text == "hello, Python"
            path = tmp_path / "a.bin"
            path.write_bytes(os.urandom(1_500_000))
            await tab.evaluate(
                "() => void window.heliograph.room.on('file', ({ transfer }) => {"
                " window.taken = [transfer]; transfer.accept(); })"
            )
            (file,) = await joined.send_file(path)
            await asyncio.wait_for(file.wait(), 30)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert await tab.evaluate(TAKEN) == digest
