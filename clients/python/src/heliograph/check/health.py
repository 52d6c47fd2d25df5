"""What a stamp says of itself: `GET /api/health` (docs/protocol.md §3)."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from heliograph.check.steps import Failure
from heliograph.timing.backoff import backoff
from heliograph.wire.shape import is_count, is_text, parse_json, record

ASK_SECONDS = 10.0
LEAST_SECONDS = 1.0  # for a try
FIRST_PAUSE, MAX_PAUSES = 0.5, 3  # seconds; tries after which pauses grow no more
WORDS = ("ok", "degraded", "down", "stale", "off")


@dataclass(frozen=True, slots=True)
class Health:
    """`stamp`: its name, may be empty. `turn`: `off` where there are no relays."""

    stamp: str
    status: str
    turn: str
    caller: str  # how it sees us, in words


async def until_well(api: str, seconds: float) -> Health:
    """What it says, once people can join. Until then it is asked again, for so long.

    Raises Failure: why not.
    """
    until, attempt = time.monotonic() + seconds, 0
    told: Failure | None = None  # of tries that were answered, the last
    while True:
        left = until - time.monotonic()
        try:
            return await _ask(api, min(ASK_SECONDS, max(left, LEAST_SECONDS)))
        except Failure as failure:
            if failure.code != "no_answer" or told is None:
                told = failure
            attempt += 1
            pause = FIRST_PAUSE + backoff(min(attempt, MAX_PAUSES))
            if until - time.monotonic() < pause + LEAST_SECONDS:
                raise told from None
            await asyncio.sleep(pause)


async def _ask(api: str, seconds: float) -> Health:
    import httpx  # late, because `import heliograph` is to be quick

    try:
        async with httpx.AsyncClient(timeout=seconds) as client:
            answer = await client.get(f"{api}/health")
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise Failure("no_answer") from None
    said = record(parse_json(answer.content)) or {}
    checks = record(said.get("checks")) or {}
    if said.get("status") not in WORDS or not is_text(said.get("stamp"), 0, 64):
        raise Failure("not_heliograph", f"it answers {answer.status_code}")
    if answer.status_code != 200:
        parts = [name for name in ("documents", "signalr", "secrets") if checks.get(name) == "down"]
        raise Failure("down", ", ".join(parts))
    turn = str(checks.get("turn"))
    caller = _seen(record(said.get("caller")) or {})
    return Health(said["stamp"], said["status"], turn if turn in WORDS else "off", caller)


def _seen(caller: dict[str, Any]) -> str:
    """We send no X-Forwarded-For: what stands left of us is a proxy."""
    kind, skipped, left = (caller.get(name) for name in ("kind", "skipped", "left"))
    if kind not in ("public", "private", "unknown") or not is_count(skipped):
        return ""
    text = f"sees a {kind} caller behind {skipped} proxies"
    if is_count(left) and left > 0:
        text += f" and {left} that HELIOGRAPH_TRUSTED_HOPS does not count"
    return text
