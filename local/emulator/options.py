"""The emulator's times and limits.

Handshake, keep-alive and client timeout are the defaults of ASP.NET Core SignalR
(dotnet/aspnetcore, `HubOptionsSetup`); a message of 1 MiB is the limit of the service.
"""

from dataclasses import dataclass

# Published by Microsoft for its emulator; it protects nothing and is no secret.
EMULATOR_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Options:
    """Times and limits; the unit of each is in its name."""

    handshake_timeout_seconds: float = 15
    keep_alive_seconds: float = 15
    client_timeout_seconds: float = 30
    negotiate_lifetime_seconds: float = 5
    upstream_timeout_seconds: float = 100
    outbox_bytes: int = 4 << 20  # waiting for one slow reader before it is cut off
    message_bytes: int = 1 << 20  # one message from a client, or one REST body
