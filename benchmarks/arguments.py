"""Lists on a command line."""

import argparse
from collections.abc import Callable, Iterable


def names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Reads `a,b`, of which each is known."""
    all_known = sorted(known)

    def read(text: str) -> list[str]:
        found = text.split(",")
        if unknown := [each for each in found if each not in all_known]:
            said = f"there is no {unknown[0]!r}: choose from {', '.join(all_known)}"
            raise argparse.ArgumentTypeError(said)
        return found

    return read


def numbers(text: str) -> list[int]:
    """Reads `1,2`."""
    return [int(each) for each in text.split(",")]
