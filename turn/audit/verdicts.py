"""Findings in, verdicts out. Pure. A gate that could not be measured is neither passed nor failed:
silence is no pass, and a server that sends us elsewhere has told nothing of itself.

The limits on amplification are what a well-kept coturn 4.6 reaches: the Binding answer is then as
short as RFC 8489 lets it be, a header and XOR-MAPPED-ADDRESS, which takes 12 bytes more for IPv6.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from turn.audit.findings import NO_ANSWER, TRY_ALTERNATE, Access, Findings, Heard, Reach
from turn.audit.peers import Place
from turn.audit.probes import BARE_ALLOCATE, Group

BINDING_LIMIT = {4: 1.6, 6: 2.2}  # (20 + 12) / 20 and (20 + 24) / 20
ANSWER_LIMIT = 3.6
REALM_LIMIT_BYTES = 8  # what a 401 of 72 bytes has room for
FLOOD_LIMIT = 1.0
QUOTA_REACHED = 486  # RFC 8656 §19
NO_SUCH_RELAYS = 440  # Address Family not Supported, RFC 8656 §19: it has none of this family


class Level(Enum):
    """How a gate was passed."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "not measured"


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


def unmeasured(verdicts: tuple[Verdict, ...]) -> bool:
    """Whether nothing can be said of any gate."""
    return any(verdict.level is Level.UNKNOWN for verdict in verdicts)


def answered(findings: Findings) -> bool:
    """Whether there is a server at all."""
    return any(heard.answers for heard in findings.heard)


def _verdict(gate: str, level: Level, found: str, cure: str) -> Verdict:
    return Verdict(gate, level, found, "" if level is Level.PASS else cure)


_ASKED_BY = {Group.BINDING: "Binding", Group.TURN: "Allocate"}
_AGAIN = "run the audit again: packets were lost, or the server answers only some requests"


def _unknown(gate: str, found: str, cure: str = _AGAIN) -> Verdict:
    return Verdict(gate, Level.UNKNOWN, found, cure)


def _worst(heard: list[Heard], gate: str, limit: float, cure: str, *needs: Group) -> Verdict:
    """`needs`: the groups of which something has to be answered before all is well."""
    worst = max(heard, key=lambda one: one.ratio, default=None)
    silent = [_ASKED_BY[group] for group in needs if not _heard_of(group, heard)]
    if worst is None or (worst.ratio <= limit and silent):
        return _unknown(gate, " and ".join(f"no answer to {name}" for name in silent))
    # Not the rounded figure is judged, so the figure shown has the decimals to tell.
    level = Level.PASS if worst.ratio <= limit else Level.FAIL
    found = f"{worst.ratio:.2f}× ({worst.received} B for {worst.sent} B, {worst.probe})"
    return _verdict(gate, level, found, cure)


def _binding(findings: Findings) -> Verdict:
    limit = BINDING_LIMIT[findings.target.version]
    heard = [one for one in findings.heard if one.group is Group.BINDING]
    cure = "no-software-attribute, no-rfc5780, no-stun-backward-compatibility, "
    cure += "response-origin-only-with-rfc5780; not fingerprint, not secure-stun"
    return _worst(heard, f"Binding answer at most {limit}×", limit, cure, Group.BINDING)


def _any_answer(findings: Findings) -> Verdict:
    cure = f"no-software-attribute; a realm of at most {REALM_LIMIT_BYTES} bytes; not fingerprint"
    gate = f"any answer at most {ANSWER_LIMIT}×"
    return _worst(list(findings.heard), gate, ANSWER_LIMIT, cure, Group.TURN)


def _rfc3489(findings: Findings) -> Verdict:
    gate = "RFC 3489 unanswered"
    heard = [one for one in findings.heard if one.group is Group.RFC3489 and one.answers]
    if not heard and not _heard_of(Group.BINDING, findings.heard):
        return _unknown(gate, "no answer, and none to a Binding of today")
    level = Level.FAIL if heard else Level.PASS
    found = f"answered, {heard[0].ratio:.2f}×" if heard else "no answer"
    return _verdict(gate, level, found, "no-stun-backward-compatibility")


