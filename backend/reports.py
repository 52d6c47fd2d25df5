"""What the calls do about statistics: take a report, write it later, show what they add up to.

Never in the way: a report is checked, made anonymous and put in a queue. SQL is on no path of a
request but `GET /api/stats`, which reads it at most once a minute and serves what it has.
"""

import asyncio

import msgspec
from msgspec import Struct

from backend.http import read_body, require_token
from backend.network import UNKNOWN
from backend.wiring import Services
from signaling import meeting, tokens
from signaling.admission_rate import Network
from signaling.errors import BadRequest, RateLimited, Unavailable
from signaling.places import place_in_token
from signaling.rate import Verdict
from signaling.tokens import Met
from stats.anonymize import anonymize
from stats.report import Report
from stats.row import Row

QUEUE = "reports"
DEFAULT_DAYS = 30


class NotWritten(Exception):
    """A message stays in the queue. The text holds nothing of it."""


class StatsPage(Struct, frozen=True):
    """Answer of `GET /api/stats`, and its ETag."""

    body: bytes | None  # None: what the caller has is still right
    tag: str
    read_at: int  # epoch ms: when the database was read


def report(services: Services, body: bytes, token: str | None, network: Network = UNKNOWN) -> str:
    """`POST /api/report`: the message for the queue.

    It counts once for each side of a call, and proves that the two have met.
    Raises Unauthorized, Forbidden (not_met, not_granted), RateLimited, TooLarge, BadRequest, or
    Unavailable without a database.
    """
    now = services.now()
    ask = read_body(body, Report)
    held = tokens.read_peer(services.ring, require_token(token), now)
    if services.report_buckets.take(held.peer, now) is not Verdict.ALLOWED:
        raise RateLimited("rate_limited", "Too many reports. Please slow down.", 2)
    if services.settings.sql is None:
        raise Unavailable("unavailable", "There are no statistics here.")
    me = Met(place_in_token(services.ring, held.room, now).key, held.peer, held.visit)
    id = meeting.call_side(services.ring, me, ask.met, ask.side, now)
    if ask.turn == "used":
        meeting.check_granted(services.ring, me, ask.granted, now)
    _check_network(services, network, now)
    return msgspec.json.encode(anonymize(ask, id, now)).decode()


def _check_network(services: Services, network: Network, now: int) -> None:
    """So many reports a day of one network, in this instance. Raises RateLimited."""
    names = (network.own, *network.wider) if network.own else ()
    for buckets, name in zip(services.network_reports, names, strict=False):
        if buckets.take(name, now) is not Verdict.ALLOWED:
            raise RateLimited("rate_limited", "Enough reports of your network for today.")


async def write(services: Services, message: bytes) -> None:
    """Write a message of the queue, once. Raises NotWritten: the queue brings it again.

    Takes no thread of the app while the database is away.
    """
    from stats.store import StoreAway, StoreFailed

    try:
        row = msgspec.json.decode(message, type=Row)
    except (msgspec.MsgspecError, UnicodeError):
        raise NotWritten("this is no report") from None
    writer = services.report_writer
    if writer is None:
        raise NotWritten("SQL_CONNECTION is not set")
    try:
        await asyncio.wrap_future(writer.write(row))
    except (StoreAway, StoreFailed) as error:
        raise NotWritten(f"{type(error).__name__}: {error}") from None


def stats(services: Services, days: str | None, tag: str | None) -> StatsPage:
    """`GET /api/stats`. Raises BadRequest, or Unavailable with nothing to serve."""
    from stats.published import Resting, same
    from stats.store import StoreAway, StoreFailed
    from stats.wakes import seconds_until_more

    asked = _read_days(days)
    shown = services.published
    if shown is None:
        raise Unavailable("unavailable", "There are no statistics here.")
    try:
        page = shown.page(asked, services.now())
    except Resting:
        wait = seconds_until_more(services.now())
        raise Unavailable("unavailable", "The statistics sleep until tomorrow.", wait) from None
    except (StoreAway, StoreFailed):
        raise Unavailable("unavailable", "The statistics are away just now.", 10) from None
    fresh = not same(tag, page.tag)
    return StatsPage(page.body if fresh else None, page.tag, page.read_at)


def retain(services: Services) -> int:
    """Delete the reports that are too old; how many. Sums stay."""
    from stats.dates import day_number

    settings = services.settings.sql
    if settings is None:
        return 0
    # A store of its own, which waits: nobody waits for this, and the database may sleep.
    with services.patient_store() as store:
        deleted: int = store.retain(day_number(services.now()) - settings.retention_days)
    services.database_used()
    return deleted


def _read_days(text: str | None) -> int:
    from stats.summary import MAX_DAYS

    digits = text is not None and len(text) <= 3 and text.isascii() and text.isdigit()
    days = DEFAULT_DAYS if text is None else int(text) if digits else 0
    if not 1 <= days <= MAX_DAYS:
        raise BadRequest("invalid_options", f"days is a number from 1 to {MAX_DAYS}.")
    return days
