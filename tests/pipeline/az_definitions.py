"""Writes schemas/az.json: names and flags of the commands that we use, as azure-cli defines them.

    python3 -m venv /somewhere && /somewhere/bin/pip install azure-cli
    PYTHONPATH=. /somewhere/bin/python -m tests.pipeline.az_definitions

It runs in an environment with azure-cli, which is large and not among the tests' packages. For each
command: its options, and whether each has to be given.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.pipeline.az_sources import used_commands

TARGET = Path(__file__).parent / "schemas" / "az.json"


def definitions() -> tuple[str, dict[str, Any]]:
    """The CLI's version, and its table of commands."""
    from azure.cli.core import __version__, get_default_cli
    from azure.cli.core.file_util import create_invoker_and_load_cmds_and_args

    cli = get_default_cli()
    create_invoker_and_load_cmds_and_args(cli)
    return __version__, cli.invocation.commands_loader.command_table


def options(command: Any) -> list[tuple[list[str], bool]]:
    """Each option's spellings, and whether it has to be given."""
    found = []
    for argument in command.arguments.values():
        settings = argument.type.settings
        flags = [str(getattr(flag, "target", flag)) for flag in settings.get("options_list") or ()]
        if flags:
            found.append((sorted(flags), bool(settings.get("required"))))
    return sorted(found)


def main() -> int:
    """0 when every command that we use is known; prints those that are not."""
    version, table = definitions()
    made: dict[str, Any] = {}
    unknown = []
    for words in used_commands():
        names = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
        name = next((each for each in names if each in table), None)
        if name is None:
            unknown.append(" ".join(words))
        else:
            made[name] = options(table[name])
    source = f"azure-cli {version} (PyPI), its command table"
    lines = [f"    {json.dumps(name)}: {json.dumps(made[name])}" for name in sorted(made)]
    body = ",\n".join(lines)
    TARGET.write_text(f'{{\n  "source": "{source}",\n  "commands": {{\n{body}\n  }}\n}}\n')
    print(f"{len(made)} commands of {source}")
    print("\n".join(f"unknown: az {each}" for each in unknown))
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
