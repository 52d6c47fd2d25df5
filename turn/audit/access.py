"""What one credential opens: peers, allocations, life after expiry."""

import base64
import hmac
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain

from turn import stun
from turn.audit.client import UNAUTHORIZED, Client, Credential, Request, code_of
from turn.audit.findings import Access, Reach, Target
from turn.audit.peers import PEERS, Peer
from turn.stun import Attribute, Kind, Message, Method

BUDGET_SECONDS = 60.0  # for all of it
MAX_ALLOCATIONS = 20
MAX_EXPIRY_WAIT_SECONDS = 30  # an expiry worth waiting for
_SHORT_LIFE_SECONDS = 2  # that a credential minted for the check of its expiry lives
_AFTER_EXPIRY_SECONDS = 1.5  # after an expiry, past the rounding of clocks
_OWN_LIFE_SECONDS = 300  # that our main credential lives, where there is only the secret
_DISCARD_PORT = 9  # the port named to the server for a peer; nothing is sent there
_FIRST_CHANNEL = 0x4000  # RFC 8656 §12
_IPV6 = ((Attribute.REQUESTED_ADDRESS_FAMILY, stun.IPV6),)


@dataclass(frozen=True)
class Keys:
    """What the auditor was given: a credential, the secret of TURN REST, or both."""

    credential: Credential | None = None
    secret: str | None = field(default=None, repr=False)


def check(target: Target, keys: Keys) -> Access:
    """Takes BUDGET_SECONDS at most and gives every allocation back. Raises OSError."""
    now, deadline = int(time.time()), time.monotonic() + BUDGET_SECONDS
    credential = keys.credential or mint(keys.secret or "", now + _OWN_LIFE_SECONDS, _name())
    with ExitStack() as held:

        def open_client(with_: Credential) -> Client:
            return held.enter_context(Client(target, with_, deadline))

        asked = {4: open_client(credential), 6: open_client(credential)}
        code, lifetime = asked[4].allocate()
        code_ipv6, lifetime_ipv6 = asked[6].allocate(*_IPV6)
        relays = {
            version: asked[version]
            for version, found in ((4, code), (6, code_ipv6))
            if found == 200
        }
        if not relays:
            alternate = asked[4].alternate or asked[6].alternate
            return Access(code, code_ipv6, alternate=alternate)
        main, family = next(iter(relays.values())), () if 4 in relays else _IPV6
        dying, short, expiry = main, credential, expiry_of(credential.username)
        if keys.secret is not None:
            expiry = int(time.time()) + _SHORT_LIFE_SECONDS
            short = mint(keys.secret, expiry, _name())
            dying = open_client(short)
            expiry = expiry if dying.allocate(*family)[0] == 200 else None
        reaches = tuple(_reaches(relays))
        # coturn counts a refused Allocate until its client is gone: the same client asks again.
        again = [client for version, client in asked.items() if version not in relays]
        more = chain(again, (open_client(credential) for _ in range(MAX_ALLOCATIONS)))
        allocations, quota_code = _fill(more, len(relays), family)
        after = _refresh_after(dying, expiry)
        # By the server's clock it may have time left: then it gets a relay, or meets its quota.
        expired = after != 200 or open_client(short).allocate(*family)[0] == UNAUTHORIZED
    lifetime = lifetime or lifetime_ipv6
    return Access(code, code_ipv6, lifetime, reaches, allocations, quota_code, after, expired)


def mint(secret: str, expiry: int, name: str) -> Credential:
    """A TURN REST credential, as coturn's `use-auth-secret` takes it; `expiry` in epoch seconds."""
    username = f"{expiry}:{name}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return Credential(username, base64.b64encode(digest).decode())


def _name() -> str:
    """Of our own: coturn counts its quota by it, and a second audit is not to find it used up."""
    return f"audit-{os.urandom(6).hex()}"


def expiry_of(username: str) -> int | None:
    """Epoch seconds of a TURN REST username; None where it is none."""
    stamp = username.partition(":")[0]
    return int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 10 else None


def _reaches(relays: Mapping[int, Client]) -> list[Reach]:
    """Both ways to ask for each peer, on a relay of its address family if there is one."""
    found: list[Reach] = []
    for version in (4, 6):
        peers = [peer for peer in PEERS if peer.address.version == version]
        client = relays.get(version) or next(iter(relays.values()))
        channel = _FIRST_CHANNEL + len(found)
        found += _ask(client, peers, channel, matched=version in relays)
    return found


def _ask(client: Client, peers: list[Peer], channel: int, *, matched: bool) -> list[Reach]:
    """Requests to the server; to the peers themselves nothing is sent."""
    permissions = [_naming(peer, Method.CREATE_PERMISSION) for peer in peers]
    channels = [
        _naming(peer, Method.CHANNEL_BIND, (Attribute.CHANNEL_NUMBER, _channel(number)))
        for number, peer in enumerate(peers, channel)
    ]
    codes = [code_of(answer) for answer in client.ask([*permissions, *channels])]
    half = len(peers)
    both = zip(peers, codes[:half], codes[half:], strict=True)
    return [Reach(*found, matched) for found in both]


def _naming(peer: Peer, method: Method, *more: tuple[int, bytes]) -> Request:
    def build(transaction: bytes) -> Message:
        address = stun.xor_address(peer.address, _DISCARD_PORT, transaction)
        named = (Attribute.XOR_PEER_ADDRESS, address)
        return Message(method, Kind.REQUEST, transaction, (*more, named))

    return build


def _channel(number: int) -> bytes:
    return number.to_bytes(2) + bytes(2)  # RFC 8656 §18.1


def _fill(
    clients: Iterator[Client], taken: int, family: tuple[tuple[int, bytes], ...]
) -> tuple[int, int]:
    """Allocates until refused or MAX_ALLOCATIONS are held: how many are, and the last code."""
    code = 200
    while code == 200 and taken < MAX_ALLOCATIONS:
        code, _ = next(clients).allocate(*family)
        taken += code == 200
    return taken, code


def _refresh_after(client: Client, expiry: int | None) -> int | None:
    if (
        expiry is None
        or (left := expiry + _AFTER_EXPIRY_SECONDS - time.time()) > MAX_EXPIRY_WAIT_SECONDS
    ):
        return None
    time.sleep(max(0, left))
    return client.refresh()
