"""A real coturn in the internet of the lab: STUN and TURN by UDP, TCP and TLS.

Two addresses, as a client needs to see whether its router maps each destination to a port of its
own (RFC 5780 §4.3).
"""

import subprocess
import time
from pathlib import Path

from playwright.async_api import Page, Route

from lab.coturn import answers, program
from lab.networks.internet import RELAY, SECOND
from lab.networks.namespaces import run
from turn.credentials import sign

SECRET = "a secret of the lab"
PORT = 3478
STUN_URLS = (f"stun:{RELAY}:{PORT}", f"stun:{SECOND}:{PORT}")
TURN_URLS = (
    f"turn:{RELAY}:{PORT}?transport=udp",
    f"turn:{RELAY}:80?transport=tcp",
    f"turns:{RELAY}:443?transport=tcp",
)
START_SECONDS = 10.0
STATIC_SECONDS = 86_400


def credential() -> dict[str, str]:
    """One for a day (TURN REST API), for clients that nobody mints for."""
    made = sign(SECRET, "static", int(time.time() + STATIC_SECONDS) * 1000)
    return {"username": made.username, "credential": made.password}


async def cut_short(page: Page, seconds: float) -> None:
    """The next credential that this page is given ends so soon, and nobody tells it.

    coturn asks for it with each new allocation; an allocation that is there outlives it.
    """

    async def hand_on(route: Route) -> None:
        answer = await route.fetch()
        given = await answer.json()
        for server in given["iceServers"]:
            if "username" in server:
                label = server["username"].partition(":")[2]
                made = sign(SECRET, label, int((time.time() + seconds) * 1000))
                server |= {"username": made.username, "credential": made.password}
        await route.fulfill(response=answer, json=given)

    await page.route("**/api/turn", hand_on, times=1)


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
            if answers(RELAY, PORT):
                return
        self.kill()
        raise RuntimeError(f"coturn did not start: see {self.log}")

    def kill(self) -> None:
        """As when its machine goes."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _arguments(self) -> list[str]:
        return [
            *("-n", "--no-cli", "--no-dtls", "--verbose", "--realm=lab", "--use-auth-secret"),
            *(f"--static-auth-secret={SECRET}", "-L", RELAY, "-L", SECOND, "-E", RELAY),
            *("-p", str(PORT), "--alt-listening-port=80", "--tls-listening-port=443"),
            *("--alt-tls-listening-port=444", "--cert", str(self._certificate)),
            *("--pkey", str(self._key), "--min-port=20000", "--max-port=29999"),
            *("--pidfile", str(self._folder / "coturn.pid"), "--log-file=stdout"),
            *("--db", str(self._folder / "coturn.db")),
        ]
