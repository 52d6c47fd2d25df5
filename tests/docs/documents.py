"""The documents of the repository: their headings, anchors and blocks of code."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scripts.docs_site import slug
from tests.house.source import ROOT

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(.*)$")


@dataclass(frozen=True)
class Block:
    """A block of code. `line`: where its fence stands; `language`: the word behind the fence."""

    file: str
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


@cache
def documents() -> dict[str, str]:
    """The text of every Markdown file that git knows or would take, by its path."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    names = sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())
    return {name: (ROOT / name).read_text() for name in names}


def blocks_of(file: str, text: str) -> list[Block]:
    """The fenced blocks of a document. A block that nobody closes is an error."""
    found: list[Block] = []
    fence, language, start, body = "", "", 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        match = _FENCE.match(line)
        if not fence and match:
            fence, language, start, body = match[1], match[2].strip(), number, []
        elif fence and match and match[1].startswith(fence) and not match[2]:
            found.append(Block(file, start, language, "\n".join(body) + "\n"))
            fence = ""
        elif fence:
            body.append(line)
    assert not fence, f"{file}:{start}: nobody closes this block"
    return found


def without_blocks(text: str) -> Iterator[str]:
    """The lines of a document that are in no block."""
    fence = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if not fence and match:
            fence = match[1]
        elif fence:
            fence = "" if match and match[1].startswith(fence) and not match[2] else fence
        else:
            yield line


def anchors_of(text: str) -> list[str]:
    """The anchors of a document's headings on GitHub: the second of a name gets `-1`, and so on."""
    seen: Counter[str] = Counter()
    found = []
    for line in without_blocks(text):
        if heading := re.match(r"#{1,6} +(.+?)(?: +#+)?$", line):
            words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            name = slug(words.replace("`", "").replace("*", ""))
            found.append(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return found
