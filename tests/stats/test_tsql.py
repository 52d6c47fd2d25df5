"""T-SQL without a server: it parses, it asks for no more rights than it has, it quotes names."""

import re
import socket
import uuid
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.errors import ParseError

from stats import sqlite, tsql
from stats.drivers import Odbc
from stats.migrate import SCHEMA, statements
from stats.store import Store, StoreAway, StoreFailed

SCRIPTS = {path.name: path.read_text() for path in (SCHEMA / "tsql").glob("*.sql")}
STATEMENTS = {
    name: value
    for name, value in vars(tsql).items()
    if name.isupper() and name[0] != "_" and isinstance(value, str) and value
} | {"DELETE_OLD": tsql.DELETE_OLD[0]}
APP = (
    *("INSERT_EVENTS", "ADD_SUMS", "READ_TOTALS", "READ_SUMS", "DELETE_OLD", "READ_RELEASED"),
    *("READ_RELEASED_TOTALS", "READ_FIRST_AND_LAST", "READ_DAYS", "ADD_RELEASED"),
)
# What sqlglot reads only as an opaque command, or not at all; looked at by eyes and by a server.
OPAQUE = {"SCHEMA", "LOCK", "LOCK_RELEASE", "CREATE_SCHEMA", "VERSION_TABLE", "CHECKSUM_TABLE"}


def readable(text: str) -> str:
    """Without what sqlglot cannot read: two clauses, which stand alone on their lines or words."""
    return re.sub(r"^OUTPUT deleted.* INTO @old$| NONCLUSTERED", "", text, flags=re.M)


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - OPAQUE))
def test_the_statements_parse(name: str) -> None:
    parsed = sqlglot.parse(readable(STATEMENTS[name]), dialect="tsql")
    assert parsed and all(isinstance(one, exp.Expression) for one in parsed)
    commands = [one for one in parsed if isinstance(one, exp.Command)]
    assert all(re.match(r"SET|DECLARE", one.sql(), re.I) for one in commands), commands


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_parse_but_for_a_nonclustered_key(name: str) -> None:
    for statement in statements(SCRIPTS[name]):
        parsed = sqlglot.parse_one(readable(statement), dialect="tsql")
        assert isinstance(parsed, exp.Create | exp.Update | exp.Insert | exp.Execute)


def test_days_are_released_under_a_lock_like_that_of_the_sums() -> None:
    lock = tsql.LOCK_RELEASE.removeprefix("SET NOCOUNT ON;\n")
    assert lock.replace("heliograph-release", "heliograph-sums").replace("3000", "10000") in (
        tsql.ADD_SUMS
    )


def test_sqlglot_still_cannot_read_what_is_kept_from_it() -> None:
    text = SCRIPTS["001_events_and_sums.sql"]
    for unread in (statements(text)[0], tsql.ADD_SUMS):
        with pytest.raises(ParseError):
            sqlglot.parse(unread, dialect="tsql")


@pytest.mark.parametrize("name", APP)
def test_the_app_inserts_selects_and_deletes_in_one_schema_and_no_more(name: str) -> None:
    for statement in sqlglot.parse(readable(STATEMENTS[name]), dialect="tsql"):
        assert statement is not None
        assert not list(statement.find_all(exp.Update, exp.Merge, exp.Drop, exp.Alter))
        for table in statement.find_all(exp.Table):
            place = table.sql(dialect="tsql")
            kept = isinstance(table.this, exp.Parameter) or place.startswith(("@", "OPENJSON"))
            top = place.startswith("TOP ")  # so sqlglot reads DELETE TOP (?)
            lock = place == "sp_getapplock"  # everybody may: it is in master, for public
            assert kept or top or lock or table.db == tsql.SCHEMA, place


def test_both_dialects_name_the_same_statements() -> None:
    assert {name for name in APP if hasattr(sqlite, name)} == set(APP)
    both = (
        "LOCK_RELEASE",
        "BEGIN",
        "PREPARE",
        "READ_VERSION",
        "WRITE_VERSION",
        "READ_CHECKSUMS",
        "WRITE_CHECKSUM",
    )
    for name in both:
        assert hasattr(sqlite, name) and hasattr(tsql, name)


CLIENT = uuid.UUID("11112222-3333-4444-5555-666677778888")


