"""What a caller gets when SignalR Service fails after the function has returned."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from local.emulator.protocol import Invocation
from tests.local.functions.test_signalr_trigger import event, post
from tests.local.stack import Stack, client

PUBLISH = json.dumps([{"userId": "fault.anna", "target": f"t{n}", "arguments": []} for n in "123"])


@pytest.fixture
async def faults(stack: Stack) -> AsyncIterator[Any]:
    """Sets faults of the running stack; ends them after the test."""

    def set_faults(*wanted: dict[str, Any]) -> None:
        url = f"{stack.http}/admin/local/faults"
        answer = httpx.put(url, json=wanted, headers={"x-functions-key": stack.key})
        assert answer.status_code == 204, answer.text

    yield set_faults
    set_faults()


def publish(stack: Stack) -> httpx.Response:
    return httpx.post(f"{stack.http}/api/publish", content=PUBLISH, timeout=20)


@pytest.mark.parametrize("status", [429, 503])
def test_an_http_caller_gets_500_without_words(stack: Stack, faults: Any, status: int) -> None:
    faults({"status": status})
    answer = publish(stack)
    assert (answer.status_code, answer.text) == (500, "")
    faults()
    assert publish(stack).status_code == 200


async def test_a_failure_in_the_middle_leaves_what_came_before(stack: Stack, faults: Any) -> None:
    async with client(stack, "fault.anna") as anna:
        await anna.receive()
        faults({"status": 503, "skip": 1, "times": 1})
        assert publish(stack).status_code == 500
        faults()
        assert publish(stack).status_code == 200
        got = [await anna.receive() for _ in range(4)]
    assert [m.target for m in got if isinstance(m, Invocation)] == ["t1", "t1", "t2", "t3"]


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_an_invoke_gets_the_raw_text_with_the_url(
    stack: Stack, faults: Any, protocol: Any
) -> None:
    async with client(stack, "fault.bert", protocol) as bert:
        faults({"status": 429, "target": "signal"})
        failed = await bert.invoke("relay", "fault.bert", {})
    assert failed.error is not None
    assert failed.error.startswith("Azure SignalR service runtime error. Request Uri: http://")
    assert "/users/fault.bert/:send" in failed.error


def test_a_failing_group_add_is_403_for_connected(stack: Stack, faults: Any) -> None:
    faults({"status": 503, "kind": "group"})
    headers = event(x_asrs_category="connections", x_asrs_event="connected")
    assert post(stack, headers, b'{"type":10}').status_code == 403
    faults()
    assert post(stack, headers, b'{"type":10}').status_code == 200


def test_a_slow_service_keeps_the_caller_waiting(stack: Stack, faults: Any) -> None:
    faults({"delaySeconds": 0.1})
    started = time.monotonic()
    assert publish(stack).status_code == 200
    assert time.monotonic() - started >= 0.3  # three items, one after the other


@pytest.mark.parametrize("path", ["faults", "load"])
def test_the_control_needs_the_hosts_key(stack: Stack, path: str) -> None:
    verb = "PUT" if path == "faults" else "GET"
    url = f"{stack.http}/admin/local/{path}"
    assert httpx.request(verb, url).status_code == 401


def test_malformed_faults_change_nothing(stack: Stack) -> None:
    headers = {"x-functions-key": stack.key}
    answer = httpx.put(f"{stack.http}/admin/local/faults", content=b"{", headers=headers)
    assert answer.status_code == 400
    assert publish(stack).status_code == 200
