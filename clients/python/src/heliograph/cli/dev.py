"""`heliograph dev`: hands over to the package `heliograph-dev`, which is installed by itself.

A program that only joins rooms needs no server, and the server needs no WebRTC.
"""

import sys
from collections.abc import Sequence

NEEDS = (3, 13)  # what the server runs on in Azure
FAILED = 1


def run(arguments: Sequence[str], version: tuple[int, int] = sys.version_info[:2]) -> int:
    """Run until Ctrl-C; the status to exit with. `version`: of this Python."""
    if version < NEEDS:
        needed, have = (".".join(map(str, each)) for each in (NEEDS, version))
        text = f"it needs Python {needed} or newer, and this is {have}"
        return _refuse(f"{text}: uvx --python {needed} heliograph-dev", "python_too_old")
    try:
        from heliograph_dev import main
    except ModuleNotFoundError as missing:
        if missing.name != "heliograph_dev":
            raise
        text = "the server is a package of its own"
        ways = "uvx heliograph-dev, or pip install heliograph-dev"
        return _refuse(f"{text}: {ways}", "not_installed")
    return int(main(arguments))


def _refuse(text: str, code: str) -> int:
    print(f"heliograph dev: {text} ({code})", file=sys.stderr)
    return FAILED