def test_an_app_is_let_in_by_the_bytes_of_its_client_id() -> None:
    gone, create, rights = tsql.grant("heliograph-weu", CLIENT)
    # As SQL Server orders a uniqueidentifier.
    assert "WITH SID = 0x22221111333344445555666677778888, TYPE = E" in create
    assert rights == "GRANT SELECT, INSERT, DELETE ON SCHEMA::heliograph TO [heliograph-weu]"
    # An identity that was made anew has another client id: the user of the old one goes.
    assert gone.endswith("DROP USER [heliograph-weu]")
    assert "name = N'heliograph-weu' AND sid <> 0x22221111333344445555666677778888" in gone


@given(st.text(max_size=40))
def test_a_name_stays_a_name(name: str) -> None:
    gone, create, rights = tsql.grant(name, CLIENT)
    quoted = rights.partition(" TO ")[2]
    assert quoted[0] == "[" and quoted[-1] == "]"
    assert "]" not in quoted[1:-1].replace("]]", "") and quoted[1:-1].replace("]]", "]") == name
    literal = "N'" + name.replace("'", "''") + "'"
    assert create.startswith(f"IF DATABASE_PRINCIPAL_ID({literal}) IS NULL")
    assert f"WHERE name = {literal} AND" in gone and gone.endswith(f"DROP USER {quoted}")


def test_who_migrates_may_change_our_schema_and_nothing_beside_it() -> None:
    rights = tsql.grant_migrations("deployer", CLIENT)[2:]
    assert rights == (
        "GRANT SELECT, INSERT, UPDATE, DELETE, ALTER ON SCHEMA::heliograph TO [deployer]",
        "GRANT CREATE TABLE TO [deployer]",
    )


# --- Microsoft's driver -----------------------------------------------------------------------


@pytest.fixture
def closed() -> int:
    """A port that nobody listens on, held so that nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_a_server_that_is_not_there_is_away(odbc: str, closed: int) -> None:
    connection = f"Driver={odbc};Server=tcp:127.0.0.1,{closed};Database=d"
    with pytest.raises(StoreAway, match="^SQL (HYT00|08001)"):
        Store(Odbc(connection, lambda: "token", wait=1), pauses=()).totals()


def test_a_token_goes_with_no_password_and_nothing_of_either_is_told(odbc: str) -> None:
    connection = f"Driver={odbc};Server=tcp:127.0.0.1,1;Database=d;UID=ann;PWD=s3cret"
    with pytest.raises(StoreFailed) as failure:
        Store(Odbc(connection, lambda: "t0ken", wait=1)).totals()
    assert str(failure.value) == "SQL FA005" and failure.value.__suppress_context__


def test_a_missing_driver_fails_by_number(odbc: str) -> None:
    with pytest.raises(StoreFailed, match="^SQL 01000$"):
        Store(Odbc("Driver=/nowhere.so;Server=x;Database=d", wait=1)).totals()


@pytest.mark.parametrize(
    ("state", "text", "number"),
    [
        ("42000", "Database 'x' is not currently available. (40613) (SQLDriver)", "40613"),
        ("40001", "deadlocked with 'Ann' (1205) (SQLExecDirectW)", "1205"),
        ("23000", "duplicate key 'pk_sums' (2627) (SQLExecDirectW)", "2627"),
        ("08S01", "Communication link failure (10054)", "10054"),
        ("28000", "Login failed for user 'Ann' (18456)", "18456"),
        ("42S02", "Invalid object name (208)", "208"),
    ],
)
def test_errors_are_told_by_number(odbc: str, state: str, text: str, number: str) -> None:
    import pyodbc

    found = Odbc("").reason(pyodbc.Error(state, f"[{state}] {text}"))
    assert found is not None and found[0] == f"SQL {state} {number}"


def test_an_identity_without_a_token_is_away(odbc: str) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    def none() -> str:
        raise ClientAuthenticationError("tenant 1234")

    with pytest.raises(StoreAway, match="^no token$"):
        Store(Odbc(f"Driver={odbc};Server=x;Database=d", none), pauses=()).totals()


def test_the_script_names_a_driver_that_is_there(odbc: str) -> None:
    assert Path(odbc).is_file()
