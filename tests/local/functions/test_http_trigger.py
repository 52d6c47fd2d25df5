"""HTTP functions, asked over HTTP."""

import base64
import socket

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local.functions.http_trigger import BodyTooLarge, read_body
from tests.local.stack import Stack

ORIGIN = {"origin": "https://page.example"}


def test_a_function_sees_the_request_as_on_azure(stack: Stack) -> None:
    url = f"{stack.http}/API/echo/A%2FB?a=1&a=2&empty=&b=%C3%A4"
    headers = [("X-Twice", "1"), ("X-Twice", "2"), ("Content-Type", "application/json")]
    seen = httpx.post(url, headers=headers, content=b'{"x": 1}').json()
    assert seen["method"] == "POST"
    assert seen["url"] == url
    assert seen["headers"]["x-twice"] == "1,2"
    assert seen["headers"]["content-type"] == "application/json"
    assert all(name == name.lower() for name in seen["headers"])
    assert seen["query"] == {"a": "1,2", "b": "ä"}
    assert seen["route"] == {"room": "A%2FB"}
    assert base64.b64decode(seen["body"]) == b'{"x": 1}'


def test_a_body_arrives_byte_for_byte(stack: Stack) -> None:
    body = bytes(range(256)) * 5000
    seen = httpx.post(f"{stack.http}/api/echo/x", content=body).json()
    assert base64.b64decode(seen["body"]) == body


def test_a_body_of_no_declared_length_is_lost(stack: Stack) -> None:
    chunks = iter([b"one", b"two"])  # sent chunked, without a Content-Length
    seen = httpx.post(f"{stack.http}/api/echo/x", content=chunks).json()
    assert seen["headers"]["transfer-encoding"] == "chunked"
    assert seen["body"] == ""


def test_head_is_answered_by_functions_that_name_it_or_name_no_method(stack: Stack) -> None:
    answer = httpx.head(f"{stack.http}/api/text")  # names none
    assert (answer.status_code, answer.content) == (200, b"")
    assert httpx.head(f"{stack.http}/api/named").status_code == 200
    assert httpx.head(f"{stack.http}/api/echo/x").status_code == 404  # names GET and POST


def test_the_answer_keeps_status_headers_cookies_and_bytes(stack: Stack) -> None:
    answer = httpx.get(f"{stack.http}/api/shaped")
    assert (answer.status_code, answer.content) == (418, b"\x00\x01")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a=1; HttpOnly; Path=/", "b=2"]


def test_a_synchronous_function_may_answer_with_text(stack: Stack) -> None:
    answer = httpx.get(f"{stack.http}/api/text")
    assert (answer.status_code, answer.text) == (200, "plain words")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/unknown", 404),
        ("GET", "/api/echo", 404),
        ("PUT", "/api/echo/x", 404),  # not 405: azure-functions-host #10098
        ("HEAD", "/api/echo/x", 404),
        ("GET", "/api/locked", 401),
        ("GET", "/api/locked?code=wrong", 401),
        ("GET", "/api/boom?secret=zebra", 500),
        ("GET", "/api/nothing", 500),
        ("GET", "/runtime/webhooks/signalr", 404),
    ],
)
def test_refusals_have_the_hosts_status_and_no_words(
    stack: Stack, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, stack.http + path)
    assert answer.status_code == status
    assert "zebra" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/api/text", 200), ("/api/unknown", 404)])
