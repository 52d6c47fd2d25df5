"""Parsers for envelopes and pushes (docs/protocol.md §4). Pure.

Each answers None if the value has another form than the protocol says, and copies only the
members that it names.
"""

import re
from collections.abc import Callable
from typing import Any, TypeGuard

from heliograph.wire.protocol import (
    MAX_ACKS,
    MAX_CANDIDATES,
    MAX_DEPTH,
    MAX_SDP,
    MAX_TEXT,
    SLOTS,
    Ack,
    Body,
    Bye,
    Candidate,
    CandidateBatch,
    Delivery,
    Description,
    Disconnected,
    Envelope,
    Floor,
    Free,
    Joined,
    Kind,
    Left,
    LeftReason,
    Message,
    Network,
    Ordered,
    Push,
    Restart,
    Role,
    SeatClosed,
    SocketKnown,
    Text,
)
from heliograph.wire.shape import (
    Json,
    byte_count,
    is_count,
    is_not_deeper_than,
    is_text,
    items,
    matches,
    parse_json,
    record,
)

PEER = re.compile(r"[A-Za-z0-9_-]{16}")
ROOM = re.compile(r"[A-Za-z0-9_-]{1,64}|~[A-Za-z0-9_-]{22}")
PC = re.compile(r"[A-Za-z0-9_-]{1,16}")
MAX_TOKEN = 8_192  # characters


def is_token(value: Any) -> TypeGuard[str]:
    """A token of a stamp: opaque."""
    return is_text(value, 1, MAX_TOKEN)


def is_role(value: Any) -> TypeGuard[Role]:
    """A role of protocol version 1."""
    return value in ("guest", "host")


def read_envelope(text: str, most: int) -> Envelope | None:
    """An envelope from the data channel: JSON text of at most `most` bytes, and so is its SDP."""
    return parse_envelope(parse_json(text), most) if byte_count(text) <= most else None


def parse_envelope(value: Any, max_sdp: int = MAX_SDP) -> Envelope | None:
    """An envelope, at most 16 levels deep."""
    fields = record(value)
    message = None if fields is None else _message(fields, max_sdp, _IN_ENVELOPES)
    if fields is None or message is None or not is_not_deeper_than(value, MAX_DEPTH):
        return None
    to = fields.get("to")
    if to is not None and not matches(to, PEER):
        return None
    return Envelope(fields["seq"], message, to)


def parse_push(target: str, value: Any) -> Push | None:
    """The argument of a hub target."""
    fields = record(value)
    parse = _PUSHES.get(target)
    return parse(fields) if parse is not None and fields is not None else None


def parse_description(value: Any, max_sdp: int = MAX_SDP) -> Description | None:
    """The body of an offer or an answer."""
    fields = record(value)
    if fields is None or not matches(fields.get("pc"), PC):
        return None
    if not is_text(fields.get("sdp"), 1, max_sdp):
        return None
    optional = _optional_of_description(fields)
    return None if optional is None else Description(fields["pc"], fields["sdp"], **optional)


def _optional_of_description(fields: Json) -> Json | None:
    checks: dict[str, Callable[[Any], bool]] = {
        "restart": lambda value: isinstance(value, bool),
        "relay": lambda value: isinstance(value, bool),
        "answered": is_count,
        "network": _is_network,
    }
    found = {name: fields[name] for name in checks if name in fields}
    if not all(checks[name](value) for name, value in found.items()):
        return None
    if "network" in found:
        found["network"] = _known_network(found["network"])
    if "candidates" in fields:
        candidates = items(fields["candidates"], _candidate, MAX_CANDIDATES)
        if candidates is None:
            return None
        found["candidates"] = tuple(candidates)
    if "slots" in fields:
        slots = items(fields["slots"], lambda mid: mid if is_text(mid, 1, 64) else None, SLOTS)
        if slots is None or len(slots) != SLOTS:
            return None
        found["slots"] = tuple(slots)
    return found


def _message(fields: Json, max_sdp: int, kinds: "dict[Kind, BodyParser]") -> Message | None:
    kind = fields.get("kind")
    if fields.get("v") != 1 or isinstance(fields.get("v"), bool):
        return None
    if not isinstance(kind, str) or not is_count(fields.get("seq")):
        return None
    for known, parse in kinds.items():
        if known == kind:
            body = parse(fields, max_sdp)
            return None if body is None else Message(known, body)
    return None


def _described(fields: Json, max_sdp: int) -> Body | None:
    return parse_description(fields.get("body"), max_sdp)


def _batch(fields: Json, _: int) -> Body | None:
    body = record(fields.get("body")) or {}
    candidates = items(body.get("candidates"), _candidate, MAX_CANDIDATES)
    if candidates is None or not matches(body.get("pc"), PC):
        return None
    return CandidateBatch(body["pc"], tuple(candidates))


