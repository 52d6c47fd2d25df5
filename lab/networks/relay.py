"""A real coturn in the internet of the lab: STUN and TURN by UDP, TCP and TLS.

Two addresses, as a client needs to see whether its router maps each destination to a port of its
own (RFC 5780 §4.3).
"""

import base64
import hashlib
import hmac
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from lab.networks.internet import RELAY, SECOND
from lab.networks.namespaces import run
from turn import stun
from turn.stun import Kind, Message, Method

SECRET = "a secret of the lab"
STUN_URLS = (f"stun:{RELAY}:3478", f"stun:{SECOND}:3478")
TURN_URLS = (
    f"turn:{RELAY}:3478?transport=udp",
    f"turn:{RELAY}:80?transport=tcp",
    f"turns:{RELAY}:443?transport=tcp",
)
START_SECONDS = 10.0
STATIC_SECONDS = 86_400
_PING = stun.encode(Message(Method.BINDING, Kind.REQUEST, b"is it there?"))


def program() -> str | None:
    """The path of turnserver."""
    return os.environ.get("COTURN") or shutil.which("turnserver")


def credential() -> dict[str, str]:
    """One for a day (TURN REST API), for clients that nobody mints for."""
    username = f"{int(time.time()) + STATIC_SECONDS}:static"
    mac = hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()
    return {"username": username, "credential": base64.b64encode(mac).decode()}


class Relay:
    """Not started at first. `folder` gets its files, and its log `coturn.log`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.log = folder / "coturn.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._certificate, self._key = folder / "coturn.pem", folder / "coturn.key"
        subject = ("-subj", f"/CN={RELAY}", "-addext", f"subjectAltName=IP:{RELAY}")
        run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject),
            *("-keyout", str(self._key), "-out", str(self._certificate)),
        )

    def start(self) -> None:
        """Start it, and wait until it answers. Raises RuntimeError."""
        found = program()
        if found is None:
            raise RuntimeError("there is no turnserver: scripts/coturn installs it")
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [found, *self._arguments()], stdout=out, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if _answers():
                return
        self.kill()
        raise RuntimeError(f"coturn did not start: see {self.log}")

    def kill(self) -> None:
        """As when its machine goes."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def allocations(self) -> int:
        """How many it has made since the first start."""
        return len(re.findall("ALLOCATE processed, success", self.log.read_text(errors="replace")))

    def _arguments(self) -> list[str]:
        return [
            *("-n", "--no-cli", "--no-dtls", "--verbose", "--realm=lab", "--use-auth-secret"),
            *(f"--static-auth-secret={SECRET}", "-L", RELAY, "-L", SECOND, "-E", RELAY),
            *("-p", "3478", "--alt-listening-port=80", "--tls-listening-port=443"),
            *("--alt-tls-listening-port=444", "--cert", str(self._certificate)),
            *("--pkey", str(self._key), "--min-port=20000", "--max-port=29999"),
            *("--pidfile", str(self._folder / "coturn.pid"), "--log-file=stdout"),
            *("--db", str(self._folder / "coturn.db")),
        ]


def _answers() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.1)
        try:
            udp.connect((RELAY, 3478))
            udp.send(_PING)
            udp.recv(2048)
        except OSError:
            time.sleep(0.02)
            return False
    return True
