"""`python -m stats replay`: poisoned messages are put back, in Azurite's real queue service."""

import base64
from collections.abc import Iterator

import msgspec
import pytest

from cloud.queues import Queues, read_account
from stats.commands import replay as command
from stats.commands.replay import replay
from tests.cloud.azurite import KEY, azurite, free_port
from tests.stats.commands import answer
from tests.stats.reports import rows


@pytest.fixture(scope="module")
def connection() -> Iterator[str]:
    """The connection string of an account with queues."""
    with azurite("queue") as running:
        yield running.connection


@pytest.fixture
def queues(connection: str) -> Iterator[Queues]:
    with Queues(read_account({"S": connection}, "S", lambda: "")) as made:
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
    assert sum(replay(queues, "reports")) == 41
    assert sorted(lying(queues, "reports")) == sorted(sent)
    assert lying(queues, "reports-poison") == []


def test_the_command_moves_all_of_them_and_then_none(
    queues: Queues, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", connection)
    for text in texts(3):
        queues.put("reports-poison", text)
    assert answer(command) == "3 moved\n"
    assert answer(command) == "0 moved\n"
    assert len(lying(queues, "reports")) == 3


def test_without_a_poison_queue_there_is_nothing_to_do(queues: Queues) -> None:
    assert sum(replay(queues, "never-heard-of")) == 0


def test_a_service_that_is_not_there_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"QueueEndpoint=http://127.0.0.1:{free_port()}/a"
    monkeypatch.setenv("AzureWebJobsStorage", f"AccountName=a;AccountKey={KEY};{place}")
    assert command.run(None) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err == "0 moved; then: ConnectionError.\n"


def test_a_replay_that_is_stopped_loses_nothing(queues: Queues) -> None:
    sent = texts(40)
    for text in sent:
        queues.put("reports-poison", text)
    next(replay(queues, "reports"))
    assert sorted(lying(queues, "reports") + lying(queues, "reports-poison")) == sorted(sent)
