"""The local stack of Heliograph, installed: `heliograph-dev`, or `heliograph dev`.

Its modules are in the folder `app`, which is put on the path when it is started: so they are in
nobody's way before.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

APP = Path(__file__).parent / "app"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; the status to exit with. None: the words of the command line."""
    sys.path.insert(0, str(APP))
    from local import installed

    return installed.main(APP, arguments)
