"""`python -m stats COMMAND`: look after the database, and reckon with what is in it."""

import argparse
import sys
from importlib import import_module

from settings import SettingsError
from stats.sql import StoreAway, StoreFailed

# Each is a module of stats.commands with `configure(parser)` and `run(args)`.
COMMANDS = {
    "migrate": "bring the database to the newest schema",
    "grant": "let the app into the database, and into no more than it needs",
    "replay": "put poisoned reports back into the queue",
    "retain": "delete reports that are too old, as the app does daily",
    "forecast": "what calls will cost",
    "availability": "how often people can meet, by the vendors' promises",
    "demo": "fill a database with calls that never were",
}


def main() -> int:
    """0 when done, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m stats", description=__doc__)
    added = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    name = next((argument for argument in sys.argv[1:] if argument in COMMANDS), None)
    for command, words in COMMANDS.items():
        one = added.add_parser(command, help=words, description=words.capitalize() + ".")
        if command == name:  # the others need not be imported
            module = import_module(f"stats.commands.{name}")
            module.configure(one)
    args = parser.parse_args()
    try:
        return int(module.run(args))
    except (StoreAway, StoreFailed) as error:
        print(f"The database cannot do this now ({error}).", file=sys.stderr)
    except SettingsError as error:
        print(f"{error}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
