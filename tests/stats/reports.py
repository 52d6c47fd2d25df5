"""Reports as clients send them."""

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from stats.anonymize import anonymize
from stats.dates import DAY_MS, day_number
from stats.report import Report
from stats.row import Row

NOW = 1_780_000_000_000  # a moment in 2026
TODAY = day_number(NOW)
DAY = DAY_MS


def report(age: int = 0, **changes: Any) -> dict[str, Any]:
    """One that every side could send; of a call that went well."""
    return {
        "id": secrets.token_urlsafe(17)[:22],
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
    return anonymize(msgspec.convert(report(**changes), Report), NOW)


def rows(count: int, **changes: Any) -> list[Row]:
    return [row(**changes) for _ in range(count)]


def some_reports(ids: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Any reports that the protocol allows, with these ids."""
    ms = st.none() | st.floats(0, 600_000)
    amount = st.integers(0, 10**13)
    return st.fixed_dictionaries(
        {
            "id": st.sampled_from(ids),
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
    return some_reports(ids).map(lambda sent: anonymize(msgspec.convert(sent, Report), NOW))
