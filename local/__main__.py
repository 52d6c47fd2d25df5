"""`python -m local`: the Functions host, the SignalR emulator and the page, in one process.

    python -m local [--port 7071] [--signalr-port 8888] [--app DIR] [--concurrency 16]
                    [--signalr-tier standard] [--stamps 1] [--stamp NAME] [--reload]

PORT, SIGNALR_PORT and STAMPS change the defaults; port 0 picks a free one. Stops on Ctrl-C or
SIGTERM.

With `--stamps 2` (to 4) there are complete stamps `a`, `b`, … on ports in a row, each in a process
of its own, and this process watches them. `--stamp b` runs only that one of them, in this process:
so a stamp that was killed is started again.

With `--reload`, as `make run` starts it, the app and the page are taken anew when their files
change (`local/reloading.py`); of one stamp only.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local import several, single
from local.arguments import Parser, port, whole
from local.emulator import TIERS
from local.functions.bindings import HostRefusal
from local.layout import MAX_STAMPS, Layout, Ports
from local.serving import end_with_stdin, run

# Requests and SignalR events at a time: what a Flex Consumption app for Python should set. The
# platform's own default is 1 (local/functions/slots.py).
HTTP_CONCURRENCY = 16


def main() -> int:
    """0 after a clean stop, 1 with one clear sentence on stderr when it cannot run."""
    return run(_run())


def _arguments(environ: Mapping[str, str]) -> argparse.Namespace:
    parser = Parser(prog="python -m local", description="Run Heliograph here.")
    # Defaults are text, so that argparse checks them like the options themselves.
    default = environ.get("PORT") or "7071"
    parser.add_argument("--port", type=port, default=default, help="of the API and the page (PORT)")
    default = environ.get("SIGNALR_PORT") or "8888"
    parser.add_argument(
        "--signalr-port", type=port, default=default, help="of SignalR (SIGNALR_PORT)"
    )
    parser.add_argument(
        "--signalr-tier", choices=TIERS, default="standard", help="whose quotas SignalR has"
    )
    parser.add_argument("--app", type=Path, default=Path(), help="where function_app.py is")
    parser.add_argument(
        "--concurrency",
        type=whole(1),
        default=HTTP_CONCURRENCY,
        help="requests and SignalR events at a time, as triggers.http.perInstanceConcurrency",
    )
    default = environ.get("STAMPS") or "1"
    parser.add_argument(
        "--stamps", type=whole(1, MAX_STAMPS), default=default, help="how many (STAMPS)"
    )
    parser.add_argument("--reload", action="store_true", help="take the app anew when it changes")
    parser.add_argument("--stamp", help="run only this one of them: a, b, …")
    # For a stamp that is watched: it ends when its standard input does, so that no stamp outlives
    # the process that started it, however that one ended.
    parser.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


async def _run() -> None:
    arguments = _arguments(os.environ)
    if arguments.stamps == 1 and arguments.stamp is None:
        plan = _plan(arguments, Ports(arguments.port, arguments.signalr_port))
        if arguments.reload:
            from local import reloading  # its HTTP client takes 0.2 s to import

            await reloading.run(plan)
        else:
            await single.run(plan)
        return
    if arguments.reload:
        raise HostRefusal("Several stamps do not reload: leave out --reload.")
    layout = Layout(arguments.stamps, arguments.port, arguments.signalr_port)
    if arguments.stamp is None:
        await several.run(layout, arguments.app.resolve(), _options(arguments))
    else:
        stamp = arguments.stamp
        if arguments.watched:
            end_with_stdin()
        await single.run(_plan(arguments, layout.ports(stamp), layout, stamp))


def _plan(
    arguments: argparse.Namespace,
    ports: Ports,
    layout: Layout | None = None,
    stamp: str | None = None,
) -> single.Plan:
    app_dir = arguments.app.resolve()
    tier = arguments.signalr_tier
    return single.Plan(app_dir, ports, arguments.concurrency, tier, layout, stamp)


def _options(arguments: argparse.Namespace) -> list[str]:
    """Those that every stamp gets, where they are not the default."""
    given = {
        "--app": (arguments.app, Path()),
        "--concurrency": (arguments.concurrency, HTTP_CONCURRENCY),
        "--signalr-tier": (arguments.signalr_tier, "standard"),
    }
    return [
        word
        for option, (value, default) in given.items()
        if value != default
        for word in (option, str(value))
    ]


if __name__ == "__main__":
    sys.exit(main())
