"""What does a document in Table storage cost the processor: by Azure's SDK, and by our client?

    python -m benchmarks.tables [--calls 300] [--runs 5]

A document of 1.5 KB in the local stack's storage, which is a process of its own and not counted.
`read`: one trip. `change`: read and write by the SDK; by ours a write under the ETag of the write
before (cloud/remembered.py), and `change, not remembered` the two trips when it is not remembered.
Median of the runs, in turn; ms of processor time for one call.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from azure.core import MatchConditions
from azure.data.tables import TableClient as SdkClient
from azure.data.tables import UpdateMode

from cloud.documents import Change
from cloud.encryption import Cipher
from cloud.http_pool import HttpPool
from cloud.table import ROW, TableDocuments
from cloud.table_account import read_connection
from cloud.table_client import TableClient
from lab.storage import connection_through, serving_tables

VALUE_BYTES = 1_500
LATER = 4_000_000_000_000
KEYS = {"k": b"k" * 32}


def main() -> None:
    """Print a row for each call."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    asyncio.run(_measure(parser.parse_args()))


async def _measure(asked: argparse.Namespace) -> None:
    with TemporaryDirectory() as folder:
        async with serving_tables("local", Path(folder)) as tables:
            connection = connection_through("local", f"http://127.0.0.1:{tables.port}")
            await asyncio.to_thread(_compare, connection, asked.calls, asked.runs)


def _compare(connection: str, calls: int, runs: int) -> None:
    ways = {**_by_ours(connection), **_by_the_sdk(connection)}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, call in ways.items():
            call()
            began = time.process_time()
            for _ in range(calls):
                call()
            times[name].append((time.process_time() - began) * 1000 / calls)
    for name, taken in times.items():
        print(f"{name:32} {median(taken):6.2f} ms ({min(taken):.2f}–{max(taken):.2f})")


def _by_ours(connection: str) -> dict[str, Callable[[], object]]:
    table = TableClient(read_connection(connection), "rooms", HttpPool(1))
    documents = TableDocuments(table, Cipher(lambda: KEYS))
    forgetful = TableDocuments(table, Cipher(lambda: KEYS), seconds=_never_twice())
    value = bytearray(VALUE_BYTES)

    def decide(_: bytes | None) -> Change[None]:
        value[0] = (value[0] + 1) % 256
        return Change(bytes(value), LATER, None)

    documents.update("a", decide)
    return {
        "ours: read": lambda: documents.read("a"),
        "ours: change": lambda: documents.update("a", decide),
        "ours: change, not remembered": lambda: forgetful.update("b", decide),
    }


def _never_twice() -> Callable[[], float]:
    """A clock on which all that is remembered is too old at once."""
    now = 0.0

    def seconds() -> float:
        nonlocal now
        now += 1_000
        return now

    return seconds


def _by_the_sdk(connection: str) -> dict[str, Callable[[], object]]:
    table = SdkClient.from_connection_string(connection, "rooms")
    cipher = Cipher(lambda: KEYS)

    def change() -> None:
        entity = table.get_entity("a", ROW)
        cipher.decrypt(entity["piece00"])
        entity["piece00"] = cipher.encrypt(bytes(VALUE_BYTES))
        etag, only = entity.metadata["etag"], MatchConditions.IfNotModified
        table.update_entity(entity, UpdateMode.REPLACE, etag=etag, match_condition=only)

    return {
        "Azure's SDK: read": lambda: cipher.decrypt(table.get_entity("a", ROW)["piece00"]),
        "Azure's SDK: change": change,
    }


if __name__ == "__main__":
    main()
