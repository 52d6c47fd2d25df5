import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.stack import Stack, running, write_app

EXAMPLE = Path(__file__).with_name("example_app.py")
SETTINGS = {
    "IsEncrypted": False,
    "Values": {"FROM_FILE": "file", "PRESET": "file"},
    "Host": {"CORS": "https://page.example,https://other.example", "CORSCredentials": True},
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=1",
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The example app, running, with a page and local.settings.json."""
    files = {
        "local.settings.json": json.dumps(SETTINGS),
        "host.json": '{"version": "2.0"}',
        "web/staticwebapp.config.json": json.dumps({"globalHeaders": PAGE_HEADERS}),
        "web/dist/index.html": "<title>the page</title>",
        "web/dist/404.html": "<title>lost</title>",
        "web/dist/assets/app-1a2b.js": "export {}",
    }
    app_dir = write_app(tmp_path_factory.mktemp("example"), EXAMPLE.read_text(), files)
    with running(app_dir, PRESET="environment") as stack:
        yield stack
