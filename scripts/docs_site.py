"""What mkdocs.yml needs to make one site of all documents: pages from outside docs/, and links.

Documents are written for the repository: a link is a path from the file that it stands in, and an
anchor is what GitHub makes of a heading. On the site the same links have to lead to pages of the
site. A file that is no page (source code) cannot be opened there: its path is shown instead.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
# Documents that lie elsewhere, and their places on the site.
ELSEWHERE = {
    "README.md": "index.md",
    "examples/README.md": "examples.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "client/README.md": "sdk.md",
    "clients/python/README.md": "python.md",
    "SECURITY.md": "reporting.md",
}
# Code first, so that a link within it is no link: a block, then `words`.
_LINK = re.compile(
    r"(?ms)^```.*?^```$|(?P<ticks>`+)(?!`).*?(?P=ticks)"
    r"|(?P<image>!?)\[(?P<text>(?:`[^`]*`|[^\[\]`])*)\]\((?P<to>[^()\s]+)\)"
)


def slug(heading: str, separator: str = "-") -> str:
    """The anchor of a heading, as GitHub makes it: no markup, no punctuation, small letters."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def links(markdown: str) -> list[str]:
    """Where the links and pictures of a document lead, as it is written, those in code left out."""
    return [found["to"] for found in _LINK.finditer(markdown) if found["to"]]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the documents that lie elsewhere. Raises PluginError where docs/ has one so named."""
    for source, place in ELSEWHERE.items():
        if files.get_file_from_path(place):
            raise PluginError(f"docs/{place} has the place of {source} (scripts/docs_site.py)")
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Makes links of the repository into links of the site."""
    places = {place: source for source, place in ELSEWHERE.items()}
    uri = page.file.src_uri
    return for_site(markdown, places.get(uri, f"docs/{uri}"))


def for_site(markdown: str, source: str) -> str:
    """The text of `source`, a path in the repository, for the site.

    Raises PluginError for a link to a file that is not there.
    """

    def changed(found: re.Match[str]) -> str:
        path, hash_, anchor = (found["to"] or "").partition("#")
        if not path or re.match(r"\w+:", path):
            return found[0]  # code, an anchor of the same page, another site
        target = normpath(PurePosixPath(source).parent / path)
        place = ELSEWHERE.get(target) or _below_docs(target)
        if place:
            return f"{found['image']}[{found['text']}]({place}{hash_}{anchor})"
        if target.startswith("..") or not (ROOT / target).exists():
            raise PluginError(f"{source} links to {found['to']}, which is not there")
        return f"`{target}`" if target in found["text"] else f"{found['text']} (`{target}`)"

    return _LINK.sub(changed, markdown)


def _below_docs(target: str) -> str | None:
    return target.removeprefix("docs/") if target.startswith("docs/") else None
