"""What is minted, judged by a real coturn and by a client that is not ours."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cloud.memory import MemoryDocuments
from tests.turn.coturn import Coturn
from turn.audit.client import Client, Credential
from turn.audit.findings import Target
from turn.broker import Broker
from turn.ceilings import Ceilings
from turn.configuration import connect, parse_providers
from turn.credentials import sign
from turn.ice import IceServer
from turn.minting import Ask, Minting
from turn.store import LedgerStore

SECRET = "the secret that coturn shares"
QUOTA = 3


@pytest.fixture(scope="module")
def relay() -> Iterator[Coturn]:
    with Coturn(SECRET, extra=["--allow-loopback-peers", f"--user-quota={QUOTA}"]) as running:
        yield running


def minting(relay: Coturn) -> Minting:
    config = f"""[{{"kind": "coturn", "urls": ["turn:{relay.host}:{relay.port}"],
                    "secret": "TURN_SECRET", "pricePerGB": 0.01}}]"""
    broker = Broker(connect(parse_providers(config), {"TURN_SECRET": SECRET}.__getitem__))
    return Minting(LedgerStore(MemoryDocuments()), broker, b"k" * 32, Ceilings(), kbps=1_000)


def mint(
    relay: Coturn, room: str, peer: str, mark: str = "aaaa", shared: Minting | None = None
) -> IceServer:
    ask = Ask(room, peer, network="n")
    answer = (shared or minting(relay)).mint(ask, mark, int(time.time() * 1000))
    (server,) = answer.servers
    return server


def relays(relay: Coturn, username: str, password: str) -> bool:
    """Whether coturn's own test client gets its packets through with this credential."""
    program = shutil.which("turnutils_uclient")
    assert program is not None, "turnutils_uclient comes with coturn"
    credential = ["-u", username, "-w", password]
    done = subprocess.run(
        [
            program,
            "-y",
            "-c",
            "-n",
            "20",
            "-m",
            "1",
            *credential,
            "-p",
            str(relay.port),
            relay.host,
        ],
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode == 0 and "Total lost packets 0 " in done.stdout


def test_a_minted_credential_relays(relay: Coturn) -> None:
    server = mint(relay, "room", "peer")
    assert server.username and server.credential
    assert relays(relay, server.username, server.credential)


def test_a_wrong_an_expired_and_another_rooms_credential_do_not(relay: Coturn) -> None:
    mine, other = mint(relay, "room", "ann"), mint(relay, "other", "bob")
    assert mine.username and mine.credential and other.username
    assert not relays(relay, mine.username, "wrong")
    # The name of another room's session does not go with my password, nor a longer life.
    assert not relays(relay, other.username, mine.credential)
    expiry, _, label = mine.username.partition(":")
    assert not relays(relay, f"{int(expiry) + 60}:{label}", mine.credential)
    expired = sign(SECRET, label, int(time.time() * 1000) - 5_000)
    assert not relays(relay, expired.username, expired.password)


def test_the_quota_binds_a_session_however_often_it_mints(relay: Coturn) -> None:
    shared = minting(relay)
    codes: list[int] = []
    target = Target(relay.host, relay.host, relay.port)
    with ExitStack() as open_clients:
        for mark in ("aaaa", "bbbb", "cccc", "dddd"):
            server = mint(relay, "room", "greedy", mark, shared)
            codes.append(_allocate(open_clients, target, server))
        neighbour = mint(relay, "room", "modest", "aaaa", shared)
        codes.append(_allocate(open_clients, target, neighbour))
    assert codes == [200] * QUOTA + [486, 200]


def _allocate(open_clients: ExitStack, target: Target, server: IceServer) -> int:
    assert server.username and server.credential
    credential = Credential(server.username, server.credential)
    client = open_clients.enter_context(Client(target, credential, time.monotonic() + 10))
    return client.allocate()[0]
