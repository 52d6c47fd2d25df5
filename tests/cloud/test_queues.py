"""Poisoned messages are put back: on Azurite's real queue service."""

import base64
import subprocess
from collections.abc import Iterator

import msgspec
import pytest
import requests

from cloud.queues import Account, QueueAway, Queues, read_account, to_sign
from stats.commands import replay
from tests.cloud.azurite import ACCOUNT, AZURITE, KEY, free_port, until_it_listens
from tests.stats.commands import answer
from tests.stats.reports import rows


@pytest.fixture(scope="module")
def connection() -> Iterator[str]:
    """The connection string of an account with queues."""
    port = free_port()
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
    process = subprocess.Popen(
        [AZURITE.with_name("azurite-queue"), *options, "--queuePort", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        until_it_listens(port, process)
        place = f"QueueEndpoint=http://127.0.0.1:{port}/{ACCOUNT}"
        yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{place};"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def queues(connection: str) -> Iterator[Queues]:
    account = read_account({"S": connection}, "S", lambda: "")
    with Queues(account) as made:
        for name in ("reports", "reports-poison"):
            made.create(name)
        yield made
        for name in ("reports", "reports-poison"):
            made.clear(name)


def texts(count: int) -> list[str]:
    """Messages as the host writes them."""
    return [base64.b64encode(msgspec.json.encode(one)).decode() for one in rows(count)]


def lying(queues: Queues, name: str) -> list[str]:
    found: list[str] = []
    while messages := queues.take(name):
        found += [message.text for message in messages]
    return found


def test_all_of_them_are_put_back_as_they_are(queues: Queues) -> None:
    sent = [*texts(40), "<&>"]
    for text in sent:
        queues.put("reports-poison", text)
    assert sum(queues.replay("reports")) == 41
    assert sorted(lying(queues, "reports")) == sorted(sent)
    assert lying(queues, "reports-poison") == []


def test_the_command(queues: Queues, connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", connection)
    for text in texts(3):
        queues.put("reports-poison", text)
    assert answer(replay) == "3 moved\n"
    assert answer(replay) == "0 moved\n"
    assert len(lying(queues, "reports")) == 3


def test_without_a_poison_queue_there_is_nothing_to_do(queues: Queues) -> None:
    assert sum(queues.replay("never-heard-of")) == 0


def test_a_wrong_key_is_refused_and_not_shown(connection: str) -> None:
    other = base64.b64encode(b"another key").decode()
    account = read_account({"S": connection.replace(KEY, other)}, "S", lambda: "")
    with Queues(account) as queues, pytest.raises(QueueAway, match="^HTTP 403$"):
        queues.put("reports", "text")
    assert other not in repr(account)


def test_a_service_that_is_not_there_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"QueueEndpoint=http://127.0.0.1:{free_port()}/a"
    monkeypatch.setenv("AzureWebJobsStorage", f"AccountName=a;AccountKey={KEY};{place}")
    assert replay.run(None) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err == "0 moved; then: ConnectionError.\n"


def test_an_identity_sends_its_token() -> None:
    class Listening(requests.Session):
        def request(self, method: str, url: str, **options: object) -> requests.Response:  # type: ignore[override]
            self.asked = (url, options["headers"])
            answer = requests.Response()
            answer.status_code = 404
            return answer

    with Queues(Account("https://a.queue.example", token=lambda: "t")) as queues:
        queues.session = session = Listening()
        assert queues.take("reports-poison") == []
    url, headers = session.asked
    assert url.startswith("https://a.queue.example/reports-poison/messages?")
    assert isinstance(headers, dict) and headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"S__accountName": "abc"}, "https://abc.queue.core.windows.net"),
        ({"S__queueServiceUri": "https://q.example/"}, "https://q.example"),
        ({"S": "UseDevelopmentStorage=true"}, "http://127.0.0.1:10001/devstoreaccount1"),
        (
            {"S": "AccountName=abc;AccountKey=aw==;EndpointSuffix=x.y"},
            "https://abc.queue.x.y",
        ),
    ],
)
def test_where_the_queues_are(environ: dict[str, str], url: str) -> None:
    assert read_account(environ, "S", lambda: "").url == url


@pytest.mark.parametrize("text", ["", "AccountName=a", "s3cret"])
def test_without_an_account_it_says_what_to_set(text: str) -> None:
    with pytest.raises(ValueError, match="^S is not set") as refusal:
        read_account({"S": text}, "S", lambda: "")
    assert "s3cret" not in str(refusal.value)


def test_what_is_signed() -> None:
    headers = {"x-ms-date": "D", "x-ms-version": "V", "Content-Type": "application/xml"}
    url = "https://a.queue.example/q/messages?visibilitytimeout=60&numofmessages=32"
    assert to_sign("POST", url, "a", headers, 7) == (
        "POST\n\n\n7\n\napplication/xml\n\n\n\n\n\n\nx-ms-date:D\nx-ms-version:V\n"
        "/a/q/messages\nnumofmessages:32\nvisibilitytimeout:60"
    )
