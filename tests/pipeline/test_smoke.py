"""The smoke test against the local stack: holds where people meet, fails where they do not."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lab.stack import Stack
from lab.threaded import Threaded, running_in_thread
from tests.smoke.trial import host, trials

# How a token of SignalR starts, and how one of ours ends.
TOKEN = re.compile(r"eyJ|\.[\w-]{40,}\.[\w-]{22}\b")

ROOT = Path(__file__).resolve().parents[2]


def smoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.smoke", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def impostor() -> Iterator[Callable[[int, bytes], str]]:
    """A server that gives every request the same answer."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes) -> str:
        class Same(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Same))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/api"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Threaded]:
    """Two complete stamps, and the page beside them."""
    with running_in_thread(2, tmp_path_factory.mktemp("stamps")) as stamps:
        yield stamps


@pytest.mark.browser
def test_two_meet_and_talk_through_a_stamp_that_serves_the_page(stack: Stack) -> None:
    done = smoke(stack.api)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()[:-1]
    assert line.startswith(f"ok    {host(stack.api)}: ")
    assert "sees a private caller behind 0 proxies;" in line
    assert line.endswith("direct, and talked")
    assert TOKEN.search(done.stdout + done.stderr) is None


@pytest.mark.browser
def test_two_meet_through_each_stamp_and_across_them_with_either_taken_away(two: Threaded) -> None:
    done = smoke("--page", two.lab.page, *two.lab.backends)
    assert done.returncode == 0, done.stdout + done.stderr
    a, b = map(host, two.lab.backends)
    lines = done.stdout.splitlines()[:-1]
    names = [a, b, f"across, without {a}", f"across, without {b}"]
    assert [line.partition(": ")[0] for line in lines] == [f"ok    {name}" for name in names]
    assert all(line.endswith("direct, and talked") for line in lines)
    assert TOKEN.search(done.stdout + done.stderr) is None


@pytest.mark.browser
def test_a_stamp_that_is_dead_fails_by_its_name_and_the_other_holds(two: Threaded) -> None:
    a, b = two.lab.stamps
    two.do(b.kill)
    try:
        done = smoke("--seconds", "20", "--page", two.lab.page, *two.lab.backends)
    finally:
        two.do(b.restore)
    assert done.returncode == 1
    first, second, *across = done.stdout.splitlines()[:-1]
    assert first.startswith(f"ok    {host(a.api)}: ")
    assert second == f"FAIL  {host(b.api)}: out of time while asking /health"
    assert len(across) == 2 and all(line.startswith("FAIL  across") for line in across)


def test_a_stamp_that_is_down_fails(impostor: Callable[[int, bytes], str]) -> None:
    done = smoke("--seconds", "3", impostor(503, b"{}"))
    assert done.returncode == 1
    assert "out of time while asking /health" in done.stdout


@pytest.mark.browser
def test_a_page_that_is_no_room_fails(stack: Stack, impostor: Callable[[int, bytes], str]) -> None:
    page = impostor(404, b"lost").removesuffix("/api")
    done = smoke("--page", page, stack.api)
    assert done.returncode == 1
    assert "the page answers 404, while opening the page" in done.stdout


def test_each_stamp_is_tried_alone_and_each_is_taken_away_once() -> None:
    urls = ["https://one/api", "https://two/api", "https://three/api"]
    found = trials(urls, None)
    assert [(one.ann, one.bob) for one in found[:3]] == [((url,), (url,)) for url in urls]
    assert [set(urls) - set(one.bob) for one in found[3:]] == [{url} for url in urls]
    assert all(one.ann == tuple(urls) and one.apis == tuple(urls) for one in found[3:])


def test_of_one_stamp_nothing_can_be_taken_away() -> None:
    (only,) = trials(["https://one/api"], None)
    assert (only.name, only.apis) == ("one", ("https://one/api",))


@pytest.mark.parametrize(
    ("page", "found"),
    [("https://page", "https://page/"), (None, "https://two/")],
)
def test_the_page_is_that_of_the_first_stamp_that_is_given_unless_there_is_one(
    page: str | None, found: str
) -> None:
    trial = trials(["https://one/api", "https://two/api"], page)[2]
    assert trial.page_of(trial.bob) == found
