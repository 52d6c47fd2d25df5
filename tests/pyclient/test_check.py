"""`heliograph check`: it holds where people can meet, and says what is wrong where they cannot."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import heliograph.room.join
import pytest
from heliograph.check.report import Check, Order, Relays
from heliograph.check.steps import MEANINGS, STEPS
from heliograph.check.trials import title, trials
from heliograph.cli import main

from lab.stack import ROOT, SIGNING_KEYS
from local.cluster import Cluster, cluster
from local.emulator import UpstreamRequest, UpstreamResponse
from local.emulator.upstream import IGNORED
from tests.turn.coturn import Coturn

SETTINGS = {"HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS, "HELIOGRAPH_STUN_URLS": ""}
SECRET = "a secret of the relay"
# Billed messages of two people at one stamp, and of the two at two stamps together, relays or not.
MESSAGES_ALONE, MESSAGES_TOGETHER = 40, 80
TALK = ["join", "socket", "hub", "meet", "connect", "text", "file", "leave"]
LINE = re.compile(r"  (ok|FAIL) +(\w+) +\d+\.\d s")
# An address, a token of SignalR or of ours, a room: none of them may be told.
PRIVATE = re.compile(r"://|\d+\.\d+\.\d+\.\d+|localhost|eyJ|[\w-]{22}|check-|Check [12]")


@asynccontextmanager
async def running(count: int = 1, **settings: str) -> AsyncIterator[list[Cluster]]:
    """Complete stamps whose service is in this process."""
    environ = {**SETTINGS, "HELIOGRAPH_STAMPS": str(count), **settings}
    async with AsyncExitStack() as stack:
        made = [cluster(ROOT, environ, concurrency=16) for _ in range(count)]
        yield [await stack.enter_async_context(one) for one in made]


async def checked(
    *stamps: Cluster | str, relays: Relays = "no", seconds: float = 60.0
) -> tuple[bool, list[str]]:
    """Whether all is well, and what was told."""
    told: list[str] = []
    backends = [one if isinstance(one, str) else f"{one.http}/api" for one in stamps]
    good = await Check(Order(backends, relays, seconds, 1), told.append, str).run()
    assert PRIVATE.search("\n".join(told)) is None, told
    return good, told


def steps(told: list[str], mark: str = "ok") -> list[str]:
    found = [LINE.match(line) for line in told]
    return [line[2] for line in found if line is not None and line[1] == mark]


def failure(told: list[str]) -> str:
    """The only line that tells of one."""
    (line,) = [line for line in told if line.startswith("  FAIL")]
    return line


def billed(stamp: Cluster) -> int:
    assert stamp.service is not None
    return stamp.service.board.messages


async def ignored(event: UpstreamRequest) -> UpstreamResponse:
    """As the service without an upstream that matches."""
    return IGNORED


async def refused(event: UpstreamRequest) -> UpstreamResponse:
    """As the functions answer to a key that is not theirs."""
    return UpstreamResponse(401)


async def test_two_meet_through_each_stamp_and_both_together_for_a_few_messages() -> None:
    async with running(2) as (a, b):
        good, told = await checked(a)
        assert good and steps(told) == ["health", *TALK], told
        alone = billed(a)
        good, told = await checked(a, b)
        assert good and steps(told) == ["health", *TALK, "health", *TALK, *TALK], told
        assert told[-1].startswith("3 of 3 are well")
        print(alone, billed(a), billed(b))
        assert alone <= MESSAGES_ALONE
        assert billed(a) + billed(b) - 3 * alone <= MESSAGES_TOGETHER


@pytest.mark.parametrize("upstream", [ignored, refused])
async def test_a_service_that_does_not_call_the_functions_is_told_and_the_rest_not_tried(
    upstream: Callable[[UpstreamRequest], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STEPS, "hub", type(STEPS["hub"])(2.0, STEPS["hub"].late))
    async with running() as (a,):
        assert a.service is not None
        a.service.upstream.deliver = upstream
        good, told = await checked("http://127.0.0.1:9/api", a, seconds=8.0)
        assert not good
        assert "hub_silent: The socket is open" in told[-3]
        assert "upstream" in told[-2]
