"""Voice, video and screen in the room page: real browsers with devices that they make up."""

from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from lab import display
from lab.stack import Stack
from tests.e2e.browsers import BARE, CALM, IN_FIREFOX, is_thrown, launch, not_in_firefox, tap
from tests.e2e.conftest import WAIT_MS
from tests.e2e.room import expect_direct, expect_error, expect_heard, say, until
from tests.e2e.test_access import CRASH, OVERFLOW, findings
from tests.long import usually

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

DEVICES = ["--use-fake-device-for-media-stream=fps=5"]  # few frames: six calls share the machine
ALLOWED = [
    *["--use-fake-ui-for-media-stream", "--auto-select-desktop-capture-source=Entire screen"],
    "--autoplay-policy=document-user-activation-required",
]
# The same for Firefox: whose people have denied both, and where sound needs a click on the page.
DENIED = {
    "media.navigator.permission.disabled": False,
    "permissions.default.camera": 2,
    "permissions.default.microphone": 2,
}
PRESSED_ONCE = {"media.autoplay.default": 1, "media.autoplay.blocking_policy": 0}
# At each start of a sound: whatever Playwright asks, from its first question on, is a press.
PRESSED_EACH_TIME = {**PRESSED_ONCE, "media.autoplay.blocking_policy": 2}
LONG_MS = 30_000
WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
new MutationObserver(() => {
  if (document.querySelector("[data-testid=call-sound]:not([hidden])"))
    console.info("sound refused");
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


@pytest.fixture(scope="module")
def willing(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose people allow microphone, camera and screen."""
    browser = launch(playwright, *DEVICES, *ALLOWED, prefs={**CALM, **PRESSED_ONCE})
    yield browser
    browser.close()


@pytest.fixture
def strict(playwright: Playwright, willing: Browser) -> Iterator[Browser]:
    """One that plays sound only when it is told to by a press."""
    if not IN_FIREFOX:
        yield willing
        return
    browser = launch(playwright, prefs={**CALM, **PRESSED_EACH_TIME})
    yield browser
    browser.close()


@pytest.fixture
def with_screen(playwright: Playwright, willing: Browser) -> Iterator[Browser]:
    """One that has a screen to share: Firefox has none without a window."""
    if not IN_FIREFOX:
        yield willing
        return
    if display.program() is None:
        pytest.skip("needs Xvfb")
    with display.display() as name:
        browser = launch(playwright, prefs=CALM, display=name)
        yield browser
        browser.close()


@pytest.fixture
def enter(willing: Browser, stack: Stack) -> Iterator[Open]:
    """Somebody comes into a room. Fails on errors of the page, also those that its policy makes."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def come(
        room: str,
        name: str,
        browser: Browser = willing,
        lines: list[str] | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on(
            "pageerror",
            lambda error: faults.append(str(error)) if is_thrown(error, browser) else None,
        )
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        if lines is not None:
            page.on("console", lambda line: lines.append(line.text))
        page.goto(f"{stack.page}?room={room}&name={name}")
        return page

    yield come
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def room() -> str:
    return f"call-{token_hex(6)}"


def call(page: Page) -> None:
    page.get_by_test_id("call-start").click()
    expect(page.get_by_test_id("call-hang-up")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_test_id("call-microphone")).to_have_attribute("aria-pressed", "true")


def tile(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="call-person"][data-name="{name}"]')


def expect_moving(video: Locator) -> None:
    """Pictures come, and time goes on."""
    expect(video).to_be_visible(timeout=LONG_MS)
    before = video.evaluate("(video) => video.currentTime")
    video.page.wait_for_function(
        "([video, before]) => video.videoWidth > 0 && !video.paused"
        " && video.currentTime > before + 0.2",
        arg=[video.element_handle(), before],
        timeout=LONG_MS,
    )


def expect_seen(page: Page, name: str) -> None:
    expect_moving(tile(page, name).get_by_test_id("call-video"))


def expect_sound(page: Page, name: str) -> None:
    """The beeps of the made-up microphone arrive as sound, and not as silence."""
    page.wait_for_function(
        """async (name) => {
          const peer = [...heliograph.room.peers.values()].find((one) => one.name === name);
          const stats = [...(await peer.connection.getStats()).values()];
          return stats.some((one) => one.kind === "audio" && one.totalAudioEnergy > 0);
        }""",
        arg=name,
        timeout=LONG_MS,
    )


def test_two_people_see_and_hear_each_other_and_write_meanwhile(enter: Open, room: str) -> None:
    ann, bob = enter(room, "Ann"), enter(room, "Bob")
    expect_direct(ann, "Bob")
    for page in (ann, bob):
        call(page)
    for page, other in ((ann, "Bob"), (bob, "Ann")):
        expect_seen(page, other)
        expect_sound(page, other)
        expect(page.get_by_test_id("call-video")).to_have_count(1)
        expect_moving(page.get_by_test_id("call-self"))
    say(ann, "do you see me?")
    expect_heard(bob, "do you see me?")
    sheets = "() => [...document.styleSheets].map(({ href }) => href)"
    loaded = ann.evaluate(sheets)
    assert len(loaded) == len(set(loaded))  # a second time it would go before later ones


def test_four_people_see_one_another(enter: Open, room: str) -> None:
    names = ("Ann", "Bob", "Cleo", "Dan")
    pages = {name: enter(room, name) for name in names}
    for page in pages.values():
        call(page)
    for name, page in pages.items():
        for other in set(names) - {name}:
            expect_seen(page, other)


def test_who_comes_by_link_sees_and_hears_the_call_and_can_take_part(
    enter: Open, room: str
) -> None:
    ann = enter(room, "Ann")
    call(ann)
    bob = enter(room, "Bob", viewport={"width": 390, "height": 844}, has_touch=True)
    expect_seen(bob, "Ann")
    expect_sound(bob, "Ann")
    expect(bob.get_by_test_id("call")).to_contain_text("A call is going on.")
    assert not bob.get_by_test_id("call-video").evaluate("(video) => video.muted || video.paused")
    expect(ann.get_by_test_id("call-video")).to_have_count(0)
    tap(bob.get_by_test_id("call-join"))
    expect_seen(ann, "Bob")


def test_sound_that_the_browser_refuses_takes_one_button(
    enter: Open, room: str, strict: Browser
) -> None:
    ann = enter(room, "Ann")
    call(ann)
    lines: list[str] = []
    bob = enter(room, "Bob", strict, lines)
    # Whatever Playwright asks the page counts as a press of a button, so it must not ask yet.
    until(lambda: "sound refused" in lines, bob, LONG_MS)
    expect_seen(bob, "Ann")
    muted = "(video) => video.muted"
    assert bob.get_by_test_id("call-video").evaluate(muted)
    bob.get_by_test_id("call-sound").click()
    expect(bob.get_by_test_id("call-sound")).to_be_hidden()
    assert not bob.get_by_test_id("call-video").evaluate(muted)
    expect_seen(bob, "Ann")


def test_mute_and_camera_off_are_seen_by_the_other(enter: Open, room: str) -> None:
    ann, bob = enter(room, "Ann"), enter(room, "Bob")
    call(ann)
    expect_seen(bob, "Ann")
    expect(tile(bob, "Ann")).to_have_attribute("data-muted", "false")
    ann.get_by_test_id("call-microphone").click()
    expect(tile(bob, "Ann")).to_have_attribute("data-muted", "true")
    expect(tile(bob, "Ann")).to_contain_text("muted")
    ann.get_by_test_id("call-camera").click()
    expect(tile(bob, "Ann")).to_have_attribute("data-picture", "false")
    expect(ann.get_by_test_id("call-self")).to_be_hidden()
    for source in ("microphone", "camera"):
        ann.get_by_test_id(f"call-{source}").click()
    expect(tile(bob, "Ann")).to_have_attribute("data-muted", "false")
    expect(tile(bob, "Ann")).to_have_attribute("data-picture", "true")
    expect_seen(bob, "Ann")


def test_a_shared_screen_is_seen_until_it_is_not_shared(
    enter: Open, room: str, with_screen: Browser
) -> None:
    ann, bob = enter(room, "Ann", with_screen), enter(room, "Bob")
    call(ann)
    expect_seen(bob, "Ann")
    ann.get_by_test_id("call-screen").click()
    shared = bob.get_by_test_id("call-shared")
    expect(shared).to_contain_text("Screen of Ann", timeout=LONG_MS)
    expect_moving(shared.get_by_test_id("call-shared-video"))
    expect_seen(bob, "Ann")
    ann.get_by_test_id("call-screen").click()
    expect(shared).to_have_count(0)
    expect_seen(bob, "Ann")


def test_who_hangs_up_stays_in_the_room(enter: Open, room: str) -> None:
    ann, bob = enter(room, "Ann"), enter(room, "Bob")
    for page in (ann, bob):
        call(page)
    expect_seen(bob, "Ann")
    ann.evaluate("() => { window.sent = [...heliograph.room.media.sending.values()]; }")
    ann.get_by_test_id("call-hang-up").click()
    expect(bob.get_by_test_id("call-video")).to_have_count(0)
    assert ann.evaluate("() => sent.map(({ track }) => track.readyState)") == ["ended", "ended"]
    expect_seen(ann, "Bob")
    expect(ann.get_by_test_id("call-start")).to_have_attribute("aria-label", "Join the call")
    say(bob, "are you still there?")
    expect_heard(ann, "are you still there?")
    bob.get_by_test_id("call-hang-up").click()
    for page in (ann, bob):
        expect(page.get_by_test_id("call")).to_be_hidden()


@pytest.mark.parametrize("how", ["leaves", "reloads"])
def test_the_tile_of_who_is_gone_goes(enter: Open, room: str, how: str) -> None:
    ann, bob = enter(room, "Ann"), enter(room, "Bob")
    call(bob)
    expect_seen(ann, "Bob")
    if how == "leaves":
        bob.get_by_test_id("leave").click()
    else:
        bob.reload()
    expect(ann.get_by_test_id("call-video")).to_have_count(0, timeout=LONG_MS)
    expect(ann.get_by_test_id("call")).to_be_hidden()
    if how == "reloads":  # the same person again, who was not asked for the camera
        expect_direct(ann, "Bob", LONG_MS)
        call(bob)
        expect_seen(ann, "Bob")


def test_who_leaves_the_room_gives_the_devices_back(enter: Open, room: str) -> None:
    ann = enter(room, "Ann")
    call(ann)
    ann.evaluate("() => { window.sent = [...heliograph.room.media.sending.values()]; }")
    ann.get_by_test_id("leave").click()
    expect(ann.get_by_test_id("join")).to_be_visible()
    ann.wait_for_function("() => sent.every(({ track }) => track.readyState === 'ended')")


def test_another_language_does_not_interrupt_the_call(enter: Open, room: str) -> None:
    ann, bob = enter(room, "Ann"), enter(room, "Bob")
    for page in (ann, bob):
        call(page)
    expect_seen(ann, "Bob")
    sent = "() => heliograph.room.media.sending.get('camera').track.id"
    before = ann.evaluate(sent)
    ann.get_by_test_id("language").select_option("de")
    expect(ann.get_by_test_id("call-hang-up")).to_have_attribute("aria-label", "Auflegen")
    expect_seen(ann, "Bob")
    expect_moving(ann.get_by_test_id("call-self"))
    assert ann.evaluate(sent) == before


@not_in_firefox("it makes up one microphone and one camera, so there is nothing to choose")
def test_another_device_is_used_at_once(enter: Open, room: str) -> None:
    ann, bob = enter(room, "Ann"), enter(room, "Bob")
    call(ann)
    expect_seen(bob, "Ann")
    used = "() => heliograph.room.media.sending.get('microphone').track.getSettings().deviceId"
    before = ann.evaluate(used)
    ann.get_by_test_id("call-devices").click()
    choice = ann.get_by_test_id("call-choose-microphone")
    expect(choice).to_have_value(before)
    choice.select_option(index=1)
    ann.wait_for_function(f"(before) => ({used})() !== before", arg=before)
    ann.keyboard.press("Escape")
    expect(ann.get_by_test_id("call-devices-choice")).to_be_hidden()
    expect_sound(bob, "Ann")


def test_who_refuses_is_told_what_to_do_and_can_watch(
    playwright: Playwright, enter: Open, room: str
) -> None:
    flags = (*DEVICES, "--deny-permission-prompts")
    unwilling = launch(playwright, *flags, whole=True, prefs=DENIED)
    try:
        ann, bob = enter(room, "Ann"), enter(room, "Bob", unwilling)
        call(ann)
        expect_seen(bob, "Ann")
        bob.get_by_test_id("call-start").click()
        expect_error(bob, "media_denied")
        expect(bob.get_by_test_id("error")).to_contain_text("beside the address")
        expect(bob.get_by_test_id("call-start")).to_be_enabled()
        expect_seen(bob, "Ann")
    finally:
        unwilling.close()


def test_a_browser_without_devices_says_so(playwright: Playwright, enter: Open, room: str) -> None:
    bare = launch(playwright, *ALLOWED, prefs=BARE)
    try:
        ann = enter(room, "Ann", bare)
        ann.get_by_test_id("call-start").click()
        expect_error(ann, "media_not_found")
    finally:
        bare.close()


@pytest.mark.parametrize(
    "look",
    usually(
        [(1200, "en-GB", "light"), (390, "de-DE", "dark"), (390, "en-GB", "light")],
        *((1200, "en-GB", "light"), (390, "de-DE", "dark")),
    ),
)
@not_in_firefox(CRASH)
def test_axe_finds_nothing(enter: Open, room: str, look: tuple[int, str, str]) -> None:
    width, locale, scheme = look
    options = {
        "color_scheme": scheme,
        "locale": locale,
        "viewport": {"width": width, "height": 844},
    }
    ann, bob = enter(room, "Ann", **options), enter(room, "Bob")
    expect_direct(bob, "Ann")
    call(bob)
    bob.get_by_test_id("call-microphone").click()
    bob.get_by_test_id("call-screen").click()
    expect(ann.get_by_test_id("call-shared")).to_be_visible(timeout=LONG_MS)
    found = {"watching": wrong(ann)}
    call(ann)
    found["in the call"] = wrong(ann)
    ann.get_by_test_id("call-size").click()
    found["small"] = wrong(ann)
    ann.get_by_test_id("call-devices").click()
    expect(ann.get_by_test_id("call-choose-camera")).to_be_visible()
    found["devices"] = wrong(ann)
    assert {step: lines for step, lines in found.items() if lines} == {}


def wrong(page: Page) -> list[str]:
    return findings(page) + list(page.evaluate(OVERFLOW))
