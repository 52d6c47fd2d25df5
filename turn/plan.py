"""What a credential of a provider will cost and how long it will live, before it is minted."""

from collections.abc import Iterable

from turn.balances import Grant
from turn.credentials import halves_of, session_of
from turn.ledger import USAGE_LAG_MS
from turn.money import BYTES_PER_KBIT, THEFT_KBPS, price_of, reservation, theft
from turn.providers import Provider

TTL_SECONDS = 600  # that a credential lives, where the provider takes it


def plan(provider: Provider, id: str, ttl: int, kbps: int, now: int) -> Grant:
    """The grant of a credential of about `ttl` seconds from `now` (epoch ms), not yet reserved.

    `id`: its label, of which the room and the peer are read. `kbps`: the assumed rate, one way.
    """
    room, peer = halves_of(session_of(id))
    expires_at = now + provider.lifetime(ttl) * 1000
    return Grant(
        id=id,
        provider=provider.name,
        amount=reserved(provider, ttl, kbps),
        price=_price(provider),
        risk=risk_of(provider),
        opened_at=now,
        expires_at=expires_at,
        until=expires_at + USAGE_LAG_MS,
        room=room,
        peer=peer,
        network="",
    )


def reserved(provider: Provider, ttl: int, kbps: int) -> int:
    """Micro-dollars that are reserved for a credential of `ttl` seconds at `kbps` one way."""
    life = max(ttl, provider.lifetime(ttl))
    return reservation(life, kbps * _billed_times(provider), _price(provider))


def expected_bytes(kbps: int) -> int:
    """What a credential is meant to carry in its life, one way."""
    return TTL_SECONDS * kbps * BYTES_PER_KBIT


def dearest(providers: Iterable[Provider], kbps: int) -> int:
    """The most that a credential of any of them reserves, in micro-dollars; 0 without providers."""
    return max((reserved(one, TTL_SECONDS, kbps) for one in providers), default=0)


def can_be_followed(provider: Provider) -> bool:
    """Whether there is anything to do with a credential between its mint and its end."""
    return provider.capabilities.revoke or provider.capabilities.usage != "none"


def _price(provider: Provider) -> int:
    return price_of(provider.capabilities.price_per_gb)


def risk_of(provider: Provider) -> int:
    """What a thief takes from the first stolen byte to the revocation.

    0 where there are no figures or no revocation: only the reservation bounds that.
    """
    able = provider.capabilities
    if not able.revoke or able.usage == "none":
        return 0
    return theft(THEFT_KBPS * _billed_times(provider), _price(provider))


def _billed_times(provider: Provider) -> int:
    """How often a vendor bills what passes the relay: some bill it coming and going."""
    return 2 if provider.capabilities.billed == "both" else 1
