"""Reports as clients send them."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from lab.stack import SIGNING_KEY
from signaling import meeting
from signaling.places import read_place
from signaling.tokens import KeyRing
from stats.anonymize import anonymize
from stats.dates import DAY_MS, day_number
from stats.report import Report
from stats.row import Row

NOW = 1_780_000_000_000  # a moment in 2026
TODAY = day_number(NOW)
DAY = DAY_MS
RING = KeyRing({"tests": SIGNING_KEY})
VISIT = NOW - 60_000


def proof(room: str, side: str = "first", *, other: str = "", at: int = NOW) -> str:
    """That somebody of this side has met another peer in the room: a new one if none is named."""
    other = other or ("-" if side == "first" else "z") * 10 + secrets.token_urlsafe(6)[:6]
    return meeting.sign(RING, read_place(RING, room, at).key, other, VISIT, at)


def row_id(name: str) -> str:
    """Of a report that came by no door."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def report(age: int = 0, **changes: Any) -> dict[str, Any]:
    """One that every side could send; of a call that went well."""
    return {
        "met": secrets.token_urlsafe(60),
        "outcome": "connected",
        "side": "first",
        "age": age,
        "phases": {"admit": 31.5, "signal": 80, "ice": 120, "dtls": 40, "open": 20},
        "candidateType": "host",
        "transport": "udp",
        "bytesUp": 1_000_000,
        "bytesDown": 70_000,
        "duration": 61.2,
        "media": ["data", "audio"],
        "retries": 0,
        "turn": "none",
        "browser": "firefox",
        **changes,
    }


def row(**changes: Any) -> Row:
    sent = report(**changes)
    return anonymize(msgspec.convert(sent, Report), row_id(sent["met"]), NOW)


def rows(count: int, **changes: Any) -> list[Row]:
    return [row(**changes) for _ in range(count)]


def some_reports(ids: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Any reports that the protocol allows, with these ids."""
    ms = st.none() | st.floats(0, 600_000)
    amount = st.integers(0, 10**13)
    return st.fixed_dictionaries(
        {
            "met": st.sampled_from(ids),
            "outcome": st.sampled_from(
                ["connected", "failed-ice", "failed-dtls", "failed-signaling", "left-early"]
            ),
            "side": st.sampled_from(["first", "second"]),
            "age": st.integers(0, 7 * DAY),
            "phases": st.fixed_dictionaries(
                {name: ms for name in ("admit", "signal", "ice", "dtls", "open")}
            ),
            "candidateType": st.sampled_from([None, "host", "srflx", "prflx", "relay"]),
            "transport": st.sampled_from([None, "udp", "tcp", "tls"]),
            "bytesUp": amount,
            "bytesDown": amount,
            "duration": st.floats(0, 604_800),
            "media": st.lists(st.sampled_from(["data", "audio", "video"]), max_size=3),
            "retries": st.integers(0, 1_000),
            "turn": st.sampled_from(["none", "refused", "granted", "used"]),
            "browser": st.sampled_from(["chromium", "firefox", "safari", "other"]),
        }
    )


def some_rows(ids: Sequence[str]) -> st.SearchStrategy[Row]:

    def made(sent: dict[str, Any]) -> Row:
        return anonymize(msgspec.convert(sent, Report), row_id(sent["met"]), NOW)

    return some_reports(ids).map(made)
