"""Findings to verdicts, as tables."""

import json
from dataclasses import replace

import pytest

from turn import stun
from turn.audit.findings import Access, Findings, Flood, Heard, Reach, Target, hear
from turn.audit.peers import PEERS, Place
from turn.audit.probes import BARE_ALLOCATE, PROBES, Group
from turn.audit.report import as_json, table
from turn.audit.verdicts import Level, Verdict, answered, failed, judge, unmeasured
from turn.stun import Attribute, Kind, Message, Method

PASS, WARN, FAIL, UNKNOWN = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN
IPV4 = Target("turn.example", "192.0.2.1", 3478)
IPV6 = Target("turn.example", "2001:db8::1", 3478)


def heard(group: Group, *answers: int, sent: int = 20, code: int = 401) -> Heard:
    name = "Allocate" if group is Group.TURN else group.value
    return Heard(name, group, sent, answers, code if answers else 0)


SILENT_RFC3489 = heard(Group.RFC3489)
GOOD = Findings(
    IPV4,
    (
        heard(Group.BINDING, 32, code=200),
        SILENT_RFC3489,
        replace(heard(Group.TURN, 72), realm="turn", nonce=b"one"),
        replace(heard(Group.TURN, 72), realm="turn", nonce=b"two"),
    ),
)


def reaches(*allowed: str) -> tuple[Reach, ...]:
    """All refused, but for the public ones and those named."""
    return tuple(
        Reach(peer, 200, 200)
        if peer.place is Place.PUBLIC or str(peer.address) in allowed
        else Reach(peer, 403, 403)
        for peer in PEERS
    )


KEPT = Access(200, 200, 600, reaches(), allocations=16, quota_code=486, refresh_after_expiry=401)


def with_heard(*more: Heard) -> Findings:
    return replace(GOOD, heard=(*GOOD.heard, *more))


def verdict(findings: Findings, start: str) -> Verdict:
    (found,) = [one for one in judge(findings) if one.gate.startswith(start)]
    return found


def test_a_server_well_kept_passes() -> None:
    verdicts = judge(replace(GOOD, access=KEPT, flood=Flood(200, 4000, 20, 1440, 2.0)))
    assert {one.level for one in verdicts} == {PASS}
    assert not any(one.cure for one in verdicts)
    assert not failed(verdicts) and not unmeasured(verdicts)


@pytest.mark.parametrize(
    ("gate", "finding", "level", "cure"),
    [
        ("Binding", heard(Group.BINDING, 33, code=200), FAIL, "no-rfc5780"),
        ("Binding", heard(Group.BINDING, 16, 16, code=200), PASS, ""),
        ("Binding", heard(Group.BINDING, 32, 32, code=200), FAIL, "no-rfc5780"),
        ("Binding", heard(Group.BINDING, 40, sent=28, code=200), PASS, ""),
        ("any answer", heard(Group.TURN, 76), FAIL, "no-software-attribute"),
        ("any answer", heard(Group.OTHER, 87, sent=24, code=420), FAIL, "realm"),
        ("any answer", heard(Group.OTHER, 86, sent=24, code=420), PASS, ""),
        ("RFC 3489", heard(Group.RFC3489, 20, code=0), FAIL, "no-stun-backward-compatibility"),
        (
            "no SOFTWARE",
            replace(heard(Group.BINDING, 32), software="Coturn"),
            FAIL,
            "no-software-attribute",
        ),
        ("realm", replace(heard(Group.TURN, 72), realm="12345678"), PASS, ""),
        ("realm", replace(heard(Group.TURN, 72), realm="123456789"), WARN, "short"),
        ("a nonce", replace(heard(Group.TURN, 72), nonce=b"three"), PASS, ""),
        ("a nonce", replace(heard(Group.TURN, 72), nonce=b"two"), WARN, "stale-nonce"),
        (
            "no relay",
            replace(heard(Group.TURN, 48, code=200), allocated=True),
            FAIL,
            "use-auth-secret",
        ),
    ],
)
def test_what_strangers_get_is_judged(gate: str, finding: Heard, level: Level, cure: str) -> None:
    found = verdict(with_heard(finding), gate)
    assert found.level is level
    assert cure in found.cure
    assert bool(cure) == bool(found.cure)


def test_ipv6_has_room_for_a_longer_address() -> None:
    longer = with_heard(heard(Group.BINDING, 44, code=200))
    assert verdict(longer, "Binding").level is FAIL
    assert verdict(replace(longer, target=IPV6), "Binding").level is PASS


def test_of_a_server_that_speaks_only_turn_nothing_is_said_of_binding() -> None:
    silent = replace(GOOD, heard=(heard(Group.BINDING), SILENT_RFC3489, heard(Group.TURN, 72)))
    for gate in ("Binding", "RFC 3489"):
        assert verdict(silent, gate).level is UNKNOWN
    verdicts = judge(silent)
    assert not failed(verdicts) and unmeasured(verdicts)
    assert answered(silent)
    assert not answered(replace(GOOD, heard=(heard(Group.BINDING), heard(Group.TURN))))


