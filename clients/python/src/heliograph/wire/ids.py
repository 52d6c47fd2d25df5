"""Names that a client draws, and the order of what it sends."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def create_pc() -> str:
    """A new name for a pair of connections (`pc` of docs/protocol.md §4): 72 random bits."""
    return _random(12)


def create_file_id() -> str:
    """A new name for a file that is sent: 96 random bits."""
    return _random(16)


def create_secret() -> str:
    """A new secret, 132 random bits: our peer id is made of it (docs/protocol.md §1)."""
    return _random(22)


def visit_now() -> int:
    """Which start of this program we mean: ms since 1970."""
    return time.time_ns() // 1_000_000


def sequence(visit: int) -> Callable[[], int]:
    """Answers the next `seq` at each call: it starts at the visit, in µs (docs/protocol.md §4)."""
    numbers: Iterator[int] = itertools.count(visit * 1_000)
    return lambda: next(numbers)


def _random(characters: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(characters))
