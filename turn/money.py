"""What relayed bytes cost. Pure.

Money is whole micro-dollars (millionths of a US dollar), rounded up. A GB is 10⁹ bytes, as
vendors bill it. 1 kbit/s is 125 bytes a second.
"""

import math

GB_BYTES = 1_000_000_000
BYTES_PER_KBIT = 125
# What one stolen credential can carry: 20 allocations of 50 Mbit/s.
THEFT_KBPS = 1_000_000
FIGURES_BEHIND_MS = 30_000  # a vendor's figures
# From the first stolen byte to the revocation: the figures are behind, and one poll a minute.
UNSEEN_MS = FIGURES_BEHIND_MS + 60_000


def price_of(dollars_per_gb: float) -> int:
    """Micro-dollars per GB, rounded up."""
    return math.ceil(dollars_per_gb * 1_000_000)


def cost(size_bytes: int, price: int) -> int:
    """What `size_bytes` cost at `price` (micro-dollars per GB), rounded up."""
    return -(-size_bytes * price // GB_BYTES)


def reservation(ttl_seconds: int, kbps: int, price: int) -> int:
    """What a credential costs that is used at `kbps` for its whole life: life × rate × price."""
    return cost(ttl_seconds * kbps * BYTES_PER_KBIT, price)


def theft(kbps: int, price: int) -> int:
    """What a thief takes at `kbps` before the figures show it and the credential is revoked."""
    return cost(kbps * BYTES_PER_KBIT * UNSEEN_MS // 1000, price)