def test_silence_is_no_pass() -> None:
    only_binding = replace(GOOD, heard=(GOOD.heard[0], SILENT_RFC3489, heard(Group.TURN)))
    silent = replace(only_binding, flood=Flood(200, 4000, 0, 0, 2.0))
    levels = {one.gate.split(" at ")[0]: one.level for one in judge(silent)}
    assert levels == {
        "no relay for strangers": UNKNOWN,
        "Binding answer": PASS,
        "any answer": UNKNOWN,
        "RFC 3489 unanswered": PASS,
        "no SOFTWARE": PASS,
        "realm of": UNKNOWN,
        "a nonce per client": UNKNOWN,
        "flood": UNKNOWN,
    }
    junk = replace(GOOD, heard=tuple(replace(one, code=0) for one in GOOD.heard))
    assert verdict(junk, "no SOFTWARE").level is UNKNOWN


def test_what_is_too_long_fails_whoever_else_is_silent() -> None:
    long = replace(GOOD, heard=(heard(Group.OTHER, 90, code=420), heard(Group.TURN)))
    assert verdict(long, "any answer").level is FAIL
    assert (
        "no answer to Allocate"
        in verdict(
            replace(GOOD, heard=(heard(Group.OTHER, 30, code=420), heard(Group.TURN))), "any answer"
        ).found
    )


def test_one_challenge_shows_no_nonce_per_client() -> None:
    once = replace(GOOD, heard=GOOD.heard[:3])
    assert (verdict(once, "a nonce").level, verdict(once, "no relay").level) == (UNKNOWN, PASS)


@pytest.mark.parametrize(
    ("code", "alternate", "found"),
    [
        (300, "192.0.2.9 port 3479", "300, redirected to 192.0.2.9 port 3479"),
        (300, "", "300, redirected without saying where"),
        (403, "", "no challenge: 403"),
        (0, "", "no challenge: junk"),
    ],
)
def test_only_a_challenge_shows_that_strangers_get_no_relay(
    code: int, alternate: str, found: str
) -> None:
    asked = replace(heard(Group.TURN, 72, code=code), alternate=alternate)
    said = verdict(replace(GOOD, heard=(GOOD.heard[0], asked)), "no relay")
    assert (said.level, said.found) == (UNKNOWN, found)
    assert said.cure


@pytest.mark.parametrize(("received", "level"), [(4000, PASS), (4001, WARN)])
def test_a_flood_is_not_to_grow(received: int, level: Level) -> None:
    found = verdict(replace(GOOD, flood=Flood(200, 4000, 55, received, 2.0)), "flood")
    assert found.level is level
    assert ("unauthorized-ratelimit" in found.cure) == (level is WARN)


@pytest.mark.parametrize(
    ("gate", "allowed", "level", "cure"),
    [
        ("no loopback", "127.0.0.1", FAIL, "allow-loopback-peers"),
        ("no loopback", "::ffff:127.0.0.1", FAIL, "infra/coturn/turnserver.conf"),
        ("no private", "10.0.0.1", FAIL, "10/8"),
        ("no private", "64:ff9b::a00:100", FAIL, "infra/coturn/turnserver.conf"),
        ("no link-local", "fe80::1", FAIL, "fe80::/10"),
        ("no metadata", "169.254.169.254", FAIL, "169.254/16"),
        ("no metadata", "168.63.129.16", FAIL, "168.63.129.16"),
        ("no multicast", "224.0.0.1", WARN, "no-multicast-peers"),
        ("no reserved", "240.0.0.1", WARN, "240/4"),
    ],
)
def test_peers_are_judged(gate: str, allowed: str, level: Level, cure: str) -> None:
    access = replace(KEPT, reaches=reaches(allowed))
    findings = replace(GOOD, access=access)
    found = verdict(findings, gate)
    assert found.level is level
    assert allowed in found.found
    assert cure in found.cure
    others = [one for one in judge(findings) if one != found]
    assert {one.level for one in others} == {PASS}


