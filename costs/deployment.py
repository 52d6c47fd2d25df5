"""What is deployed, and so paid for whether anybody calls or not. Pure.

A field that has the name of a variable of infra/ has its default and its values too;
tests/costs/test_presets.py compares them, and the examples of tfvars.
"""

import math

from msgspec import Struct, structs

SERVERLESS = ("GP_S_Gen5_1", "GP_S_Gen5_2", "GP_S_Gen5_4")
CHOICES = {
    "signalr_sku": ("Free_F1", "Standard_S1", "Premium_P1"),
    # `free`: the free offer of Azure SQL, which infra/ does not deploy.
    "sql_sku": (*SERVERLESS, "Basic", "S0", "free"),
    "storage_replication": ("LRS", "ZRS"),
    "static_web_app_sku": ("Free", "Standard"),
    "function_memory_mb": (512, 2048, 4096),
}
NEVER = -1  # of sql_auto_pause_minutes: it stays awake


class Deployment(Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes and numbers. Raises ValueError, which names the field, for impossible values.

    What is not deployed once is deployed in each stamp.
    """

    name: str = "dev"
    stamps: int = 1
    function_memory_mb: int = 2048
    function_always_ready: int = 0  # instances, in each stamp
    signalr_sku: str = "Free_F1"
    signalr_units: int = 1  # in each stamp, or as many more as the load needs
    storage_replication: str = "LRS"
    log_retention_days: int = 30
    private_endpoints: int = 1  # in each stamp: to the database
    dns_zones: int = 1  # in each stamp: of the private endpoint
    metric_series: int = 12  # in each stamp; 9 rules, of which one watches 4 statuses
    log_alerts: int = 3  # in each stamp, evaluated every 15 minutes
    web_test_locations: int = 2  # of the one test in each stamp
    web_test_seconds: int = 900  # between two tests from one location
    static_web_app_sku: str = "Free"  # once
    sql_sku: str = "Basic"  # once
    sql_auto_pause_minutes: int = 60
    stats_wakes_per_day: float = 4  # at most so often does GET /api/stats wake the database
    sockets_sleep: bool = False  # of two whose call is up: costs/call.py
    sql_awake_hours: float | None = None  # a day; None: calculated from what wakes it

    def __post_init__(self) -> None:
        for field in structs.fields(self):
            _check(field.name, getattr(self, field.name))
        if self.sql_auto_pause_minutes != NEVER and self.sql_auto_pause_minutes < 15:
            raise ValueError("sql_auto_pause_minutes has to be -1 (never) or at least 15")
        if min(self.stamps, self.signalr_units, self.web_test_seconds) < 1:
            raise ValueError("stamps, signalr_units and web_test_seconds have to be at least 1")
        if self.sql_awake_hours is not None and self.sql_awake_hours > 24:
            raise ValueError(f"sql_awake_hours has to be 0 to 24, not {self.sql_awake_hours}")

    @property
    def memory_gb(self) -> float:
        """What Flex bills an instance as: MB-ms are GB-s by 1,024,000 (Microsoft)."""
        return self.function_memory_mb / 1024


def _check(name: str, value: object) -> None:
    if name in CHOICES and value not in CHOICES[name]:
        known = ", ".join(map(str, CHOICES[name]))
        raise ValueError(f"{name} has to be one of {known}, not {value}")
    if name == "sql_auto_pause_minutes" or not isinstance(value, int | float):
        return
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} has to be a number from 0 on, not {value}")


# The examples of infra/, dev and prod. Nothing is set in dev: it is the defaults.
DEV = Deployment()
PROD = Deployment(
    name="prod",
    stamps=2,
    function_always_ready=2,  # as many as zone balancing asks for
    signalr_sku="Standard_S1",
    storage_replication="ZRS",
    log_retention_days=90,
    web_test_seconds=300,
    static_web_app_sku="Standard",
)
PRESETS = {preset.name: preset for preset in (DEV, PROD)}
