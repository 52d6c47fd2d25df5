"""`python -m turn.audit HOST[:PORT]`: what a TURN server gives to strangers.

Status 0: every gate passed. 1: a gate failed. 2: unusable arguments, or no answer at all.
3: no gate failed, and some could not be measured.
"""

import argparse
import json
import socket
import sys
from collections.abc import Sequence

from turn.audit import access, exchange
from turn.audit.access import Keys
from turn.audit.client import Credential
from turn.audit.findings import Findings, Target
from turn.audit.probes import PROBES
from turn.audit.report import as_json, table
from turn.audit.verdicts import answered, failed, judge, unmeasured

DEFAULT_PORT = 3478
_STDIN = "-"


class Unusable(Exception):
    """The audit cannot be made; the text says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Audit the server of the command line and print what was found. Returns the status."""
    options = _parser().parse_args(argv)
    try:
        keys = _keys(options)
        findings = audit(resolve(options.target), flood=options.flood, keys=keys)
    except (Unusable, OSError) as error:
        print(f"turn.audit: {error}", file=sys.stderr)
        return 2
    verdicts = judge(findings)
    if options.json:
        print(json.dumps(as_json(findings, verdicts), indent=2, ensure_ascii=False))
    else:
        print(table(findings, verdicts))
    return 1 if failed(verdicts) else 3 if unmeasured(verdicts) else 0


def audit(target: Target, *, flood: bool = False, keys: Keys | None = None) -> Findings:
    """Everything there is to learn; raises Unusable where nothing answers, and OSError."""
    found = Findings(target, exchange.probe(target, PROBES))
    if not answered(found):
        raise Unusable(f"no answer from {target.address} port {target.port} over UDP")
    opened = access.check(target, keys) if keys else None
    # Last: a server that limits strangers is then done with us.
    flooded = exchange.flood(target) if flood else None
    return Findings(target, found.heard, flooded, opened)


def resolve(text: str) -> Target:
    """HOST, HOST:PORT, [IPV6]:PORT or IPV6; of several addresses the first. Raises Unusable."""
    host, port = _split(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unusable(f"cannot resolve {host!r}") from error
    return Target(host, str(found[0][4][0]), port)


def _split(text: str) -> tuple[str, int]:
    host, port = text, str(DEFAULT_PORT)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise Unusable(f"{text!r} is not HOST[:PORT]")
    return host, int(port)


def _keys(options: argparse.Namespace) -> Keys | None:
    if (options.user is None) != (options.password is None):
        raise Unusable("--user and --password go together")
    if options.password == options.secret == _STDIN:
        raise Unusable("standard input holds one line: the password or the secret")
    user, password, secret = options.user, _given(options.password), _given(options.secret)
    if user is None and secret is None:
        return None
    credential = Credential(user, password or "") if user is not None else None
    return Keys(credential, secret)


def _given(value: str | None) -> str | None:
    """`-` stands for a line of standard input, which a list of processes does not show."""
    return sys.stdin.readline().rstrip("\r\n") if value == _STDIN else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m turn.audit",
        description="Measure what a TURN server gives to strangers, and what a credential opens.",
        epilog="Sends to the server named and to nobody else. Audit servers that are yours.",
    )
    parser.add_argument("target", metavar="HOST[:PORT]", help=f"port {DEFAULT_PORT} by default")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--flood", action="store_true", help="send 200 requests in 2 seconds too")
    parser.add_argument("--user", help="username of a credential to check")
    parser.add_argument("--password", help="its password; - reads a line from standard input")
    parser.add_argument(
        "--secret", help="the server's TURN REST secret, to see a credential expire; or -"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