@pytest.mark.parametrize(
    ("gate", "access", "level"),
    [
        ("credential", replace(KEPT, allocate=401, allocate_ipv6=401), FAIL),
        ("credential", replace(KEPT, allocate=0, allocate_ipv6=0), UNKNOWN),
        ("credential", replace(KEPT, allocate=486, allocate_ipv6=486), FAIL),
        ("credential", replace(KEPT, allocate=300, allocate_ipv6=300), UNKNOWN),
        ("credential", replace(KEPT, allocate=440), PASS),
        ("allocations", replace(KEPT, allocations=20, quota_code=200), FAIL),
        ("allocations", replace(KEPT, quota_code=508), WARN),
        ("allocations", replace(KEPT, quota_code=0), UNKNOWN),
        ("expiry", replace(KEPT, refresh_after_expiry=200), WARN),
        ("expiry", replace(KEPT, refresh_after_expiry=None), UNKNOWN),
        ("expiry", replace(KEPT, refresh_after_expiry=0), UNKNOWN),
        ("expiry", replace(KEPT, refresh_after_expiry=438), PASS),
        ("expiry", replace(KEPT, refresh_after_expiry=200, expired=False), UNKNOWN),
        ("no private", replace(KEPT, reaches=()), UNKNOWN),
        ("public", replace(KEPT, reaches=()), UNKNOWN),
        ("public", replace(KEPT, reaches=tuple(Reach(peer, 403, 403) for peer in PEERS)), FAIL),
    ],
)
def test_what_a_credential_opens_is_judged(gate: str, access: Access, level: Level) -> None:
    found = verdict(replace(GOOD, access=access), gate)
    assert found.level is level
    assert bool(found.cure) == (level is not PASS)


def test_a_peer_nobody_answered_about_is_not_refused() -> None:
    unheard = tuple(
        replace(reach, channel=0) if str(reach.peer.address) == "10.0.0.1" else reach
        for reach in reaches()
    )
    found = verdict(replace(GOOD, access=replace(KEPT, reaches=unheard)), "no private")
    assert (found.level, found.found) == (UNKNOWN, "no answer about 10.0.0.1")


def only(version: int, *allowed: str) -> tuple[Reach, ...]:
    """The peers of the other version of IP were asked on a relay of this one."""
    return tuple(
        reach
        if reach.peer.address.version == version
        else replace(reach, matched=False)
        if str(reach.peer.address) in allowed
        else replace(reach, permission=443, channel=443, matched=False)
        for reach in reaches(*allowed)
    )


@pytest.mark.parametrize(("version", "other"), [(4, 6), (6, 4)])
def test_a_server_that_has_no_relays_of_a_family_needs_none(version: int, other: int) -> None:
    codes = {f"allocate{'_ipv6' if other == 6 else ''}": 440}
    findings = replace(GOOD, access=replace(KEPT, **codes, reaches=only(version)))
    public, private = verdict(findings, "public"), verdict(findings, "no private")
    assert (public.level, public.found) == (PASS, f"IPv{version}")
    assert private.level is PASS and private.found.endswith(f", no IPv{other} relays")
    assert {one.level for one in judge(findings)} == {PASS}


@pytest.mark.parametrize("code", [0, 300, 403, 486, 508])
def test_peers_that_could_not_be_asked_are_not_refused(code: int) -> None:
    findings = replace(GOOD, access=replace(KEPT, allocate_ipv6=code, reaches=only(4)))
    found = verdict(findings, "no private")
    assert (found.level, "those of IPv6 not asked" in found.found) == (UNKNOWN, True)
    assert verdict(findings, "no reserved").level is PASS  # all of them are of IPv4
    allowed = only(4, "::ffff:10.0.0.1")
    findings = replace(GOOD, access=replace(KEPT, allocate_ipv6=code, reaches=allowed))
    assert verdict(findings, "no private").level is FAIL
    assert unmeasured(judge(findings))


def test_a_public_peer_nobody_answered_about_is_not_refused() -> None:
    unheard = tuple(
        replace(reach, permission=0, channel=0) if reach.peer.place is Place.PUBLIC else reach
        for reach in reaches()
    )
    found = verdict(replace(GOOD, access=replace(KEPT, reaches=unheard)), "public")
    assert (found.level, found.found) == (UNKNOWN, "no answer about 192.175.48.1, 2620:4f:8000::1")


# From datagrams to findings.

REQUEST = BARE_ALLOCATE.request(b"transaction!")


def answer(*attributes: tuple[int, bytes], kind: Kind = Kind.ERROR) -> bytes:
    return stun.encode(Message(Method.ALLOCATE, kind, b"transaction!", attributes))


def test_every_datagram_counts_and_the_one_that_answers_is_read() -> None:
    told = answer(
        (Attribute.ERROR_CODE, b"\0\0\4\1"),
        (Attribute.SOFTWARE, b"Leaky\x1b[2J server\0"),
        (Attribute.REALM, b"realm"),
        (Attribute.NONCE, b"nonce"),
    )
    found = hear(BARE_ALLOCATE, REQUEST, [b"junk", told, told])
    assert found.answers == (4, len(told), len(told))
    assert (found.code, found.realm, found.nonce) == (401, "realm", b"nonce")
    assert "\x1b" not in found.software
    assert found.ratio == (4 + 2 * len(told)) / 20
    assert found.on_wire(28) == (4 + 2 * len(told) + 3 * 28) / 48
    assert not found.allocated


