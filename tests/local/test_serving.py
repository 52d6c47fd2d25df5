"""The servers of the local stack, on bare sockets. API, page, storage and SignalR have one kind."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from local.emulator.http import BoundedHttp
from local.serving import Served, listen, port_of, serving


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b"408"),
        (b"GET / HTTP/1.1\r\nHo", b"408"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgr", b"408"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"200"),
    ],
)
async def test_a_request_that_does_not_end_is_ended_and_a_whole_one_answered(
    sent: bytes, status: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedHttp, "head_seconds", 0.2)
    sockets = listen(0, "--port")
    async with serving([Served(hello, sockets)]):
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(sockets))
        writer.write(sent)
        async with asyncio.timeout(5):
            answer = await reader.read()  # until the server closes
        writer.close()
    assert answer.startswith(b"HTTP/1.1 " + status + b" ")
