"""The order of the providers for one label. Nothing but the label and the configuration counts."""

import hashlib
import math
from collections.abc import Iterable
from functools import partial

from turn.providers import Provider

MIN_PRICE = 0.01  # US dollars per GB: a cheaper provider counts as costing this


def rank(providers: Iterable[Provider], label: str) -> list[Provider]:
    """The order in which to ask for this label, as if all were well.

    Weighted rendezvous hashing: a provider comes first for a share of the labels that is
    proportional to its weight over its price, and the rest of the order does not depend on it.
    Providers of weight 0 come last.
    """
    return sorted(providers, key=partial(_rank, label))


def _rank(label: str, provider: Provider) -> float:
    price = max(MIN_PRICE, provider.capabilities.price_per_gb)
    digest = hashlib.blake2b(f"{label}\0{provider.name}".encode(), digest_size=8).digest()
    draw = (int.from_bytes(digest) + 1) / (2**64 + 1)  # in (0, 1)
    return -math.log(draw) * price / provider.weight if provider.weight > 0 else math.inf
