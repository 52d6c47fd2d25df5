"""The row that is kept of a report, and the columns of its table. Pure.

`Row` says which values there may be: it is checked when a message comes out of the queue.
`EVENT_COLUMNS` says how each is stored. The INSERT statements are built from it; the scripts in
schema/ are compared with it by tests/stats/test_columns.py.
"""

from typing import Annotated

from msgspec import Meta, Struct

from stats.buckets import MAX_BUCKET
from stats.report import Browser, CandidateType, Outcome, Side, Transport, Turn

MAX_KEPT_BYTES = 2**30  # one way; stands for this, or more
MAX_KEPT_SECONDS = 2**14  # 4.5 hours, likewise
MAX_KEPT_RETRIES = 10  # stands for this, or more
MEDIA_BITS = {"data": 1, "audio": 2, "video": 4}

type Bucket = Annotated[int, Meta(ge=0, le=MAX_BUCKET)] | None
type Amount = Annotated[int, Meta(ge=0, le=2**44)]


class Row(Struct, frozen=True, omit_defaults=True):
    """One report as it is in the queue and in the table `events`."""

    id: Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]  # a hash of the report's id
    hour: Annotated[int, Meta(ge=0, le=10_000_000)]  # since 1970
    outcome: Outcome
    side: Side
    bytes_up: Amount  # to the nearest power of two, or 0
    bytes_down: Amount
    duration: Annotated[int, Meta(ge=0, le=2**20)]  # seconds, likewise
    media: Annotated[int, Meta(ge=0, le=7)]  # the sum of its MEDIA_BITS
    retries: Annotated[int, Meta(ge=0, le=MAX_KEPT_RETRIES)]
    turn: Turn
    browser: Browser
    candidate_type: CandidateType | None = None
    transport: Transport | None = None
    admit: Bucket = None  # times of phases: see buckets.py
    signal: Bucket = None
    ice: Bucket = None
    dtls: Bucket = None
    open: Bucket = None
    total: Bucket = None  # all the phases together, if it connected
    demo: bool = False  # demonstration data


class Column(Struct, frozen=True):
    """A column of a table: its name and how each database stores it."""

    name: str
    sqlite: str
    tsql: str
    nullable: bool = False
    missing: str | None = None  # the SQL value for a member that the JSON leaves out


EVENT_COLUMNS = (
    Column("id", "TEXT", "CHAR(32)"),
    Column("hour", "INTEGER", "INT"),
    Column("outcome", "TEXT", "VARCHAR(16)"),
    Column("side", "TEXT", "VARCHAR(6)"),
    Column("candidate_type", "TEXT", "VARCHAR(5)", nullable=True),
    Column("transport", "TEXT", "VARCHAR(3)", nullable=True),
    Column("bytes_up", "INTEGER", "BIGINT"),
    Column("bytes_down", "INTEGER", "BIGINT"),
    Column("duration", "INTEGER", "INT"),
    Column("media", "INTEGER", "TINYINT"),
    Column("retries", "INTEGER", "TINYINT"),
    Column("turn", "TEXT", "VARCHAR(8)"),
    Column("browser", "TEXT", "VARCHAR(8)"),
    Column("admit", "INTEGER", "TINYINT", nullable=True),
    Column("signal", "INTEGER", "TINYINT", nullable=True),
    Column("ice", "INTEGER", "TINYINT", nullable=True),
    Column("dtls", "INTEGER", "TINYINT", nullable=True),
    Column("open", "INTEGER", "TINYINT", nullable=True),
    Column("total", "INTEGER", "TINYINT", nullable=True),
    Column("demo", "INTEGER", "BIT", missing="0"),
)
