"""The tables of columns are true: for Row, for Sum, for the scripts, and for every value."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from sqlglot import exp

from stats.drivers import Sqlite
from stats.migrate import SCHEMA, migrate, statements
from stats.report import (
    MAX_DURATION_SECONDS,
    Browser,
    CandidateType,
    Outcome,
    Side,
    Transport,
    Turn,
)
from stats.row import EVENT_COLUMNS, Column, Row
from stats.sums import SUM_COLUMNS, TIMES, Key, Sum, tally
from tests.stats.reports import row, some_rows

TABLES = {"events": EVENT_COLUMNS, "sums": SUM_COLUMNS, "released": SUM_COLUMNS}
COLUMNS = {column.name: column for column in EVENT_COLUMNS}
# https://learn.microsoft.com/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
LARGEST = {"BIT": 1, "TINYINT": 255, "INT": 2**31 - 1, "BIGINT": 2**63 - 1}


def words(alias: Any) -> tuple[str, ...]:
    """The words of a vocabulary."""
    found = get_args(alias.__value__)
    assert found and get_origin(alias.__value__) is Literal
    return found


def members_of_row() -> dict[str, tuple[Any, bool]]:
    """Of each member of Row: its type without None, and whether it may be None."""
    described = inspect.type_info(Row)
    assert isinstance(described, inspect.StructType)
    found = {}
    for field in described.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        (kind,) = (one for one in kinds if not isinstance(one, inspect.NoneType))
        found[field.name] = (kind, len(kinds) > 1)
    return found


def width(column: Column) -> int:
    """How many characters a column holds."""
    found = re.fullmatch(r"(?:VAR)?CHAR\((\d+)\)", column.tsql)
    assert found, column
    return int(found[1])


def test_events_have_a_column_for_each_member_of_a_row_and_no_other() -> None:
    assert {name: nullable for name, (_, nullable) in members_of_row().items()} == {
        name: column.nullable for name, column in COLUMNS.items()
    }


def test_a_member_that_the_json_leaves_out_has_a_value_or_is_null() -> None:
    """omit_defaults leaves out what has a default."""
    for field in msgspec.structs.fields(Row):
        column = COLUMNS[field.name]
        assert field.required != (column.nullable or column.missing is not None), field.name


def test_sums_have_a_column_for_each_member_of_a_sum_and_no_other() -> None:
    assert tuple(column.name for column in SUM_COLUMNS) == Sum._fields
    assert not any(column.nullable or column.missing for column in SUM_COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_value_of_a_row_fits_its_column(name: str) -> None:
    column, (kind, _) = COLUMNS[name], members_of_row()[name]
    match kind:
        case inspect.LiteralType(values=values):
            assert max(len(str(value)) for value in values) <= width(column)
        case inspect.StrType(pattern=pattern):
            assert pattern == rf"\A[0-9a-f]{{{width(column)}}}\Z"
        case inspect.IntType(le=largest):
            assert largest is not None and largest <= LARGEST[column.tsql]
        case inspect.BoolType():
            assert column.tsql == "BIT"
        case _:
            pytest.fail(f"no rule for {kind}")
    assert column.sqlite == ("TEXT" if "CHAR" in column.tsql else "INTEGER")


def test_the_longest_duration_fits_its_row() -> None:
    made = row(duration=MAX_DURATION_SECONDS)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Row) == made


def fits(column: Column, value: object) -> bool:
    """Whether T-SQL keeps the value as it is."""
    if value is None:
        return column.nullable or column.missing is not None
    if column.tsql == "BIT":
        return value in (0, 1)
    if "CHAR" in column.tsql:
        return isinstance(value, str) and value.isascii() and len(value) <= width(column)
    return isinstance(value, int) and 0 <= value <= LARGEST[column.tsql]


@given(st.lists(some_rows(["A" * 22, "B" * 22]), min_size=1, max_size=4))
def test_whatever_the_protocol_allows_is_kept_as_it_is_by_azure_sql(made: list[Row]) -> None:
    for one in made:
        sent = msgspec.json.decode(msgspec.json.encode(one))  # what OPENJSON reads
        assert all(fits(column, sent.get(name)) for name, column in COLUMNS.items()), sent
    for key, n in tally(made).items():
        assert all(map(fits, SUM_COLUMNS, Sum(*key, n))), key


def rows_of_every_word() -> Iterator[Row]:
    typed = itertools.product(
        *((None, *words(CandidateType)), (None, *words(Transport))),
        *(words(Turn), words(Browser), words(Outcome), words(Side)),
    )
    for candidate_type, transport, turn, browser, outcome, side in typed:
        yield row(
            candidateType=candidate_type,
            transport=transport,
            turn=turn,
            browser=browser,
            outcome=outcome,
            side=side,
        )


def test_every_measure_and_detail_fits_its_column() -> None:
    sums: dict[Key, int] = dict(tally(rows_of_every_word()))
    by_name = {column.name: column for column in SUM_COLUMNS}
    assert {key.measure for key in sums} == {
        *("peers", "browser", "calls", "outcome", "turn", "seconds", "candidate-type", "bytes"),
        *("type-seconds", "relay-bytes", *TIMES),
    }
    assert max(len(key.measure) for key in sums) <= width(by_name["measure"])
    assert max(len(key.detail) for key in sums) == width(by_name["detail"])


@pytest.mark.parametrize("table", TABLES)
def test_the_scripts_for_sqlite_make_these_columns(table: str, tmp_path: Path) -> None:
    path = tmp_path / "db"
    migrate(Sqlite(str(path)))
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(f"PRAGMA table_info({table})").fetchall()
    made = [(name, kind, not (required or key)) for _, name, kind, required, _, key in found]
    assert made == [(c.name, c.sqlite, c.nullable) for c in TABLES[table]]


@pytest.mark.parametrize("table", TABLES)
def test_the_scripts_for_azure_sql_make_these_columns(table: str) -> None:
    made: list[tuple[str, str, bool]] = []
    for path in sorted((SCHEMA / "tsql").glob("*.sql")):
        for statement in statements(path.read_text()):
            made = changed(made, statement, table)
    assert made == [(c.name, c.tsql, c.nullable) for c in TABLES[table]]


RENAME = r"EXEC sp_rename '{schema}\.{table}\.(\w+)', '(\w+)', 'COLUMN'"


def changed(
    columns: list[tuple[str, str, bool]], statement: str, table: str
) -> list[tuple[str, str, bool]]:
    """The columns of a table after a statement."""
    rename = re.search(RENAME.format(schema="heliograph", table=table), statement)
    if rename:
        old, new = rename.groups()
        return [(new if name == old else name, kind, null) for name, kind, null in columns]
    if "EXEC" in statement:
        return columns
    parsed = sqlglot.parse_one(statement.replace(" NONCLUSTERED", ""), dialect="tsql")
    if isinstance(parsed, exp.Create) and parsed.kind == "TABLE":
        if parsed.this.this.name == table:
            return [column_of(one) for one in parsed.this.find_all(exp.ColumnDef)]
    assert not isinstance(parsed, exp.Alter), "say here what this changes"
    return columns


def column_of(parsed: exp.ColumnDef) -> tuple[str, str, bool]:
    """A column's name, its type, and whether it may be NULL."""
    kind = parsed.kind.sql(dialect="tsql")
    nullable = not any(
        isinstance(one.kind, exp.NotNullColumnConstraint) and not one.kind.args.get("allow_null")
        for one in parsed.constraints
    )
    return parsed.name, {"INTEGER": "INT"}.get(kind, kind), nullable
