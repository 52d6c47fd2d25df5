"""Where the stamps of `python -m local --stamps N` are. Pure.

Stamp `a` is on the first ports, `b` on the next ones, and so on. All of them know all of it, so
each can be started alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.functions.bindings import HostRefusal

MAX_STAMPS = 4
NAMES = "abcd"
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Ports:
    """Of one stamp."""

    page: int  # and API
    signalr: int


@dataclass(frozen=True, slots=True)
class Layout:
    """`port` and `signalr_port` are those of stamp `a`. Raises HostRefusal if there is no room."""

    count: int
    port: int
    signalr_port: int

    def __post_init__(self) -> None:
        first, signalr = self.port, self.signalr_port
        if not first or not signalr:
            raise HostRefusal("Several stamps take ports in a row: name both ports, and not 0.")
        if max(first, signalr) + self.count - 1 > MAX_PORT:
            raise HostRefusal(
                f"{self.count} stamps from port {max(first, signalr)} on end after {MAX_PORT}: "
                "choose lower ports."
            )
        if abs(first - signalr) < self.count:
            raise HostRefusal(
                f"{self.count} stamps on ports from {first} and SignalR from {signalr} on overlap: "
                f"choose ports that are {self.count} or more apart."
            )

    @property
    def names(self) -> str:
        """Of the stamps, each a letter."""
        return NAMES[: self.count]

    def ports(self, stamp: str) -> Ports:
        """Of the stamp with this name. Raises HostRefusal."""
        if len(stamp) != 1 or stamp not in self.names:
            names = ", ".join(self.names)
            raise HostRefusal(f"There is no stamp {stamp!r} among {self.count}: {names}.")
        number = self.names.index(stamp)
        return Ports(self.port + number, self.signalr_port + number)

    @property
    def backends(self) -> list[str]:
        """The URL of each stamp's API."""
        return [f"http://localhost:{self.ports(name).page}/api" for name in self.names]

    @property
    def sources(self) -> list[str]:
        """What the page may connect to: the functions and the SignalR of each stamp."""
        each = [self.ports(name) for name in self.names]
        return [f"http://localhost:{port}" for one in each for port in (one.page, one.signalr)]

    @property
    def origins(self) -> tuple[str, ...]:
        """Of the pages: by either name that this machine has in an address bar."""
        hosts = ("localhost", "127.0.0.1")
        ports = [self.ports(name).page for name in self.names]
        return tuple(f"http://{host}:{port}" for port in ports for host in hosts)

    def settings(self, stamp: str) -> dict[str, str]:
        """Environment variables that only this stamp has."""
        return {"HELIOGRAPH_STAMP": stamp, "HELIOGRAPH_STAMPS": str(self.count)}


def check_storage(environ: Mapping[str, str]) -> None:
    """Raises HostRefusal if stamps with this environment would keep rooms in the same table."""
    if environ.get("HELIOGRAPH_STORAGE", "table") != "memory":
        raise HostRefusal(
            "Stamps must not share tables, and AzureWebJobsStorage names one account for all: "
            "unset it, or set HELIOGRAPH_STORAGE=memory."
        )
