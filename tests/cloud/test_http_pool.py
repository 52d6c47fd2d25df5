"""HTTP calls over kept connections: what is told of each failure, and nothing is done twice."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from cloud.http_pool import Broken, HttpPool, NoAnswer, NotReached, Timeouts
from lab.ports import free_port
from lab.signalr_service import Call, FaultyService, Reply, faulty_service

SOON = Timeouts(connect_seconds=1.0, answer_seconds=0.3)
LONG = Timeouts(connect_seconds=5.0, answer_seconds=5.0)


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
    with pytest.raises(NoAnswer, match="^TimeoutError$"):
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


def test_calls_that_are_started_are_under_way_at_once(service: FaultyService) -> None:
    pool, meet = HttpPool(2), threading.Barrier(2)

    def both(_: Call) -> None:
        meet.wait(5)

    service.rule = both
    with ThreadPoolExecutor(2) as threads:  # two connections are open then
        list(threads.map(lambda _: pool.send("GET", f"{service.url}/a", {}, LONG), range(2)))
    begun = [pool.start("POST", f"{service.url}/{x}", {}, LONG, x.encode()) for x in "bc"]
    assert [sent.reply().status for sent in begun if sent is not None] == [202, 202]
    assert sorted(call.body for call in service.calls if call.verb == "POST") == [b"b", b"c"]


def test_a_call_is_started_only_where_a_connection_is_open(service: FaultyService) -> None:
    pool = HttpPool(2)
    assert pool.start("GET", f"{service.url}/a", {}, SOON) is None
    assert service.calls == []
    for _ in range(3):
        pool.send("GET", f"{service.url}/a", {}, SOON)
        begun = pool.start("GET", f"{service.url}/b", {}, SOON)
        assert begun is not None and pool.start("GET", f"{service.url}/c", {}, SOON) is None
        assert begun.reply().status == 200
    assert len({call.port for call in service.calls}) == 1


def test_a_started_call_without_an_answer_ends_in_time_and_with_its_connection(
    service: FaultyService,
) -> None:
    pool, free = HttpPool(1), threading.Event()
    pool.send("GET", f"{service.url}/a", {}, SOON)

    def mute(_: Call) -> None:
        free.wait(5)

    service.rule = mute
    begun = pool.start("GET", f"{service.url}/b", {}, SOON)
    before = time.monotonic()
    assert begun is not None
    with pytest.raises(NoAnswer):
        begun.reply()
    assert time.monotonic() - before < SOON.answer_seconds + 0.5
    assert pool.start("GET", f"{service.url}/c", {}, SOON) is None
    free.set()


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


# --- what no well-behaved server does, and TLS ----------------------------------------------------

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def serving(
    answer: Callable[[socket.socket, int], object], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server that reads one call after another and lets `answer` have each: its port.

    `answer` gets the connection and the number of the call on it.
    """

    def serve(accepted: socket.socket) -> None:
        try:
            with tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
                number = 0
                while connection.recv(65_536):
                    answer(connection, number)
                    number += 1
        except OSError:  # who calls has hung up
            accepted.close()

    def accept() -> None:
        try:
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()
        except OSError:  # it is over
            return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def get(pool: HttpPool, port: int, scheme: str = "http", host: str = "127.0.0.1") -> bytes:
    return pool.send("GET", f"{scheme}://{host}:{port}/x", {}, SOON).body


def test_a_connection_that_has_ended_meanwhile_is_not_used() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(FINE)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(answer) as port:
        pool = HttpPool(1)
        for _ in range(3):
            assert get(pool, port) == b"ok"
            time.sleep(0.05)  # until its end has come


def timers_to(port: int) -> list[str]:
    """The kernel's timer of each connection to a port, from its table: 02 is that of keepalive."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[5][:2] for row in rows if int(row[2].split(":")[1], 16) == port]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the table is one of Linux")
def test_a_connection_that_is_kept_is_not_silent_for_minutes(service: FaultyService) -> None:
    pool = HttpPool(1)
    pool.send("GET", f"{service.url}/x", {}, SOON)
    port = urlsplit(service.url).port
    assert port is not None and timers_to(port) == ["02"]


def test_bytes_that_nobody_asked_for_are_not_the_answer_to_the_next_call() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(FINE + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

    with serving(answer) as port:
        pool = HttpPool(1)
        assert [get(pool, port) for _ in range(3)] == [b"ok"] * 3


def test_an_answer_that_comes_in_drops_ends_in_time() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        for _ in range(40):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)

    with serving(answer) as port:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="^TimeoutError$"):
            get(HttpPool(1), port)
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("said", "kind"),
    [(b"SSH-2.0-OpenSSH\r\n\r\n", "Malformed"), (FINE[:-1], "CutOff"), (b"", "CutOff")],
)
def test_what_is_no_answer_breaks_the_connection(said: bytes, kind: str) -> None:
    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(said)
        connection.close()

    with serving(answer) as port, pytest.raises(Broken, match=f"^{kind}$"):
        get(HttpPool(1), port)


def test_what_waits_of_a_call_that_failed_is_not_the_answer_to_the_next_one() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        time.sleep(0.5)
        connection.sendall(FINE.replace(b"ok", b"00"))

    def at_once(connection: socket.socket, number: int) -> None:
        connection.sendall(FINE)

    way = [answer]
    with serving(lambda connection, number: way[0](connection, number)) as port:
        pool = HttpPool(1)
        with pytest.raises(NoAnswer):
            get(pool, port)
        way[0] = at_once
        time.sleep(0.5)
        assert get(pool, port) == b"ok"


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "/x", "http:///x", "http://user:secret@a.example/", "http://a:x/"]
)
def test_what_is_no_url_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(?!.*secret)"):
        HttpPool(1).send("GET", url, {}, SOON)


def test_connections_end_with_the_pool(service: FaultyService) -> None:
    pool = HttpPool(1)
    pool.send("GET", f"{service.url}/x", {}, SOON)
    (idle,) = pool._idle.values()
    (kept,) = idle
    del pool
    assert kept.fileno() == -1


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, ca: trustme.CA, ca_file: str) -> Iterator[int]:
    """The port of a server for `localhost` whose authority is known."""
    monkeypatch.setattr("certifi.where", lambda: ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)

    def answer(connection: socket.socket, number: int) -> None:
        body = str(number).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + body)

    with serving(answer, context) as port:
        yield port


def test_by_tls_one_connection_carries_many_calls(tls: int) -> None:
    pool = HttpPool(1)
    said = [get(pool, tls, "https", "localhost") for _ in range(3)]
    assert said == [b"0", b"1", b"2"]


def test_a_certificate_for_another_name_is_not_taken(tls: int) -> None:
    with pytest.raises(NotReached, match="^SSLCertVerificationError$"):
        get(HttpPool(1), tls, "https", "127.0.0.1")


def test_an_authority_that_nobody_knows_is_not_taken(
    tls: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setattr("certifi.where", lambda: str(other))
    with pytest.raises(NotReached, match="^SSLCertVerificationError$"):
        get(HttpPool(1), tls, "https", "localhost")


def test_a_server_without_tls_is_not_spoken_to(service: FaultyService) -> None:
    with pytest.raises(NotReached):
        HttpPool(1).send("GET", service.url.replace("http", "https"), {}, SOON)
    assert service.calls == []
