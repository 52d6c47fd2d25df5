"""The audit against a real coturn: its defaults, and our profile of it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.turn.coturn import Coturn, has_ipv6
from turn.audit import exchange
from turn.audit.__main__ import audit, main, resolve
from turn.audit.access import Keys
from turn.audit.client import Credential
from turn.audit.findings import Findings
from turn.audit.probes import PROBES
from turn.audit.verdicts import Level, judge

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "infra" / "coturn" / "turnserver.conf"
SECRET = "s3cret of TURN REST"
USER, PASSWORD = "user", "s3cret-password"
USER_EXISTS = ["--lt-cred-mech", f"--user={USER}:{PASSWORD}"]
IPV6_RELAYS = ["-E", "::1"] if has_ipv6() else []


@dataclass(frozen=True)
class Audited:
    findings: Findings
    log: str

    def levels(self) -> dict[str, Level]:
        return {one.gate: one.level for one in judge(self.findings)}

    def sizes(self) -> dict[str, int]:
        return {one.probe: one.received for one in self.findings.heard}


def audited(server: Coturn, keys: Keys, *, flood: bool = False) -> Audited:
    findings = audit(resolve(f"{server.host}:{server.port}"), flood=flood, keys=keys)
    return Audited(findings, server.said())


@pytest.fixture(scope="module")
def default() -> Iterator[Audited]:
    """As it comes, with loopback peers allowed as in so many examples, and flooded."""
    with Coturn(SECRET, extra=["--allow-loopback-peers", *IPV6_RELAYS]) as server:
        found = audited(server, Keys(secret=SECRET), flood=True)
    if "Coturn-4.6.1" not in found.log:
        pytest.skip("the figures of a default coturn are those of 4.6.1")
    yield found


@pytest.fixture(scope="module")
def hardened() -> Iterator[Audited]:
    with Coturn(SECRET, config=PROFILE, extra=IPV6_RELAYS) as server:
        yield audited(server, Keys(secret=SECRET))


def test_default_coturn_answers_strangers_at_length(default: Audited) -> None:
    assert default.sizes() == {
        "Binding": 80,
        "Binding, FINGERPRINT": 88,
        "Binding, RFC 3489": 84,
        "Binding, CHANGE-REQUEST": 80,
        "Binding, unknown attribute": 80,
        "Allocate": 100,
        "Allocate, UDP": 100,
        "Allocate, UDP, FINGERPRINT": 108,
        "Refresh": 100,
        "CreatePermission": 100,
        "ChannelBind": 100,
        "Connect": 100,
    }
    ratios = {one.probe: one.ratio for one in default.findings.heard}
    assert (ratios["Binding"], ratios["Binding, RFC 3489"], ratios["Allocate"]) == (4.0, 4.2, 5.0)
    assert {one.code for one in default.findings.heard} == {200, 401, 420}
    assert {one.software for one in default.findings.heard} == {"Coturn-4.6.1 'Gorst'"}


def test_default_coturn_fails_the_gates(default: Audited) -> None:
    levels = default.levels()
    assert {gate for gate, level in levels.items() if level is Level.FAIL} == {
        "Binding answer at most 1.6×",
        "any answer at most 3.6×",
        "RFC 3489 unanswered",
        "no SOFTWARE",
        "no loopback peers",
        "no private peers",
        "no link-local peers",
        "no metadata peers",
        "allocations per credential bounded",
    }
    assert {gate for gate, level in levels.items() if level is Level.WARN} == {
        "realm of at most 8 bytes",
        "flood at most 1.0×",
        "no multicast peers",
        "no reserved peers",
        "expiry ends an allocation",
    }


def test_default_coturn_multiplies_a_flood(default: Audited) -> None:
    flood = default.findings.flood
    assert flood is not None
    assert flood.requests == exchange.FLOOD_REQUESTS
    assert flood.answers > 0.9 * flood.requests, "loopback may lose a few on a busy machine"
    assert flood.ratio == pytest.approx(5.0, rel=0.1)
    assert flood.seconds == pytest.approx(exchange.FLOOD_SECONDS, rel=0.25)


def test_default_coturn_lets_a_credential_into_the_house(default: Audited) -> None:
    access = default.findings.access
    assert access is not None
    allowed = {str(reach.peer.address) for reach in access.reaches if reach.allowed}
    assert {"127.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "168.63.129.16"} <= allowed
    assert "0.0.0.0" not in allowed
    if IPV6_RELAYS:
        assert {"::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"} <= allowed


def test_an_expired_credential_still_refreshes(default: Audited, hardened: Audited) -> None:
    for found in (default, hardened):
        assert found.findings.access is not None
        assert found.findings.access.refresh_after_expiry == 200


def test_our_profile_passes_every_gate(hardened: Audited) -> None:
    levels = hardened.levels()
    assert levels.pop("expiry ends an allocation") is Level.WARN
    assert set(levels.values()) == {Level.PASS}


def test_our_profile_answers_strangers_briefly(hardened: Audited) -> None:
    sizes = hardened.sizes()
    assert (sizes["Binding"], sizes["Binding, RFC 3489"]) == (32, 0)
    # 72 where the nonce is longer, in coturn 4.17.
    assert sizes["Allocate"] == sizes["Connect"] in (68, 72)


def test_our_profile_refuses_all_peers_but_public_ones(hardened: Audited) -> None:
    access = hardened.findings.access
    assert access is not None
    allowed = {str(reach.peer.address) for reach in access.reaches if reach.allowed}
    assert allowed == {"192.175.48.1", "2620:4f:8000::1"} if IPV6_RELAYS else {"192.175.48.1"}
    assert (access.allocations, access.quota_code) == (16, 486)


def test_our_profile_has_no_option_coturn_does_not_know(hardened: Audited, tmp_path: Path) -> None:
    if "Coturn-4.6" not in hardened.log:
        pytest.skip("newer versions have dropped options that 4.6 needs")
    pattern = r"(?i)bad config|unrecognized|unknown|warning|deprecated"
    assert not re.search(pattern, hardened.log)
    bad = tmp_path / "bad.conf"
    bad.write_text(PROFILE.read_text() + "no-such-option\n")
    with Coturn(SECRET, config=bad) as server:
        assert re.search(pattern, server.said())


@pytest.mark.skipif(not IPV6_RELAYS, reason="this machine has no ::1")
def test_our_profile_passes_over_ipv6(hardened: Audited) -> None:
    with Coturn(SECRET, config=PROFILE, host="::1") as server:
        findings = audit(resolve(f"[::1]:{server.port}"))
    binding = findings.heard[0]
    assert (binding.received, binding.ratio) == (44, 2.2)
    assert round(binding.on_wire(findings.target.overhead), 2) == 1.35
    assert {one.level for one in judge(findings)} == {Level.PASS}


def test_a_range_from_the_unspecified_address_would_refuse_everybody() -> None:
    """Why our profile has none: and why the audit asks for a public peer."""
    with Coturn(None, extra=[*USER_EXISTS, "--denied-peer-ip=::-1fff::"]) as server:
        levels = audited(server, Keys(Credential(USER, PASSWORD))).levels()
    assert levels["public peers allowed"] is Level.FAIL
    assert levels["no private peers"] is Level.PASS


@pytest.mark.skipif(not IPV6_RELAYS, reason="this machine has no ::1")
def test_a_range_compared_byte_by_byte_lets_hosts_by() -> None:
    """Why the ranges of our profile are so many: this one looks as if it were enough."""
    range_ = "--denied-peer-ip=::1-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    with Coturn(None, extra=[*USER_EXISTS, *IPV6_RELAYS, range_]) as server:
        found = audited(server, Keys(Credential(USER, PASSWORD)))
    if "Coturn-4.6" not in found.log:
        pytest.skip("coturn 4.16 compares whole addresses")
    assert found.findings.access is not None
    allowed = {str(reach.peer.address) for reach in found.findings.access.reaches if reach.allowed}
    assert "64:ff9b::a00:100" in allowed
    assert "64:ff9b::a9fe:a9fe" not in allowed


def test_a_relay_without_credentials_is_seen() -> None:
    with Coturn(None, extra=["--no-auth"]) as server:
        findings = audit(resolve(f"127.0.0.1:{server.port}"))
    (verdict,) = [one for one in judge(findings) if one.gate == "no relay for strangers"]
    assert (verdict.level, verdict.cure) == (Level.FAIL, "use-auth-secret; never no-auth")


def test_a_quota_is_counted_by_user(capsys: pytest.CaptureFixture[str]) -> None:
    with Coturn(None, extra=[*USER_EXISTS, "--user-quota=3"]) as server:
        arguments = [f"127.0.0.1:{server.port}", "--json", "--user", USER, "--password", PASSWORD]
        main(arguments)
        first = json.loads(capsys.readouterr().out)["access"]
        time.sleep(1.2)  # coturn takes a second to close what a Refresh has ended
        main(arguments)
        again = json.loads(capsys.readouterr().out)["access"]
    assert (first["allocations"], first["quotaCode"]) == (3, 486)
    assert first["refreshAfterExpiry"] is None
    assert again == first, "all of them were given back"


def test_nothing_is_sent_but_to_the_server(tmp_path: Path) -> None:
    """Peers are named in requests; Python's own audit hook sees every datagram."""
    seen = tmp_path / "seen"
    with Coturn(None, extra=[*USER_EXISTS, *IPV6_RELAYS]) as server:
        command = [sys.executable, "-c", _WATCHED, str(seen), f"127.0.0.1:{server.port}"]
        command += ["--user", USER, "--password", PASSWORD]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60)
        assert "no private peers" in done.stdout, done.stderr
        assert set(seen.read_text().splitlines()) == {str(("127.0.0.1", server.port))}
    assert len(seen.read_text().splitlines()) > len(PROBES)


_WATCHED = """
import sys
from turn.audit.__main__ import main

log = open(sys.argv[1], "w")

def watch(event, arguments):
    if event in ("socket.sendto", "socket.sendmsg", "socket.connect"):
        print(arguments[1], file=log, flush=True)

sys.addaudithook(watch)
sys.exit(main(sys.argv[2:]))
"""
