"""What only a table does: it may be busy, away, or encrypted with a key that nobody has."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloud.documents import Away, Busy, Change
from cloud.encryption import Cipher
from cloud.http_pool import HttpPool
from cloud.remembered import CONTESTED_SECONDS
from cloud.table import NEW_SECONDS, UPDATE_SECONDS, TableDocuments
from cloud.table_account import read_connection
from cloud.table_client import TableClient
from lab.ports import free_port
from tests.cloud.azurite import connection_string
from tests.cloud.tables import Table, client, opened

OLD, NEW = b"o" * 32, b"n" * 32
LATER = 4_000_000_000_000
VALUE = b'{"name":"Ann of the Hill","sdp":"v=0\\r\\no=- 46117 2 IN IP4 192.0.2.77"}'


def with_keys(*keys: bytes) -> Cipher:
    held = {str(number): key for number, key in enumerate(keys)}
    return Cipher(lambda: held)


def put(documents: TableDocuments, value: bytes | None) -> None:
    documents.update("a", lambda _: Change(value, LATER, None))


def raw(table: Table) -> bytes:
    """Everything that lies in the table, names and values."""
    lying = b""
    for entity in table.sdk.list_entities():
        for name, value in {**entity, "etag": entity.metadata["etag"]}.items():
            lying += name.encode() + (value if isinstance(value, bytes) else str(value).encode())
    return lying


def test_nothing_lies_in_the_table_in_clear(table: Table) -> None:
    documents = TableDocuments(table.ours, with_keys(OLD))
    put(documents, VALUE)
    lying = raw(table)
    assert len(lying) > len(VALUE)
    for word in (b"Ann of the Hill", b"v=0", b"192.0.2.77", b"46117", b"name"):
        assert word not in lying
    assert documents.read("a") == VALUE


def test_a_new_key_in_front_still_decrypts_what_the_old_one_encrypted(table: Table) -> None:
    put(TableDocuments(table.ours, with_keys(OLD)), VALUE)
    both = TableDocuments(table.ours, with_keys(NEW, OLD))
    assert both.read("a") == VALUE
    put(both, VALUE + b" ")
    assert TableDocuments(table.ours, with_keys(NEW)).read("a") == VALUE + b" "


def test_what_a_retired_key_encrypted_is_absent_and_can_be_replaced(table: Table) -> None:
    put(TableDocuments(table.ours, with_keys(OLD)), VALUE)
    documents = TableDocuments(table.ours, with_keys(NEW))
    assert documents.read("a") is None
    documents.update("a", lambda seen: Change(b"new" if seen is None else b"?", LATER, None))
    assert documents.read("a") == b"new"


def test_a_damaged_document_is_absent(table: Table) -> None:
    documents = TableDocuments(table.ours, with_keys(OLD))
    put(documents, VALUE)
    entity = table.sdk.get_entity("a", "document")
    piece = entity["piece00"]
    damaged = piece[:-1] + bytes([piece[-1] ^ 1])  # in any case another byte
    for piece in (damaged, b"", b"x"):
        table.sdk.update_entity({**entity, "piece00": piece})
        assert documents.read("a") is None


def test_a_value_too_large_for_an_entity_changes_nothing(table: Table) -> None:
    documents = TableDocuments(table.ours, with_keys(OLD))
    put(documents, VALUE)
    with pytest.raises(Away):
        put(documents, bytes(1_100_000))
    assert documents.read("a") == VALUE


class Clock:
    """Seconds that pass only while somebody pauses, or writes."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, list[float]()

    def seconds(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def test_who_is_always_too_late_is_told_so_after_a_time_and_not_a_number_of_tries(
    table: Table,
) -> None:
    clock = Clock()
    documents = TableDocuments(table.ours, with_keys(OLD), seconds=clock.seconds, pause=clock.pause)
    rival = TableDocuments(table.ours, with_keys(OLD))
    tries = []

    def decide(value: bytes | None) -> Change[None]:
        tries.append(value)
        clock.now += 0.02  # two trips
        put(rival, str(len(tries)).encode())  # between the read and the write
        return Change(b"mine", LATER, None)

    with pytest.raises(Busy):
        documents.update("a", decide)
    assert UPDATE_SECONDS <= clock.now < UPDATE_SECONDS + 0.4
    assert len(tries) > 10 and max(clock.pauses) <= 0.3
    assert documents.read("a") == str(len(tries)).encode()


def test_a_document_that_goes_between_read_and_write_is_decided_anew(table: Table) -> None:
    documents, rival = (TableDocuments(table.ours, with_keys(OLD)) for _ in range(2))
    put(documents, b"before")
    seen: list[bytes | None] = []

    def decide(stored: bytes | None) -> Change[None]:
        if not seen:
            put(rival, None)
        seen.append(stored)
        return Change(b"mine", LATER, None)

    documents.update("a", decide)
    assert seen == [b"before", None] and documents.read("a") == b"mine"


def test_a_document_that_came_back_to_life_survives_the_sweep(table: Table) -> None:
    documents = TableDocuments(table.ours, with_keys(OLD))
    for key in "abc":
        documents.update(key, lambda _: Change(VALUE, 1, None))
    put(documents, VALUE + b" ")
    assert documents.sweep(2) == 2
    assert documents.read("a") == VALUE + b" "


def test_sweeps_do_not_mind_one_another(table: Table) -> None:
    documents = TableDocuments(table.ours, with_keys(OLD))
    for number in range(12):
        documents.update(f"k{number}", lambda _: Change(b"x", 1, None))
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(documents.sweep, [2, 2, 2])) >= 12
    assert list(table.sdk.list_entities()) == []


