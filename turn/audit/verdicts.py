"""Findings in, verdicts out. Pure. A gate that could not be measured is not passed.

The limits on amplification are what a well-kept coturn 4.6 reaches: the Binding answer is then as
short as RFC 8489 lets it be, a header and XOR-MAPPED-ADDRESS, which takes 12 bytes more for IPv6.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from turn.audit.findings import NO_ANSWER, Access, Findings, Heard
from turn.audit.peers import Place
from turn.audit.probes import Group

BINDING_LIMIT = {4: 1.6, 6: 2.2}  # (20 + 12) / 20 and (20 + 24) / 20
ANSWER_LIMIT = 3.6
REALM_LIMIT_BYTES = 8  # what a 401 of 72 bytes has room for
FLOOD_LIMIT = 1.0
QUOTA_REACHED = 486  # RFC 8656 §19


class Level(Enum):
    """How a gate was passed."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Verdict:
    """What one gate says. `cure` is empty where nothing is to be cured."""

    gate: str
    level: Level
    found: str
    cure: str = ""


def judge(findings: Findings) -> tuple[Verdict, ...]:
    """One verdict per gate that applies."""
    verdicts = [gate(findings) for gate in STRANGER]
    if findings.flood is not None:
        verdicts.append(_flood(findings))
    if findings.access is not None:
        verdicts.extend(_access(findings.access))
    return tuple(verdicts)


def failed(verdicts: tuple[Verdict, ...]) -> bool:
    """Whether any gate failed; warnings do not count."""
    return any(verdict.level is Level.FAIL for verdict in verdicts)


def answered(findings: Findings) -> bool:
    """Whether there is a server at all."""
    return any(heard.answers for heard in findings.heard)


def _verdict(gate: str, level: Level, found: str, cure: str) -> Verdict:
    return Verdict(gate, level, found, "" if level is Level.PASS else cure)


def _worst(heard: list[Heard], gate: str, limit: float, cure: str) -> Verdict:
    if not any(one.answers for one in heard):
        return Verdict(gate, Level.PASS, "no answer")
    worst = max(heard, key=lambda one: one.ratio)
    # Not the rounded figure is judged, so the figure shown has the decimals to tell.
    level = Level.PASS if worst.ratio <= limit else Level.FAIL
    found = f"{worst.ratio:.2f}× ({worst.received} B for {worst.sent} B, {worst.probe})"
    return _verdict(gate, level, found, cure)


def _binding(findings: Findings) -> Verdict:
    limit = BINDING_LIMIT[findings.target.version]
    heard = [one for one in findings.heard if one.group is Group.BINDING]
    cure = "no-software-attribute, no-rfc5780, no-stun-backward-compatibility, "
    cure += "response-origin-only-with-rfc5780; not fingerprint, not secure-stun"
    return _worst(heard, f"Binding answer at most {limit}×", limit, cure)


def _any_answer(findings: Findings) -> Verdict:
    cure = f"no-software-attribute; a realm of at most {REALM_LIMIT_BYTES} bytes; not fingerprint"
    return _worst(list(findings.heard), f"any answer at most {ANSWER_LIMIT}×", ANSWER_LIMIT, cure)


def _rfc3489(findings: Findings) -> Verdict:
    heard = [one for one in findings.heard if one.group is Group.RFC3489 and one.answers]
    level = Level.FAIL if heard else Level.PASS
    found = f"answered, {heard[0].ratio:.2f}×" if heard else "no answer"
    return _verdict("RFC 3489 unanswered", level, found, "no-stun-backward-compatibility")


def _software(findings: Findings) -> Verdict:
    names = sorted({one.software for one in findings.heard if one.software})
    level = Level.FAIL if names else Level.PASS
    found = ", ".join(names) or "not told"
    # RFC 3489 answers of coturn 4.6 say "None" where the others say nothing.
    cure = "no-software-attribute, no-stun-backward-compatibility"
    return _verdict("no SOFTWARE", level, found, cure)


def _realm(findings: Findings) -> Verdict:
    realms = sorted({one.realm for one in findings.heard if one.realm})
    longest = max((len(realm.encode()) for realm in realms), default=0)
    level = Level.PASS if longest <= REALM_LIMIT_BYTES else Level.WARN
    found = f"{', '.join(realms)} ({longest} bytes)" if realms else "not told"
    cure = "realm: short, and no name of a host; clients take any"
    return _verdict(f"realm of at most {REALM_LIMIT_BYTES} bytes", level, found, cure)


def _nonce(findings: Findings) -> Verdict:
    """RFC 8489 §9.2: a nonce is unpredictable and not for everybody."""
    nonces = [one.nonce for one in findings.heard if one.nonce]
    fresh = len(set(nonces)) == len(nonces)
    found = f"{len(set(nonces))} different in {len(nonces)} challenges"
    level = Level.PASS if fresh else Level.WARN
    return _verdict("a nonce per client", level, found, "a newer server; stale-nonce")


def _anonymous(findings: Findings) -> Verdict:
    """Whether a stranger gets a relay: then nothing else matters."""
    relays = [one.probe for one in findings.heard if one.allocated]
    if relays:
        return Verdict(
            "no relay for strangers", Level.FAIL, relays[0], "use-auth-secret; never no-auth"
        )
    asked = [one for one in findings.heard if one.group is Group.TURN]
    found = "401" if any(one.code == 401 for one in asked) else "no relay given"
    return Verdict("no relay for strangers", Level.PASS, found)


