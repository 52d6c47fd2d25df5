"""`python -m local.functions`: one instance of the app, with SignalR Service somewhere else.

    python -m local.functions [--port 7071] [--app DIR] [--concurrency 1] [--cors ORIGIN …]
                              [--queues memory|account] [--watched]

`AzureSignalRConnectionString` says where the service is; outputs go there by REST. The service
calls `/runtime/webhooks/signalr?code=KEY`, with the key in `.heliograph/host-key`.
`local/cluster.py` and `lab/stamps.py` start several of these.
"""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from local import keys
from local.arguments import Parser, port, whole
from local.environment import SIGNALR_SETTING, environment
from local.functions.account_queues import AccountQueues
from local.functions.bindings import HostRefusal
from local.functions.cors import Cors
from local.functions.host import Host, Options
from local.functions.host_json import read_host_json
from local.functions.queues import policy
from local.functions.rest_sink import RestSink
from local.functions.service_settings import access_keys, http_timeout_seconds, service_endpoint
from local.functions.slots import DEFAULT_HTTP_CONCURRENCY
from local.serving import Served, end_with_stdin, leave_soon, listen, port_of, run, serve

READY = "The instance listens on port {port}."


def main() -> int:
    """0 after a clean stop, 1 with one clear sentence on stderr when it cannot run."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs
    return run(_run())


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="python -m local.functions")
    parser.add_argument("--port", type=port, default=7071)
    parser.add_argument("--app", type=Path, default=Path(), help="where function_app.py is")
    parser.add_argument("--concurrency", type=whole(1), default=DEFAULT_HTTP_CONCURRENCY)
    parser.add_argument("--cors", nargs="*", default=[], help="origins of pages that may call")
    parser.add_argument(
        "--queues",
        choices=("memory", "account"),
        default="memory",
        help="account: messages lie in the storage account and outlive this process",
    )
    parser.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _account_queues(host_json: Mapping[str, Any]) -> AccountQueues:
    try:
        return AccountQueues(os.environ, "AzureWebJobsStorage", policy(host_json))
    except ValueError as error:
        raise HostRefusal(f"There are no queues: {error}.") from error


async def _run() -> None:
    arguments = _arguments()
    app_dir = arguments.app.resolve()
    if arguments.watched:
        end_with_stdin()
    sockets = listen(arguments.port, "--port")
    signalr = os.environ.get(SIGNALR_SETTING, "")
    if not access_keys(signalr):
        raise HostRefusal(f"{SIGNALR_SETTING} is not set, or names no AccessKey.")
    os.environ.update(environment(os.environ, {}, signalr))
    if not os.environ.get("HELIOGRAPH_SIGNING_KEYS"):
        os.environ["HELIOGRAPH_SIGNING_KEYS"] = keys.signing_keys(keys.beside(app_dir))
    host_json = read_host_json(app_dir, os.environ)
    options = Options(
        environ=os.environ,
        key=keys.host_key(keys.beside(app_dir)),
        host_json=host_json,
        cors=Cors(tuple(arguments.cors)),
        http_concurrency=arguments.concurrency,
        queues=_account_queues(host_json) if arguments.queues == "account" else None,
    )

    def ready() -> None:
        print(READY.format(port=port_of(sockets)), flush=True)

    async with httpx.AsyncClient(trust_env=False) as client:
        timeout = http_timeout_seconds(os.environ)
        endpoint = service_endpoint(os.environ)
        outputs = RestSink(client, endpoint, access_keys(signalr)[0], timeout)
        host = await Host.start(app_dir, outputs, options)
        async with host.running():
            await serve([Served(host.app, sockets)], ready)
    leave_soon()


if __name__ == "__main__":
    sys.exit(main())
