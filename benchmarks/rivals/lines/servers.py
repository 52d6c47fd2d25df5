"""What the programs need: pages, servers, and two machines whose network can be lost."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Browser

from benchmarks.node import node
from benchmarks.rivals.lines.counting import FOLDER
from lab.networks import Host, Internet, Kind, own_network
from lab.networks.homes import browsers
from lab.stamps import running

START_SECONDS = 60.0
DEVICES = ("--use-fake-device-for-media-stream=fps=5", "--use-fake-ui-for-media-stream")


@dataclass(frozen=True, slots=True)
class Served:
    """What runs. `page`: http://127.0.0.1:PORT; by system, the address that its program is given.
    `livekit`: where LiveKit's server would be; nobody answers there.
    """

    page: str
    servers: Mapping[str, str]
    livekit: str

    def address(self, system: str, room: str, name: str) -> str:
        """Of somebody's page."""
        asked = {"system": system, "room": room, "name": name, "server": self.servers[system]}
        return f"{self.page}/?{urlencode(asked)}"


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Served]:
    """Everything, until the block ends. `folder` gets logs. Raises what does not start."""
    async with node(FOLDER / "servers.mjs", START_SECONDS) as ports:
        page = f"http://127.0.0.1:{ports['pages']}"
        async with running(1, folder, doors=True, origins=(page,)) as lab:
            yield Served(
                page,
                {
                    "heliograph": lab.backends[0],
                    "peerjs": f"http://127.0.0.1:{ports['peerjs']}",
                    "trystero": f"ws://127.0.0.1:{ports['trystero']}",
                    "livekit": f"{page}/token",
                },
                f"ws://127.0.0.1:{ports['livekit']}",
            )


@contextmanager
def machines() -> Iterator[Sequence[Host]]:
    """Two in the same home, until the block ends. This thread is in a network of its own then."""
    with own_network(), closing(Internet()) as internet:
        home = internet.site(Kind.PORT_RESTRICTED)
        yield internet.host(home), internet.host(home)


@asynccontextmanager
async def browsers_in(hosts: Sequence[Host], folder: Path) -> AsyncIterator[list[Browser]]:
    """One in each, with a camera and a microphone, which nobody is asked for."""
    async with browsers(hosts, folder, *DEVICES) as started:
        yield started


def lose(host: Host) -> None:
    """From now on everything is lost that the machine sends, and that is sent to it."""
    [cable] = set(re.findall(r"\bnet\d+\b", host.namespace.run("ip", "-br", "link")))
    rules = f"""table inet lost {{
        chain in {{
            type filter hook prerouting priority raw
            iifname {cable} drop
        }}
        chain out {{
            type filter hook postrouting priority 400
            oifname {cable} drop
        }}
    }}"""
    host.namespace.run("nft", "-f", "-", text=rules)


def find(host: Host) -> None:
    """The network is there again."""
    host.namespace.run("nft", "delete", "table", "inet", "lost")
