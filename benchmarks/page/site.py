"""The page and one stamp as they are deployed: two origins, each behind a slow network."""

import base64
import datetime
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.routing import Mount

from benchmarks.node import node
from lab.proxy import Proxy, proxy
from lab.stamps import running
from local import static
from local.serving import Served, listen, port_of, serving

FRONT = Path(__file__).parent / "front.mjs"
START_SECONDS = 30.0
ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Site:
    """`page`: its address. `other`: of a picture at another origin, which nothing delays.

    `proxies`: before the page, the functions and SignalR.
    """

    page: str
    other: str
    proxies: tuple[Proxy, ...]

    def set_round_trip(self, ms: float, first_window_bytes: int = 0) -> None:
        """From now on a round trip takes so long, and to open a connection (TCP) as long.

        `first_window_bytes`: how much comes before the first acknowledgement; 0: everything.
        """
        for each in self.proxies:
            each.set_round_trip(ms)
            each.first_window_bytes = first_window_bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and its certificate, in PEM, and the name by which a browser is told to trust it."""

    key: str
    cert: str
    spki: str  # SHA-256 of the public key, base64


@asynccontextmanager
async def site(web: Path, folder: Path, identity: Identity | None) -> AsyncIterator[Site]:
    """The page that is built in `web/dist`, and a stamp. `folder` gets logs.

    With an `identity` both speak HTTP/2 over TLS, without it HTTP/1.1. SignalR has no TLS.
    """
    sockets = listen(0, "--port")
    async with AsyncExitStack() as stack:
        doors = [await stack.enter_async_context(proxy()) for _ in range(2 if identity else 1)]
        secured = identity is not None
        page = _url(doors[0], secured)
        lab = await stack.enter_async_context(running(1, folder, doors=True, origins=(page,)))
        [stamp] = lab.stamps
        assert stamp.doors is not None
        functions, signalr = stamp.doors
        targets = {"page": port_of(sockets), "functions": stamp.functions.proxy.port}
        if identity is not None:
            targets = await stack.enter_async_context(_fronts(identity, targets))
            functions = doors[1]
            await functions.set_target(targets["functions"])
        await doors[0].set_target(targets["page"])
        api = f"{_url(functions, secured)}/api"
        app = static.page(web, [_url(functions, secured), signalr.url], [api])
        if app is None:
            raise SystemExit("benchmarks.page: the page is not built: make build")
        served = Served(Starlette(routes=[Mount("/", app)]), sockets)
        await stack.enter_async_context(serving([served]))
        other = f"http://localhost:{port_of(sockets)}/favicon.svg"
        yield Site(f"{page}/", other, (doors[0], functions, signalr))


def _url(door: Proxy, secured: bool) -> str:
    return door.url.replace("http", "https") if secured else door.url


def _fronts(
    identity: Identity, targets: Mapping[str, int]
) -> AbstractAsyncContextManager[dict[str, int]]:
    """HTTP/2 over TLS before each target: the ports, until the block ends."""
    return node(
        FRONT, START_SECONDS, {"key": identity.key, "cert": identity.cert, "targets": targets}
    )


def new_identity() -> Identity:
    """For 127.0.0.1, one day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - ONE_DAY).not_valid_after(now + ONE_DAY)
    cert = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Identity(
        key.private_bytes(pem, *private).decode(),
        cert.public_bytes(pem).decode(),
        base64.b64encode(hashlib.sha256(public).digest()).decode(),
    )
