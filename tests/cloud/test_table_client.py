"""The tables' client over a service that fails, and by every way to open an account."""

import base64
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloud.connection_strings import DEVELOPMENT_STORAGE
from cloud.documents import Away, Refused
from cloud.http_pool import HttpPool
from cloud.table_account import IdentityToken, TableAccount, read_connection
from cloud.table_client import TRIES, Conflict, TableClient
from lab.signalr_service import Call, FaultyService, Reply, faulty_service
from local.storage import ACCOUNT, KEY
from local.storage.shared_key import table_text

NOW = 1_800_000_000_000
FOUND = b'{"odata.etag":"W/\\"1\\"","piece00":"AAE=","piece01":"Ag==","expiresAt":"7"}'


@pytest.fixture
def service() -> Iterator[FaultyService]:
    with faulty_service() as running:
        yield running


@pytest.fixture
def table(service: FaultyService) -> TableClient:
    return TableClient(TableAccount(service.url), "rooms", HttpPool(4), jitter=lambda: 0.0)


def first(*replies: Reply) -> Callable[[Call], Reply | None]:
    """These answers, and then those of a service that is well."""
    left = list(replies)
    return lambda call: left.pop(0) if left else well(call)


def well(call: Call) -> Reply:
    body = FOUND if call.verb == "GET" else b""
    statuses = {"GET": 200, "POST": 204, "PUT": 204, "DELETE": 204}
    return Reply(statuses[call.verb], body, {"ETag": 'W/"2"'})


CALLS: dict[str, Any] = {
    "get": lambda table: table.get("a", "b"),
    "insert": lambda table: table.insert("a", "b", {"n": 1}),
    "replace": lambda table: table.replace("a", "b", {"n": 1}, 'W/"1"'),
    "delete": lambda table: table.delete("a", "b", 'W/"1"'),
    "query": lambda table: list(table.query("n le 1L", "PartitionKey")),
}
WRITES = ("insert", "replace", "delete")


def test_an_entity_is_found_with_its_pieces_in_order(
    service: FaultyService, table: TableClient
) -> None:
    service.rule = well
    entity = table.get("it's", "b")
    assert entity is not None and entity.binary("piece") == b"\0\1\2" and entity.etag == 'W/"1"'
    assert service.calls[0].path == "/rooms(PartitionKey='it%27%27s',RowKey='b')"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [429, 503])
def test_what_the_service_has_not_begun_is_tried_again(
    service: FaultyService, table: TableClient, call: str, status: int
) -> None:
    service.rule = first(Reply(status))
    if call == "query":
        service.rule = first(Reply(status), Reply(200, b'{"value":[]}'))
    CALLS[call](table)
    assert len(service.calls) == 2


@pytest.mark.parametrize("call", CALLS)
def test_a_write_that_may_have_happened_is_not_made_again(
    service: FaultyService, table: TableClient, call: str
) -> None:
    service.rule = lambda _: Reply(500)
    with pytest.raises(Away, match="^HTTP 500$"):
        CALLS[call](table)
    assert len(service.calls) == (1 if call in WRITES else TRIES)


@pytest.mark.parametrize(("status", "error"), [(400, Refused), (413, Refused), (403, Away)])
def test_a_refusal_of_the_service_is_told_apart(
    service: FaultyService, table: TableClient, status: int, error: type[Exception]
) -> None:
    service.rule = lambda _: Reply(status, b'{"odata.error":{"code":"PropertyValueTooLarge"}}')
    with pytest.raises(error, match=f"^HTTP {status}$") as refused:
        table.insert("a", "b", {})
    assert type(refused.value) is error


@pytest.mark.parametrize(
    ("call", "reply"),
    [
        ("insert", Reply(409, b'{"odata.error":{"code":"EntityAlreadyExists"}}')),
        ("replace", Reply(412)),
        ("replace", Reply(404, b'{"odata.error":{"code":"ResourceNotFound"}}')),
        ("delete", Reply(412)),
        ("delete", Reply(404)),
    ],
)
def test_what_another_has_changed_is_a_conflict(
    service: FaultyService, table: TableClient, call: str, reply: Reply
) -> None:
    service.rule = lambda _: reply
    with pytest.raises(Conflict):
        CALLS[call](table)


