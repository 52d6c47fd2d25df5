"""What Newtonsoft.Json does to JSON text that passes the SignalR extension. Pure.

The extension reads JSON with `DateParseHandling.DateTime` and `DateTimeZoneHandling.RoundtripKind`,
the defaults. A string that looks like a date becomes a date, and is written in another form:

    "2026-01-02T03:04:05.120Z"        → "2026-01-02T03:04:05.12Z"
    "2026-01-02T03:04:05.000Z"        → "2026-01-02T03:04:05Z"
    "2026-01-02T03:04:05+02:00"       → "2026-01-02T01:04:05+00:00" (the host's zone: UTC)
    "/Date(1767323045120)/"           → "2026-01-02T03:04:05.12Z"

Sources: JamesNK/Newtonsoft.Json, `DateTimeUtils.TryParseDateTime` and `DateTimeParser` (what looks
like a date), `DateTimeUtils.WriteDateTimeString` (how it is written); azure-sdk-for-net,
`JsonServerlessProtocol` (arguments of JSON clients: `JObject.Load`); azure-functions-host,
`FunctionBinding.ReadAsEnumerable` (text of an output: `JToken.Parse`). Not touched: arguments of
MessagePack clients (they never are JSON text), and return values and outputs that are not text
(`GrpcMessageConversionExtensions` reads those with `DateParseHandling.None`).

Text that is nested more than 64 levels deep is refused (Newtonsoft.Json 13.0.1, "MaxDepth defaults
to 64"; the host uses 13.0.3).
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec

MAX_DEPTH = 64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIN_CHARACTERS, _MAX_CHARACTERS = 19, 40  # of an ISO date, as `TryParseDateTime` has them

# A string, and the colon behind it if it is the name of a member. Names are not read as dates.
_STRING = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:)?', re.DOTALL)
_PERHAPS_A_DATE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T|/Date\(")
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,7}))?"
    r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2})?))?",
    re.ASCII,
)
_MICROSOFT = re.compile(r"/Date\((-?[0-9]+)([+-][0-9]{2}(?:[0-9]{2})?)?\)/", re.ASCII)


class TooDeep(ValueError):
    """The JSON text is nested more deeply than Newtonsoft reads."""


def check_depth(text: bytes) -> None:
    """Return if Newtonsoft reads text that is nested so deeply. Raises TooDeep."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for byte in _STRING.sub(b"", text):
        depth += (byte in b"[{") - (byte in b"]}")
        if depth > MAX_DEPTH:
            raise TooDeep(f"the reader's MaxDepth of {MAX_DEPTH} has been exceeded")


def rewrite_dates(text: bytes) -> bytes:
    """JSON text with every date in it as Newtonsoft would write it; the rest byte for byte."""
    if not _PERHAPS_A_DATE.search(text.replace(b"\\/", b"/")):
        return text
    return _STRING.sub(_rewrite_match, text)


def rewrite_date(text: str) -> str | None:
    """The other form of one string; None if it is not a date for Newtonsoft."""
    if text.startswith("/"):
        return _from_microsoft(text)
    if _MIN_CHARACTERS <= len(text) <= _MAX_CHARACTERS:
        return _from_iso(text)
    return None


def _rewrite_match(match: re.Match[bytes]) -> bytes:
    if match[2] is not None:
        return match[0]
    try:
        text = msgspec.json.decode(match[1], type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return match[0]
    date = rewrite_date(text)
    return match[0] if date is None else msgspec.json.encode(date)


def _from_iso(text: str) -> str | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, zulu, sign, zone_hours, zone_minutes = found.groups()[6:]
    ticks = int((fraction or "").ljust(7, "0"))  # of 100 ns: more than a datetime holds
    if hour == 24 and (minute or second or ticks):
        return None
    try:
        moment = datetime(year, month, day, hour % 24, minute, second) + timedelta(days=hour // 24)
        if sign is not None:
            offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes or 0))
            moment += offset if sign == "-" else -offset
    except (ValueError, OverflowError):
        return None
    return _written(moment, ticks, "Z" if zulu else "+00:00" if sign else "")


def _from_microsoft(text: str) -> str | None:
    found = _MICROSOFT.fullmatch(text)
    if found is None:
        return None
    try:
        moment = _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None
    ticks = moment.microsecond * 10
    return _written(moment.replace(microsecond=0), ticks, "+00:00" if found[2] else "Z")


def _written(moment: datetime, ticks: int, zone: str) -> str:
    """`yyyy-MM-ddTHH:mm:ss`, the fraction without zeros at its end, the zone."""
    fraction = f".{ticks:07}".rstrip("0") if ticks else ""
    plain = moment.replace(tzinfo=None, microsecond=0).isoformat()
    return f"{plain}{fraction}{zone}"
