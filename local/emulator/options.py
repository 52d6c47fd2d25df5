"""The emulator's times, limits and how strict it is.

Handshake, keep-alive and client timeout are the defaults of ASP.NET Core SignalR
(dotnet/aspnetcore, `HubOptionsSetup`); a message of 1 MiB is the limit of the service.
"""

from dataclasses import dataclass

from local.emulator.quotas import Quotas, standard

# Published by Microsoft for its emulator; it protects nothing and is no secret.
EMULATOR_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Options:
    """Times and limits; the unit of each is in its name.

    `strict`: as the service itself. Audiences must be exact, `api-version` must be there and known,
    and only the paths and verbs of each version exist. Without it, as lax as Microsoft's emulator
    or laxer. `endpoint` is the service's name, as in the connection string (`http://localhost`);
    empty: whatever name a request came by. `allowed_origins` are pages that may connect beside
    those on this machine; `*` is every page, the default of a service in Azure.
    """

    strict: bool = True
    endpoint: str = ""
    allowed_origins: tuple[str, ...] = ()
    quotas: Quotas = standard()

    handshake_timeout_seconds: float = 15
    keep_alive_seconds: float = 15
    client_timeout_seconds: float = 30
    negotiate_lifetime_seconds: float = 5
    poll_seconds: float = 90  # a long poll without data (aspnetcore, LongPollingOptions)
    poll_lease_seconds: float = 15  # without a poll a client is gone (HttpConnectionManager)
    upstream_timeout_seconds: float = 100
    outbox_bytes: int = 4 << 20  # waiting for one slow reader before it is cut off
    message_bytes: int = 1 << 20  # one message from a client, or one REST body