@pytest.mark.parametrize(
    "datagram",
    [b"junk", answer()[:4] + bytes(16), REQUEST[:4] + REQUEST[4:] + b"\0"],
    ids=["junk", "another transaction", "cut"],
)
def test_what_is_no_answer_has_no_code(datagram: bytes) -> None:
    found = hear(BARE_ALLOCATE, REQUEST, [datagram])
    assert (found.code, found.received) == (0, len(datagram))


def test_a_relay_given_is_seen() -> None:
    address = (Attribute.XOR_RELAYED_ADDRESS, bytes(8))
    assert hear(BARE_ALLOCATE, REQUEST, [answer(address, kind=Kind.SUCCESS)]).allocated


def test_the_probes_are_as_long_as_they_look() -> None:
    sizes = {probe.name: len(probe.request(b"transaction!")) for probe in PROBES}
    assert sizes["Binding"] == sizes["Binding, RFC 3489"] == sizes["Allocate"] == 20
    assert sizes["Binding, FINGERPRINT"] == sizes["Allocate, UDP"] == 28
    assert sizes["Allocate, UDP, FINGERPRINT"] == 36
    assert len(sizes) == len(PROBES)


@pytest.mark.parametrize(
    ("value", "alternate"),
    [
        (b"\0\1\x0d\x96\xc0\0\2\x09", "192.0.2.9 port 3478"),
        (b"\0\2\x0d\x96\x20\1\x0d\xb8" + bytes(11) + b"\x09", "2001:db8::9 port 3478"),
        (b"\0\2\x0d\x96\xc0\0\2\x09", ""),
        (b"\0\3\x0d\x96\xc0\0\2\x09", ""),
        (b"", ""),
    ],
)
def test_a_redirect_says_where_it_leads(value: bytes, alternate: str) -> None:
    told = answer((Attribute.ERROR_CODE, b"\0\0\3\0"), (0x8023, value))
    found = hear(BARE_ALLOCATE, REQUEST, [told])
    assert (found.code, found.alternate) == (300, alternate)
    elsewhere = answer((Attribute.ERROR_CODE, b"\0\0\4\1"), (0x8023, value))
    assert hear(BARE_ALLOCATE, REQUEST, [elsewhere]).alternate == ""


# What is shown.

SHOWN = replace(
    with_heard(heard(Group.OTHER, 4, code=0)), access=KEPT, flood=Flood(200, 4000, 200, 20_000, 2.0)
)


def test_the_table_shows_every_probe_and_verdict() -> None:
    verdicts = judge(SHOWN)
    text = table(SHOWN, verdicts)
    assert "TURN audit of turn.example (192.0.2.1 port 3478, UDP)" in text
    assert "binding     20      32    1.60×        1.25×  200" in text
    assert "rfc3489     20       0        –            –  no answer" in text
    assert "other       20       4    0.20×        0.67×  junk" in text
    assert all(one.gate in text for one in verdicts)
    assert "warn  flood at most 1.0×: 5.00× (200 answers to 200 in 2.0 s)\n      cure:" in text
    assert text.endswith("1 to mind, 0 failed.")


def test_json_has_the_same() -> None:
    shown = as_json(SHOWN, judge(SHOWN))
    assert json.loads(json.dumps(shown)) == shown
    assert shown["passed"] is True
    assert shown["probes"][0]["ratio"] == 1.6
    assert shown["probes"][0]["wireRatio"] == 1.25
    assert shown["flood"]["ratio"] == 5.0
    assert shown["access"]["allocations"] == 16
    assert len(shown["access"]["peers"]) == len(PEERS)
    bare = as_json(GOOD, judge(GOOD))
    assert (bare["flood"], bare["access"]) == (None, None)


def test_what_was_not_measured_is_shown_as_that() -> None:
    away = replace(heard(Group.TURN, 40, code=300), alternate="192.0.2.9 port 3478")
    findings = replace(GOOD, heard=(GOOD.heard[0], away))
    verdicts = judge(findings)
    text, shown = table(findings, verdicts), as_json(findings, verdicts)
    assert "300 to 192.0.2.9 port 3478" in text
    assert "not measured  no relay for strangers: 300, redirected to 192.0.2.9 port 3478" in text
    assert text.endswith("0 failed, 3 not measured.")
    assert (shown["passed"], shown["measured"]) == (False, False)
    assert shown["probes"][1]["alternate"] == "192.0.2.9 port 3478"


def test_nobody_is_shown_a_nonce() -> None:
    secret = replace(GOOD, heard=(replace(heard(Group.TURN, 72), nonce=b"s3cret"),))
    shown = table(secret, judge(secret)) + json.dumps(as_json(secret, judge(secret)))
    assert "s3cret" not in shown + repr(secret)
