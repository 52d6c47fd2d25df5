"""What Azure SQL does to the store: it sleeps, counts nothing, refuses a row, and is shared."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

import pyodbc
import pytest
from msgspec import structs

from stats import tsql
from stats.commands.database import open_database, read_database
from stats.digest import MEASURES
from stats.drivers import STATEMENT_SECONDS, Odbc, Verdict
from stats.noise import Noise
from stats.released import Released
from stats.store import (
    DELETED_AT_ONCE,
    IDLE_SECONDS,
    PAUSES_SECONDS,
    WAKING_PAUSES_SECONDS,
    RowRefused,
    Store,
    StoreAway,
    StoreFailed,
)
from stats.sums import Sum, tally
from stats.writer import Writer
from tests.stats.fake_odbc import FakeOdbc, Server
from tests.stats.reports import DAY, NOW, TODAY, row, rows

LOCK_ESCALATION_ROWS = 5_000  # SQL Server then locks the whole table
LEAST_JITTER = 0.75
# SQLSTATEs of a lost connection, a timeout or a deadlock. Written again here, so that none can be
# dropped from drivers.py. IMC01-IMC06: idle connection resiliency of Microsoft's driver.
AWAY_STATES = (
    *("08S01", "08001", "08003", "08007", "HYT00", "HYT01", "40001"),
    *("IMC01", "IMC02", "IMC03", "IMC04", "IMC05", "IMC06"),
)


@pytest.fixture
def server() -> Server:
    return Server()


def patient(server: Server) -> Store:
    return Store(FakeOdbc(server), WAKING_PAUSES_SECONDS, sleep=server.pass_time)


# --- it sleeps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds_to_wake", [1, 30, 60, 80])
def test_retention_waits_until_a_sleeping_database_is_awake(
    server: Server, seconds_to_wake: float
) -> None:
    with Store(FakeOdbc(server)) as store:
        store.write([*rows(3, age=5 * DAY), row()])
    server.awake_at, server.seconds_to_wake = None, seconds_to_wake
    with patient(server) as store:
        assert store.retain(TODAY - 2) == 3
    assert len(server.events) == 1


def test_the_waiting_is_longer_than_a_database_takes_to_wake_up_and_bounded() -> None:
    assert sum(WAKING_PAUSES_SECONDS) * LEAST_JITTER > 60
    assert sum(WAKING_PAUSES_SECONDS) < 120


def test_a_database_that_never_wakes_up_is_away_by_its_number(server: Server) -> None:
    server.awake_at, server.seconds_to_wake = None, 10_000
    with patient(server) as store, pytest.raises(StoreAway, match="^SQL 08001 40613$"):
        store.retain(TODAY)
    assert server.logins == len(WAKING_PAUSES_SECONDS) + 1


@pytest.mark.parametrize("state", ["08001", "42000", "HY000"])
def test_a_database_that_wakes_up_is_known_by_its_number_whatever_the_state(
    server: Server, state: str
) -> None:
    server.awake_at, server.waking_state = None, state
    with patient(server) as store:
        assert store.retain(TODAY) == 0
    assert server.logins > 1


def test_two_stores_that_failed_together_do_not_try_again_together(server: Server) -> None:
    server.awake_at, server.seconds_to_wake = None, 10_000
    pauses: list[float] = []
    with Store(FakeOdbc(server), pauses=(1.0,) * 20, sleep=pauses.append) as store:
        with pytest.raises(StoreAway):
            store.retain(TODAY)
    assert len(set(pauses)) > 10 and all(0.75 <= pause <= 1.25 for pause in pauses)


def test_a_report_of_a_call_waits_for_the_queue_and_not_for_the_database(server: Server) -> None:
    server.awake_at = None
    store = Store(FakeOdbc(server), PAUSES_SECONDS, sleep=server.pass_time)
    with pytest.raises(StoreAway):
        store.write([row()])
    assert server.now < 5


def test_an_idle_connection_is_closed_and_opened_again(server: Server) -> None:
    with Store(FakeOdbc(server), idle=0.1) as store:
        store.write([row()])
        deadline = time.monotonic() + 10
        while server.sessions:
            assert time.monotonic() < deadline, "a session keeps the database awake"
            time.sleep(0.01)
        store.write([row()])
        assert (server.logins, len(server.events)) == (2, 2)


def test_a_connection_that_is_used_stays_open(server: Server) -> None:
    with Store(FakeOdbc(server), idle=2) as store:
        for _ in range(10):
            store.write([row()])
            time.sleep(0.25)
    assert server.logins == 1


def test_closing_ends_the_session_because_nothing_is_pooled(server: Server) -> None:
    with Store(FakeOdbc(server)) as store:
        store.write([row()])
    assert not server.sessions and pyodbc.pooling is False
    assert 30 <= IDLE_SECONDS <= 300


# --- NOCOUNT, long JSON ---------------------------------------------------------------------------


def test_all_old_rows_go_on_a_connection_that_counts_nothing(server: Server) -> None:
    with Store(FakeOdbc(server)) as store:
        store.write(rows(7, age=5 * DAY))  # its sums set NOCOUNT for the session
        assert store.retain(TODAY - 2, at_once=2) == 7
    assert not server.events and server.logins == 1


def test_old_rows_go_on_a_connection_that_has_done_nothing_else(server: Server) -> None:
    with Store(FakeOdbc(server)) as store:
        store.write(rows(3, age=5 * DAY))
    with Store(FakeOdbc(server)) as store:
        assert store.retain(TODAY - 2) == 3


def test_a_slice_locks_rows_and_not_the_table() -> None:
    assert DELETED_AT_ONCE < LOCK_ESCALATION_ROWS


@pytest.mark.parametrize("count", [1, 20, 500])
def test_rows_of_any_length_go_as_one_kind_of_text(server: Server, count: int) -> None:
    with Store(FakeOdbc(server)) as store:
        assert store.write(rows(count)) == count
        assert {one.measure for one in store.read(["calls", "peers"], 0)} == {"calls", "peers"}


def test_without_that_the_server_refuses_long_ones(server: Server) -> None:
    class Plain(FakeOdbc):
        def sizes(self, parameters: object) -> None:
            return None

    with Store(Plain(server)) as store:
        store.write([row()])
        with pytest.raises(StoreFailed, match="8116"):
            store.write(rows(20))


# --- many writers ---------------------------------------------------------------------------------


def test_writers_take_turns_at_the_sums_and_all_are_counted(server: Server) -> None:
    made, start = [rows(20) for _ in range(4)], Barrier(4)

    def work(mine: list) -> None:  # type: ignore[type-arg]
        with Store(FakeOdbc(server), pauses=(0.01,) * 20) as store:
            start.wait()
            for one in mine:
                store.write([one])

    threads = [Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.sums == {tuple(key): n for key, n in tally(sum(made, [])).items()}


def test_a_writer_that_waits_too_long_for_its_turn_tries_again(server: Server) -> None:
    server.lock_seconds = 0.01
    server.sums_lock.acquire()
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        server.sums_lock.release()

    with Store(FakeOdbc(server), pauses=(1.0,), sleep=wait) as store:
        assert store.write([row()]) == 1
    assert len(pauses) == 1 and 0.75 <= pauses[0] <= 1.25 and len(server.events) == 1


def test_the_lock_comes_before_the_sums_are_touched_and_goes_with_the_transaction() -> None:
    text = tsql.ADD_SUMS
    assert text.index("sp_getapplock") < text.index(f"DELETE FROM {tsql.SCHEMA}.sums")
    assert "@LockMode = 'Exclusive'" in text
    assert "@LockOwner = 'Transaction'" in text and "THROW 51222" in text


def test_rows_go_in_one_order_in_every_writer(server: Server) -> None:
    made = rows(30)
    with Store(FakeOdbc(server)) as store:
        store.write(made)
    assert list(server.events) == sorted(one.id for one in made)


# --- one row does not fit -------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "bad"), [(1, [0]), (2, [1]), (500, [123]), (37, [0, 18, 36])])
def test_a_row_that_is_refused_does_not_fail_the_others(
    server: Server, count: int, bad: list[int]
) -> None:
    made = rows(count)
    for place in bad:
        made[place] = structs.replace(made[place], duration=2**40)
    writer = Writer(Store(FakeOdbc(server), pauses=()))
    futures = [writer.write(one) for one in made]
    for place, future in enumerate(futures):
        if place in bad:
            with pytest.raises(RowRefused, match="^SQL 22003 8115$"):
                future.result(10)
        else:
            future.result(10)
    assert len(server.events) == count - len(bad)


def test_what_concerns_all_rows_is_not_tried_row_by_row(server: Server) -> None:
    class Closed(FakeOdbc):
        def _dial(self, attributes: object) -> None:
            self.server.logins += 1
            raise pyodbc.ProgrammingError("28000", "[28000] Login failed. (18456)")

    writer = Writer(Store(Closed(server), pauses=()))
    futures = [writer.write(one) for one in rows(50)]
    for future in futures:
        with pytest.raises(StoreFailed, match="18456"):
            future.result(10)
    assert server.logins <= 50  # one for each batch, and none for its halves


@pytest.mark.parametrize(
    ("state", "number", "verdict"),
    [
        *((state, 0, Verdict.AWAY) for state in AWAY_STATES),
        ("08001", 40613, Verdict.AWAY),
        ("HY000", 40613, Verdict.AWAY),
        ("01000", 0, Verdict.FAILED),  # unixODBC finds no driver
        ("FA005", 0, Verdict.FAILED),  # a token together with a user
        ("42000", 40613, Verdict.AWAY),
        ("42000", 10928, Verdict.AWAY),
        ("23000", 2627, Verdict.AWAY),  # two wrote the same at once
        ("22001", 2628, Verdict.ROW),
        ("22003", 8115, Verdict.ROW),
        ("42000", 13609, Verdict.ROW),
        ("23000", 515, Verdict.ROW),
        ("28000", 18456, Verdict.FAILED),
        ("42S02", 208, Verdict.FAILED),
        ("42000", 229, Verdict.FAILED),
    ],
)
def test_errors_are_away_of_a_row_or_for_good(state: str, number: int, verdict: Verdict) -> None:
    error = pyodbc.Error(state, f"[{state}] [Microsoft]… said 'Ann' ({number}) (SQLExecDirectW)")
    reason = Odbc("").reason(error)
    assert reason is not None and reason[1] is verdict
    assert "Ann" not in reason[0]


# --- times, options -------------------------------------------------------------------------------


def test_a_statement_has_its_own_time(server: Server) -> None:
    with Store(FakeOdbc(server, wait=4)) as store:
        store.write([row()])
        assert {session.timeout for session in server.sessions} == {STATEMENT_SECONDS}
    with Store(FakeOdbc(server, wait=60, statement=0)) as store:
        store.write([row()])
        assert {session.timeout for session in server.sessions} == {0}


def test_a_statement_of_a_command_has_no_limit() -> None:
    driver = open_database(read_database("Server=s;Database=d"))
    assert isinstance(driver, Odbc) and driver._statement == 0


def test_an_error_ends_the_whole_transaction_from_the_first_one_on(server: Server) -> None:
    with Store(FakeOdbc(server)) as store:
        store.write([row()])
        (session,) = server.sessions
        assert session.options == ["SET XACT_ABORT ON"]


def test_table_variables_compare_as_our_tables_do() -> None:
    declared = [line for line in tsql.ADD_SUMS.splitlines() if " TABLE (" in line]
    assert len(declared) == 2
    for line in declared:
        assert line.count("VARCHAR(16) COLLATE Latin1_General_BIN2") == 2


def test_sums_are_sought_by_their_key() -> None:
    """OPENJSON with a typed column joins the key; its bare `value` is NVARCHAR(MAX)."""
    assert "WITH (measure VARCHAR(16) '$')" in tsql.READ_SUMS
    assert "SELECT value" not in tsql.READ_SUMS


def test_instances_that_read_at_once_release_a_day_once(server: Server) -> None:
    with Store(FakeOdbc(server)) as store:
        store.write(rows(30))

    def ask(_: int) -> list[Sum]:
        with Store(FakeOdbc(server), pauses=(0.01,) * 50) as each:
            return Released(each, Noise(1)).read(MEASURES, 0, NOW + 2 * DAY).sums

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))
    assert answers[0] and all(answer == answers[0] for answer in answers)
    assert server.statements.count(tsql.ADD_RELEASED) == 1
