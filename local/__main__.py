"""`python -m local`: the Functions host, the SignalR emulator and the page, in one process.

    python -m local [--port 7071] [--signalr-port 8888] [--app DIR] [--concurrency 16]
                    [--signalr-tier standard]

PORT and SIGNALR_PORT change the defaults; port 0 picks a free one. Stops on Ctrl-C or SIGTERM.
"""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local import keys, settings_file, static, statistics
from local.emulator import TIERS, Service, connection_string
from local.emulator import Options as EmulatorOptions
from local.environment import environment
from local.functions.host import Host, Options
from local.functions.host_json import read_host_json
from local.functions.service_settings import service_endpoint
from local.functions.signalr_sink import InProcess
from local.serving import Served, leave_soon, listen, port_of, run, serve

log = logging.getLogger("local")

# Requests and SignalR events at a time: what a Flex Consumption app for Python should set. The
# platform's own default is 1 (local/functions/slots.py).
HTTP_CONCURRENCY = 16

READY = """\
Heliograph is ready.
  Page     {page}
  API      http://localhost:{port}/api
  SignalR  http://localhost:{signalr_port}
Stop it with Ctrl-C.
"""


def main() -> int:
    """0 after a clean stop, 1 with one clear sentence on stderr when it cannot run."""
    return run(_run(_arguments(os.environ)))


def _arguments(environ: Mapping[str, str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description="Run Heliograph here.")
    # Defaults are text, so that argparse checks them like the options themselves.
    default = environ.get("PORT") or "7071"
    parser.add_argument("--port", type=int, default=default, help="of the API and the page")
    default = environ.get("SIGNALR_PORT") or "8888"
    parser.add_argument("--signalr-port", type=int, default=default, help="of SignalR")
    parser.add_argument(
        "--signalr-tier", choices=TIERS, default="standard", help="whose quotas SignalR has"
    )
    parser.add_argument("--app", type=Path, default=Path(), help="where function_app.py is")
    parser.add_argument(
        "--concurrency",
        type=_positive,
        default=HTTP_CONCURRENCY,
        help="requests and SignalR events at a time, as triggers.http.perInstanceConcurrency",
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


async def _run(arguments: argparse.Namespace) -> None:
    app_dir = arguments.app.resolve()
    # Both ports first: the app is told the SignalR port, and a taken port is known at once.
    sockets = listen(arguments.port, "--port")
    signalr_sockets = listen(arguments.signalr_port, "--signalr-port")
    settings = _settings(app_dir)
    _set_environment(app_dir, settings.values, port_of(signalr_sockets))
    statistics.prepare(os.environ)
    # The name is the one in the connection string that the app gets.
    endpoint = f"http://localhost:{port_of(signalr_sockets)}"
    page = static.page(app_dir / "web", [endpoint])
    emulator = EmulatorOptions(
        endpoint=endpoint,
        allowed_origins=settings.cors.origins,
        quotas=TIERS[arguments.signalr_tier],
    )
    service = Service(options=emulator)
    options = Options(
        environ=os.environ,
        key=keys.host_key(app_dir),
        host_json=read_host_json(app_dir, os.environ),
        cors=settings.cors,
        page=page,
        http_concurrency=arguments.concurrency,
    )
    host = await Host.start(
        app_dir, InProcess(service.board, service_endpoint(os.environ)), options
    )
    service.upstream.deliver = host.deliver

    def ready() -> None:
        address = f"http://localhost:{port_of(sockets)}/" if page else "not built: npm run build"
        ports = {"port": port_of(sockets), "signalr_port": port_of(signalr_sockets)}
        print(READY.format(page=address, **ports), end="", flush=True)

    async with host.running():
        apps = [Served(host.app, sockets, websockets=False), Served(service.app, signalr_sockets)]
        await serve(apps, ready, service.stop)
    leave_soon()


def _settings(app_dir: Path) -> settings_file.LocalSettings:
    path = app_dir / "local.settings.json"
    return settings_file.parse(path.read_text() if path.exists() else "{}")


def _set_environment(app_dir: Path, values: Mapping[str, str], signalr_port: int) -> None:
    signalr = connection_string(f"http://localhost:{signalr_port}")
    os.environ.update(environment(os.environ, values, signalr))
    if not os.environ.get("HELIOGRAPH_SIGNING_KEYS"):
        os.environ["HELIOGRAPH_SIGNING_KEYS"] = keys.signing_keys(app_dir)


if __name__ == "__main__":
    sys.exit(main())
