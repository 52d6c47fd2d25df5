"""Commands as they are typed."""

import argparse
import io
from contextlib import redirect_stdout
from typing import Any


def answer(command: Any, *words: str) -> str:
    """What `python -m stats COMMAND …` prints."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    with redirect_stdout(io.StringIO()) as said:
        assert command.run(parser.parse_args(words)) == 0
    return said.getvalue()
