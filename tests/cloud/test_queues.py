"""The client of the queue service, with Azurite's real one."""

import base64
import time
from collections.abc import Iterator

import pytest
import requests

from cloud.queues import MAX_TAKEN, QueueAccount, QueueAway, Queues, read_account, to_sign
from lab.ports import free_port
from tests.cloud.azurite import KEY, azurite
from tests.cloud.local_storage import local_storage


@pytest.fixture(scope="module", params=["azurite", "local"])
def connection(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The connection string of an account with queues: Azurite's, and the local stack's."""
    file = tmp_path_factory.mktemp("account") / "file"
    with azurite("queue") if request.param == "azurite" else local_storage(file) as running:
        yield running.connection


@pytest.fixture
def queues(connection: str) -> Iterator[Queues]:
    with Queues(read_account({"S": connection}, "S", lambda: "")) as made:
        made.create("letters")
        yield made
        made.clear("letters")


def test_what_is_put_is_taken_and_hidden_from_others(queues: Queues) -> None:
    queues.put("letters", "<&>")
    (message,) = queues.take("letters")
    assert message.text == "<&>"
    assert queues.take("letters") == []


def test_what_is_deleted_is_gone_and_may_be_deleted_again(queues: Queues) -> None:
    queues.put("letters", "one")
    (message,) = queues.take("letters")
    for _ in range(2):
        queues.delete("letters", message)


def test_a_take_is_bounded(queues: Queues) -> None:
    for number in range(MAX_TAKEN + 1):
        queues.put("letters", str(number))
    assert [len(queues.take("letters")) for _ in range(2)] == [MAX_TAKEN, 1]


def test_a_message_that_was_not_deleted_comes_again_and_is_counted(queues: Queues) -> None:
    queues.put("letters", "one")
    (first,) = queues.take("letters", hidden_seconds=1)
    until = time.monotonic() + 10
    while not (again := queues.take("letters", 1)) and time.monotonic() < until:
        time.sleep(0.1)
    assert [(one.id, one.dequeues) for one in (first, *again)] == [(first.id, 1), (first.id, 2)]


def test_a_queue_may_be_created_again_and_is_cleared(queues: Queues) -> None:
    queues.put("letters", "one")
    queues.create("letters")
    queues.clear("letters")
    assert queues.take("letters") == []


def test_a_queue_that_is_not_there_is_empty_and_takes_nothing(queues: Queues) -> None:
    assert queues.take("never-heard-of") == []
    with pytest.raises(QueueAway, match="^HTTP 404$"):
        queues.put("never-heard-of", "text")


def test_a_service_that_is_not_there_is_away() -> None:
    account = QueueAccount(f"http://127.0.0.1:{free_port()}/a", "a", base64.b64decode(KEY))
    with Queues(account) as queues, pytest.raises(QueueAway, match="^ConnectionError$"):
        queues.take("letters")


def test_a_wrong_key_is_refused_and_not_shown(connection: str) -> None:
    other = base64.b64encode(b"another key").decode()
    account = read_account({"S": connection.replace(KEY, other)}, "S", lambda: "")
    with Queues(account) as queues, pytest.raises(QueueAway, match="^HTTP 403$"):
        queues.put("reports", "text")
    assert other not in repr(account)


def test_an_identity_sends_its_token() -> None:
    class Listening(requests.Session):
        def request(self, method: str, url: str, **options: object) -> requests.Response:  # type: ignore[override]
            self.asked = (url, options["headers"])
            answer = requests.Response()
            answer.status_code = 404
            return answer

    session, account = Listening(), QueueAccount("https://a.queue.example", token=lambda: "t")
    with Queues(account, session) as queues:
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
        ({"S": "usedevelopmentstorage=True;"}, "http://127.0.0.1:10001/devstoreaccount1"),
        (
            {"S": "AccountName=abc;AccountKey=aw==;EndpointSuffix=x.y"},
            "https://abc.queue.x.y",
        ),
    ],
)
def test_where_the_queues_are(environ: dict[str, str], url: str) -> None:
    assert read_account(environ, "S", lambda: "").url == url


@pytest.mark.parametrize("text", ["", "AccountName=a", "s3cret", "AccountName=a;AccountKey=s3cre"])
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