async def test_a_request_for_a_websocket_is_a_request_like_any_other(
    stack: Stack, path: str, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(stack.http.replace("http", "ws", 1) + path)
    assert refused.value.response.status_code == status


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_an_upgrade_with_any_verb_is_answered(stack: Stack, verb: str) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    answer = httpx.request(verb, f"{stack.http}/api/text", headers=headers)
    assert (answer.status_code, answer.text) == (200, "plain words")


def test_keys_open_a_function_in_the_query_or_a_header(stack: Stack) -> None:
    by_query = httpx.get(f"{stack.http}/api/locked", params={"code": stack.key})
    by_header = httpx.get(f"{stack.http}/api/locked", headers={"x-functions-key": stack.key})
    assert [by_query.status_code, by_header.status_code] == [200, 200]


def test_a_body_declared_too_long_is_refused_before_it_is_sent(stack: Stack) -> None:
    port = int(stack.http.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        head = f"POST /api/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: {200 << 20}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


async def test_a_body_of_unknown_length_is_cut_off_at_the_limit() -> None:
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(Request(scope, receive), limit=10)
            answer = Response(body)
        except BodyTooLarge:
            answer = Response(status_code=413)
        await answer(scope, receive, send)

    async def chunks(count: int):  # type: ignore[no-untyped-def]
        for _ in range(count):
            yield b"12345"

    transport = httpx.ASGITransport(endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        assert (await client.post("/", content=chunks(2))).content == b"1234512345"
        assert (await client.post("/", content=chunks(3))).status_code == 413


def test_a_preflight_is_answered_by_the_host(stack: Stack) -> None:
    headers = {
        **ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-signalr-user-agent",
    }
    answer = httpx.options(f"{stack.http}/api/echo/x", headers=headers)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "x-signalr-user-agent" in answer.headers["access-control-allow-headers"]


def test_cors_names_exact_origins_only(stack: Stack) -> None:
    def allowed(origin: str) -> str | None:
        answer = httpx.get(f"{stack.http}/api/text", headers={"origin": origin})
        return answer.headers.get("access-control-allow-origin")

    assert allowed("https://other.example") == "https://other.example"
    assert allowed("https://page.example.evil") is None
    assert allowed("null") is None


def test_the_page_is_served_beside_the_functions(stack: Stack) -> None:
    page = httpx.get(f"{stack.http}/")
    script = httpx.get(f"{stack.http}/assets/app-1a2b.js")
    assert "the page" in page.text
    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in script.headers["cache-control"]
    assert httpx.get(f"{stack.http}/../host.json").status_code == 404
    assert httpx.get(f"{stack.http}/%2e%2e/%2e%2e/host.json").status_code == 404


@pytest.mark.parametrize("path", ["/%23~code", "/no/such/page", "/assets/gone.js"])
def test_a_path_that_is_none_gets_the_page_that_leads_back(stack: Stack, path: str) -> None:
    lost = httpx.get(f"{stack.http}{path}")
    assert lost.status_code == 404
    assert "lost" in lost.text
    assert lost.headers["cache-control"] == "no-cache"
    assert lost.headers["x-content-type-options"] == "nosniff"


def test_the_page_has_the_security_headers_it_has_in_azure(stack: Stack) -> None:
    page = httpx.get(f"{stack.http}/")
    signalr = stack.signalr.removeprefix("http://")
    assert page.headers["content-security-policy"] == (
        f"default-src 'none'; connect-src http://{signalr} ws://{signalr} 'self'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    # It would be wrong about localhost, where there is no TLS.
    assert "strict-transport-security" not in page.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FROM_FILE", "file"),
        ("PRESET", "environment"),
        ("HELIOGRAPH_STORAGE", "memory"),
        ("AzureWebJobsStorage", "UseDevelopmentStorage=true"),
        ("AZURE_FUNCTIONS_ENVIRONMENT", "Development"),
    ],
)
def test_the_app_gets_its_settings(stack: Stack, name: str, value: str) -> None:
    assert httpx.get(f"{stack.http}/api/setting/{name}").json() == value


def test_the_app_is_told_where_signalr_is(stack: Stack) -> None:
    connection = httpx.get(f"{stack.http}/api/setting/AzureSignalRConnectionString").json()
    assert f"Port={stack.signalr.rpartition(':')[2]};" in connection


def test_what_a_caller_says_of_its_way_is_not_who_it_is(stack: Stack) -> None:
    """The front end adds the address that it sees at the right end."""
    said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    seen = httpx.post(f"{stack.http}/api/echo/x", headers=said, content=b"").json()
    assert seen["headers"]["x-forwarded-for"].startswith("203.0.113.9,127.0.0.1:")
