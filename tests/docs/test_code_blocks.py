"""Every block of code in the documents is run by tests that RUN names, or checked by its language.

A block without a language, or of one that is not in CHECKS, is an error: give it a language, or a
row in RUN. There is no parser of KQL here, so a block of KQL needs a test.
"""

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

import pytest
import sqlglot

from tests.docs import shell
from tests.docs.documents import Block, blocks_of, documents
from tests.house.named import all_tests


@dataclass(frozen=True)
class Run:
    """Blocks of a document that contain `mark`, and the tests that run them or print the same."""

    file: str
    mark: str
    tests: tuple[str, ...]

    def has(self, block: Block) -> bool:
        """The mark may be the fence with its language."""
        return block.file == self.file and self.mark in f"```{block.language}\n{block.text}"


TYPES = "every block of the README has types by $moduleResolution"
RUN = (
    Run(
        "README.md",
        'import { join } from "@heliograph/client";',
        ("test_the_snippet_of_our_client_runs_on_a_page_of_another_origin",),
    ),
    Run(
        "docs/protocol.md",
        'import { HubConnectionBuilder } from "@microsoft/signalr";',
        ("test_the_snippet_of_a_plain_signalr_client_runs_on_a_page_of_another_origin",),
    ),
    Run(
        "client/README.md",
        "```ts\n",
        (
            TYPES,
            "test_the_ten_lines_of_the_readme_run_from_the_installed_package",
            "test_who_was_invited_is_kicked_as_the_readme_does_it",
        ),
    ),
    Run("client/README.md", "```tsx\n", (TYPES,)),
    Run(
        "client/README.md",
        "```html\n",
        ("test_the_script_tag_of_the_readme_connects_two_pages",),
    ),
    Run("docs/cost.md", "1000 calls a day  ", ("test_the_page_shows_the_forecast",)),
    Run(
        "docs/cost.md",
        "20 calls a day  ",
        ("test_the_page_shows_a_small_deployment_up_to_its_database",),
    ),
    Run("docs/cost.md", "A call of two peers, 10 minutes", ("test_the_page_shows_the_table",)),
    Run(
        "docs/cost.md",
        "speaker, 1 network",
        ("test_the_page_shows_what_the_command_prints",),
    ),
    Run("docs/cost.md", "vendors promise (SLA)", ("test_the_page_shows_the_availability",)),
    Run(
        "docs/design.md",
        "function_app.py   every trigger",
        (
            "test_every_room_is_drawn_and_every_drawn_room_is_there",
            "test_every_module_of_backend_and_signaling_is_named",
        ),
    ),
    Run("docs/design.md", "signaling    →", ("test_a_module_imports_only_from_below",)),
    Run("docs/protocol.md", "words: surge sea denial", ("test_the_example_of_safety_words",)),
    Run("docs/turn.md", "```json\n", ("test_the_example_of_providers_is_taken",)),
)


def blocks() -> list[Block]:
    """All blocks of all documents."""
    return [block for file, text in documents().items() for block in blocks_of(file, text)]


@pytest.fixture(scope="module", autouse=True)
def help_of_all() -> None:
    """Of all commands at once, which takes a fraction of the time."""
    shell.ask_for_help("\n".join(each.text for each in blocks() if each.language == "sh"))


def run_by(block: Block) -> list[Run]:
    """The rows of RUN that have this block."""
    return [row for row in RUN if row.has(block)]


# Checks: the faults of a block, a sentence each.


