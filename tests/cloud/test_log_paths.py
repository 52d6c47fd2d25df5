"""No door of the app writes a path or a query into the log, at DEBUG, whatever happens."""

import contextlib
import logging
from collections.abc import Callable, Iterator

import pytest
import requests

from cloud import log_paths
from cloud.connection_strings import SignalRConnection
from cloud.documents import Away
from cloud.http_pool import HttpPool, NoAnswer, NotReached, Timeouts
from cloud.identity import managed_identity
from cloud.log_paths import LOGGERS, without
from cloud.queues import QueueAccount, QueueAway, Queues
from cloud.signalr_keys import StaticKey
from cloud.signalr_rest import ServiceAway, SignalRRest
from cloud.table_account import read_connection
from cloud.table_client import Conflict, TableClient
from lab.ports import free_port
from lab.signalr_service import KEY, FaultyService, Reply, faulty_service
from signaling.effects import CloseGroup
from signaling.tokens import AccessKey
from turn.providers import ProviderAway, ProviderRefused
from turn.providers.session import Session

SECRET = "hush-hush"
OURS = frozenset({"pool", "signalr", "table"})  # without urllib3
EXPECTED = (
    Away,
    Conflict,
    ServiceAway,
    QueueAway,
    ProviderAway,
    ProviderRefused,
    NotReached,
    NoAnswer,
)


def pool(url: str) -> None:
    limits = Timeouts(connect_seconds=1.0, answer_seconds=0.3)
    HttpPool(1).send("GET", f"{url}/{SECRET}?key={SECRET}", {}, limits)


def signalr(url: str) -> None:
    connection = SignalRConnection(url, url, "http://name.example", KEY)
    rest = SignalRRest(connection, HttpPool(1), StaticKey(AccessKey(KEY)), lambda: 0.0)
    rest.close(CloseGroup("life", SECRET, SECRET))


def table(url: str) -> None:
    text = f"TableEndpoint={url};SharedAccessSignature=sv=1&sig={SECRET}"
    client = TableClient(read_connection(text), "rooms", HttpPool(1), jitter=lambda: 0.0)
    client.delete(SECRET, SECRET, "*")


def queues(url: str) -> None:
    with Queues(QueueAccount(url, token=lambda: SECRET)) as each:
        each.clear(SECRET)


def turn(url: str) -> None:
    Session(url).call("GET", f"/{SECRET}?apiKey={SECRET}", 0.3)


def identity(url: str) -> None:
    """The SDK of Azure makes its own session."""
    managed_identity(None)
    requests.get(f"{url}/{SECRET}?client_id={SECRET}", timeout=0.3)


DOORS: dict[str, Callable[[str], None]] = {
    each.__name__: each for each in (pool, signalr, table, queues, turn, identity)
}


def writes_of_connections(caplog: pytest.LogCaptureFixture) -> bool:
    """As urllib3 does."""
    return any(record.name.startswith("urllib3") for record in caplog.records)


@pytest.fixture(autouse=True)
def nothing_is_hidden_yet(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Another test may have made a client, which hides paths for all."""
    for name in LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    caplog.set_level(logging.DEBUG)
    yield


@pytest.fixture
def service() -> Iterator[FaultyService]:
    with faulty_service() as service:
        yield service


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fault", ["none", "503", "404", "broken headers", "silence"])
def test_no_door_writes_its_paths(
    door: str, fault: str, service: FaultyService, caplog: pytest.LogCaptureFixture
) -> None:
    replies = {
        "503": Reply(503),
        "404": Reply(404),
        "broken headers": Reply(200, headers={"X:": "\x00", " folded": "x"}),
        "silence": Reply(200, seconds=0.5),
    }
    service.rule = lambda call: replies.get(fault)
    with contextlib.suppress(*EXPECTED, requests.RequestException):
        DOORS[door](service.url)
    assert service.calls
    assert writes_of_connections(caplog) == (door not in OURS)
    assert SECRET in f"{service.calls[0]}" or door == "signalr"
    assert SECRET not in caplog.text and "/rooms" not in caplog.text


@pytest.mark.parametrize("door", DOORS)
def test_a_service_that_is_not_there_is_not_told_of_by_its_path(
    door: str, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.suppress(*EXPECTED, requests.RequestException):
        DOORS[door](f"http://127.0.0.1:{free_port()}")
    assert writes_of_connections(caplog) == (door not in OURS) and SECRET not in caplog.text


def test_without_the_filter_it_would_be_written(
    service: FaultyService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So these tests can fail."""
    monkeypatch.setattr("turn.providers.session.hide_paths", lambda: None)
    turn(service.url)
    assert SECRET in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'http://127.0.0.1:80 "GET /a/b?x=1&sig=3 HTTP/1.1" 200 None',
            'http://127.0.0.1:80 "GET /… HTTP/1.1" 200 None',
        ),
        ('https://a:1 "POST / HTTP/1.1" 200', 'https://a:1 "POST / HTTP/1.1" 200'),
        ("for (url='/a/b?s'): Retry(total=0)", "for (url='/… Retry(total=0)"),
        ("headers (url=https://a.b:443/x?sig=1): x", "headers (url=https://a.b:443/… x"),
        ("Redirecting https://a/b -> https://c?d=e", "Redirecting https://a/… -> https://c/…"),
        ("https://[::1]:80/x?y", "https://[::1]:80/…"),
        ("exceeded with url: /x/y?z (Caused)", "exceeded with url: /… (Caused)"),
        ("Connection pool is full: name.example", "Connection pool is full: name.example"),
    ],
)
def test_what_is_left_of_a_text(text: str, said: str) -> None:
    assert without(text) == said


def test_to_hide_them_twice_changes_nothing() -> None:
    for _ in range(3):
        log_paths.hide_paths()
    assert [len(logging.getLogger(name).filters) for name in LOGGERS] == [1] * len(LOGGERS)
