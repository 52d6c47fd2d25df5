"""The file of a storage account: its tables and queues. One process at a time uses it."""

import sqlite3
from pathlib import Path

# The account of Microsoft's emulators. It is public: their documents print it.
# https://learn.microsoft.com/azure/storage/common/storage-use-azurite
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_SCHEMA = """\
CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS entities (
    "table" TEXT, partition TEXT, row TEXT, etag TEXT NOT NULL, properties TEXT NOT NULL,
    PRIMARY KEY ("table", partition, row)
);
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
    inserted INTEGER NOT NULL, expires INTEGER NOT NULL,
    visible INTEGER NOT NULL, receipt TEXT NOT NULL, dequeues INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS waiting ON messages (queue, visible);
"""


class Account:
    """An open account. Not for several threads."""

    def __init__(self, file: Path) -> None:
        """Raises sqlite3.Error if the file cannot be opened."""
        self.database = sqlite3.connect(file, isolation_level=None)
        # A commit reaches the operating system, which outlives a killed process. It does not wait
        # for the disk: a machine that loses power is not what this stands for.
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def connection_string(url: str) -> str:
    """Of an account that listens at `url`: scheme, host and port."""
    places = f"TableEndpoint={url}/table/{ACCOUNT};QueueEndpoint={url}/queue/{ACCOUNT};"
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{places}"
