"""An emulator of Azure SignalR Service in serverless mode. README.md says what it does and not.

The public surface of the package is what this file names, and `local.emulator.protocol`, the codec
of the SignalR hub protocol. The package imports nothing of ours outside of itself.

    python -m local.emulator            by itself, for `func start` and other hosts
    Service(deliver=…)                  inside another process: an ASGI app and plain calls
"""

from local.emulator.entra import APP_SERVER, REST_API_OWNER, Entra
from local.emulator.options import EMULATOR_KEY, Options
from local.emulator.quotas import FREE, TIERS, OverQuota, Quotas, standard
from local.emulator.service import SERVER_OPTIONS, Service, connection_string
from local.emulator.switchboard import Switchboard
from local.emulator.upstream import IGNORED, Deliver, UpstreamRequest, UpstreamResponse

__all__ = [
    "APP_SERVER",
    "EMULATOR_KEY",
    "FREE",
    "IGNORED",
    "REST_API_OWNER",
    "SERVER_OPTIONS",
    "TIERS",
    "Deliver",
    "Entra",
    "Options",
    "OverQuota",
    "Quotas",
    "Service",
    "Switchboard",
    "UpstreamRequest",
    "UpstreamResponse",
    "connection_string",
    "standard",
]
