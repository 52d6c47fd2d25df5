"""The internet of the lab does what its tables say. Skipped, in words, where it cannot be had."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from lab.networks import Host, Internet, Kind, missing, own_network
from lab.networks.internet import RELAY, SECOND

PORT = 3478
WAIT_SECONDS = 0.5
DELAY_MS = 60.0


@pytest.fixture(scope="module")
def internet() -> Iterator[Internet]:
    """With somebody at two addresses who says from where a datagram has come."""
    if reason := missing():
        pytest.skip(reason)
    with own_network(), closing(Internet()) as made:
        echoes = [_echo(address) for address in (RELAY, SECOND)]
        yield made
        for each in echoes:
            each.close()


def _echo(address: str) -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, PORT))

    def answer() -> None:
        while True:
            try:
                _, sender = udp.recvfrom(64)
                udp.sendto(repr(sender).encode(), sender)
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()
    return udp


def _seen(host: Host) -> list[str | None]:
    """As whom the two see one socket of the host; None: nothing came back."""

    def ask() -> list[str | None]:
        found: list[str | None] = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(WAIT_SECONDS)
            for address in (RELAY, SECOND):
                try:
                    udp.sendto(b"who am I?", (address, PORT))
                    found.append(udp.recv(64).decode())
                except OSError:
                    found.append(None)
        return found

    return host.namespace.call(ask)


def test_a_port_restricted_router_uses_one_port_for_all(internet: Internet) -> None:
    site = internet.site(Kind.PORT_RESTRICTED)
    first, second = _seen(internet.host(site))
    assert first == second and first is not None and site.address in first


def test_behind_two_routers_one_is_seen_as_the_outer_one(internet: Internet) -> None:
    site = internet.site(Kind.DOUBLE)
    first, second = _seen(internet.host(site))
    assert first == second and first is not None and site.address in first
    assert len(site.routers) == 2


def test_a_lossy_line_loses_about_as_much_as_it_is_asked_to(internet: Internet) -> None:
    host = internet.host(internet.site(Kind.PORT_RESTRICTED, loss=0.5))

    def count() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(WAIT_SECONDS)
            for _ in range(200):
                udp.sendto(b"who am I?", (RELAY, PORT))
            came = 0
            try:
                while udp.recv(64):
                    came += 1
            except TimeoutError:
                return came

    # A quarter comes back, of both ways: 50 of 200. Outside of this once in a million runs.
    assert 20 <= host.namespace.call(count) <= 85


def test_a_symmetric_router_uses_a_port_for_each(internet: Internet) -> None:
    site = internet.site(Kind.SYMMETRIC)
    first, second = _seen(internet.host(site))
    assert first is not None and second is not None
    assert first != second and site.address in first and site.address in second


@pytest.mark.parametrize("kind", [Kind.NO_UDP, Kind.WEB_ONLY, Kind.TLS_ONLY])
def test_these_routers_let_no_udp_out(internet: Internet, kind: Kind) -> None:
    assert _seen(internet.host(internet.site(kind))) == [None, None]


def _connect(host: Host, port: int) -> str:
    """Whether a TCP connection to the relay's address opens, is refused, or hears nothing."""

    def ask() -> str:
        with socket.socket() as tcp:
            tcp.settimeout(WAIT_SECONDS)
            try:
                tcp.connect((RELAY, port))
            except TimeoutError:
                return "nothing"
            except OSError:
                return "refused"
            return "open"

    return host.namespace.call(ask)


@pytest.mark.parametrize(
    ("kind", "port", "expected"),
    [
        (Kind.WEB_ONLY, 443, "open"),
        (Kind.WEB_ONLY, 8443, "refused"),
        (Kind.TLS_ONLY, 443, "open"),
        (Kind.TLS_ONLY, 8443, "nothing"),
        (Kind.NO_UDP, 8443, "open"),
    ],
)
def test_what_routers_do_with_tcp(internet: Internet, kind: Kind, port: int, expected: str) -> None:
    with socket.create_server((RELAY, port)):
        assert _connect(internet.host(internet.site(kind)), port) == expected


def test_servers_on_loopback_are_reached_as_if_they_ran_beside_a_host(internet: Internet) -> None:
    host = internet.host(internet.site(Kind.TLS_ONLY))

    def ask(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), WAIT_SECONDS):
            pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        host.namespace.call(lambda: ask(server.getsockname()[1]))


def test_a_line_is_as_slow_as_it_is_asked_to_be(internet: Internet) -> None:
    site = internet.site(Kind.PORT_RESTRICTED, delay_ms=DELAY_MS)
    host = internet.host(site)
    began = time.monotonic()
    assert None not in _seen(host)
    assert time.monotonic() - began >= 2 * 2 * DELAY_MS / 1000
    site.line.cut = True
    assert _seen(host) == [None, None]


def test_a_host_that_moves_is_somebody_else(internet: Internet) -> None:
    wifi, mobile = internet.site(Kind.PORT_RESTRICTED), internet.site(Kind.SYMMETRIC)
    host = internet.host(wifi, mobile)
    before, _ = _seen(host)
    host.use(mobile)
    after, _ = _seen(host)
    assert before is not None and wifi.address in before
    assert after is not None and mobile.address in after
