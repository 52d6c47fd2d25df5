"""What the database of statistics costs, by how long it is awake. Pure.

A serverless database is billed by the second while it is awake, and always for its storage:
  price of a vCore × max(least vCores, vCores used, least GB of memory / 3, GB used / 3)
(https://learn.microsoft.com/azure/azure-sql/database/serverless-tier-billing). Here little is used,
so that the least counts. At 0.5 vCores that is the memory.
It sleeps after `sql_auto_pause_minutes` without a session; the next login wakes it.
"""

import math

from msgspec import Struct, structs

from costs.deployment import NEVER, SERVERLESS, Deployment
from costs.model import HOURS_PER_MONTH, Load
from costs.prices import Prices
from stats.wakes import AWAKE_MS

LEAST_VCORES = 0.5  # min_capacity in infra/
# https://learn.microsoft.com/azure/azure-sql/database/resource-limits-vcore-single-databases
LEAST_MEMORY_GB = {"GP_S_Gen5_1": 2.02, "GP_S_Gen5_2": 2.05, "GP_S_Gen5_4": 2.10}
GB_PER_VCORE = 3
STORAGE_GB = 32  # max_size_gb in infra/: this is billed, not what is used
FREE_VCORE_SECONDS = 100_000  # a month, of the free offer; then it sleeps until the next month
FREE_SKU = "GP_S_Gen5_2"  # its size
WORK_MINUTES = 1  # of a wake: to answer, and until the idle connection is closed
READING_MINUTES = AWAKE_MS // 60_000 + WORK_MINUTES  # of a wake by the page
RETENTION_WAKES_PER_DAY = 1  # the timer `retain`


class Database(Struct, frozen=True, rename="camel"):
    """One choice of database, and what it costs."""

    sku: str
    awake_hours: float  # a day
    per_month: float
    note: str = ""


def wakes_per_day(load: Load, deployment: Deployment) -> float:
    """What wakes the database: readers, retention, and the writer with the reports of each call.

    The two reports of a call come together, so that they wake it once.
    """
    return deployment.stats_wakes_per_day + RETENTION_WAKES_PER_DAY + load.calls_per_day


def awake_hours(load: Load, deployment: Deployment) -> float:
    """Hours a day, 0 to 24: wakes × (auto-pause delay + work), as far as they do not overlap.

    Wakes at random times (Poisson) leave exp(-wakes × length) of the day without any. Readers are
    counted as those who read as much as they may.
    """
    if deployment.sql_awake_hours is not None:
        return deployment.sql_awake_hours
    if deployment.sql_sku not in (*SERVERLESS, "free"):
        return 24
    if deployment.sql_auto_pause_minutes == NEVER:
        return 24
    delay, readers = deployment.sql_auto_pause_minutes, deployment.stats_wakes_per_day
    others = wakes_per_day(load, deployment) - readers
    minutes = readers * (delay + READING_MINUTES) + others * (delay + WORK_MINUTES)
    return 24 * -math.expm1(-minutes / (24 * 60))


def least_vcores(sku: str) -> float:
    """What a second awake is billed as, at least."""
    return max(LEAST_VCORES, LEAST_MEMORY_GB[sku] / GB_PER_VCORE)


def cost(load: Load, deployment: Deployment, prices: Prices) -> float:
    """Of a month."""
    if deployment.sql_sku in SERVERLESS:
        hours = awake_hours(load, deployment)
        return _serverless(hours, least_vcores(deployment.sql_sku), prices)
    fixed = {"Basic": "sql_basic", "S0": "sql_s0"}
    return prices.each(fixed[deployment.sql_sku]) if deployment.sql_sku in fixed else 0.0


def _serverless(awake_hours: float, vcores: float, prices: Prices) -> float:
    awake = awake_hours / 24 * HOURS_PER_MONTH * vcores * prices.each("sql_vcore_hours")
    return awake + STORAGE_GB * prices.each("sql_storage")


def choices(load: Load, deployment: Deployment, prices: Prices) -> tuple[Database, ...]:
    """The same database awake and asleep, and the others that would do."""
    sku = deployment.sql_sku if deployment.sql_sku in SERVERLESS else SERVERLESS[0]
    chosen = structs.replace(deployment, sql_sku=sku)
    hours = awake_hours(load, chosen)
    wakes = f"{wakes_per_day(load, chosen):,.0f} wakes a day"
    if deployment.sql_awake_hours is not None:
        wakes = "as given"
    awake = _serverless(24, least_vcores(sku), prices)
    by_cpu = _serverless(24, LEAST_VCORES, prices)
    return (
        Database(sku, 0, _serverless(0, 0, prices), "asleep all month: storage only"),
        Database(sku, hours, cost(load, chosen, prices), wakes),
        Database(sku, 24, awake, f"never asleep; its {LEAST_VCORES:g} vCores alone: {by_cpu:.0f}"),
        Database("Basic", 24, prices.each("sql_basic"), "5 DTU, 2 GB"),
        _free_offer(hours),
    )


def _free_offer(hours: float) -> Database:
    """The free offer holds for so long, and then sleeps until the next month."""
    month = FREE_VCORE_SECONDS / 3600 / least_vcores(FREE_SKU)
    held = month / HOURS_PER_MONTH * 24
    enough = "enough" if hours <= held else "then away until next month"
    return Database("free", min(hours, held), 0.0, f"{month:.0f} hours a month; {enough}")
