"""How many lines does the same program take with ours and with other systems?

    python -m benchmarks.rivals.lines [--check | --write] [--folder FOLDER]

Prints the tables of docs/benchmarks.md. `--check`: only says whether they are there; `--write`:
writes them there. `--folder`: programs in another folder than ours. Whether they run: run.py.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.rivals.lines import table
from benchmarks.rivals.lines.counting import FOLDER


def main() -> int:
    """Print, check or write; 1: what is written is out of date."""
    arguments = _arguments()
    if arguments.check:
        return 0 if table.is_written(arguments.folder) else 1
    if arguments.write:
        table.write(arguments.folder)
    print(table.tables(arguments.folder))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals.lines")
    parser.add_argument("--check", action="store_true", help="say whether the docs are up to date")
    parser.add_argument("--write", action="store_true", help="write the docs anew")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the programs are")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