STRANGER: tuple[Callable[[Findings], Verdict], ...] = (
    _anonymous,
    _binding,
    _any_answer,
    _rfc3489,
    _software,
    _realm,
    _nonce,
)


def _flood(findings: Findings) -> Verdict:
    assert findings.flood is not None
    flood = findings.flood
    level = Level.PASS if flood.ratio <= FLOOD_LIMIT else Level.WARN
    found = f"{flood.ratio:.2f}× ({flood.answers} answers to {flood.requests} in "
    found += f"{flood.seconds:.1f} s)"
    cure = "unauthorized-ratelimit (coturn 4.14 and newer), else a limit in the firewall"
    return _verdict(f"flood at most {FLOOD_LIMIT}×", level, found, cure)


def _access(access: Access) -> list[Verdict]:
    if access.allocate != 200:
        return [Verdict("credential accepted", Level.FAIL, *_refused(access.allocate))]
    accepted = Verdict("credential accepted", Level.PASS, f"lifetime {access.lifetime} s")
    peers = [_peers(access, place) for place in Place if place is not Place.PUBLIC]
    return [accepted, _public(access), *peers, _quota(access), _expiry(access)]


def _refused(code: int) -> tuple[str, str]:
    if code == QUOTA_REACHED:
        return f"{code}, its quota is used up", "a credential with allocations to spare"
    found = "no answer" if code == NO_ANSWER else str(code)
    return found, "a credential this server takes; nothing behind it could be checked"


def _public(access: Access) -> Verdict:
    """Without this, a server that refuses everything would look like the safest."""
    gate = "public peers allowed"
    versions = (4, 6) if access.allocate_ipv6 == 200 else (4,)
    refused = [
        str(reach.peer.address)
        for reach in access.reaches
        if reach.peer.place is Place.PUBLIC and reach.peer.address.version in versions
        if not reach.allowed
    ]
    if refused:
        cure = "denied-peer-ip: a range is too wide; one that starts at :: holds all of IPv4"
        return Verdict(gate, Level.FAIL, "refused: " + ", ".join(refused), cure)
    return Verdict(gate, Level.PASS, " and ".join(f"IPv{version}" for version in versions))


_PEER_CURE = {
    Place.LOOPBACK: "not allow-loopback-peers; denied-peer-ip for 127/8, 0/8, ::1",
    Place.PRIVATE: "denied-peer-ip for 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7",
    Place.LINK_LOCAL: "denied-peer-ip for 169.254/16, fe80::/10",
    Place.METADATA: "denied-peer-ip for 169.254/16, 100.64/10, 168.63.129.16, fc00::/7",
    Place.MULTICAST: "no-multicast-peers",
    Place.RESERVED: "denied-peer-ip for 192.0.0/24, 198.18/15, 240/4",
}
# A range written by hand easily refuses all of IPv4, or lets a spelling by.
_SPELT = "; in IPv6 the ranges of infra/coturn/turnserver.conf"
_WORST = (Place.LOOPBACK, Place.PRIVATE, Place.LINK_LOCAL, Place.METADATA)


def _peers(access: Access, place: Place) -> Verdict:
    gate = f"no {place.value} peers"
    reaches = [reach for reach in access.reaches if reach.peer.place is place]
    open_ = [str(reach.peer.address) for reach in reaches if reach.allowed]
    if open_:
        level = Level.FAIL if place in _WORST else Level.WARN
        cure = _PEER_CURE[place] + (_SPELT if any(":" in text for text in open_) else "")
        return Verdict(gate, level, "allowed: " + ", ".join(open_), cure)
    unknown = [str(r.peer.address) for r in reaches if NO_ANSWER in (r.permission, r.channel)]
    if unknown or not reaches:
        found = "no answer about " + ", ".join(unknown)
        return Verdict(gate, Level.FAIL, found, "run the audit again: packets were lost")
    return Verdict(gate, Level.PASS, f"{len(reaches)} refused")


def _quota(access: Access) -> Verdict:
    gate = "allocations per credential bounded"
    if access.quota_code == 200:
        found = f"{access.allocations} at once and no end"
        return Verdict(gate, Level.FAIL, found, "user-quota")
    if access.quota_code == QUOTA_REACHED:
        return Verdict(gate, Level.PASS, f"{access.allocations} at once")
    found = f"{access.allocations} at once, then {access.quota_code or 'no answer'}"
    return Verdict(gate, Level.WARN, found, "user-quota; this end was another")


def _expiry(access: Access) -> Verdict:
    gate = "expiry ends an allocation"
    code = access.refresh_after_expiry
    if code is None:
        return Verdict(gate, Level.WARN, "not tried", "--secret, or a credential about to expire")
    if code == 200:
        cure = "none in coturn: a low user-quota and max-bps bound it, a restart ends it"
        return Verdict(gate, Level.WARN, "refreshed after expiry", cure)
    if code == NO_ANSWER:
        return Verdict(gate, Level.WARN, "no answer", "run the audit again")
    return Verdict(gate, Level.PASS, f"refused with {code}")
