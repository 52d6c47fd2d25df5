"""`python -m local.storage`: a storage account of tables and queues, kept in one file.

    python -m local.storage --file FILE [--port 10002]

Port 0 picks a free one. It prints where it listens; `connection_string` of that is what
`AzureWebJobsStorage` takes. What it has answered survives its end, however it ends.
"""

import argparse
import sqlite3
import sys
from pathlib import Path

from local.arguments import Parser, port
from local.functions.bindings import HostRefusal
from local.serving import Served, listen, port_of, run, serve
from local.storage.account import Account
from local.storage.service import application

READY = "The account listens on port {port}."


def main() -> int:
    """0 after a clean stop, 1 with one clear sentence on stderr when it cannot run."""
    return run(_run())


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="python -m local.storage")
    parser.add_argument("--port", type=port, default=10002)
    parser.add_argument("--file", type=Path, required=True, help="made if it is not there")
    return parser.parse_args()


async def _run() -> None:
    arguments = _arguments()
    sockets = listen(arguments.port, "--port")
    try:
        account = Account(arguments.file)
    except sqlite3.Error as error:
        raise HostRefusal(f"The file of the account cannot be opened: {error}.") from error

    def ready() -> None:
        print(READY.format(port=port_of(sockets)), flush=True)

    await serve([Served(application(account), sockets)], ready)
    account.close()


if __name__ == "__main__":
    sys.exit(main())
