"""The smoke test against the local stack: holds where people meet, fails where they do not."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lab.stack import Stack

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


@pytest.mark.browser
def test_two_meet_and_talk_through_every_stamp(stack: Stack) -> None:
    other = stack.api.replace("localhost", "127.0.0.1")
    done = smoke(stack.api, other)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[:2] for line in lines[:3]] == ["ok", "ok", "--"]
    assert all("direct, and talked" in line for line in lines[:2])
    assert all("sees a private caller behind 0 proxies;" in line for line in lines[:2])
    assert "eyJ" not in done.stdout + done.stderr  # how every token starts


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
