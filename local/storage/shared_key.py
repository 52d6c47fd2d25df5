"""Shared Key: who has the account's key may do everything. Pure.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# "the storage service ensures that a request is no older than 15 minutes"
MAX_AGE = timedelta(minutes=15)


def is_signed(account: str, key: str, headers: Mapping[str, str], text: str, now: datetime) -> bool:
    """Whether `Authorization` holds the signature of `text`, and the call is new."""
    signature = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), "sha256"))
    given = headers.get("authorization", "")
    expected = f"SharedKey {account}:{signature.decode()}"
    return hmac.compare_digest(given.encode(), expected.encode()) and _is_new(headers, now)


def _is_new(headers: Mapping[str, str], now: datetime) -> bool:
    try:
        sent = parsedate_to_datetime(headers.get("x-ms-date") or headers.get("date", ""))
    except ValueError:
        return False
    return abs(now - (sent if sent.tzinfo else sent.replace(tzinfo=UTC))) <= MAX_AGE


def table_text(verb: str, headers: Mapping[str, str], account: str, path: str) -> str:
    """What is signed for a call of the table service."""
    named = (headers.get(name, "") for name in ("content-md5", "content-type"))
    date = headers.get("x-ms-date") or headers.get("date", "")
    return "\n".join([verb, *named, date, f"/{account}{path}"])


_SIGNED = ("content-encoding", "content-language", "content-length", "content-md5", "content-type")
_CONDITIONS = ("if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range")


def queue_text(
    verb: str,
    headers: Mapping[str, str],
    account: str,
    path: str,
    query: Sequence[tuple[str, str]],
) -> str:
    """What is signed for a call of the queue service."""
    values = {name: headers.get(name, "") for name in (*_SIGNED, *_CONDITIONS)}
    if values["content-length"] == "0":
        values["content-length"] = ""
    date = "" if "x-ms-date" in headers else headers.get("date", "")
    standard = [values[name] for name in _SIGNED] + [date] + [values[n] for n in _CONDITIONS]
    ours = sorted((name, value) for name, value in headers.items() if name.startswith("x-ms-"))
    canonical = "".join(f"{name}:{value}\n" for name, value in ours)
    asked = "".join(f"\n{name.lower()}:{value}" for name, value in sorted(query))
    return "\n".join([verb, *standard, f"{canonical}/{account}{path}{asked}"])
