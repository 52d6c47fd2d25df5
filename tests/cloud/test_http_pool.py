"""HTTP calls over kept connections: what is told of each failure, and nothing is done twice."""

import socket
import threading
from collections.abc import Iterator

import pytest

from cloud.http_pool import HttpPool, NoAnswer, NotReached, Timeouts
from lab.ports import free_port
from lab.signalr_service import FaultyService, Reply, faulty_service

SOON = Timeouts(connect_seconds=1.0, answer_seconds=0.3)


@pytest.fixture
def service() -> Iterator[FaultyService]:
    with faulty_service() as running:
        yield running


def test_a_call_and_its_answer(service: FaultyService) -> None:
    service.rule = lambda call: Reply(429, b"later", {"Retry-After": "7"})
    got = HttpPool(1).send(
        "POST", f"{service.url}/x?y=1", {"Authorization": "Bearer t"}, SOON, b"b"
    )
    assert (got.status, got.body, got.retry_after) == (429, b"later", "7")
    (call,) = service.calls
    assert (call.verb, call.path, call.query, call.body) == ("POST", "/x", "y=1", b"b")
    assert call.token == "t"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed_because_the_token_would_go_along(
    service: FaultyService, status: int
) -> None:
    service.rule = lambda call: Reply(status, headers={"Location": f"{service.url}/elsewhere"})
    assert HttpPool(1).send("GET", f"{service.url}/x", {}, SOON).status == status
    assert service.paths("GET") == ["/x"]


def test_no_proxy_is_taken_out_of_the_environment(
    service: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert HttpPool(1).send("GET", f"{service.url}/x", {}, SOON).status == 200


def test_nobody_there_was_not_reached() -> None:
    with pytest.raises(NotReached) as error:
        HttpPool(1).send("GET", f"http://127.0.0.1:{free_port()}/rooms/secret", {}, SOON)
    assert "secret" not in str(error.value) and error.value.__cause__ is None


def test_a_name_that_does_not_exist_was_not_reached() -> None:
    with pytest.raises(NotReached):
        HttpPool(1).send("GET", "http://nobody.invalid/", {}, SOON)


def test_an_answer_that_does_not_come_in_time_is_no_answer(service: FaultyService) -> None:
    service.rule = lambda call: Reply(200, seconds=1.0)
    with pytest.raises(NoAnswer, match="^ReadTimeoutError$"):
        HttpPool(1).send("POST", f"{service.url}/x", {}, SOON)
    assert len(service.calls) == 1


def test_a_connection_that_breaks_before_the_answer_was_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            accepted, _ = listening.accept()
            accepted.recv(100)
            accepted.close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(NotReached):
            HttpPool(1).send("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/", {}, SOON)


def test_one_connection_carries_many_calls(service: FaultyService) -> None:
    pool = HttpPool(1)
    for number in range(5):
        assert pool.send("GET", f"{service.url}/{number}", {}, SOON).status == 200
    assert service.paths("GET") == [f"/{number}" for number in range(5)]
    assert len({call.port for call in service.calls}) == 1


def test_more_threads_than_kept_connections_are_all_served(service: FaultyService) -> None:
    pool, statuses = HttpPool(2), list[int]()

    def call() -> None:
        for _ in range(5):
            statuses.append(pool.send("GET", f"{service.url}/x", {}, Timeouts(1.0, 5.0)).status)

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60