def _software(findings: Findings) -> Verdict:
    if not any(one.code for one in findings.heard):
        return _unknown("no SOFTWARE", "nothing but junk")
    names = sorted({one.software for one in findings.heard if one.software})
    level = Level.FAIL if names else Level.PASS
    found = ", ".join(names) or "not told"
    # RFC 3489 answers of coturn 4.6 say "None" where the others say nothing.
    cure = "no-software-attribute, no-stun-backward-compatibility"
    return _verdict("no SOFTWARE", level, found, cure)


def _realm(findings: Findings) -> Verdict:
    gate = f"realm of at most {REALM_LIMIT_BYTES} bytes"
    realms = sorted({one.realm for one in findings.heard if one.realm})
    if not realms:
        return _unknown(gate, "no realm was told")
    longest = max((len(realm.encode()) for realm in realms), default=0)
    level = Level.PASS if longest <= REALM_LIMIT_BYTES else Level.WARN
    found = f"{', '.join(realms)} ({longest} bytes)"
    cure = "realm: short, and no name of a host; clients take any"
    return _verdict(gate, level, found, cure)


def _nonce(findings: Findings) -> Verdict:
    """RFC 8489 §9.2: a nonce is unpredictable and not for everybody."""
    gate = "a nonce per client"
    nonces = [one.nonce for one in findings.heard if one.nonce]
    if len(nonces) < 2:
        return _unknown(gate, f"{len(nonces)} challenges: nothing to compare")
    fresh = len(set(nonces)) == len(nonces)
    found = f"{len(set(nonces))} different in {len(nonces)} challenges"
    level = Level.PASS if fresh else Level.WARN
    return _verdict(gate, level, found, "a newer server; stale-nonce")


def _anonymous(findings: Findings) -> Verdict:
    """Whether a stranger gets a relay: then nothing else matters.

    Only a challenge says that it takes a credential: any other refusal may have another reason.
    """
    gate = "no relay for strangers"
    relays = [one.probe for one in findings.heard if one.allocated]
    if relays:
        return Verdict(gate, Level.FAIL, relays[0], "use-auth-secret; never no-auth")
    asked = [one for one in findings.heard if one.probe.startswith(BARE_ALLOCATE.name)]
    if any(one.code == 401 for one in asked):
        return Verdict(gate, Level.PASS, "401")
    away = [one.alternate for one in asked if one.code == TRY_ALTERNATE]
    if away:
        return _unknown(gate, *_redirected(away[0]))
    codes = sorted({one.code for one in asked if one.answers})
    told = ", ".join("junk" if code == NO_ANSWER else str(code) for code in codes)
    return _unknown(gate, f"no challenge: {told or 'no answer'}", "a server that answers 401")


def _redirected(alternate: str) -> tuple[str, str]:
    """A server that says 300 has neither taken nor refused anything."""
    where = f"to {alternate}" if alternate else "without saying where"
    return f"{TRY_ALTERNATE}, redirected {where}", "audit the server it names"


def _heard_of(group: Group, heard: Iterable[Heard]) -> bool:
    return any(one.answers for one in heard if one.group is group)


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
    gate = f"flood at most {FLOOD_LIMIT}×"
    if not flood.answers and not _heard_of(Group.TURN, findings.heard):
        return _unknown(gate, "no answer, and none to a single Allocate")
    level = Level.PASS if flood.ratio <= FLOOD_LIMIT else Level.WARN
    found = f"{flood.ratio:.2f}× ({flood.answers} answers to {flood.requests} in "
    found += f"{flood.seconds:.1f} s)"
    cure = "unauthorized-ratelimit (coturn 4.14 and newer), else a limit in the firewall"
    return _verdict(gate, level, found, cure)


def _access(access: Access) -> list[Verdict]:
    gate = "credential accepted"
    if 200 not in (access.allocate, access.allocate_ipv6):
        return [_refused(gate, access)]
    missing = "" if access.allocate == 200 else f", no IPv4 relay ({_shown(access.allocate)})"
    accepted = Verdict(gate, Level.PASS, f"lifetime {access.lifetime} s{missing}")
    peers = [_peers(access, place) for place in Place if place is not Place.PUBLIC]
    return [accepted, _public(access), *peers, _quota(access), _expiry(access)]


