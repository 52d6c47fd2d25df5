"""One complete stamp in this process: the Functions host, the SignalR emulator and the page."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket

from local import keys, settings_file, static, statistics
from local.emulator import TIERS, Service, connection_string
from local.emulator import Options as EmulatorOptions
from local.environment import environment
from local.functions.cors import Cors
from local.functions.host import Host, Options
from local.functions.host_json import read_host_json
from local.functions.service_settings import service_endpoint
from local.functions.signalr_sink import InProcess
from local.layout import Layout, Ports, check_storage
from local.serving import Served, leave_soon, listen, port_of, serve

# Where the settings name nobody. With credentials, as a stamp in Azure: SignalR's own client sends
# them to `negotiate`.
OPEN_HERE = Cors(credentials=True, this_machine=True)
READY = """\
Heliograph is ready.
  Page     {page}
  API      http://localhost:{port}/api
  SignalR  http://localhost:{signalr_port}
Stop it with Ctrl-C.
"""
READY_STAMP = """\
Stamp {stamp} is ready: page {page}, SignalR http://localhost:{signalr_port}, pid {pid}.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `stamp` is a name in `layout`; both None: a stack that is alone.

    `state`: the folder of its keys and statistics; None: `.heliograph`, beside the app.
    """

    app_dir: Path
    ports: Ports
    concurrency: int
    signalr_tier: str
    layout: Layout | None = None
    stamp: str | None = None
    state: Path | None = None

    @property
    def keeps(self) -> Path:
        """The folder of what it keeps: `state`, or one beside the app."""
        return self.state or keys.beside(self.app_dir)


async def run(plan: Plan) -> None:
    """Until SIGINT or SIGTERM. Raises HostRefusal."""
    # Both ports first: the app is told the SignalR port, and a taken port is known at once.
    sockets = listen(plan.ports.page, "--port")
    signalr_sockets = listen(plan.ports.signalr, "--signalr-port")
    settings = read_settings(plan.app_dir)
    # The name is the one in the connection string that the app gets.
    signalr = f"http://localhost:{port_of(signalr_sockets)}"
    set_environment(plan, settings.values, signalr)
    statistics.prepare(os.environ)
    service = Service(
        options=EmulatorOptions(
            endpoint=signalr,
            allowed_origins=settings.cors.origins,
            quotas=TIERS[plan.signalr_tier],
        )
    )
    options = _options(plan, settings.cors if settings.cors.origins else OPEN_HERE, signalr)
    outputs = InProcess(service.board, service_endpoint(os.environ))
    host = await Host.start(plan.app_dir, outputs, options)
    service.upstream.deliver = host.deliver

    def ready() -> None:
        print(
            ready_text(plan, sockets, signalr_sockets, options.page is not None), end="", flush=True
        )

    async with host.running():
        apps = [Served(host.app, sockets), Served(service.app, signalr_sockets)]
        await serve(apps, ready, service.stop)
    leave_soon()


def _options(plan: Plan, cors: Cors, signalr: str) -> Options:
    layout = plan.layout
    sources = layout.sources if layout else [signalr]
    return Options(
        environ=os.environ,
        key=keys.host_key(plan.keeps, plan.stamp),
        host_json=read_host_json(plan.app_dir, os.environ),
        cors=replace(cors, origins=cors.origins + layout.origins) if layout else cors,
        page=static.page(plan.app_dir / "web", sources, layout.backends if layout else ()),
        http_concurrency=plan.concurrency,
    )


def read_settings(app_dir: Path) -> settings_file.LocalSettings:
    """What local.settings.json says, if there is one. Raises HostRefusal."""
    path = app_dir / "local.settings.json"
    return settings_file.parse(path.read_text() if path.exists() else "{}")


def set_environment(plan: Plan, values: Mapping[str, str], signalr: str) -> None:
    """Make this process's environment that of the app. `signalr`: the URL of the emulator."""
    state = str(plan.state or keys.DIRECTORY)
    os.environ.update(environment(os.environ, values, connection_string(signalr), state))
    if plan.layout is not None and plan.stamp is not None:
        check_storage(os.environ)
        os.environ.update(plan.layout.settings(plan.stamp))
    if not os.environ.get("HELIOGRAPH_SIGNING_KEYS"):
        os.environ["HELIOGRAPH_SIGNING_KEYS"] = keys.signing_keys(plan.keeps)


def ready_text(plan: Plan, sockets: list[socket], signalr: list[socket], has_page: bool) -> str:
    """What is said once, when everything can be reached."""
    port = port_of(sockets)
    words = {
        "page": f"http://localhost:{port}/" if has_page else "not built: npm run build",
        "port": port,
        "signalr_port": port_of(signalr),
    }
    if plan.stamp is None:
        return READY.format(**words)
    return READY_STAMP.format(stamp=plan.stamp, pid=os.getpid(), **words)
