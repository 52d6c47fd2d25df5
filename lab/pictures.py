"""Makes the pictures that the documents show, of the real page.

    make pictures      # or: python -m lab.pictures [FOLDER]

A local stack, and people in Chromium. Their cameras are drawings, so that the pictures show nobody.
"""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, expect

from lab.chromium import chromium
from lab.stack import ROOT, Stack

WIDE, PHONE = (1280, 800), (390, 844)
FILM_MB, PART_BYTES = 48, 1_048_576
CHAT = (
    (0, "Good morning, Ben! Sun is up on my hill."),
    (1, "Here too. I can see your mirror from the ridge."),
    (0, "The film of yesterday is on its way to you."),
)
# A hill at sunrise in the place of a camera; the hue tells people apart.
CAMERA = """(hue) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const context = canvas.getContext("2d");
  const draw = () => {
    const sky = context.createLinearGradient(0, 0, 0, 480);
    sky.addColorStop(0, `hsl(${hue} 60% 35%)`);
    sky.addColorStop(1, `hsl(${hue + 50} 85% 75%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, 640, 480);
    context.fillStyle = "#fff3c4";
    context.beginPath();
    context.arc(320, 250, 70, 0, 7);
    context.fill();
    context.fillStyle = `hsl(${hue} 45% 18%)`;
    context.beginPath();
    context.ellipse(180, 500, 420, 190, 0, 0, 7);
    context.ellipse(560, 520, 330, 150, 0, 0, 7);
    context.fill();
  };
  setInterval(draw, 100);
  draw();
  navigator.mediaDevices.getUserMedia = async () => {
    const sound = new AudioContext().createMediaStreamDestination();
    return new MediaStream([...canvas.captureStream(10).getTracks(), ...sound.stream.getTracks()]);
  };
}"""


def main() -> int:
    """Writes them into FOLDER, by default docs/."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    with TemporaryDirectory() as scratch, Stack(Path(scratch, "log")) as stack:
        asyncio.run(_take(stack.page, folder, Path(scratch)))
    return 0


async def _take(address: str, folder: Path, scratch: Path) -> None:
    film = scratch / "sunrise.mp4"
    film.write_bytes(b"".join(os.urandom(PART_BYTES) for _ in range(FILM_MB)))
    async with chromium() as browser:
        ada = await _person(browser, WIDE, hue=210)
        await ada.goto(address)
        await ada.get_by_test_id("name-input").fill("Ada")
        await ada.get_by_test_id("new-room").click()
        await ada.get_by_test_id("room").wait_for()
        link = await ada.get_by_test_id("invite-link").input_value()
        ben = await _enter(await _person(browser, PHONE, hue=330, dark=True), link, "Ben")
        await _chat([ada, ben])
        await _send(ada, ben, film)
        await ada.screenshot(path=folder / "page.png")
        await ben.screenshot(path=folder / "phone.png")
        await ada.locator("[data-state=done]").first.wait_for()
        cleo = await _enter(await _person(browser, WIDE, hue=120), link, "Cleo")
        await _call([ada, ben, cleo])
        await ada.screenshot(path=folder / "call.png")


async def _person(browser: Browser, size: tuple[int, int], *, hue: int, dark: bool = False) -> Page:
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
    )
    await context.add_init_script(f"({CAMERA})({hue})")
    return await context.new_page()


async def _enter(page: Page, link: str, name: str) -> Page:
    await page.goto(link)
    await page.get_by_test_id("name-input").fill(name)
    await page.get_by_test_id("join").click()
    await page.get_by_test_id("room").wait_for()
    await page.locator("[data-testid=peer][data-path=direct]").first.wait_for(state="attached")
    return page


async def _chat(people: list[Page]) -> None:
    for who, text in CHAT:
        await people[who].get_by_test_id("chat-input").fill(text)
        await people[who].keyboard.press("Enter")
        other = people[1 - who].get_by_test_id("message").filter(has_text=text)
        await expect(other).to_be_visible()


async def _send(sender: Page, receiver: Page, file: Path) -> None:
    """Until a part of it has moved."""
    await sender.get_by_test_id("file-input").set_input_files(file)
    await receiver.get_by_test_id("transfer-accept").click()
    moved = "() => +document.querySelector('[data-testid=transfer]').dataset.progress > 0.4"
    await receiver.wait_for_function(moved)


async def _call(people: list[Page]) -> None:
    for page in people:
        start = page.get_by_test_id("call-start")
        await start.click()
    for page in people:
        shown = page.locator("[data-testid=call-person][data-picture=true]")
        await expect(shown).to_have_count(len(people) - 1)
    await asyncio.sleep(1)  # until the pictures have come


if __name__ == "__main__":
    sys.exit(main())
