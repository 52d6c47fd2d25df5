"""`python -m local.functions`: one instance of the app, with SignalR Service somewhere else.

    python -m local.functions [--port 7071] [--app DIR] [--concurrency 1]

`AzureSignalRConnectionString` says where the service is; outputs go there by REST. The service
calls `/runtime/webhooks/signalr?code=KEY`, with the key in `.heliograph/host-key`.
`local/cluster.py` starts several of these.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

import httpx

from local import keys
from local.environment import SIGNALR_SETTING, environment
from local.functions.bindings import HostRefusal
from local.functions.host import Host, Options
from local.functions.host_json import read_host_json
from local.functions.rest_sink import RestSink
from local.functions.service_settings import access_keys, http_timeout_seconds, service_endpoint
from local.functions.slots import DEFAULT_HTTP_CONCURRENCY
from local.serving import Served, leave_soon, listen, port_of, run, serve

READY = "The instance listens on port {port}."


def main() -> int:
    """0 after a clean stop, 1 with one clear sentence on stderr when it cannot run."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs
    return run(_run(_arguments()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.functions")
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--app", type=Path, default=Path(), help="where function_app.py is")
    parser.add_argument("--concurrency", type=int, default=DEFAULT_HTTP_CONCURRENCY)
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    app_dir = arguments.app.resolve()
    sockets = listen(arguments.port, "--port")
    signalr = os.environ.get(SIGNALR_SETTING, "")
    if not access_keys(signalr):
        raise HostRefusal(f"{SIGNALR_SETTING} is not set, or names no AccessKey.")
    os.environ.update(environment(os.environ, {}, signalr))
    if not os.environ.get("HELIOGRAPH_SIGNING_KEYS"):
        os.environ["HELIOGRAPH_SIGNING_KEYS"] = keys.signing_keys(app_dir)
    options = Options(
        environ=os.environ,
        key=keys.host_key(app_dir),
        host_json=read_host_json(app_dir, os.environ),
        http_concurrency=arguments.concurrency,
    )

    def ready() -> None:
        print(READY.format(port=port_of(sockets)), flush=True)

    async with httpx.AsyncClient(trust_env=False) as client:
        timeout = http_timeout_seconds(os.environ)
        endpoint = service_endpoint(os.environ)
        outputs = RestSink(client, endpoint, access_keys(signalr)[0], timeout)
        host = await Host.start(app_dir, outputs, options)
        async with host.running():
            await serve([Served(host.app, sockets, websockets=False)], ready)
    leave_soon()


if __name__ == "__main__":
    sys.exit(main())
