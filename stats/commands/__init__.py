"""The commands, one a module. `configure(parser)` adds options, `run(args)` returns the status."""

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module

from cloud.connection_strings import SettingsError
from stats.store import StoreAway, StoreFailed


def run_command(package: str, description: str, commands: Mapping[str, str]) -> int:
    """Run the module of `{package}.commands` that the command line names.

    `commands`: what each does, by its name. Returns 0 when done, and 1 with one sentence on stderr
    when not.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    added = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    name = next((argument for argument in sys.argv[1:] if argument in commands), None)
    for command, words in commands.items():
        one = added.add_parser(command, help=words, description=words.capitalize() + ".")
        if command == name:  # only this one is imported
            module = import_module(f"{package}.commands.{name}")
            module.configure(one)
    args = parser.parse_args()
    try:
        return int(module.run(args))
    except (StoreAway, StoreFailed) as error:
        print(f"The database cannot do this now ({error}).", file=sys.stderr)
    except SettingsError as error:
        print(f"{error}.", file=sys.stderr)
    return 1