def _candidate(value: Any) -> Candidate | None:
    fields = record(value)
    if fields is None or not is_text(fields.get("candidate"), 0, 512):
        return None
    mid, index = fields.get("sdpMid"), fields.get("sdpMLineIndex")
    fragment = fields.get("usernameFragment")
    if mid is not None and not is_text(mid, 0, 64):
        return None
    if index is not None and not (is_count(index) and index <= 65_535):
        return None
    if fragment is not None and not is_text(fragment, 0, 256):
        return None
    return Candidate(fields["candidate"], mid, index, fragment)


def _restart(fields: Json, _: int) -> Body | None:
    body = record(fields.get("body"))
    if body is None or not matches(body.get("pc"), PC):
        return None
    if "refused" in body and not is_count(body["refused"]):
        return None
    if "network" in body and not _is_network(body["network"]):
        return None
    return Restart(body["pc"], body.get("refused"), _known_network(body.get("network")))


def _floor(fields: Json, _: int) -> Body | None:
    body = record(fields.get("body")) or {}
    if not matches(body.get("pc"), PC) or not isinstance(body.get("granted"), bool):
        return None
    return Floor(body["pc"], body["granted"])


def _text(fields: Json, _: int) -> Body | None:
    body = record(fields.get("body"))
    if body is None or not is_text(body.get("text"), 1, MAX_TEXT):
        return None
    if "id" in body and not is_text(body["id"], 0, 64):
        return None
    return Text(body["text"], body.get("id"))


def _bye(fields: Json, _: int) -> Body | None:
    body = record(fields.get("body"))
    if body is None or ("reason" in body and not is_text(body["reason"], 0, 64)):
        return None
    return Bye(body.get("reason"))


def _ack(fields: Json, _: int) -> Body | None:
    body = record(fields.get("body")) or {}
    seqs = items(body.get("seqs"), lambda seq: seq if is_count(seq) else None, MAX_ACKS)
    return Ack(tuple(seqs)) if seqs else None


def _free(fields: Json, _: int) -> Body | None:
    return Free(fields["body"]) if "body" in fields else None


def _safety(fields: Json, _: int) -> Body | None:
    return Free(fields.get("body"))


BodyParser = Callable[[Json, int], Body | None]
_KINDS: dict[Kind, BodyParser] = {
    "offer": _described,
    "answer": _described,
    "candidates": _batch,
    "restart": _restart,
    "floor": _floor,
    "text": _text,
    "bye": _bye,
    "ack": _ack,
    "data": _free,
    "media": _free,
}
# Safety words never come from the servers, which are not to be trusted with them.
_IN_ENVELOPES: dict[Kind, BodyParser] = {**_KINDS, "safety": _safety}


def _is_network(value: Any) -> bool:
    return is_text(value, 0, 32)


def _known_network(network: Any) -> Network | None:
    """One that this version does not know says nothing."""
    if network == "udp-blocked":
        return "udp-blocked"
    return "symmetric" if network == "symmetric" else None


def _delivery(fields: Json, broadcast: bool) -> Push | None:
    message = _message(fields, MAX_SDP, _KINDS)
    if message is None or not matches(fields.get("from"), PEER):
        return None
    return Delivery(fields["from"], fields["seq"], message, broadcast)


def _socket_known(fields: Json) -> Push | None:
    at = fields.get("admittedAt")
    return SocketKnown(at) if is_count(at) else None


def _joined(fields: Json) -> Push | None:
    peer, name, role = fields.get("peer"), fields.get("name"), fields.get("role")
    if not matches(peer, PEER) or not is_text(name, 0, 128) or not is_role(role):
        return None
    if not is_count(fields.get("joinedAt")) or not is_count(fields.get("visit")):
        return None
    met = fields.get("met")
    return Joined(peer, name, role, fields["visit"], met if is_token(met) else None)


def _left(fields: Json) -> Push | None:
    """A reason of a newer backend counts as `expired`, which keeps a working connection."""
    peer, reason, visit = fields.get("peer"), fields.get("reason"), fields.get("visit")
    if not matches(peer, PEER) or not is_text(reason, 1, 64) or not is_count(visit):
        return None
    known: LeftReason = "expired"
    if reason in ("left", "kicked"):
        known = "left" if reason == "left" else "kicked"
    return Left(peer, known, visit)


def _disconnected(fields: Json) -> Push | None:
    peer, asleep = fields.get("peer"), fields.get("asleep", False)
    if not matches(peer, PEER) or not isinstance(asleep, bool):
        return None
    return Disconnected(peer, asleep)


def _ordered(fields: Json) -> Push | None:
    orders, locked = fields.get("orders"), fields.get("locked")
    return Ordered(orders, locked) if is_token(orders) and isinstance(locked, bool) else None


def _closed(fields: Json) -> Push | None:
    code, message = fields.get("code"), fields.get("message")
    if not is_text(code, 1, 64) or not is_text(message, 0, 1_024):
        return None
    return SeatClosed(code, message)


_PUSHES: dict[str, Callable[[Json], Push | None]] = {
    "signal": lambda fields: _delivery(fields, False),
    "message": lambda fields: _delivery(fields, True),
    "admitted": _socket_known,
    "joined": _joined,
    "left": _left,
    "disconnected": _disconnected,
    "orders": _ordered,
    "closed": _closed,
}
