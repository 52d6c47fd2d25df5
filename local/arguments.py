"""Options of commands. What cannot be used is refused in one sentence, without a usage text."""

import argparse
from collections.abc import Callable
from typing import NoReturn

from local.functions.bindings import HostRefusal

MAX_PORT = 65_535


class Parser(argparse.ArgumentParser):
    """Raises HostRefusal instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse the options."""
        raise HostRefusal(f"{message.removeprefix('argument ')}.", "wrong_option")


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Reads a whole number from `least` to `most` (None: any that is larger)."""
    wanted = f"of {least} or more" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"takes a whole number {wanted}, not {text[:20]!r}")
        return number

    return read


port = whole(0, MAX_PORT)
