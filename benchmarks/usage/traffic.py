"""What passes between pages, functions and SignalR Service: by step, and by what it is made of."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

BILLED_BYTES = 2048  # SignalR counts a message once for each of these
RECORD = "\x1e"  # ends a message of the hub protocol
# The kinds of bytes, by the member of the JSON that holds them.
KINDS = {
    "sdp": "descriptions",
    "candidates": "candidates",
    "token": "tokens",
    "accessToken": "tokens",
    "iceServers": "ICE servers",
    "peers": "members",
}
ABOUT_MEMBERS = ("joined", "left", "disconnected")
REST = "all else"
# The directions, as columns.
ASKED, ANSWERED, UP, DOWN, PUSHED = "requests", "answers", "to hub", "from hub", "pushes"
WAYS = (ASKED, ANSWERED, UP, DOWN, PUSHED)
# What happens in a call, by the call of HTTP, the event of the hub or the target of the push.
STEPS = {
    "poll": "poll of the first",
    "signal: answer": "answer",
    "admitted": "connected",
    "joined": "connected",
    "group": "connected",
    "left": "leave",
    "closed": "leave",
}


class Piece(Struct, frozen=True):
    """One message, or one side of a call of HTTP. `units`: of SignalR, as it bills them."""

    step: str
    way: str
    kinds: Counter[str]
    units: int = 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self.kinds.total()


def asked(path: str, body: bytes) -> Piece:
    """What a page sends to a function."""
    return _piece(_step_of_call(path, body), ASKED, body)


def answered(path: str, sent: bytes, body: bytes) -> Piece:
    """What the function answers to `sent`."""
    return _piece(_step_of_call(path, sent), ANSWERED, body)


def pushed(path: str, body: bytes, token: str) -> Piece:
    """A call of SignalR's REST API. `token`: the header that authorizes it."""
    value = _json(body)
    step = "group" if "/groups/" in path and not body else "closed"
    if isinstance(value, dict):
        step = _step_of_push(value["target"], _json(value["arguments"][0]))
    piece = _piece(step, PUSHED, body)
    piece.kinds["tokens"] += len(token)
    return piece


def opened(url: str) -> Piece:
    """The address of a socket holds its token."""
    return Piece("connected", UP, Counter(tokens=len(url.partition("access_token=")[2])), 1)


def framed(payload: str | bytes, way: str) -> Iterator[Piece]:
    """The messages of the hub in one frame of a socket: from a page (`UP`) or to it (`DOWN`)."""
    text = payload if isinstance(payload, str) else payload.decode()
    for record in filter(None, text.split(RECORD)):
        value = _json(record.encode())
        kind = value.get("type") if isinstance(value, dict) else None
        data = (record + RECORD).encode()
        if kind != 1:  # no invocation: a handshake, a ping, or the answer to an invocation
            yield _piece("ping, handshake, answer", way, data)
            continue
        argument = _json(value["arguments"][0])
        step = _step_of_push(value["target"], argument)
        units = math.ceil(len(data) / BILLED_BYTES)
        yield _piece(step, way, data, units)


def _step_of_call(path: str, body: bytes) -> str:
    name = path.removeprefix("/api/")
    return _step_of_signal(_json(body)) if name == "signal" else name


def _step_of_push(target: str, argument: Any) -> str:
    return _step_of_signal(argument) if target in ("signal", "message", "broadcast") else target


def _step_of_signal(envelope: Any) -> str:
    kind = str(envelope["kind"])
    if kind == "offer" and "answered" in envelope["body"]:
        kind = "answer"  # two offers are a pair: this one answers the other
    parked = kind == "offer" and "from" not in envelope and envelope.get("to") is None
    return "offer parked" if parked else f"signal: {kind}"


def _piece(step: str, way: str, data: bytes, units: int = 0) -> Piece:
    kinds = Counter(_kinds(_json(data.rstrip(RECORD.encode())), 0))
    rest = len(data) - kinds.total()
    return Piece(STEPS.get(step, step), way, kinds + Counter({_rest_of(data): rest}), units)


def _rest_of(data: bytes) -> str:
    about = any(f'"target":"{target}"'.encode() in data for target in ABOUT_MEMBERS)
    return "members" if about else REST


def _kinds(value: Any, texts: int) -> Counter[str]:
    """Bytes by kind. `texts`: in so many texts of JSON, one within another, the value is."""
    if isinstance(value, list):
        return sum((_kinds(each, texts) for each in value), Counter())
    if not isinstance(value, dict):
        return Counter()
    found: Counter[str] = Counter()
    for name, member in value.items():
        if name == "arguments":
            found += _kinds(_json(member[0]), texts + 1)
            continue
        inner = _kinds(member, texts)
        if name in KINDS:
            inner[KINDS[name]] += _size(member, texts) - inner.total()
        found += inner
    return found


def _size(value: Any, texts: int) -> int:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for _ in range(texts):
        text = json.dumps(text, ensure_ascii=False)[1:-1]
    return len(text.encode())


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return None
