"""The oldest browsers that docs/browsers.md names: nothing newer is needed."""

import os
import re
from collections.abc import Callable
from secrets import token_hex

import pytest
from playwright.sync_api import Page, expect

from lab.process import ROOT
from tests.e2e.room import expect_direct, expect_heard, say
from tests.e2e.test_files import MB, expect_state, received, send
from tests.e2e.test_words import compare

# Of the syntax of ES2022 Safari 16.0 lacks static blocks, and it cannot look behind in a pattern.
UNREADABLE = re.compile(r"\bstatic\s*\{|\(\?<[=!]")
BUILT = (ROOT / "web" / "dist", ROOT / "client" / "dist")
# What Chrome 103, Firefox 113 or Safari 16 lacks: MDN's browser-compat-data 8.1.9 (2026-11-12).
NEWER = """
  AbortSignal.any Array.fromAsync Map.groupBy Object.groupBy Promise.try Promise.withResolvers
  RegExp.escape Response.json URL.canParse URL.parse Uint8Array.fromBase64 Uint8Array.fromHex
  Array.prototype.toReversed Array.prototype.toSorted Array.prototype.toSpliced Array.prototype.with
  ArrayBuffer.prototype.transfer ArrayBuffer.prototype.resize Blob.prototype.bytes
  Element.prototype.checkVisibility Element.prototype.moveBefore Element.prototype.role
  Element.prototype.ariaLabel Element.prototype.ariaExpanded Element.prototype.ariaPressed
  FileSystemFileHandle.prototype.createWritable HTMLDialogElement.prototype.requestClose
  HTMLElement.prototype.showPopover Iterator.prototype.map Iterator.prototype.filter
  Iterator.prototype.toArray Iterator.prototype.some Iterator.prototype.find Iterator.prototype.take
  Iterator.prototype.flatMap Iterator.prototype.reduce Iterator.prototype.every
  Map.prototype.getOrInsert Navigator.prototype.canShare Navigator.prototype.wakeLock
  Navigator.prototype.userActivation RTCDtlsTransport.prototype.getRemoteCertificates
  RTCIceTransport.prototype.getSelectedCandidatePair
  RTCRtpTransceiver.prototype.setCodecPreferences ReadableStream.prototype.values
  Set.prototype.difference Set.prototype.intersection Set.prototype.isSubsetOf Set.prototype.union
  String.prototype.isWellFormed String.prototype.toWellFormed
  Uint8Array.prototype.toBase64 Uint8Array.prototype.toHex Window.prototype.requestIdleCallback
  window.Notification window.requestIdleCallback window.scheduler window.navigation
""".split()
# What is left of those that could not be removed stands in `kept`.
REMOVE = """
window.kept = %s.filter((path) => {
  const names = path.split(".");
  const last = names.pop();
  const owner = names.reduce((one, name) => one?.[name], window);
  return owner !== undefined && last in owner && !delete owner[last];
});
"""


def test_nothing_is_built_that_safari_16_cannot_read() -> None:
    scripts = [script for folder in BUILT for script in folder.rglob("*.js")]
    assert len(scripts) > 20
    assert [each.name for each in scripts if UNREADABLE.search(each.read_text())] == []
    assert UNREADABLE.search("class A{static{A.b=1}}") and UNREADABLE.search("/(?<=a)b/")


@pytest.mark.browser
@pytest.mark.long
def test_two_people_in_browsers_of_2022_meet_compare_words_and_pass_a_file(
    window: Callable[..., Page],
) -> None:
    room = f"old-{token_hex(6)}"

    def visit(name: str) -> Page:
        page = window("/favicon.svg")
        page.add_init_script(REMOVE % NEWER)
        page.goto(page.url.replace("favicon.svg", f"?room={room}&name={name}"))
        return page

    ann, bob = visit("Ann"), visit("Bob")
    assert ann.evaluate("kept") == [] and ann.evaluate("URL.canParse") is None
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    say(ann, "hello from 2022")
    expect_heard(bob, "hello from 2022")
    assert compare(ann, "Bob") == compare(bob, "Ann")
    content = os.urandom(40 * MB)  # as much goes to the disk where there is one
    send(ann, {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": content})
    assert received(bob, "a.bin", 60_000) == ("a.bin", content)
    expect_state(ann, "a.bin", "done")
    link = ann.get_by_test_id("invite-link").input_value()
    ann.get_by_test_id("leave").click()
    ann.get_by_test_id("room-input").fill(link)  # is read as a link
    ann.get_by_test_id("join").click()
    expect(ann.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    expect_direct(bob, "Ann")
