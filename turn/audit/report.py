"""Findings and verdicts for people and for programs. Pure; neither shows a nonce or a password."""

from collections.abc import Iterable
from typing import Any

from turn.audit.findings import NO_ANSWER, TRY_ALTERNATE, Access, Findings, Heard
from turn.audit.verdicts import Level, Verdict, failed, unmeasured

_HEAD = ("probe", "sent", "answer", "payload", "on the wire", "says")


def table(findings: Findings, verdicts: tuple[Verdict, ...]) -> str:
    """The whole audit as text."""
    target = findings.target
    title = f"TURN audit of {target.host} ({target.address} port {target.port}, UDP)"
    rows = [_HEAD, *(_row(heard, target.overhead) for heard in findings.heard)]
    note = f"Bytes of UDP payload; on the wire each datagram has {target.overhead} more."
    parts = [title, _columns(rows), note, "\n".join(map(_lines, verdicts)), _end(verdicts)]
    return "\n\n".join(parts)


def as_json(findings: Findings, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    """The same as JSON: ratios are numbers, codes are 0 where there was no answer."""
    target = findings.target
    flood = findings.flood
    return {
        "target": {"host": target.host, "address": target.address, "port": target.port},
        "probes": [_heard(heard, target.overhead) for heard in findings.heard],
        "flood": flood
        and {
            "requests": flood.requests,
            "answers": flood.answers,
            "sent": flood.sent,
            "received": flood.received,
            "ratio": round(flood.ratio, 2),
        },
        "access": findings.access and _access(findings.access),
        "verdicts": [
            {"gate": v.gate, "level": v.level.value, "found": v.found, "cure": v.cure}
            for v in verdicts
        ],
        "passed": not failed(verdicts) and not unmeasured(verdicts),
        "measured": not unmeasured(verdicts),
    }


def _heard(heard: Heard, overhead: int) -> dict[str, Any]:
    return {
        "probe": heard.probe,
        "sent": heard.sent,
        "received": heard.received,
        "answers": len(heard.answers),
        "ratio": round(heard.ratio, 2),
        "wireRatio": round(heard.on_wire(overhead), 2),
        "code": heard.code,
        "software": heard.software,
        "realm": heard.realm,
        "nonceBytes": len(heard.nonce),
        "alternate": heard.alternate,
    }


def _access(access: Access) -> dict[str, Any]:
    return {
        "allocate": access.allocate,
        "allocateIpv6": access.allocate_ipv6,
        "lifetime": access.lifetime,
        "peers": [
            {
                "peer": str(reach.peer.address),
                "place": reach.peer.place.value,
                "permission": reach.permission,
                "channel": reach.channel,
                "allowed": reach.allowed,
                "matched": reach.matched,
            }
            for reach in access.reaches
        ],
        "allocations": access.allocations,
        "quotaCode": access.quota_code,
        "refreshAfterExpiry": access.refresh_after_expiry,
        "expired": access.expired,
        "alternate": access.alternate,
    }


def _row(heard: Heard, overhead: int) -> tuple[str, ...]:
    if not heard.answers:
        return heard.probe, str(heard.sent), "0", "–", "–", "no answer"
    code = "junk" if heard.code == NO_ANSWER else str(heard.code)
    to = f"to {heard.alternate}" if heard.code == TRY_ALTERNATE and heard.alternate else ""
    says = " ".join(filter(None, (code, to, heard.software)))
    ratios = f"{heard.ratio:.2f}×", f"{heard.on_wire(overhead):.2f}×"
    return heard.probe, str(heard.sent), str(heard.received), *ratios, says


def _columns(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Iterable[str], widths: list[int]) -> str:
    first, *numbers, last = row
    cells = [text.rjust(width) for text, width in zip(numbers, widths[1:-1], strict=True)]
    return "  ".join([first.ljust(widths[0]), *cells, last]).rstrip()


def _lines(verdict: Verdict) -> str:
    word = verdict.level.value
    mark = word.upper() if verdict.level is Level.FAIL else word
    line = f"{mark}  {verdict.gate}: {verdict.found}"
    return f"{line}\n      cure: {verdict.cure}" if verdict.cure else line


def _end(verdicts: tuple[Verdict, ...]) -> str:
    counts = {level: sum(v.level is level for v in verdicts) for level in Level}
    unknown = counts[Level.UNKNOWN]
    end = f"{counts[Level.PASS]} passed, {counts[Level.WARN]} to mind, {counts[Level.FAIL]} failed"
    return f"{end}, {unknown} not measured." if unknown else f"{end}."
