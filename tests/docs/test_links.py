"""Links of the documents, as GitHub follows them: each file and each anchor is there."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath

import pytest

from scripts.docs_site import links
from tests.docs.documents import anchors_of, documents
from tests.house.source import ROOT

READ = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "client/README.md", "examples/README.md"),
    "clients/python/README.md",
)


def broken(file: str, text: str) -> Iterator[str]:
    """The links of a document that lead nowhere, and what is wrong with them."""
    for to in links(text):
        if re.match(r"(https|mailto):", to):
            continue
        path, _, anchor = to.partition("#")
        target = normpath(PurePosixPath(file).parent / path) if path else file
        if target.startswith("..") or not (ROOT / target).exists():
            yield f"{file} → {to}: no such file"
        elif anchor and not target.endswith(".md"):
            yield f"{file} → {to}: an anchor in a file that has none"
        elif anchor and anchor not in anchors_of(text if target == file else documents()[target]):
            yield f"{file} → {to}: no such heading"


def test_every_link_of_every_document_leads_somewhere() -> None:
    found = [fault for file, text in documents().items() for fault in broken(file, text)]
    assert found == []


def test_documents_are_linked_and_not_only_named() -> None:
    assert set(READ) <= documents().keys()
    assert sum(len(links(text)) for text in documents().values()) > 100


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[x](docs/none.md)", "no such file"),
        ("[x](../README.md)", "no such file"),
        ("[`x`](docs/design.md#nothing-like-it)", "no such heading"),
        ("# One\n[x](#two)", "no such heading"),
        ("```sh\n# One\n```\n[x](#one)", "no such heading"),
        ("![x](docs/page.png#top)", "an anchor in a file that has none"),
        ("[x](http://example.org)", "no such file"),  # links to others are by https
    ],
)
def test_a_link_that_leads_nowhere_is_seen(text: str, fault: str) -> None:
    (said,) = broken("README.md", text)
    assert said.endswith(fault)


@pytest.mark.parametrize(
    "text",
    [
        "# One two: *three*, `four(x)`!\n[x](#one-two-three-fourx)",
        "## A\n## A\n[x](#a-1)",
        "## `POST /api/x` → 202\n[x](#post-apix--202)",
        "`[x](none.md)`",
        "```text\n[x](none.md)\n```",
        "[x](https://example.org/none.md#none)",
        "[x](client/README.md)",
    ],
)
def test_a_link_that_leads_somewhere_is_not(text: str) -> None:
    assert list(broken("README.md", text)) == []