def test_a_query_goes_on_to_the_next_page(service: FaultyService, table: TableClient) -> None:
    one = b'{"value":[{"odata.etag":"1","PartitionKey":"a"}]}'
    more = {"x-ms-continuation-NextPartitionKey": "b c", "x-ms-continuation-NextRowKey": "d"}
    service.rule = first(Reply(200, one, more), Reply(200, one))
    assert [found.etag for found in table.query("n le 1L", "PartitionKey")] == ["1", "1"]
    assert "NextPartitionKey=b+c&NextRowKey=d" in service.calls[1].query


@pytest.mark.parametrize(("call", "tries"), [("get", 2), ("replace", 1)])
def test_only_a_read_is_made_again_when_its_connection_broke(call: str, tries: int) -> None:
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                taken.append(peer.recv(4096))
                peer.close()

        threading.Thread(target=hang_up, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(Away, match="^CutOff$"):
            CALLS[call](TableClient(TableAccount(url), "rooms", HttpPool(4), lambda: 0.0))
        server.shutdown(socket.SHUT_RDWR)
    assert len([one for one in taken if one]) == tries


# --- what opens an account --------------------------------------------------------------------


def test_a_key_signs_what_the_service_checks(service: FaultyService) -> None:
    account = read_connection(
        f"AccountName={ACCOUNT};AccountKey={KEY};TableEndpoint={service.url}/{ACCOUNT}/"
    )
    headers = {"x-ms-date": "Thu, 26 Nov 2026 19:00:00 GMT", "Content-Type": "application/json"}
    url = f"{account.url}/rooms(PartitionKey='a',RowKey='b')?x=1"
    given = account.authorization("PUT", url, headers)
    lower = {name.lower(): value for name, value in headers.items()}
    text = table_text("PUT", lower, ACCOUNT, f"/{ACCOUNT}/rooms(PartitionKey='a',RowKey='b')")
    signed = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256"))
    assert given == {"Authorization": f"SharedKey {ACCOUNT}:{signed.decode()}"}
    assert KEY not in repr(account)


def test_a_shared_access_signature_stands_in_the_query(service: FaultyService) -> None:
    service.rule = well
    text = f"TableEndpoint={service.url};SharedAccessSignature=?sv=2019&sig=abc%3D"
    TableClient(read_connection(text), "rooms", HttpPool(1)).get("a", "b")
    assert (service.calls[0].query, service.calls[0].token) == ("sv=2019&sig=abc%3D", "")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (DEVELOPMENT_STORAGE, "http://127.0.0.1:10002/devstoreaccount1"),
        ("AccountName=x;AccountKey=a2V5", "https://x.table.core.windows.net"),
        (
            "DefaultEndpointsProtocol=http;AccountName=x;AccountKey=a2V5;EndpointSuffix=y.cn",
            "http://x.table.y.cn",
        ),
    ],
)
def test_a_connection_string_says_where_the_tables_are(text: str, url: str) -> None:
    assert read_connection(text).url == url


class Credential:
    """An identity that counts what it is asked, and may have no token."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: Exception | None = None

    def get_token(self, scope: str) -> Any:
        self.asked.append(scope)
        if self.error is not None:
            raise self.error
        return type("Token", (), {"token": "of-the-identity"})


def test_an_identity_is_asked_once_for_many_calls(service: FaultyService) -> None:
    service.rule, credential = well, Credential()
    token = IdentityToken(lambda: credential, lambda: NOW)
    table = TableClient(TableAccount(service.url, token=token), "rooms", HttpPool(1))
    for _ in range(3):
        table.get("a", "b")
    assert [call.token for call in service.calls] == ["of-the-identity"] * 3
    assert credential.asked == ["https://storage.azure.com/.default"]


def test_an_identity_without_a_token_is_a_store_that_is_away(service: FaultyService) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    credential = Credential()
    credential.error = ClientAuthenticationError("a secret")
    token = IdentityToken(lambda: credential, lambda: NOW)
    table = TableClient(TableAccount(service.url, token=token), "rooms", HttpPool(1))
    with pytest.raises(Away) as away:
        table.get("a", "b")
    assert "a secret" not in str(away.value) and service.calls == []