# --- away -------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def app_client(port: int) -> TableClient:
    return client(connection_string(port), "heliograph")


CALLS: dict[str, Any] = {
    "read": lambda documents: documents.read("a"),
    "update": lambda documents: put(documents, VALUE),
    "sweep": lambda documents: documents.sweep(1),
    "ping": lambda documents: documents.ping(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_store_that_is_away_is_said_to_be_soon_and_without_its_address(call: Any) -> None:
    refused_soon(TableDocuments(app_client(free_port()), with_keys(OLD)), call)


@pytest.mark.parametrize("call", ["update"])
def test_a_store_that_hangs_is_not_waited_for(silent: int, call: str) -> None:
    refused_soon(TableDocuments(app_client(silent), with_keys(OLD)), CALLS[call])


def refused_soon(documents: TableDocuments, call: Any) -> None:
    started = time.monotonic()
    with pytest.raises(Away) as away:
        call(documents)
    assert time.monotonic() - started < 4
    assert "127.0.0.1" not in str(away.value) and "devstore" not in str(away.value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_first_call_of_all_finds_no_table_and_makes_one(account: str, call: Any) -> None:
    with opened(account, "fresh") as table:
        documents = TableDocuments(table.ours, with_keys(OLD))
        call(documents)
        put(documents, VALUE)
        assert documents.read("a") == VALUE
        table.sdk.delete_table()


def test_many_first_calls_at_once_make_one_table(account: str) -> None:
    with opened(account, "fresh") as table:
        documents = TableDocuments(table.ours, with_keys(OLD))

        def create(key: int) -> None:
            documents.update(str(key), lambda _: Change(VALUE, LATER, None))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(create, range(4)))
        assert [documents.read(str(key)) for key in range(4)] == [VALUE] * 4
        table.sdk.delete_table()


# --- remembered -------------------------------------------------------------------------------


class Counting(TableClient):
    """Our client, which counts its trips."""

    trips = 0

    def _send(self, *arguments: Any) -> Any:
        self.trips += 1
        return super()._send(*arguments)


@pytest.fixture
def counting(account: str, table: Table) -> Counting:
    return Counting(read_connection(account), table.sdk.table_name, HttpPool(4))


def test_what_this_process_has_written_is_changed_in_one_trip(counting: Counting) -> None:
    documents = TableDocuments(counting, with_keys(OLD))
    put(documents, b"1")
    before = counting.trips
    documents.update("a", lambda seen: Change((seen or b"") + b"2", LATER, None))
    assert counting.trips - before == 1 and documents.read("a") == b"12"


def test_a_change_by_another_instance_is_never_lost_to_what_is_remembered(table: Table) -> None:
    one, other = (TableDocuments(table.ours, with_keys(OLD)) for _ in range(2))
    for number in range(6):
        writer = one if number % 2 else other
        writer.update("a", lambda seen: Change((seen or b"") + b"x", LATER, None))
    assert one.read("a") == b"x" * 6


def test_a_refusal_is_never_made_of_what_is_only_remembered(table: Table) -> None:
    one, other = (TableDocuments(table.ours, with_keys(OLD)) for _ in range(2))
    put(one, b"full")
    put(other, b"space")

    def enter(seen: bytes | None) -> Change[None]:
        if seen == b"full":
            raise LookupError
        return Change(b"entered", LATER, None)

    one.update("a", enter)
    assert other.read("a") == b"entered"


def test_that_nothing_changes_is_never_concluded_from_what_is_only_remembered(
    table: Table,
) -> None:
    one, other = (TableDocuments(table.ours, with_keys(OLD)) for _ in range(2))
    put(one, b"1")
    put(other, b"2")
    assert one.update("a", lambda seen: Change(seen, LATER, seen)) == b"2"


def test_after_a_guess_that_failed_the_next_changes_read_first(counting: Counting) -> None:
    clock = Clock()
    documents = TableDocuments(counting, with_keys(OLD), seconds=clock.seconds)
    rival = TableDocuments(counting, with_keys(OLD))
    put(documents, b"1")
    put(rival, b"2")
    before = counting.trips
    put(documents, b"3")  # guess, read, write
    put(documents, b"4")  # read, write: it is contested
    assert counting.trips - before == 5
    clock.now += CONTESTED_SECONDS + 1
    put(documents, b"5")  # read, write, remembered
    put(documents, b"6")
    assert counting.trips - before == 8


# --- a key that has just been drawn -----------------------------------------------------------


def test_the_first_document_at_a_key_that_was_just_drawn_takes_one_trip(counting: Counting) -> None:
    clock = Clock()
    documents = TableDocuments(counting, with_keys(OLD), seconds=clock.seconds)
    put(TableDocuments(counting, with_keys(OLD)), b"0")  # there is the table
    for key, later, trips in (("b", 0.0, 1), ("c", NEW_SECONDS, 2)):
        documents.expect_none(key)
        clock.now += later
        before = counting.trips
        documents.update(key, lambda seen: Change((seen or b"") + b"1", LATER, None))
        assert counting.trips - before == trips
        assert documents.read(key) == b"1"


def test_what_lies_at_a_drawn_key_all_the_same_is_found_and_kept(table: Table) -> None:
    one, other = (TableDocuments(table.ours, with_keys(OLD)) for _ in range(2))
    one.expect_none("a")
    put(other, b"1")
    one.update("a", lambda seen: Change((seen or b"") + b"2", LATER, None))
    assert one.read("a") == b"12"


def test_what_was_written_is_not_forgotten_for_a_key_that_is_drawn_again(table: Table) -> None:
    documents = TableDocuments(table.ours, with_keys(OLD))
    put(documents, b"1")
    documents.expect_none("a")
    documents.update("a", lambda seen: Change((seen or b"") + b"2", LATER, None))
    assert documents.read("a") == b"12"


def test_nothing_is_concluded_of_a_key_that_was_only_drawn(table: Table) -> None:
    one, other = (TableDocuments(table.ours, with_keys(OLD)) for _ in range(2))
    one.expect_none("a")
    put(other, b"1")
    assert one.read("a") == b"1"
    assert one.update("a", lambda seen: Change(seen, LATER, seen)) == b"1"
