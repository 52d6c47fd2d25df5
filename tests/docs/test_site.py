"""The site of the documents (`make docs`): whole, in order, and without anything from elsewhere."""

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect, sync_playwright

from lab.chromium import executable, flags
from scripts.docs_site import ELSEWHERE, for_site
from tests.docs.documents import anchors_of, documents
from tests.folder_server import serving
from tests.house.source import ROOT

WAIT_MS = 30_000
PARTS = ["Start here", "How to", "Reference", "Explanation"]
# Where each page of the site comes from.
SOURCES = {place: source for source, place in ELSEWHERE.items()} | {
    file.removeprefix("docs/"): file for file in documents() if file.startswith("docs/")
}


def built(folder: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    """As `make docs` does it, into another folder. By --quiet faults would pass."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    return subprocess.run(
        [*command, "-f", str(config)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    folder = tmp_path_factory.mktemp("site")
    done = built(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    """The HTML of each page, by its place in the navigation."""
    return {page: (site / page).with_suffix(".html").read_text() for page in SOURCES}


def navigation() -> dict[str, list[str]]:
    """The pages of each part."""
    text = (ROOT / "mkdocs.yml").read_text()
    nav = yaml.load(text[text.index("\nnav:") :], yaml.SafeLoader)["nav"]  # no Python names in it
    parts = {part: pages for each in nav for part, pages in each.items()}
    return {
        part: [page for each in pages for page in each.values()] for part, pages in parts.items()
    }


def test_every_document_is_in_the_navigation_once() -> None:
    named = [page for pages in navigation().values() for page in pages]
    assert sorted(named) == sorted(SOURCES), "name it in mkdocs.yml"


def test_the_navigation_has_four_parts() -> None:
    assert list(navigation()) == PARTS
    assert all(navigation().values())


def test_anchors_are_those_of_the_repository(pages: dict[str, str]) -> None:
    """So that a link works in both. Of headings of one name only the first has the same anchor."""
    for page, source in SOURCES.items():
        there = re.findall(r'<h[1-6] id="([^"]+)"', pages[page])
        assert [re.sub(r"_(\d+)$", r"-\1", name) for name in there] == anchors_of(
            documents()[source]
        )


def test_nothing_comes_from_elsewhere(site: Path, pages: dict[str, str]) -> None:
    loads = r'<(?:script|link|img|iframe|source|video|audio)\b[^>]*?\b(?:src|href)="([^"]*)"'
    for page, text in pages.items():
        found = re.findall(loads, text)
        assert found, page
        assert [url for url in found if re.match(r"(\w+:)?//", url)] == [], page
    for css in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)[\s'\"]*(https?:)?//", css.read_text()), css


@pytest.mark.browser
def test_pages_search_and_dark_mode_work_and_ask_nobody_else(site: Path) -> None:
    asked: list[str] = []
    faults: list[str] = []
    with serving(site) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=flags())
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(error.message))
        page.route("**/worker.js", lambda route: route.abort())  # an index each time takes long
        for name in ("404", "index", "changelog", "turn"):  # the third has an anchor 010
            page.goto(f"{origin}/{name}.html")
            expect(page.locator("table:not(.table)")).to_have_count(0, timeout=WAIT_MS)
        page.unroute_all()
        with page.expect_console_message(lambda said: "search ready" in said.text):
            page.goto(f"{origin}/protocol.html")
        page.get_by_role("button", name="Toggle theme").click()
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark", timeout=WAIT_MS)
        page.get_by_role("link", name="Search").click()
        page.get_by_role("searchbox").press_sequentially("ledger")  # it hears keys
        found = page.locator("#mkdocs-search-results a")
        expect(found.first).to_be_visible(timeout=WAIT_MS)
        hrefs = found.evaluate_all("all => all.map((one) => one.href)")
        browser.close()
    assert any("/turn.html" in href for href in hrefs)
    assert [url for url in asked if not url.startswith((f"{origin}/", "data:", "blob:"))] == []
    assert faults == []  # of scripts; one that fails leaves tables without a style, too


def test_lists_and_tables_are_lists_and_tables(pages: dict[str, str]) -> None:
    """GitHub begins a list in the middle of a paragraph; the generator wants an empty line."""
    for page, text in pages.items():
        for words in re.findall(r"(?s)<p>(.*?)</p>", text):
            plain = html.unescape(re.sub(r"(?s)<code>.*?</code>", "", words))
            assert not re.search(r"(?m)^\s*(?:[-*] |\d+\. |\||#+ |```)", plain), (page, words)


def test_a_link_to_source_code_shows_its_path() -> None:
    text = "See [the ledger](../turn/ledger.py), [turn/ledger.py](../turn/ledger.py)."
    assert for_site(text, "docs/turn.md") == "See the ledger (`turn/ledger.py`), `turn/ledger.py`."


def test_a_link_between_documents_leads_to_the_page() -> None:
    text = "[a](docs/turn.md#audit) ![b](docs/page.png) [c](client/README.md) [d](#x) `[e](f.md)`"
    assert for_site(text, "README.md") == (
        "[a](turn.md#audit) ![b](page.png) [c](sdk.md) [d](#x) `[e](f.md)`"
    )


def test_a_link_an_anchor_and_a_page_that_lead_nowhere_are_errors(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", docs)
    (docs / "lost.md").write_text("# Lost\n\n[x](design.md#no-such-heading) [y](none.md)\n")
    (tmp_path / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT}/mkdocs.yml\nhooks: [{ROOT}/scripts/docs_site.py]\n"
    )
    done = built(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert done.returncode != 0
    assert "no-such-heading" in done.stderr
    assert "'none.md'" in done.stderr
    assert 'not included in the "nav"' in done.stderr and "lost.md" in done.stderr
