"""`python -m local.emulator`, started as a user starts it."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from local.emulator.__main__ import main
from local.emulator.options import EMULATOR_KEY
from tests.local.emulator.support import token

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 20


@contextlib.asynccontextmanager
async def started(directory: Path, *arguments: str, **environ: str) -> AsyncIterator[tuple]:
    """The process and the banner it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.emulator", "--host", "127.0.0.1", *arguments),
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        banner = b""
        while b"Events go to:" not in banner:
            line = await asyncio.wait_for(process.stdout.readline(), DEADLINE_SECONDS)
            assert line, banner
            banner += line
        yield process, banner.decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_it_prints_its_connection_string_serves_and_stops_on_interrupt(
    tmp_path: Path,
) -> None:
    async with started(tmp_path, SIGNALR_PORT="0") as (process, banner):
        string = re.search(
            r"Endpoint=http://127\.0\.0\.1;Port=(\d+);AccessKey=(\w+);Version=1\.0;", banner
        )
        assert string is not None and string[2] == EMULATOR_KEY
        base = f"127.0.0.1:{string[1]}"
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://{base}/api/v1/health")).status_code == 200
        access = token("http://127.0.0.1/client/?hub=chat", EMULATOR_KEY)
        async with connect(f"ws://{base}/client/?hub=chat&access_token={access}") as socket:
            await socket.send('{"protocol":"json","version":1}\x1e')
            assert await socket.recv() == "{}\x1e"
            process.send_signal(signal.SIGINT)
            output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
        assert process.returncode == 0
        # No traceback, and nothing that came in a URL.
        assert b"Traceback" not in output and access.encode() not in output


async def test_it_takes_its_upstream_from_a_settings_file_and_prints_no_key_of_it(
    tmp_path: Path,
) -> None:
    url = "http://localhost:9999/{hub}"
    settings = {"UpstreamSettings": {"Templates": [{"UrlTemplate": f"{url}?code=a-key"}]}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    async with started(tmp_path, "--port", "0") as (process, _):
        line = await asyncio.wait_for(process.stdout.readline(), DEADLINE_SECONDS)
        assert line.strip().decode() == url


def test_wrong_settings_end_it_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.json"
    assert main(["--settings", str(path)], {}) == 2
    path.write_text("{")
    assert main(["--settings", str(path)], {}) == 2
    assert capsys.readouterr().err.count("Cannot use the settings file") == 2
