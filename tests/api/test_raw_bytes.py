"""Bytes that are no text, at the port of API and page, on a bare socket: HTTP clients send none."""

import socket

import pytest

from lab.stack import Stack

UPGRADE = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"


def exchange(stack: Stack, sent: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    port = int(stack.page.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/\xff HTTP/1.1\r\nHost: x\r\n",
        b"GET /api/%ff%00 HTTP/1.1\r\nHost: x\r\n",
        b"GET /%ff%fe.js HTTP/1.1\r\nHost: x\r\n",
        b"GET /api/health?x=%ff HTTP/1.1\r\nHost: \xff\r\nOrigin: \xff\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \xff\xfe\r\n",
        b"GET /api/stats?days=%ff HTTP/1.1\r\nHost: x\r\nIf-None-Match: \xff\r\n",
        b"POST /api/turn HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: x \xff\r\n",
        b"POST /api/negotiate?room=%ff&name=%ff HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n",
        b"POST /api/runtime HTTP/1.1\r\nHost: [::\r\nContent-Length: 0\r\n",
    ],
)
@pytest.mark.parametrize("more", [b"Connection: close\r\n", UPGRADE], ids=["plain", "upgrade"])
def test_bytes_that_are_no_text_are_answered_and_leave_no_traceback(
    stack: Stack, head: bytes, more: bytes
) -> None:
    before = len(stack.log.read_text())
    answer = exchange(stack, head + more + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 ") and b" 5" not in answer[:12], answer[:200]
    assert b"Traceback" not in answer
    assert "Traceback" not in stack.log.read_text()[before:]


@pytest.mark.parametrize("body", [b'{"room":"\xff"}', b"\xff\xfe", b'{"name":"\xed\xa0\x80"}'])
@pytest.mark.parametrize("path", [b"rooms", b"negotiate", b"signal", b"turn", b"report", b"leave"])
def test_a_body_that_is_no_text_is_refused(stack: Stack, path: bytes, body: bytes) -> None:
    before = len(stack.log.read_text())
    head = b"POST /api/" + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = exchange(stack, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 ")), answer[:200]
    assert "Traceback" not in stack.log.read_text()[before:]