def python_faults(text: str) -> Iterator[str]:
    """It can be read, and has from us only what we have."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield f"Python: {error}"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            if said := shell.unknown_module(node.module):
                yield said
                continue
            module = import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    yield f"{node.module} has no {alias.name}"


def json_faults(text: str) -> Iterator[str]:
    try:
        json.loads(text)
    except ValueError as error:
        yield f"JSON: {error}"


def script_faults(text: str, kind: str = "module") -> Iterator[str]:
    """`node --check` of a module, or of a classic script (`commonjs`)."""
    command = ["node", f"--input-type={kind}", "--check", "-"]
    done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=60)
    if done.returncode:
        yield f"node: {done.stderr.strip()}"


def html_faults(text: str) -> Iterator[str]:
    """Its scripts can be read."""
    found = re.findall(r"(?s)<script([^>]*)>(.*?)</script>", text)
    if len(found) != text.count("<script"):
        yield "HTML: nobody closes a script"
    for attributes, script in found:
        yield from script_faults(script, "module" if '"module"' in attributes else "commonjs")


def sql_faults(text: str) -> Iterator[str]:
    try:
        sqlglot.parse(text, dialect="tsql")
    except sqlglot.ParseError as error:
        yield f"SQL: {error}"


def http_faults(text: str) -> Iterator[str]:
    """A request or an answer (RFC 9112 §3, §4)."""
    if not re.match(r"[A-Z]+ \S+( HTTP/1\.1)?\n|HTTP/1\.1 \d{3} ", text):
        yield "HTTP: neither a request nor an answer"


def text_faults(text: str) -> Iterator[str]:
    """Drawings and what programs print: anything but commands, which are `sh`."""
    for line in text.splitlines():
        if re.match(r"(\$ |python3? -m |make [a-z]|npm |npx |az |scripts/\w+ |git )", line):
            yield f"a command in a block of text: {line}"


CHECKS: dict[str, Callable[[str], Iterator[str]]] = {
    "sh": shell.faults,
    "python": python_faults,
    "json": json_faults,
    "js": script_faults,
    "html": html_faults,
    "sql": sql_faults,
    "http": http_faults,
    "text": text_faults,
}


def faults(block: Block) -> Iterator[str]:
    """What is wrong with a block. A test that runs it sees more than a check does."""
    if run_by(block):
        return
    if block.language not in CHECKS:
        yield f"nobody checks a block of {block.language or 'no language'}"
    else:
        yield from CHECKS[block.language](block.text)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.where)
def test_every_block_is_run_or_checked(block: Block) -> None:
    assert list(faults(block)) == []
    assert len(run_by(block)) <= 1


@pytest.mark.parametrize("row", RUN, ids=lambda row: f"{row.file} {row.mark[:20]!r}")
def test_the_tests_that_run_a_block_are_there(row: Run) -> None:
    assert row.tests and set(row.tests) <= all_tests()
    assert any(row.has(block) for block in blocks()), "no block has this mark any more"


def test_the_documents_have_blocks() -> None:
    """So the two above have something to say."""
    found = blocks()
    assert {"README.md", "CONTRIBUTING.md", "docs/operations.md"} <= {each.file for each in found}
    assert len(found) > 50


def test_modules_that_sentences_name_are_there() -> None:
    """`python -m MODULE` between ticks, in every document."""
    said = re.compile(r"`(?:\S*/)?python3? -m ([\w.]+)")
    found = {(file, name) for file, text in documents().items() for name in said.findall(text)}
    assert len(found) > 30
    assert [each for each in found if shell.unknown_module(each[1])] == []


@pytest.mark.parametrize(
    ("language", "text", "fault"),
    [
        ("", "x", "nobody checks a block of no language"),
        ("kql", "traces | take 1", "nobody checks a block of kql"),
        ("python", "def f(:", "Python: "),
        ("python", "from local.emulator import Servant", "local.emulator has no Servant"),
        ("python", "from local.none import Service", "Python has no module local.none"),
        ("json", "{'a': 1}", "JSON: "),
        ("js", "const a = ;", "node: "),
        ("html", "<script>const a = ;</script>", "node: "),
        ("html", "<script>const a = 1;", "HTML: "),
        ("sql", "SELECT FROM WHERE (", "SQL: "),
        ("http", "fetch /api", "HTTP: "),
        ("text", "one\nmake run\n", "a command in a block of text: make run"),
        ("sh", "if true; then", "bash: "),
        ("sh", "A=1 make everything # make run", "the Makefile has no everything"),
        ("sh", "make run && make STAMP=2 test", "nothing reads STAMP"),
        ("sh", "python -m costs.none", "Python has no module costs.none"),
        ("sh", ".venv/bin/python -m costs forecast --calls-per-year 3", "has no --calls-per-year"),
        ("sh", "python -m turn.audit HOST \\\n  --floods", "has no --floods"),
        ("sh", "python -m turn.audit $(cat HOST) --floods", "has no --floods"),
        ("sh", "echo $(python -m turn.audit $(cat HOST) --floods)", "has no --floods"),
        ("sh", "npm run tests -w client", "npm has no script tests in client"),
        ("sh", "scripts/nothing ENV", "scripts/nothing is not there"),
    ],
)
def test_a_block_that_is_wrong_is_seen(language: str, text: str, fault: str) -> None:
    (said,) = faults(Block("docs/new.md", 1, language, text))
    assert fault in said


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("js", 'import { a } from "b";\nawait a();'),
        ("html", '<p>x</p><script src="x.js"></script><script>var a = 1;</script>'),
        ("sql", "SELECT TOP 1 day FROM sums WHERE peers > 3"),
        ("http", "POST /api/negotiate\n\n{}"),
        ("sh", "STAMPS=2 make run    # make nothing\nmake fuzz MINUTES=1"),
        ("sh", "python -m turn.audit $(jq -r .host x.json) --json | grep -v passed"),
    ],
)
def test_a_block_that_is_right_is_not(language: str, text: str) -> None:
    assert list(faults(Block("docs/new.md", 1, language, text))) == []
