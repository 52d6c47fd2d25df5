"""Parsers for the answers of HTTP calls and hub methods (docs/protocol.md §3). Pure.

Each answers None if the value has another form than the protocol says.
"""

import re
from typing import Any

from heliograph.wire.parse import PEER, ROOM, is_role, is_token, parse_description, parse_push
from heliograph.wire.protocol import (
    Admission,
    CreatedRoom,
    Decision,
    GivenOffer,
    IceServer,
    Invite,
    Listed,
    Push,
    Reply,
    TurnAnswer,
)
from heliograph.wire.shape import (
    Json,
    is_count,
    is_number,
    is_text,
    items,
    matches,
    record,
)

CODE = re.compile(r"~[A-Za-z0-9_-]{22}")
POLICIES = ("late", "eager", "off")


def parse_admission(value: Any, took: float = 0.0) -> Admission | None:
    """The answer of `POST /api/negotiate`. `took`: seconds."""
    a = record(value)
    if a is None or not _is_seat(a) or not _has_known_numbers(a):
        return None
    servers, peers = items(a.get("iceServers"), _ice_server), items(a.get("peers"), _listed)
    parked = items(a.get("parked", []), lambda seq: seq if is_count(seq) else None)
    if servers is None or peers is None or parked is None:
        return None
    return Admission(
        **{name: a[name] for name in ("url", "room", "peer", "role", "name", "token", "ttl")},
        access_token=a["accessToken"],
        visit=a["visit"],
        admitted_at=a["admittedAt"],
        capacity=a["capacity"],
        locked=a["locked"],
        ice_servers=tuple(servers),
        peers=tuple(peers),
        turn=a.get("turn", "off"),  # an older backend knows no TURN
        turn_ttl=a.get("turnTtl"),
        parked=tuple(parked),
        socket_admitted_at=a.get("socketAdmittedAt"),
        orders=a.get("orders"),
        took=took,
    )


def parse_created_room(value: Any) -> CreatedRoom | None:
    """The answer of `POST /api/rooms`."""
    a = record(value)
    if a is None or not matches(a.get("room"), CODE) or not matches(a.get("invite"), CODE):
        return None
    if not is_token(a.get("hostToken")) or not is_count(a.get("expiresAt")):
        return None
    if not is_count(a.get("capacity")) or not isinstance(a.get("inviteOnly"), bool):
        return None
    terms = (a["expiresAt"], a["capacity"], a["inviteOnly"])
    return CreatedRoom(a["room"], a["hostToken"], a["invite"], *terms)


def parse_invite(value: Any) -> Invite | None:
    """The answer of `POST /api/rooms/invite`."""
    a = record(value)
    if a is None or not matches(a.get("invite"), CODE):
        return None
    if not is_count(a.get("expiresAt")) or not is_count(a.get("uses")):
        return None
    return Invite(a["invite"], a["expiresAt"], a["uses"])


def parse_decision(value: Any) -> Decision | None:
    """The answer of kick, revoke and lock."""
    a = record(value)
    if a is None or not _is_optional_token(a, "orders"):
        return None
    locked = a.get("locked")
    return Decision(a.get("orders"), locked if isinstance(locked, bool) else None)


def parse_poll(value: Any) -> list[Push] | None:
    """The answer of `POST /api/poll`; what this version does not know is left out."""
    pushes = items((record(value) or {}).get("pushes"), record)
    if pushes is None:
        return None
    found = [parse_push(str(each.get("target")), each.get("argument")) for each in pushes]
    return [push for push in found if push is not None]


def parse_turn(value: Any) -> TurnAnswer | None:
    """The answer of `POST /api/turn`."""
    a = record(value) or {}
    servers = items(a.get("iceServers"), _ice_server)
    if servers is None or not is_text(a.get("level"), 1, 64):
        return None
    if "reason" in a and not is_text(a["reason"], 1, 64):
        return None
    if "degraded" in a and not isinstance(a["degraded"], bool):
        return None
    if a.get("granted") is False:
        reason, degraded = a.get("reason", ""), a.get("degraded", False)
        return TurnAnswer(False, reason=reason, degraded=degraded)
    if a.get("granted") is not True or not is_count(a.get("ttl")):
        return None
    return TurnAnswer(True, tuple(servers), a["ttl"])


def parse_reply(value: Any) -> Reply | None:
    """The answer of a hub method: `{ok: true}`, a well-formed refusal, or None.

    None is no success: a hub whose answers get lost answers null, and loses refusals too.
    """
    a = record(value)
    if a is None:
        return None
    if a.get("ok") is True:
        return Reply(True)
    if a.get("ok") is not False or not is_text(a.get("code"), 1, 64):
        return None
    message = a["message"] if is_text(a.get("message"), 0, 1_024) else ""
    retry_after = a["retryAfter"] if is_number(a.get("retryAfter")) else None
    return Reply(False, a["code"], message, retry_after)


def _is_seat(a: Json) -> bool:
    return (
        is_text(a.get("url"), 1, 4_096)
        and is_token(a.get("accessToken"))
        and matches(a.get("room"), ROOM)
        and matches(a.get("peer"), PEER)
        and is_role(a.get("role"))
        and is_text(a.get("name"), 0, 128)
        and is_token(a.get("token"))
        and isinstance(a.get("locked"), bool)
        and a.get("turn", "off") in POLICIES
        and _is_optional_token(a, "orders")
    )


def _has_known_numbers(a: Json) -> bool:
    needed = ("ttl", "visit", "admittedAt", "capacity")
    optional = ("turnTtl", "relayBytes", "socketAdmittedAt")
    return all(is_count(a.get(name)) for name in needed) and all(
        is_count(a[name]) for name in optional if name in a
    )


def _listed(value: Any) -> Listed | None:
    a = record(value)
    if a is None or not matches(a.get("peer"), PEER) or not is_text(a.get("name"), 0, 128):
        return None
    role, connected, asleep = a.get("role"), a.get("connected"), a.get("asleep", False)
    if not is_role(role) or not is_count(a.get("visit")):
        return None
    if not isinstance(connected, bool) or not isinstance(asleep, bool):
        return None
    met = a["met"] if is_token(a.get("met")) else None
    known = (a["peer"], a["name"], role, a["visit"], connected, asleep)
    return Listed(*known, offer=_given(a.get("offer")), met=met)


def _given(value: Any) -> GivenOffer | None:
    """One that we cannot read is none: we make our own."""
    a = record(value) or {}
    body = parse_description(a.get("body"))
    if body is None or not is_count(a.get("seq")):
        return None
    answered = a.get("answered")
    if answered is not None and not is_count(answered):
        return None
    return GivenOffer(a["seq"], body, answered)


def _ice_server(value: Any) -> IceServer | None:
    a = record(value)
    if a is None:
        return None
    urls = [a["urls"]] if isinstance(a.get("urls"), str) else a.get("urls")
    known = items(urls, lambda url: url if is_text(url, 1, 512) else None)
    if known is None:
        return None
    texts = [a[name] if is_text(a.get(name), 0, 1_024) else None for name in _SECRETS]
    return IceServer(tuple(known), *texts)


_SECRETS = ("username", "credential")


def _is_optional_token(a: Json, name: str) -> bool:
    return name not in a or is_token(a[name])
