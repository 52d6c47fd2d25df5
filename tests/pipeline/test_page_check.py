"""The page that is served is compared with the one that was deployed."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from scripts import page_check
from scripts.page_check import NotServed, check, files_of, path_of

POLL_SECONDS = 0.02  # in which the server notices that it is to end
POLICY = {"Content-Security-Policy": "connect-src 'self' https://one.example"}


class Site:
    """What a server has: paths with their content, the headers of all, how often it was asked."""

    def __init__(self, folder: Path) -> None:
        self.served = {path_of(file, folder): file.read_bytes() for file in files_of(folder)}
        self.headers = dict(POLICY)
        self.asked = 0
        self.url = ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    (page / "stats").mkdir(parents=True)
    (page / "assets").mkdir()
    for name in ("index.html", "404.html", "stats/index.html", "assets/main-1.js"):
        (page / name).write_text(f"<p>{name}</p>")
    (page / "staticwebapp.config.json").write_text(json.dumps({"globalHeaders": POLICY}))
    return page


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(page_check, "PAUSE_SECONDS", 0.01)
    it = Site(folder)

    class Serves(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.asked += 1
            content = it.served.get(self.path)
            self.send_response(404 if content is None else 200)
            for name, value in it.headers.items():
                self.send_header(name.lower(), value)
            self.end_headers()
            self.wfile.write(content or b"lost")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Serves) as server:
        Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        it.url = f"http://127.0.0.1:{server.server_port}"
        yield it
        server.shutdown()


def test_a_page_that_is_served_as_it_was_deployed_is_right(site: Site, folder: Path) -> None:
    assert set(site.served) == {"/", "/404.html", "/stats", "/assets/main-1.js"}
    assert check(folder, site.url, 0.0) == 4


def test_a_file_that_is_missing_and_one_of_before_are_named(site: Site, folder: Path) -> None:
    del site.served["/assets/main-1.js"]
    site.served["/"] = b"<p>the page of before</p>"
    with pytest.raises(NotServed, match="2 files are not served .*: /, /assets/main-1.js"):
        check(folder, site.url, 0.05)


def test_a_policy_that_does_not_let_the_stamps_in_is_told(site: Site, folder: Path) -> None:
    site.headers["Content-Security-Policy"] = "connect-src 'self'"
    with pytest.raises(NotServed, match="headers"):
        check(folder, site.url, 0.05)


def test_a_page_that_comes_a_moment_later_is_waited_for(site: Site, folder: Path) -> None:
    kept = site.served.pop("/stats")

    def appear() -> None:
        while site.asked < 5:
            time.sleep(0.01)
        site.served["/stats"] = kept

    Thread(target=appear, daemon=True).start()
    assert check(folder, site.url, 10.0) == 4


def test_a_folder_without_a_page_and_a_site_that_is_away_are_errors(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotServed, match="holds no page"):
        check(tmp_path / "assets", "http://127.0.0.1:9", 0.0)
    with pytest.raises(NotServed, match="4 files"):
        check(folder, "http://127.0.0.1:9", 0.0)
