"""`heliograph dev`: hands over to the package `heliograph-dev`, which is installed by itself.

A program that only joins rooms needs no server, and the server no WebRTC.
"""

import sys
from collections.abc import Sequence

NEEDS = (3, 13)  # what runs on Azure
FAILED = 1


def run(arguments: Sequence[str]) -> int:
    """Run until Ctrl-C; the status to exit with."""
    if sys.version_info < NEEDS:
        return _refuse(
            "it needs Python {}.{}, and this is {}.{}; try: uvx --python {}.{} heliograph-dev".format(
                *NEEDS, *sys.version_info[:2], *NEEDS
            ),
            "python_too_old",
        )
    try:
        from heliograph_dev import main
    except ModuleNotFoundError as missing:
        if missing.name != "heliograph_dev":
            raise
        text = "the server is a package of its own: uvx heliograph-dev, or pip install heliograph-dev"
        return _refuse(text, "not_installed")
    return main(arguments)


def _refuse(text: str, code: str) -> int:
    print(f"heliograph dev: {text} ({code})", file=sys.stderr)
    return FAILED
