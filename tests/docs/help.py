"""What commands print for --help, as JSON: `python -m tests.docs.help "costs forecast" turn.audit`.

All in one process, which imports what they share once.
"""

import json
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO


def printed(command: str) -> str:
    """What one command prints, or nothing if it ends with an error."""
    module, *words = command.split()
    said = StringIO()
    sys.argv = [module, *words, "--help"]
    try:
        with redirect_stdout(said), redirect_stderr(StringIO()):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return "" if end.code else said.getvalue()
    return said.getvalue()


if __name__ == "__main__":
    print(json.dumps({command: printed(command) for command in sys.argv[1:]}))
