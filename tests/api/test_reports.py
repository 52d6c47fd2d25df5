"""Reports and statistics by the front door: docs/protocol.md, `report` and `stats`."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from typing import Any

import httpx
import msgspec
import pytest

from backend import reports
from backend.network import read_network
from backend.settings import Settings
from backend.wiring import Services
from lab.stack import SIGNING_KEY, SIGNING_KEYS, Stack
from signaling.errors import Forbidden, RateLimited
from signaling.orders import Orders
from signaling.tokens import KeyRing, PeerToken, sign_host, sign_orders, sign_peer
from stats.row import Row
from tests.stats.reports import proof
from tests.stats.reports import report as report_of
from tests.visitor import Visitor, code_of, new_room

RING = KeyRing({"tests": SIGNING_KEY})
HOUR = 3_600_000
DEADLINE = 20.0  # seconds; reached only by a failing test


def now() -> int:
    return time.time_ns() // 1_000_000


def report(room: str, **changes: Any) -> dict[str, Any]:
    """Of a call with somebody new in the room."""
    met = proof(room, changes.get("side", "first"), at=now())
    return report_of(**{"met": met, **changes})


def peer_of(peer: str) -> PeerToken:
    return PeerToken("room", peer, "guest", now(), "L" * 16)


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with statistics of its own, whose queue brings messages again after a second."""
    log = tmp_path_factory.mktemp("counting") / "log"
    again = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01"}
    with Stack(log, STATS_K="2", **again) as stack:
        yield stack


def database(stack: Stack) -> Path:
    return stack.log.with_name("stats.sqlite")


def calls(stack: Stack) -> int:
    """Calls as they are counted in the database."""
    with closing(sqlite3.connect(database(stack))) as connection:
        counted, kept = connection.execute(  # in one statement: reports may be arriving
            "SELECT (SELECT coalesce(sum(n), 0) FROM sums WHERE measure = 'calls'),"
            " (SELECT count(*) FROM events WHERE side = 'first')"
        ).fetchone()
    assert counted == kept
    return counted


