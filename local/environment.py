"""The environment the app is run in: what is set already, local.settings.json, then defaults. Pure.

Variables that exist win over the file, as with Core Tools. One does not: the SignalR connection
string, because this stack always is its own SignalR service.
"""

from collections.abc import Mapping

SIGNALR_SETTING = "AzureSignalRConnectionString"


def environment(
    existing: Mapping[str, str],
    values: Mapping[str, str],
    signalr: str,
    state: str = ".heliograph",
) -> dict[str, str]:
    """What to add to the environment: `values` of the file, then defaults.

    `signalr` is the connection string of this stack's emulator, `state` the folder of what it
    keeps.
    """
    merged = {**values, **existing}
    if not any(value for name, value in merged.items() if name.startswith("AzureWebJobsStorage")):
        # Without a storage account, documents live in memory; the host only wants the name set.
        merged["AzureWebJobsStorage"] = "UseDevelopmentStorage=true"
        merged.setdefault("HELIOGRAPH_STORAGE", "memory")
    # On one machine, or in one network, host candidates are enough: nothing is asked from outside.
    merged.setdefault("HELIOGRAPH_STUN_URLS", "")
    merged.setdefault("SQL_CONNECTION", f"sqlite:///{state}/stats.sqlite")
    # Everyone comes from one address here, and nobody attacks.
    merged.setdefault("HELIOGRAPH_NETWORK_RATE", "1000000/1000000")
    merged.setdefault("HELIOGRAPH_MESSAGES_PER_DAY", "1000000000")
    merged.setdefault("HELIOGRAPH_STATS_NETWORK_REPORTS", "999999")
    merged.setdefault("HELIOGRAPH_STATS_EPSILON", "0")
    merged.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    merged.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    merged[SIGNALR_SETTING] = signalr
    return {name: value for name, value in merged.items() if existing.get(name) != value}
