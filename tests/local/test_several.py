"""`python -m local --stamps 2`: two complete stamps, each can end and be started again alone."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from lab.ports import free_ports
from tests.local.stack import ROOT, command, environment, write_app

EXAMPLE = Path(__file__).with_name("example_app.py").read_text()
PAGE = {
    "web/dist/index.html": '<script type="application/json" id="config">{}</script><p>page</p>',
    "web/staticwebapp.config.json": '{"globalHeaders": {"Content-Security-Policy": '
    "\"default-src 'none'; connect-src 'self'\"}}",
}
SECONDS = 30.0


@dataclass
class Several:
    """What runs, and what it has said so far."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str] = field(default_factory=list)

    def until(self, pattern: str) -> re.Match[str]:
        """The next line with this in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended, and said: {self.lines}")

    def pid(self, stamp: str) -> int:
        found = re.search(rf"Stamp {stamp} .* pid (\d+)", "".join(self.lines))
        assert found
        return int(found[1])

    def again(self, stamp: str) -> list[str]:
        """The command that starts it again, as it was printed."""
        printed, said = [line for line in self.lines if f"--stamp {stamp} " in line]
        assert said.endswith(printed.lstrip())  # the same when it has ended
        return shlex.split(printed)

    def get(self, number: int, path: str) -> httpx.Response:
        return httpx.get(f"http://localhost:{self.port + number}{path}", trust_env=False)

    def setting(self, number: int, name: str) -> str:
        return str(self.get(number, f"/api/setting/{name}").json())


@contextmanager
def several(app_dir: Path, **environ: str) -> Iterator[Several]:
    port = free_ports(4)
    options = ["--stamps", "2", "--port", str(port), "--signalr-port", str(port + 2)]
    process = subprocess.Popen(
        [*command(app_dir), *options],
        cwd=ROOT,
        env=environment(SQL_CONNECTION=f"sqlite:///{app_dir}/stats.sqlite", **environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a group of its own, as in a terminal
    )
    try:
        running = Several(process, port)
        running.until("Stop them all")
        yield running
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    app_dir = write_app(tmp_path_factory.mktemp("app"), EXAMPLE, PAGE)
    with several(app_dir) as running:
        yield running


def test_both_pages_name_both_backends_in_the_same_order(two: Several) -> None:
    backends = [f"http://localhost:{two.port + number}/api" for number in (0, 1)]
    for number in (0, 1):
        html = two.get(number, "/").text
        assert json.dumps({"backends": backends}) in html and "<p>page</p>" in html
        policy = two.get(number, "/").headers["content-security-policy"]
        for port in range(two.port, two.port + 4):
            assert f" http://localhost:{port} ws://localhost:{port} " in policy


def test_each_page_may_call_both_stamps_and_no_other_page_may(two: Several) -> None:
    for number in (0, 1):
        for origin in (f"http://localhost:{two.port}", f"http://localhost:{two.port + 1}"):
            assert _allowed(two, number, origin) == origin
        assert _allowed(two, number, "https://evil.example") is None


def _allowed(two: Several, number: int, origin: str) -> str | None:
    url = f"http://localhost:{two.port + number}/api/text"
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = httpx.options(url, headers=headers, trust_env=False)
    return answer.headers.get("access-control-allow-origin")


def test_they_share_signing_keys_and_statistics_and_nothing_else(two: Several) -> None:
    def both(name: str) -> list[str]:
        return [two.setting(number, name) for number in (0, 1)]

    for name in ("HELIOGRAPH_SIGNING_KEYS", "SQL_CONNECTION"):
        assert len(set(both(name))) == 1
    assert both("HELIOGRAPH_STORAGE") == ["memory", "memory"]
    assert both("HELIOGRAPH_STAMP") == ["a", "b"]
    assert both("HELIOGRAPH_STAMPS") == ["2", "2"]
    signalr = [re.findall(r"Port=(\d+)", text) for text in both("AzureSignalRConnectionString")]
    assert signalr == [[str(two.port + 2)], [str(two.port + 3)]]


def test_a_stamp_that_is_killed_is_said_and_starts_again_alone(two: Several) -> None:
    os.kill(two.pid("b"), signal.SIGKILL)
    said = two.until("has ended")
    assert "Stamp b" in said.string and "killed by SIGKILL; the others go on" in said.string
    assert two.get(0, "/api/text").status_code == 200
    with pytest.raises(httpx.ConnectError):
        two.get(1, "/api/text")
    again = subprocess.Popen(
        two.again("b"), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert again.stdout is not None
        assert again.stdout.readline().startswith("Stamp b is ready: page http://localhost:")
        assert two.setting(1, "HELIOGRAPH_STAMP") == "b"
        assert two.get(1, "/").text == two.get(0, "/").text
    finally:
        again.terminate()
        again.communicate(timeout=SECONDS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_end_with_the_one_that_started_them_frozen_or_not(
    tmp_path: Path, number: signal.Signals
) -> None:
    with several(write_app(tmp_path, EXAMPLE)) as running:
        pids = [running.pid("a"), running.pid("b")]
        os.kill(pids[0], signal.SIGSTOP)
        started = time.monotonic()
        running.process.send_signal(number)
        running.process.communicate(timeout=SECONDS)
        assert (running.process.returncode, time.monotonic() - started < 8) == (0, True)
        assert [_lives(pid) for pid in pids] == [False, False]


def test_ctrl_c_in_a_terminal_which_reaches_all_of_them_is_a_clean_end(tmp_path: Path) -> None:
    with several(write_app(tmp_path, EXAMPLE)) as running:
        os.killpg(running.process.pid, signal.SIGINT)
        rest, _ = running.process.communicate(timeout=SECONDS)
        assert (running.process.returncode, rest) == (0, "")


def test_none_outlives_the_one_that_started_them(tmp_path: Path) -> None:
    with several(write_app(tmp_path, EXAMPLE)) as running:
        running.process.kill()
        until = time.monotonic() + 5
        while any(map(_listens, range(running.port, running.port + 4))):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_when_the_last_stamp_ends_so_does_the_one_that_watches(tmp_path: Path) -> None:
    with several(write_app(tmp_path, EXAMPLE)) as running:
        for stamp in "ab":
            os.kill(running.pid(stamp), signal.SIGTERM)
        running.until("No stamp runs any more")
        assert running.process.wait(SECONDS) == 0
    assert sum("has ended, with status 0" in line for line in running.lines) == 2


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def refusal(app_dir: Path, *options: str, **environ: str) -> str:
    """What is said where nothing starts: one line, and exit status 1."""
    done = subprocess.run(
        [*command(app_dir), *options],
        cwd=ROOT,
        env=environment(**environ),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    return done.stderr.strip()


def test_a_port_of_the_second_stamp_that_is_taken_is_said_before_anything_starts(
    tmp_path: Path,
) -> None:
    app, port = write_app(tmp_path, EXAMPLE), free_ports(4)
    with socket.create_server(("127.0.0.1", port + 1)):
        options = ("--stamps", "2", "--port", str(port), "--signalr-port", str(port + 2))
        assert f"Port {port + 1} is in use" in refusal(app, *options)
    with socket.create_server(("127.0.0.1", port + 3)):
        assert "or choose another with --signalr-port" in refusal(app, *options)


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "x", "7071.5", "9" * 30])
def test_what_is_no_port_is_refused_in_a_sentence(tmp_path: Path, port: str) -> None:
    app = write_app(tmp_path, EXAMPLE)
    said = refusal(app, PORT=port)
    assert said.startswith("--port: takes a whole number from 0 to 65535, not ")
    assert refusal(app, f"--signalr-port={port}").startswith("--signalr-port: takes a whole")


@pytest.mark.parametrize("stamps", ["0", "5", "two", ""])
def test_what_is_no_number_of_stamps_is_refused_in_a_sentence(tmp_path: Path, stamps: str) -> None:
    app = write_app(tmp_path, EXAMPLE)
    assert "from 1 to 4" in refusal(app, f"--stamps={stamps}")


def test_stamps_with_one_account_for_all_are_refused(tmp_path: Path) -> None:
    app, port = write_app(tmp_path, EXAMPLE), free_ports(4)
    options = ("--stamps", "2", "--port", str(port), "--signalr-port", str(port + 2))
    said = refusal(app, *options, AzureWebJobsStorage="UseDevelopmentStorage=true")
    assert said.startswith("Stamps must not share tables")