async def until(stack: Stack, count: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while calls(stack) != count:
            await asyncio.sleep(0.05)


@pytest.fixture
async def guest(counting: Stack) -> AsyncIterator[Visitor]:
    """Somebody with a place in a room."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        yield await Visitor(http, counting.api).negotiate(new_room())


async def accepted(guest: Visitor, count: int = 1) -> None:
    for _ in range(count):
        answer = await guest.post("/report", report(guest.room), guest.token)
        assert (answer.status_code, answer.json()) == (202, {"ok": True})


async def test_a_report_is_taken_and_counted_once(counting: Stack, guest: Visitor) -> None:
    before, sent = calls(counting), report(guest.room)
    for age in (0, 4_000, 4_000, HOUR + 4_000):  # sent again it is older
        again = await guest.post("/report", {**sent, "age": age}, guest.token)
        assert again.status_code == 202
    # sendBeacon sets no headers.
    beacon = await guest.post(
        "/report", {**report(guest.room, side="second"), "token": guest.token}
    )
    assert beacon.status_code == 202
    await accepted(guest)
    await until(counting, before + 2)


async def test_two_who_met_are_given_the_proof_and_each_side_counts_once(
    counting: Stack, guest: Visitor
) -> None:
    """By the list of the newcomer, by the push to who was there, and by a poll."""
    before = calls(counting)
    async with guest.connected() as socket:
        bob = await guest.negotiate(guest.room)
        (listed,) = bob.place["peers"]
        async with bob.connected():
            told = await socket.next("joined")
    assert listed["peer"] == guest.peer and told["peer"] == bob.peer
    for visitor, met in ((bob, listed["met"]), (guest, told["met"])):
        side = "first" if (visitor is bob) is (bob.peer > guest.peer) else "second"
        for _ in range(3):  # what it says the second time does not count
            answer = await visitor.post("/report", report_of(met=met, side=side), visitor.token)
            assert answer.status_code == 202
        other = "second" if side == "first" else "first"
        answer = await visitor.post("/report", report_of(met=met, side=other), visitor.token)
        assert code_of(answer, 403) == "not_met"
    await accepted(guest)
    await until(counting, before + 2)


async def test_who_is_not_open_yet_is_given_the_proof_by_a_poll(
    counting: Stack, guest: Visitor
) -> None:
    bob = await guest.negotiate(guest.room)
    async with bob.connected():
        missed = (await guest.post("/poll", {}, guest.token)).json()["pushes"]
    (told,) = [push["argument"] for push in missed if push["target"] == "joined"]
    side = "first" if guest.peer > bob.peer else "second"
    sent = report_of(met=told["met"], side=side)
    assert (await guest.post("/report", sent, guest.token)).status_code == 202


async def test_made_up_reports_of_nobody_are_refused_and_nothing_is_stored(
    counting: Stack, guest: Visitor
) -> None:
    before = calls(counting)
    alone = await guest.negotiate(new_room())
    elsewhere = await (await guest.negotiate(new_room())).negotiate(new_room())
    proofs = ["made.up.here", alone.token, proof(elsewhere.room, at=now())]
    for met in (*proofs, proof(alone.room, other=alone.peer, at=now())):
        for side in ("first", "second"):
            answer = await alone.post("/report", report_of(met=met, side=side), alone.token)
            assert code_of(answer, 403) == "not_met"
    await accepted(guest)
    await until(counting, before + 1)


async def test_a_report_is_taken_with_the_token_of_another_stamp_and_a_clock_that_is_behind(
    counting: Stack, guest: Visitor
) -> None:
    """Its room may be unknown here; by the clock of this stamp the token ended a while ago."""
    before, sent = calls(counting), report("room")
    late = sign_peer(RING, peer_of("C" * 16), now() - 200_000)
    for _ in range(2):
        assert (await guest.post("/report", sent, late)).status_code == 202
    await accepted(guest)
    await until(counting, before + 2)


@pytest.mark.parametrize("off", [0, 300_000, 2 * HOUR, -8 * 24 * HOUR])
def test_whatever_the_clock_of_a_page_says_its_report_is_of_when_it_came(off: int) -> None:
    at = now()
    services = services_at(at)
    token = sign_peer(RING, peer_of("A" * 16), at + HOUR)
    for age in (0, 4_000, 3 * HOUR):
        body = msgspec.json.encode(report("room", age=age, endedAt=at + off))
        row = msgspec.json.decode(reports.report(services, body, token), type=Row)
        assert row.hour == (at - age) // HOUR


async def test_who_may_not_report_hears_why(counting: Stack, guest: Visitor) -> None:
    before = calls(counting)
    past = sign_peer(RING, peer_of("A" * 16), now() - HOUR)
    host = sign_host(RING, "room", now() + HOUR)
    assert code_of(await guest.post("/report", report(guest.room)), 401) == "missing_token"
    assert code_of(await guest.post("/report", report(guest.room), "rubbish"), 401) == "bad_token"
    assert code_of(await guest.post("/report", report(guest.room), past), 401) == "token_expired"
    assert code_of(await guest.post("/report", report(guest.room), host), 401) == "bad_token"
    said = sign_orders(RING, "room", Orders(), now() + HOUR)
    assert code_of(await guest.post("/report", report(guest.room), said), 401) == "bad_token"
    assert (
        code_of(await guest.post("/report", {**report(guest.room), "token": "x"}), 401)
        == "bad_token"
    )
    assert calls(counting) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"age": 7 * 24 * HOUR + 1},
        {"age": -1},
        {"bytesUp": 10**13 + 1},
        {"bytesDown": -1},
        {"duration": 1e9},
        {"phases": {"ice": 600_001}},
        {"retries": 1_001},
        {"outcome": "splendid"},
        {"browser": "Mozilla/5.0"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_what_cannot_be_is_refused(guest: Visitor, wrong: dict[str, Any]) -> None:
    answer = await guest.post("/report", {**report(guest.room), **wrong}, guest.token)
    assert code_of(answer, 400) == "invalid_options"
    assert next(iter(wrong)) in answer.json()["error"]["message"]


async def test_who_floods_is_slowed_down(counting: Stack, guest: Visitor) -> None:
    before = calls(counting)
    started = time.monotonic()
    codes = [
        (await guest.post("/report", report(guest.room), guest.token)).status_code
        for _ in range(200)
    ]
    taken = codes.count(202)
    assert set(codes) == {202, 429} and 64 <= taken <= 65 + (time.monotonic() - started) / 2
    refused = await guest.post("/report", report(guest.room), guest.token)
    assert code_of(refused, 429) == "rate_limited"
    await until(counting, before + taken)


def services_at(at: int, **settings: str) -> Services:
    """Those of a stamp whose clock stands at `at`."""
    environ = {
        "AzureSignalRConnectionString": "Endpoint=http://localhost;AccessKey=k;",
        "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
        "HELIOGRAPH_STORAGE": "memory",
        "SQL_CONNECTION": "sqlite:///unused",
        **settings,
    }
    return Services(Settings.from_environ(environ), lambda: at)


def test_ten_thousand_reports_of_one_peer_are_a_full_room_of_them() -> None:
    at = now()
    services = services_at(at)
    token, other = [sign_peer(RING, peer_of(peer * 16), at + HOUR) for peer in "AB"]
    body, taken = msgspec.json.encode(report("room")), 0
    for _ in range(10_000):
        with suppress(RateLimited):
            reports.report(services, body, token)
            taken += 1
    assert taken == 64
    assert reports.report(services, body, other)


V4, V6 = "192.0.2.7", "2001:db8:0:7::1"


@pytest.mark.parametrize(
    ("addresses", "taken"),
    [
        ([V4] * 7, 3),
        ([f"192.0.2.{number}" for number in range(7)], 7),  # of seven networks
        ([V6, "2001:db8:0:7::2"] * 4, 3),  # one /64
        ([f"2001:db8:0:{number:x}::1" for number in range(20)], 12),  # one /56
        ([f"2001:db8:0:{number:x}00::1" for number in range(60)], 48),  # one /48
        ([""] * 7, 7),  # nobody can tell
    ],
    ids=["an address", "addresses", "a /64", "a /56", "a /48", "unknown"],
)
def test_a_network_counts_so_often_a_day(addresses: list[str], taken: int) -> None:
    at, counted = now(), 0
    services = services_at(at, HELIOGRAPH_STATS_NETWORK_REPORTS="3")

    def send(address: str, number: int, at: int) -> str:
        token = sign_peer(RING, peer_of(f"A{number:015}"), at + HOUR)
        network = read_network(address, 0, b"k", at)
        return reports.report(services, msgspec.json.encode(report("room")), token, network)

    for number, address in enumerate(addresses):
        with suppress(RateLimited):
            send(address, number, at)
            counted += 1
    assert counted == taken
    assert send(addresses[-1], 99, at + 24 * HOUR), "the next day"


def test_a_report_without_a_proof_takes_nothing_of_its_network() -> None:
    at = now()
    services = services_at(at, HELIOGRAPH_STATS_NETWORK_REPORTS="3")
    token = sign_peer(RING, peer_of("A" * 16), at + HOUR)
    network = read_network(V4, 0, b"k", at)
    made_up, good = (msgspec.json.encode(report("room", **said)) for said in ({"met": "x"}, {}))
    for _ in range(20):
        with pytest.raises(Forbidden):
            reports.report(services, made_up, token, network)
    assert reports.report(services, good, token, network)


async def test_statistics_are_public_cached_and_tagged(counting: Stack, guest: Visitor) -> None:
    await accepted(guest, 3)
    await until(counting, calls(counting))
    answer = await guest.get("/stats?days=7")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=60"
    said = answer.json()
    assert said["days"] == 7 and said["k"] == 2 and len(said["daily"]) == 7
    tag = {"If-None-Match": answer.headers["etag"]}
    async with httpx.AsyncClient(trust_env=False) as http:
        same = await http.get(f"{counting.api}/stats?days=7", headers=tag)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == answer.headers["etag"]
        read = parsedate_to_datetime(same.headers["last-modified"])
        assert abs(time.time() - read.timestamp()) < 120
        other = await http.get(f"{counting.api}/stats?days=6", headers=tag)
        assert other.status_code == 200


@pytest.mark.parametrize("days", ["0", "366", "-1", "x", "1.5", "٣", "9" * 5_000])
async def test_days_that_are_none_are_refused(guest: Visitor, days: str) -> None:
    assert code_of(await guest.get(f"/stats?days={days}"), 400) == "invalid_options"


# --- a database that is not well; nothing of it is on anybody's way ---------------------------


async def quickly(guest: Visitor) -> None:
    started = time.monotonic()
    await accepted(guest)
    assert (await guest.get("/health")).status_code == 200
    await guest.negotiate(new_room())
    assert time.monotonic() - started < 2


async def test_while_it_is_locked_reports_wait(counting: Stack, guest: Visitor) -> None:
    before = calls(counting)
    with closing(sqlite3.connect(database(counting), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await quickly(guest)
        await asyncio.sleep(0.5)
        assert calls(counting) == before
        other.execute("ROLLBACK")
    await until(counting, before + 1)


async def test_while_the_disk_is_full_reports_wait(counting: Stack, guest: Visitor) -> None:
    before = calls(counting)
    process = counting.process.pid
    # Nothing can grow, as on a full disk: SQLite is told so at the first byte.
    limit = counting.log.stat().st_size + 600
    prlimit(process, RLIMIT_FSIZE, (limit, RLIM_INFINITY))
    try:
        await quickly(guest)
        await asyncio.sleep(1.5)
        assert calls(counting) == before
    finally:
        prlimit(process, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    await until(counting, before + 1)


async def test_a_database_that_was_restored_gets_what_came_meanwhile(
    tmp_path: Path,
) -> None:
    again = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01"}
    with Stack(tmp_path / "log", STATS_K="2", **again) as stack:
        path = database(stack)
        sound = path.read_bytes()
        for file in path.parent.glob("stats.sqlite*"):
            file.unlink()
        path.write_bytes(b"this is no database" * 500)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            guest = await Visitor(http, stack.api).negotiate(new_room())
            await quickly(guest)
            assert code_of(await guest.get("/stats"), 503) == "unavailable"
            await asyncio.sleep(1)
            path.write_bytes(sound)
            await until(stack, 1)
        said = stack.log.read_text()
        assert "write_reports" in said and "no database" not in said


async def test_without_a_database_there_are_no_statistics_and_everything_else(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path / "log", SQL_CONNECTION="") as stack:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            guest = await Visitor(http, stack.api).negotiate(new_room())
            answer = await guest.post("/report", report(guest.room), guest.token)
            assert code_of(answer, 503) == "unavailable"
            assert code_of(await guest.get("/stats"), 503) == "unavailable"
            assert (await guest.get("/health")).status_code == 200
