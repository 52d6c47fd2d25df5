"""What a month costs before anybody calls: the lines of what is deployed. Pure."""

from costs import database
from costs.deployment import Deployment
from costs.model import DAYS_PER_MONTH, HOURS_PER_MONTH, Design, Line, Load, Routine
from costs.prices import Prices

STORED_GB = 1  # in each stamp: rooms, reports, packages; assumed
FREE_LOG_DAYS = 31  # of retention, included in the price of ingestion
SQL_GB_PER_STATEMENT = 10e-6  # through the private endpoint, both directions; assumed


def routines(design: Design, deployment: Deployment) -> tuple[Routine, ...]:
    """What happens in a stamp in a month without any call: the design's, and the test of health."""
    runs = HOURS_PER_MONTH * 3600 / deployment.web_test_seconds * deployment.web_test_locations
    # A test calls /api/health, which pings the table; its result is a row.
    test = Routine("availability test", executions=runs, transactions=runs, rows=runs)
    return (*design.routines, test)


def total(found: tuple[Routine, ...], field: str) -> float:
    """The sum of one figure."""
    return float(sum(getattr(routine, field) for routine in found))


def always_ready(deployment: Deployment, prices: Prices) -> Line:
    """The instances that wait, whether they run or not."""
    seconds = deployment.stamps * deployment.function_always_ready * HOURS_PER_MONTH * 3600
    baseline = prices.each("functions_flex_always_ready_baseline")
    return Line("Functions, always ready", 0, seconds * deployment.memory_gb * baseline)


def storage(design: Design, deployment: Deployment, transactions: float, prices: Prices) -> Line:
    """`transactions`: of a call."""
    kind = deployment.storage_replication.lower()
    found = routines(design, deployment)
    each = prices.each("storage_transactions")
    month = (
        total(found, "transactions") * each
        + total(found, "blob_writes") * prices.each(f"storage_blob_writes_{kind}")
        + STORED_GB * prices.each(f"storage_gb_{kind}")
    )
    return Line("Storage", transactions * each, deployment.stamps * month)


def logs(
    design: Design, deployment: Deployment, executions: float, rows: float, prices: Prices
) -> Line:
    """`executions` and `rows`: of a call. Metrics of the platform are free: none goes to a log."""
    found = routines(design, deployment)
    kept_months = max(0, deployment.log_retention_days - FREE_LOG_DAYS) / DAYS_PER_MONTH
    each = prices.each("log_analytics") + kept_months * prices.each("log_retention")
    call = executions * design.log_gb + rows * design.row_gb
    month = total(found, "executions") * design.log_gb + total(found, "rows") * design.row_gb
    return Line("Log Analytics", call * each, deployment.stamps * month * each)


def vault(design: Design, deployment: Deployment, operations: float, prices: Prices) -> Line:
    """`operations`: of a call. Secrets cost the same in a premium vault; it is keys that do not."""
    each = prices.each("key_vault_operations")
    month = total(routines(design, deployment), "vault")
    return Line("Key Vault", operations * each, deployment.stamps * month * each)


def network(deployment: Deployment, statements: float, prices: Prices) -> tuple[Line, Line]:
    """The private endpoint and its DNS zone. `statements`: of SQL, in a call."""
    stamps, endpoints = deployment.stamps, deployment.private_endpoints
    hours = stamps * endpoints * HOURS_PER_MONTH * prices.each("private_endpoint_hours")
    gb = statements * SQL_GB_PER_STATEMENT * prices.each("private_endpoint_gb")
    zones = stamps * deployment.dns_zones * prices.each("dns_zone")
    return Line("Private endpoints", gb if endpoints else 0, hours), Line("DNS zones", 0, zones)


def watching(deployment: Deployment, prices: Prices) -> tuple[Line, Line]:
    """Alert rules, and the tests of availability."""
    rules = deployment.metric_series * prices.each("alert_metric_series")
    rules += deployment.log_alerts * prices.each("alert_log_rule")
    tests = HOURS_PER_MONTH * 3600 / deployment.web_test_seconds * deployment.web_test_locations
    return (
        Line("Alert rules", 0, deployment.stamps * rules),
        Line("Availability tests", 0, deployment.stamps * tests * prices.each("web_test")),
    )


def site(deployment: Deployment, prices: Prices) -> Line:
    """The page, once."""
    standard = deployment.static_web_app_sku == "Standard"
    return Line("Static site", 0, prices.each("static_site") if standard else 0)


def sql(load: Load, deployment: Deployment, prices: Prices) -> Line:
    """The database of statistics, once."""
    return Line("Azure SQL", 0, database.cost(load, deployment, prices))