def _refused(gate: str, access: Access) -> Verdict:
    code = access.allocate
    if TRY_ALTERNATE in (code, access.allocate_ipv6):
        return _unknown(gate, *_redirected(access.alternate))
    if code == QUOTA_REACHED:
        cure = "a credential with allocations to spare"
        return Verdict(gate, Level.FAIL, f"{code}, its quota is used up", cure)
    if code == NO_ANSWER:
        return _unknown(gate, "no answer")
    cure = "a credential this server takes; nothing behind it could be checked"
    return Verdict(gate, Level.FAIL, str(code), cure)


def _shown(code: int) -> str:
    return "no answer" if code == NO_ANSWER else str(code)


def _relays(access: Access) -> dict[int, int]:
    """By the version of IP: how the Allocate of such a relay was answered."""
    return {4: access.allocate, 6: access.allocate_ipv6}


def _public(access: Access) -> Verdict:
    """Without this, a server that refuses everything would look like the safest."""
    gate = "public peers allowed"
    reaches = [r for r in access.reaches if r.peer.place is Place.PUBLIC and r.matched]
    refused = [reach for reach in reaches if not reach.allowed and not reach.unheard]
    if refused:
        cure = "denied-peer-ip: a range is too wide; one that starts at :: holds all of IPv4"
        return Verdict(gate, Level.FAIL, "refused: " + _named(refused), cure)
    unheard = [reach for reach in reaches if reach.unheard]
    if unheard or not reaches:
        return _unknown(gate, "no answer about " + _named(unheard))
    versions = [f"IPv{reach.peer.address.version}" for reach in reaches]
    return Verdict(gate, Level.PASS, " and ".join(versions))


def _named(reaches: Iterable[Reach]) -> str:
    return ", ".join(str(reach.peer.address) for reach in reaches)


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
    measured = [reach for reach in reaches if reach.matched]
    unheard = [reach for reach in measured if reach.unheard]
    if unheard or not reaches:
        return _unknown(gate, "no answer about " + _named(unheard))
    found = f"{len(measured)} refused"
    for version in sorted({r.peer.address.version for r in reaches if not r.matched}):
        code = _relays(access)[version]
        if code != NO_SUCH_RELAYS:  # there may be some, behind which nobody has looked
            found += f", those of IPv{version} not asked: no relay ({_shown(code)})"
            return _unknown(gate, found, f"a credential that gets an IPv{version} relay")
        found += f", no IPv{version} relays"
    return Verdict(gate, Level.PASS, found)


def _quota(access: Access) -> Verdict:
    gate = "allocations per credential bounded"
    if access.quota_code == 200:
        found = f"{access.allocations} at once and no end"
        return Verdict(gate, Level.FAIL, found, "user-quota")
    if access.quota_code == QUOTA_REACHED:
        return Verdict(gate, Level.PASS, f"{access.allocations} at once")
    found = f"{access.allocations} at once, then {_shown(access.quota_code)}"
    if access.quota_code == NO_ANSWER:
        return _unknown(gate, found)
    return Verdict(gate, Level.WARN, found, "user-quota; this end was another")


def _expiry(access: Access) -> Verdict:
    gate = "expiry ends an allocation"
    code = access.refresh_after_expiry
    if code is None:
        return _unknown(gate, "not tried", "--secret, or a credential about to expire")
    if not access.expired:
        found = "refreshed, and not refused as expired: the server's clock may be behind this one"
        return _unknown(gate, found, "set the clocks, and run the audit again")
    if code == 200:
        cure = "none in coturn: a low user-quota and max-bps bound it, a restart ends it"
        return Verdict(gate, Level.WARN, "refreshed after expiry", cure)
    if code == NO_ANSWER:
        return _unknown(gate, "no answer")
    return Verdict(gate, Level.PASS, f"refused with {code}")
