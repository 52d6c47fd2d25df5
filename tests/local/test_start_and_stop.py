"""`python -m local`: what it prints, how it refuses, how it stops, what it never logs."""

import base64
import signal
import socket
import stat
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.local.functions.test_signalr_trigger import CALL, event
from tests.local.stack import client, refused, running, write_app

EXAMPLE = Path(__file__).with_name("example_app.py").read_text()
HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"
PLAIN = HEAD + "@app.route(route='hi')\ndef hi(req: func.HttpRequest) -> str:\n    return 'hi'\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_stops_cleanly_within_two_seconds_with_clients_connected(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(write_app(tmp_path, EXAMPLE)) as stack:
        async with client(stack, "red.anna") as anna:
            await anna.receive()
            started = time.monotonic()
            code, rest = stack.stop(number)
            assert (code, rest) == (0, "")
            assert time.monotonic() - started < 2


def test_a_function_still_at_work_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    with running(write_app(tmp_path, EXAMPLE)) as stack:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{stack.http}/api/hang", timeout=0.3)
        started = time.monotonic()
        assert stack.stop()[0] == 0
        assert time.monotonic() - started < 2


def test_says_once_where_everything_is(tmp_path: Path) -> None:
    app = write_app(tmp_path, PLAIN, {"web/dist/index.html": "<title>page</title>"})
    with running(app) as stack:
        assert stack.said.startswith("Heliograph is ready.\n")
        assert f"Page     {stack.http}/\n" in stack.said
        assert httpx.get(stack.http).text == "<title>page</title>"
        assert stack.stop() == (0, "")


def test_says_how_to_build_the_page_when_there_is_none(tmp_path: Path) -> None:
    with running(write_app(tmp_path, PLAIN)) as stack:
        assert "not built: npm run build" in stack.said
        assert httpx.get(stack.http).status_code == 204  # as the real host without a page
        assert httpx.get(f"{stack.http}/room").status_code == 404


def test_makes_a_signing_key_once_for_the_owner_only(tmp_path: Path) -> None:
    code = EXAMPLE
    found = []
    for _ in range(2):
        with running(write_app(tmp_path, code)) as stack:
            found.append(httpx.get(f"{stack.http}/api/setting/HELIOGRAPH_SIGNING_KEYS").json())
    assert found[0] == found[1]
    kid, _, secret = found[0].partition(":")
    assert kid and len(base64.urlsafe_b64decode(secret + "=")) == 32
    path = tmp_path / ".heliograph" / "signing-keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(write_app(tmp_path, PLAIN), "--port", str(port))
    assert said == f"Port {port} is in use. Stop what uses it, or choose another with --port."


def test_the_environment_may_choose_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(write_app(tmp_path, PLAIN), PORT=str(port)) as stack:
        assert stack.http == f"http://localhost:{port}"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nothing_like_it", "The app does not load. ModuleNotFoundError: No module named"),
        ("x = 1", "Could not find top level function app instances"),
        (HEAD, "The app has no functions."),
        (PLAIN + "\nundefined_name\n", "'undefined_name' is not defined (function_app.py, line 7)"),
        (PLAIN.replace("req:", "other:"), "cannot load the hi function: the following parameters"),
        (PLAIN.replace("func.HttpRequest", "dict"), "do not match the corresponding"),
        (
            PLAIN.replace("'hi')", "'hi', trigger_arg_name='my_req')").replace("req:", "my_req:"),
            "hi: the host refuses the binding name 'my_req'. Rename the parameter",
        ),
    ],
)
def test_an_app_azure_would_refuse_does_not_start(tmp_path: Path, code: str, reason: str) -> None:
    said = refused(write_app(tmp_path, code))
    assert reason in said
    assert "sys.path" not in said


def test_a_directory_without_an_app_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"There is no function_app.py in {tmp_path}."


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("local.settings.json", "{", "local.settings.json is not JSON"),
        ("local.settings.json", '{"IsEncrypted": true}', "func settings decrypt"),
        (
            "local.settings.json",
            '{"Host": {"CORS": "*", "CORSCredentials": true}}',
            "Name the origins",
        ),
        ("host.json", "[]", "host.json is not a JSON object"),
    ],
)
def test_a_broken_file_is_refused_in_words(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    assert reason in refused(write_app(tmp_path, PLAIN, {name: content}))


def test_the_number_of_requests_at_a_time_can_be_set(tmp_path: Path) -> None:
    with running(write_app(tmp_path, EXAMPLE), "--concurrency", "1") as stack:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{stack.http}/api/hang", timeout=0.3)
        # The slot is held for as long as the function runs, whoever has given up on it.
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{stack.http}/api/text", timeout=0.3)
        url = f"{stack.http}/admin/local/load"
        load = httpx.get(url, headers={"x-functions-key": stack.key}).json()
        assert load["concurrency"] == load["running"] == 1


async def test_signalr_has_the_quotas_of_the_tier_that_was_asked_for(tmp_path: Path) -> None:
    with running(write_app(tmp_path, PLAIN), "--signalr-tier", "free") as stack:
        async with AsyncExitStack() as clients:
            for _ in range(20):
                await clients.enter_async_context(client(stack, "red.anna"))
            with pytest.raises(InvalidStatus, match="429"):
                await clients.enter_async_context(client(stack, "red.anna"))


async def test_logs_hold_no_contents(tmp_path: Path) -> None:
    """Failures are logged with the function, the error's type and its line: nothing else."""
    with running(write_app(tmp_path, EXAMPLE)) as stack:
        httpx.get(f"{stack.http}/api/boom?secret=zebra")
        httpx.post(f"{stack.http}/api/publish", content='{"zebra": 1}')
        httpx.post(f"{stack.http}/api/enqueue", content="bad")
        headers = event(x_asrs_event="zebra")
        httpx.post(f"{stack.http}/runtime/webhooks/signalr", headers=headers, content=CALL)
        async with client(stack, "zebra.anna") as anna:
            await anna.invoke("fail", "zebra")
            await anna.invoke("zebra", "zebra")
        _, logs = stack.stop()
    assert "boom failed: ValueError in function_app.py, line" in logs
    assert "fail failed: ValueError in function_app.py, line" in logs
    for content in ("zebra", "secret", "quotes", "the reason", "access_token", "bad"):
        assert content not in logs
