"""`heliograph dev`: the stack from an installed package, started in any folder.

    heliograph dev [--port 7071] [--signalr-port 8888] [--state DIR]

PORT and SIGNALR_PORT change the defaults; port 0 picks a free one. Nothing is written into the
folder it is started in: what it keeps is in the user's own data folder, or where --state says.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import keys, single
from local.arguments import Parser, port
from local.functions.bindings import HostRefusal
from local.layout import Ports
from local.serving import run

PROGRAM = "heliograph dev"
USAGE = 2  # the status after a wrong command line
CONCURRENCY = 16  # as `python -m local`
# Settings that need packages which are not installed with this one.
_OF_AZURE = ("KEY_VAULT_URI", "AzureWebJobsStorage__", "AzureSignalRConnectionString__")


def main(app_dir: Path, arguments: Sequence[str] | None = None) -> int:
    """0 after a clean stop; 1 if it cannot run, 2 for a wrong command line.

    Then there is one sentence on stderr, with a code in brackets.
    """
    try:
        options = _parser(os.environ).parse_args(arguments)
    except HostRefusal as refusal:
        print(f"{PROGRAM}: {refusal} ({refusal.code})", file=sys.stderr)
        return USAGE
    return run(_run(app_dir, options), PROGRAM)


def state_folder(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    """Where a user's programs keep what is theirs.

    Source: XDG Base Directory Specification; on macOS, Apple's File System Programming Guide.
    A value of XDG_DATA_HOME that is no absolute path is ignored, as the specification says.
    """
    if platform == "darwin":
        return home / "Library" / "Application Support" / "heliograph"
    data = Path(environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else home / ".local" / "share") / "heliograph"


async def _run(app_dir: Path, options: argparse.Namespace) -> None:
    if sys.platform == "win32":
        raise HostRefusal("It runs on Linux and macOS; on Windows use WSL.", "not_on_windows")
    for name in os.environ:
        if name.startswith(_OF_AZURE):
            text = f"{name} needs Azure's SDK, which is not installed with this. Unset it."
            raise HostRefusal(text, "needs_azure_sdk")
    ports, state = Ports(options.port, options.signalr_port), options.state.absolute()
    try:
        keys.host_key(state)
    except HostRefusal as refusal:
        text = f"{refusal} Choose another folder with --state."
        raise HostRefusal(text, refusal.code) from refusal
    await single.run(single.Plan(app_dir, ports, CONCURRENCY, "standard", state=state))


def _parser(environ: Mapping[str, str]) -> Parser:
    parser = Parser(prog=PROGRAM, description="Run Heliograph here: page, API and SignalR.")
    parser.add_argument(
        "--port",
        type=port,
        default=environ.get("PORT") or "7071",
        help="of the page and the API; default 7071 (PORT)",
    )
    parser.add_argument(
        "--signalr-port",
        type=port,
        default=environ.get("SIGNALR_PORT") or "8888",
        help="of SignalR; default 8888 (SIGNALR_PORT)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        default=state_folder(environ, sys.platform, Path.home()),
        help="where keys and statistics are kept; default %(default)s",
    )
    return parser
