"""Whether a page that should be German says something in English."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

WORDS = Path(__file__).with_name("clients") / "words.mjs"
SLOT = "◆"
# What can be seen or heard: texts, what labels say, hints, the title of the tab.
SAID = """() => {
  const said = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    if (node.closest("noscript, #language")) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt", "aria-roledescription"])
      if (node.hasAttribute(name)) said.push(node.getAttribute(name));
    for (const child of node.childNodes)
      if (child.nodeType === Node.TEXT_NODE) said.push(child.data);
  }
  return said;
}"""


@cache
def tables() -> dict[str, list[str]]:
    """The texts of each language, with a slot for each value."""
    done = subprocess.run(["node", str(WORDS)], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@cache
def english() -> re.Pattern[str]:
    """Finds each piece of an English text that no German text has."""
    german = "\n".join(tables()["german"])
    pieces = {piece.strip(" .,:…()·") for text in tables()["english"] for piece in text.split(SLOT)}
    telling = [
        word for piece in pieces if len(piece) > 2 and not re.search(word := whole(piece), german)
    ]
    assert len(telling) > 200
    return re.compile("|".join(sorted(telling, key=len, reverse=True)))


def whole(piece: str) -> str:
    return rf"(?<!\w){re.escape(piece)}(?!\w)"


def english_on(page: Page) -> list[str]:
    said: list[str] = page.evaluate(SAID)
    return [text for text in said if english().search(text)]
