"""The audit against a server of a few lines, which does what no good one would."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import pytest

from turn import stun
from turn.audit import access, exchange
from turn.audit.__main__ import Unusable, audit, main
from turn.audit.access import Keys, mint
from turn.audit.client import Credential
from turn.audit.findings import Access, Target
from turn.stun import Attribute, Kind, Malformed, Message, Method

USER, PASSWORD = "user", "s3cret-password"
REALM = b"example.org"
NONCE = b"s3cret-nonce"
ALTERNATE_SERVER = 0x8023  # RFC 8489 §14.15
ELSEWHERE = b"\0\1" + (3479).to_bytes(2) + bytes([192, 0, 2, 9])


class Responder:
    """Answers each datagram with the datagrams that `answer` makes of it."""

    def __init__(self, answer: Callable[[bytes], list[bytes]]) -> None:
        self._answer = answer
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._udp.settimeout(0.02)
        self.port: int = self._udp.getsockname()[1]
        self.target = Target("localhost", "127.0.0.1", self.port)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._udp.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                datagram, source = self._udp.recvfrom(2048)
            except TimeoutError:
                continue
            for answer in self._answer(datagram):
                self._udp.sendto(answer, source)


@dataclass
class Server:
    """A TURN server with faults to choose from; it counts what it gave and got back."""

    username: str = USER
    signs: bool = True
    anonymous: bool = False
    stale: int = 0  # signed requests that get 438 first
    loses: int = 0  # signed requests it does not hear
    quota: tuple[int, int] = (3, 486)
    peers: int = 403
    families: tuple[int, ...] = (4,)  # of which it has relays
    away: bool = False  # sends everybody with a credential elsewhere
    refresh: int = 401
    later: int = 486  # what an Allocate meets after a Refresh
    given: Counter[str] = field(default_factory=Counter)

    def __call__(self, datagram: bytes) -> list[bytes]:
        try:
            request = stun.decode(datagram)
        except Malformed:
            return []
        if request.method == Method.BINDING:
            return [self._mapped(request)]
        signed = request.get(Attribute.USERNAME) is not None
        if not signed and not self.anonymous:
            return [self._refusal(request, 401)]
        if signed and self.loses:
            self.loses -= 1
            return []
        if signed and self.stale:
            self.stale -= 1
            return [self._refusal(request, 438)]
        assert not signed or stun.authentic(datagram, self._key)
        return [self._answer(request)]

    @property
    def _key(self) -> bytes:
        return stun.long_term_key(self.username, REALM, PASSWORD)

    def _answer(self, request: Message) -> bytes:
        if request.method == Method.ALLOCATE:
            return self._allocate(request)
        if request.method == Method.REFRESH and request.get(Attribute.LIFETIME) == bytes(4):
            self.given["back"] += 1
            return self._success(request)
        code = self.peers
        if request.method == Method.REFRESH:
            code, self.quota = self.refresh, (1000 if self.later == 200 else 0, self.later)
        return self._success(request) if code == 200 else self._refusal(request, code)

    def _allocate(self, request: Message) -> bytes:
        limit, code = self.quota
        family = 6 if request.get(Attribute.REQUESTED_ADDRESS_FAMILY) else 4
        if self.away:
            return self._refusal(request, 300, (ALTERNATE_SERVER, ELSEWHERE))
        if family not in self.families:
            return self._refusal(request, 440)
        if self.given["allocations"] >= limit:
            return self._refusal(request, code)
        self.given["allocations"] += 1
        relay = stun.xor_address(ip_address("127.0.0.1"), 9, request.transaction)
        return self._success(
            request,
            (Attribute.XOR_RELAYED_ADDRESS, relay),
            (Attribute.LIFETIME, (600).to_bytes(4)),
        )

    def _success(self, request: Message, *attributes: tuple[int, bytes]) -> bytes:
        answer = replace(request, kind=Kind.SUCCESS, attributes=attributes)
        return stun.encode(answer, key=self._key if self.signs else None)

    def _mapped(self, request: Message) -> bytes:
        address = stun.xor_address(ip_address("127.0.0.1"), 9, request.transaction)
        attributes = ((Attribute.XOR_MAPPED_ADDRESS, address),)
        return stun.encode(replace(request, kind=Kind.SUCCESS, attributes=attributes))

    def _refusal(self, request: Message, code: int, *more: tuple[int, bytes]) -> bytes:
        attributes = (
            *more,
            (Attribute.ERROR_CODE, bytes([0, 0, code // 100, code % 100])),
            (Attribute.REALM, REALM),
            (Attribute.NONCE, NONCE),
        )
        return stun.encode(replace(request, kind=Kind.ERROR, attributes=attributes))


def opened(server: Server) -> Access:
    with Responder(server) as responder:
        return access.check(responder.target, Keys(Credential(server.username, PASSWORD)))


def levels(text: str) -> dict[str, str]:
    return {one["gate"]: one["level"] for one in json.loads(text)["verdicts"]}


def leak(datagram: bytes) -> list[bytes]:
    """Everything a server should not do to strangers, to any request and twice."""
    request = stun.decode(datagram)
    told = (
        (Attribute.SOFTWARE, b"Leaky 1.0"),
        (Attribute.REALM, b"machine-7.internal.example.org"),
        (Attribute.NONCE, NONCE),
        (Attribute.XOR_RELAYED_ADDRESS, bytes(8)),
    )
    return [stun.encode(replace(request, kind=Kind.SUCCESS, attributes=told))] * 2


def test_a_leaky_server_fails_every_gate(capsys: pytest.CaptureFixture[str]) -> None:
    with Responder(leak) as responder:
        assert main([f"127.0.0.1:{responder.port}", "--json"]) == 1
    text = capsys.readouterr().out
    assert levels(text) == {
        "no relay for strangers": "fail",
        "Binding answer at most 1.6×": "fail",
        "any answer at most 3.6×": "fail",
        "RFC 3489 unanswered": "fail",
        "no SOFTWARE": "fail",
        "realm of at most 8 bytes": "warn",
        "a nonce per client": "warn",
    }
    assert NONCE.decode() not in text
    binding = json.loads(text)["probes"][0]
    assert binding["answers"] == 2
    assert binding["received"] == 2 * len(leak(stun.encode(_BINDING))[0])


_BINDING = Message(Method.BINDING, Kind.REQUEST, b"transaction!")


def test_relays_given_to_strangers_are_given_back() -> None:
    server = Server(anonymous=True, signs=False, quota=(9, 486))
    with Responder(server) as responder:
        found = audit(responder.target)
        time.sleep(0.1)
    relays = [one.probe for one in found.heard if one.allocated]
    assert len(relays) == server.given["allocations"] == server.given["back"] == 3


def test_a_credential_is_followed_through() -> None:
    server = Server()
    found = opened(server)
    assert (found.allocate, found.allocate_ipv6, found.lifetime) == (200, 440, 600)
    assert (found.allocations, found.quota_code) == (3, 486)
    assert {(reach.permission, reach.channel) for reach in found.reaches} == {(403, 403)}
    assert found.refresh_after_expiry is None
    assert server.given["back"] == 3


def test_a_credential_that_gets_no_ipv4_relay_is_tried_with_ipv6() -> None:
    server = Server(families=(6,))
    found = opened(server)
    assert (found.allocate, found.allocate_ipv6, found.lifetime) == (440, 200, 600)
    assert (found.allocations, found.quota_code) == (3, 486)
    assert {(reach.peer.address.version, reach.matched) for reach in found.reaches} == {
        (4, False),
        (6, True),
    }
    assert server.given["back"] == 3


def test_both_families_are_asked_on_relays_of_their_own() -> None:
    found = opened(Server(families=(4, 6)))
    assert (found.allocate, found.allocate_ipv6) == (200, 200)
    assert all(reach.matched for reach in found.reaches)


def test_a_server_that_sends_a_credential_elsewhere_is_named_as_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--user", USER, "--password", PASSWORD]
    with Responder(Server(away=True)) as responder:
        where = f"127.0.0.1:{responder.port}"
        assert main([where, *arguments]) == 1  # it answers RFC 3489
        text = capsys.readouterr().out
        main([where, *arguments, "--json"])
    told = "not measured  credential accepted: 300, redirected to 192.0.2.9 port 3479"
    assert told in text and "refused" not in text
    shown = json.loads(capsys.readouterr().out)
    assert shown["access"]["alternate"] == "192.0.2.9 port 3479"
    assert (shown["passed"], shown["measured"]) == (False, False)


def test_a_server_that_sends_strangers_elsewhere_passes_nothing_by_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def away(datagram: bytes) -> list[bytes]:
        request = stun.decode(datagram)
        code = (Attribute.ERROR_CODE, b"\0\0\3\0")
        told = replace(request, kind=Kind.ERROR, attributes=(code, (ALTERNATE_SERVER, ELSEWHERE)))
        return [stun.encode(told)]

    with Responder(away) as responder:
        main([f"127.0.0.1:{responder.port}", "--json"])
    found = levels(capsys.readouterr().out)
    for gate in ("no relay for strangers", "realm of at most 8 bytes", "a nonce per client"):
        assert found[gate] == "not measured"


class Lossy:
    """Loses the first so many requests of each kind, as they look without their transaction."""

    def __init__(self, loses: int) -> None:
        self.loses = loses
        self.seen: Counter[bytes] = Counter()

    def __call__(self, datagram: bytes) -> list[bytes]:
        kind = datagram[:8] + datagram[20:24]
        self.seen[kind] += 1
        return [] if self.seen[kind] <= self.loses else Server()(datagram)


def test_a_probe_that_was_lost_is_asked_again() -> None:
    with Responder(Lossy(loses=2)) as responder:
        found = audit(responder.target)
    by_name = {one.probe: one for one in found.heard}
    assert by_name["Allocate, UDP"].code == 401 and by_name["Binding"].code == 200
    assert by_name["Binding"].ratio == pytest.approx(1.6), "only one try is counted"


def test_a_server_that_loses_more_is_told_to_be_silent_and_asked_no_more_often() -> None:
    lossy = Lossy(loses=10)
    with Responder(lossy) as responder, pytest.raises(Unusable):
        audit(responder.target)
    assert set(lossy.seen.values()) <= {exchange.TRIES, 2 * exchange.TRIES}


def test_peers_let_through_are_found() -> None:
    assert all(reach.allowed for reach in opened(Server(peers=200)).reaches)


def test_an_end_that_is_no_quota_is_told() -> None:
    found = opened(Server(quota=(2, 508)))
    assert (found.allocations, found.quota_code) == (2, 508)


def test_a_server_without_quota_is_not_drained() -> None:
    server = Server(quota=(1000, 486))
    found = opened(server)
    assert (found.allocations, found.quota_code) == (access.MAX_ALLOCATIONS, 200)
    assert server.given["back"] == access.MAX_ALLOCATIONS


def test_a_stale_nonce_and_a_lost_request_are_no_refusal() -> None:
    found = opened(Server(stale=1, loses=1))
    assert (found.allocate, found.allocations) == (200, 3)


def test_a_success_nobody_signed_is_not_believed() -> None:
    assert opened(Server(signs=False)) == Access(0, 440)


def test_a_wrong_password_is_a_failed_gate(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(datagram: bytes) -> list[bytes]:
        return [Server()._refusal(stun.decode(datagram), 401)]

    arguments = ["--user", USER, "--password", "s3cret-wrong", "--json"]
    with Responder(refuse) as responder:
        assert main([f"127.0.0.1:{responder.port}", *arguments]) == 1
    text = capsys.readouterr().out
    assert levels(text)["credential accepted"] == "fail"
    assert "s3cret" not in text


def test_a_credential_about_to_expire_is_waited_for() -> None:
    server = Server(username=f"{int(time.time()) + 1}:id", refresh=401)
    assert opened(server).refresh_after_expiry == 401


@pytest.mark.parametrize(("later", "expired"), [(401, True), (486, False), (200, False)])
def test_a_credential_that_has_expired_by_our_clock_alone_has_not(
    later: int, expired: bool
) -> None:
    server = Server(username=f"{int(time.time()) + 1}:id", refresh=200, later=later)
    found = opened(server)
    assert (found.refresh_after_expiry, found.expired) == (200, expired)
    assert server.given["back"] == server.given["allocations"]


@pytest.mark.parametrize("ahead", [access.MAX_EXPIRY_WAIT_SECONDS + 5, 86_400 * 3650])
def test_a_credential_that_lives_on_is_not_waited_for(ahead: int) -> None:
    server = Server(username=f"{int(time.time()) + ahead}:id")
    assert opened(server).refresh_after_expiry is None


@pytest.mark.parametrize(
    ("username", "expiry"),
    [("1700000000:id", 1_700_000_000), ("1700000000", 1_700_000_000)]
    + [(other, None) for other in ("", "user", "user:1", ":1", "99999999999:id", "१२:id")],
)
def test_the_expiry_is_what_comes_first(username: str, expiry: int | None) -> None:
    assert access.expiry_of(username) == expiry


def test_a_credential_minted_is_the_one_of_turn_rest() -> None:
    # printf 1700000000:room.peer | openssl dgst -sha1 -hmac secret -binary | base64
    made = mint("secret", 1_700_000_000, "room.peer")
    assert made == Credential("1700000000:room.peer", "b5/4+r2zRQPqv2zhJacCIE3VmGQ=")
    assert made.password not in repr(made)
