"""All servers, each behind a proxy that makes the network as slow as it is asked to be."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.node import node
from lab.proxy import Proxy, proxy
from lab.stamps import running

FOLDER = Path(__file__).parent
START_SECONDS = 60.0
OTHERS = ("peerjs", "y-webrtc", "simple-peer", "trystero")
# As they are deployed, the page has an origin of its own. One or two stamps.
OURS = {"heliograph": 1, "heliograph-two-stamps": 2}
SYSTEMS = (*OURS, *OTHERS)


def check_built(name: str) -> None:
    """Raises SystemExit if `make rivals` has not been run. `name`: of the benchmark."""
    if not (FOLDER / "node_modules").exists() or not (FOLDER / "dist").exists():
        raise SystemExit(f"{name}: first `make rivals`")


@dataclass(frozen=True, slots=True)
class Server:
    """A system. `name`: in page/systems.js; `options`: what its function there gets."""

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs. `page`: the address of the page; by system, what it needs."""

    page: str
    systems: Mapping[str, Server]
    proxies: tuple[Proxy, ...]

    def set_round_trip(self, ms: float) -> None:
        """From now on a round trip takes so long, and to open a connection (TCP) as long."""
        for each in self.proxies:
            each.set_round_trip(ms)


@asynccontextmanager
async def serving(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    ice_servers: Sequence[Mapping[str, Any]] = (),
) -> AsyncIterator[Servers]:
    """Everything, until the block ends. `folder` gets logs. Raises what does not start.

    `settings`: of our apps. `ice_servers`: what PeerJS has in its page.
    """
    async with AsyncExitStack() as stack:
        listening = await stack.enter_async_context(node(FOLDER / "servers.mjs", START_SECONDS))
        page = f"http://127.0.0.1:{listening['pages']}"
        proxies: list[Proxy] = []
        systems: dict[str, Server] = {}
        for name in OTHERS:
            door = await stack.enter_async_context(proxy(listening[name]))
            proxies.append(door)
            systems[name] = Server(name, _options(name, door, ice_servers))
        for name, stamps in OURS.items():
            parts = running(stamps, folder / str(stamps), settings, doors=True, origins=(page,))
            lab = await stack.enter_async_context(parts)
            proxies += [door for stamp in lab.stamps for door in stamp.doors or ()]
            systems[name] = Server("heliograph", {"backends": lab.backends})
        yield Servers(f"{page}/", systems, tuple(proxies))


def _options(name: str, door: Proxy, ice_servers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if name == "peerjs":
        return {"port": door.port, "iceServers": list(ice_servers)}
    scheme = "http" if name == "simple-peer" else "ws"
    return {"url": f"{scheme}://127.0.0.1:{door.port}"}
