"""`python -m local.emulator`: stands in for Microsoft's emulator, for `func start` and others."""

import argparse
import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import uvicorn

from local.emulator.http_upstream import http_upstream
from local.emulator.options import Options
from local.emulator.quotas import TIERS
from local.emulator.service import SERVER_OPTIONS, Service, connection_string
from local.emulator.settings_file import SettingsFile
from local.emulator.templates import BadSettings, Template

_BANNER = """
===================================================
The SignalR emulator was successfully started.

Press Ctrl+C to stop it.

Use the value below as the connection string:

{connection_string}

Events go to:
{upstream}
===================================================
"""


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """The exit status: 0 after Ctrl-C, 2 for wrong settings."""
    options = _parser(environ).parse_args(arguments)
    try:
        settings = SettingsFile(options.settings)
    except (OSError, BadSettings) as error:
        print(f"Cannot use the settings file: {error}", file=sys.stderr)
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, settings))
    return 0


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.emulator",
        description="An emulator of Azure SignalR Service in serverless mode.",
    )
    port = environ.get("SIGNALR_PORT", "8888")
    parser.add_argument("--host", default="localhost", help="address to listen on")
    parser.add_argument("--port", type=_port, default=port, help="0 picks a free one")
    parser.add_argument(
        "--lax",
        action="store_true",
        help="as lax as Microsoft's emulator: any audience with the right path, no api-version",
    )
    parser.add_argument(
        "--allowed-origins",
        default="",
        help="pages that may connect, beside those on this machine; comma separated, * for all",
    )
    parser.add_argument(
        "--tier",
        choices=TIERS,
        default="standard",
        help="whose quotas: free (20 connections, 20,000 messages a day), standard (one unit)",
    )
    parser.add_argument(
        "--settings",
        type=Path,
        help="upstream settings (default: ./settings.json if present, else the port of func start)",
    )
    return parser


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not 0 <= number <= 0xFFFF:
        raise argparse.ArgumentTypeError(f"takes a number from 0 to 65535, not {text[:20]!r}")
    return number


def _options(arguments: argparse.Namespace) -> Options:
    origins = tuple(filter(None, (part.strip() for part in arguments.allowed_origins.split(","))))
    tier = TIERS[arguments.tier]
    return Options(strict=not arguments.lax, allowed_origins=origins, quotas=tier)


async def _serve(arguments: argparse.Namespace, settings: SettingsFile) -> None:
    # No deadline and no cap here: Upstream sets the deadline, and each connection has at most
    # one call under way.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(timeout=None, limits=limits, trust_env=False) as client:
        service = Service(
            deliver=http_upstream(client, settings.templates), options=_options(arguments)
        )
        config = uvicorn.Config(
            service.app,
            host=arguments.host,
            port=arguments.port,
            timeout_graceful_shutdown=5,
            **SERVER_OPTIONS,
        )
        await _Server(config, settings.templates(), service).serve()


class _Server(uvicorn.Server):
    """Says where it listens, once it does; ends what would hold up a stop."""

    def __init__(
        self, config: uvicorn.Config, templates: Sequence[Template], service: Service
    ) -> None:
        super().__init__(config)
        self._templates = templates
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Polls and event streams end first."""
        self._service.stop()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        endpoint = f"http://{self.config.host}:{port}"
        # Without the query: it holds the key of the host (`?code=`).
        places = (template.url_template.partition("?")[0] for template in self._templates)
        upstream = "\n".join(f"  {place}" for place in places)
        text = _BANNER.format(connection_string=connection_string(endpoint), upstream=upstream)
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
