"""The storage account of the local stack: what it refuses, and what outlives its process.

What it does when it is well is in the suites of `tests/cloud`, which run against Azurite too.
"""

import base64
import hmac
import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError
from azure.data.tables import TableClient

from cloud.documents import Change
from cloud.encryption import Cipher
from cloud.queues import QueueAway, Queues, read_account
from cloud.table import TableDocuments
from local.storage import ACCOUNT, KEY, Account, connection_string
from local.storage.errors import Refused
from local.storage.queues import Queues as Store
from local.storage.shared_key import is_signed, table_text
from local.storage.tables import MAX_ENTITIES
from tests.cloud.local_storage import LocalStorage, local_storage
from tests.cloud.tables import client

CIPHER = Cipher(lambda: {"k": b"k" * 32})


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStorage]:
    with local_storage(tmp_path_factory.mktemp("account") / "file") as running:
        yield running


@pytest.fixture
def table(storage: LocalStorage, request: pytest.FixtureRequest) -> Iterator[TableClient]:
    name = "t" + str(abs(hash(request.node.nodeid)))
    with TableClient.from_connection_string(storage.connection, name) as sdk:
        sdk.create_table()
        yield sdk


def queues_of(connection: str) -> Queues:
    return Queues(read_account({"S": connection}, "S", lambda: ""))


def test_what_was_answered_outlives_a_killed_process(tmp_path: Path) -> None:
    with local_storage(tmp_path / "file") as first:
        table = client(first.connection, "rooms")
        TableDocuments(table, CIPHER).update("a", lambda _: Change(b"kept", 2**52, None))
        with queues_of(first.connection) as queues:
            queues.create("letters")
            queues.put("letters", "kept too")
        first.process.send_signal(signal.SIGKILL)
    with local_storage(tmp_path / "file") as second:
        assert TableDocuments(client(second.connection, "rooms"), CIPHER).read("a") == b"kept"
        with queues_of(second.connection) as queues:
            assert [one.text for one in queues.take("letters")] == ["kept too"]


def test_who_has_another_key_is_refused(storage: LocalStorage) -> None:
    other = storage.connection.replace(KEY, KEY[::-1].replace("=", "") + "==")
    with TableClient.from_connection_string(other, "rooms", retry_total=0) as sdk:
        with pytest.raises(HttpResponseError) as refused:
            sdk.create_table()
        assert refused.value.status_code == 403
    with queues_of(other) as queues, pytest.raises(QueueAway, match="^HTTP 403$"):
        queues.create("letters")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_signature_of_another_time_is_refused(minutes: int) -> None:
    now = datetime.now(UTC)
    text = table_text("GET", headers := {"x-ms-date": format_datetime(now)}, ACCOUNT, "/x")
    signed = {**headers, "authorization": f"SharedKey {ACCOUNT}:{_signature(text)}"}
    assert is_signed(ACCOUNT, KEY, signed, text, now)
    assert not is_signed(ACCOUNT, KEY, signed, text, now + timedelta(minutes=minutes))
    assert not is_signed(ACCOUNT, KEY, {**signed, "x-ms-date": "soon"}, text, now)


def _signature(text: str) -> str:
    return base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()


@pytest.mark.parametrize(
    ("sizes", "code"), [([65_537], "PropertyValueTooLarge"), ([60_000] * 18, "EntityTooLarge")]
)
def test_an_entity_that_is_too_large_is_refused(
    table: TableClient, sizes: list[int], code: str
) -> None:
    values = {f"p{number}": bytes(size) for number, size in enumerate(sizes)}
    with pytest.raises(HttpResponseError) as refused:
        table.create_entity({"PartitionKey": "a", "RowKey": "b", **values})
    assert code in str(refused.value)


def test_a_change_under_an_old_etag_is_refused(table: TableClient) -> None:
    old = table.create_entity({"PartitionKey": "a", "RowKey": "b", "n": 1})["etag"]
    table.upsert_entity({"PartitionKey": "a", "RowKey": "b", "n": 2}, "replace")
    with pytest.raises(ResourceModifiedError):
        table.update_entity(
            {"PartitionKey": "a", "RowKey": "b", "n": 3},
            "replace",
            etag=old,
            match_condition=MatchConditions.IfNotModified,
        )
    assert table.get_entity("a", "b")["n"] == 2


def test_a_sweep_of_more_than_one_page_takes_all_that_has_expired(storage: LocalStorage) -> None:
    documents = TableDocuments(client(storage.connection, "pages"), CIPHER)
    count = MAX_ENTITIES + 5
    for number in range(count):
        documents.update(f"key'{number}", lambda _: Change(b"", 10, None))
    documents.update("later", lambda _: Change(b"", 11, None))
    assert documents.sweep(10) == count
    assert documents.read("later") == b""


@pytest.mark.parametrize("filter", ["n gt 1", "PartitionKey eq 'a'", "n le 1"])
def test_a_query_that_is_not_built_is_refused_and_not_answered_wrongly(
    table: TableClient, filter: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        list(table.query_entities(filter))
    assert refused.value.status_code == 501


def test_calls_that_are_none_of_ours_get_an_error(storage: LocalStorage) -> None:
    url = storage.connection.split("TableEndpoint=")[1].split("/table")[0]
    assert httpx.get(f"{url}/", trust_env=False).status_code == 404
    unsigned = httpx.get(f"{url}/queue/{ACCOUNT}/letters/messages", trust_env=False)
    assert (unsigned.status_code, unsigned.headers["x-ms-error-code"]) == (
        403,
        "AuthenticationFailed",
    )


class Hours:
    """A clock that is set by hand, in epoch ms."""

    ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Hours:
    return Hours()


@pytest.fixture
def store(tmp_path: Path, clock: Hours) -> Iterator[Store]:
    account = Account(tmp_path / "file")
    yield Store(account, clock)
    account.close()


def test_a_message_that_nobody_deletes_comes_again_and_is_counted(
    store: Store, clock: Hours
) -> None:
    store.create("letters")
    store.put("letters", "text")
    (first,) = store.take("letters", 32, 60)
    clock.ms += 59_999
    assert store.take("letters", 32, 60) == []
    clock.ms += 1
    (second,) = store.take("letters", 32, 60)
    assert (first.dequeues, second.dequeues) == (1, 2)
    with pytest.raises(Refused, match="^PopReceiptMismatch$"):
        store.delete("letters", first.id, first.receipt)
    store.delete("letters", second.id, second.receipt)
    with pytest.raises(Refused, match="^MessageNotFound$"):
        store.delete("letters", second.id, second.receipt)


def test_a_message_ends_after_a_week(store: Store, clock: Hours) -> None:
    store.create("letters")
    store.put("letters", "text")
    clock.ms += 7 * 86_400_000
    assert store.take("letters", 1, 1) == []


@pytest.mark.parametrize(("count", "hidden"), [(0, 1), (33, 1), (1, 0), (1, 604_801)])
def test_what_the_queue_service_does_not_take_is_refused(
    store: Store, count: int, hidden: int
) -> None:
    store.create("letters")
    with pytest.raises(Refused, match="^OutOfRangeQueryParameterValue$"):
        store.take("letters", count, hidden)
    with pytest.raises(Refused, match="^MessageTooLarge$"):
        store.put("letters", random.Random(1).randbytes(32_769).hex())


def test_an_account_says_where_it_is() -> None:
    said = connection_string("http://localhost:7")
    assert "QueueEndpoint=http://localhost:7/queue/devstoreaccount1;" in said
