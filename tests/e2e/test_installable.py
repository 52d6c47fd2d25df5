"""The page can be put on the home screen, and opens in a window of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from lab.stack import Stack
from tests.e2e.browsers import not_in_firefox

CONFIG = Path(__file__).resolve().parents[2] / "web" / "staticwebapp.config.json"
TYPE = "application/manifest+json"
# The size that each icon of the manifest has in truth.
SIZES = """async ({ icons }) => {
  const sizes = {};
  for (const { src, type } of icons) {
    const image = new Image();
    image.src = new URL(src, location.href).href;
    await image.decode();
    if (type !== "image/svg+xml") sizes[src] = `${image.naturalWidth}x${image.naturalHeight}`;
  }
  return sizes;
}"""


@pytest.mark.browser
@not_in_firefox("only Chromium's devtools say whether a page can be installed")
def test_chromium_would_install_the_page(window: Callable[..., Page]) -> None:
    page = window("/")
    expect(page.get_by_test_id("join")).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A window that leaves nothing behind, as Playwright's are, never installs anything.
    assert [one["errorId"] for one in errors] in ([], ["in-incognito"])
    manifest = json.loads(found["data"])
    assert (manifest["name"], manifest["display"]) == ("Heliograph", "standalone")
    declared = {one["src"]: one["sizes"] for one in manifest["icons"] if one["sizes"] != "any"}
    assert page.evaluate(SIZES, manifest) == declared
    assert {"192x192", "512x512"} <= set(declared.values())


@pytest.mark.browser
def test_the_manifest_comes_with_its_type(stack: Stack) -> None:
    answer = httpx.get(f"{stack.page}manifest.webmanifest")
    assert answer.headers["content-type"].partition(";")[0] == TYPE
    site = json.loads(CONFIG.read_text())
    assert site["mimeTypes"][".webmanifest"] == TYPE
    assert "manifest-src 'self';" in site["globalHeaders"]["Content-Security-Policy"]
