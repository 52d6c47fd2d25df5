"""A table by two clients: ours, and Azure's SDK, which looks at what ours has done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from azure.data.tables import TableClient as SdkClient

from cloud.http_pool import HttpPool
from cloud.table_account import read_connection
from cloud.table_client import TableClient


@dataclass(frozen=True)
class Table:
    ours: TableClient
    sdk: SdkClient


def client(connection: str, name: str) -> TableClient:
    """Ours, of an account of this connection string."""
    return TableClient(read_connection(connection), name, HttpPool(16), jitter=lambda: 0.0)


@contextmanager
def opened(connection: str, name: str) -> Iterator[Table]:
    """A table that may not be there."""
    with SdkClient.from_connection_string(connection, name, retry_total=0) as sdk:
        yield Table(client(connection, name), sdk)
