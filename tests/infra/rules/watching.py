"""Who hears of what: alerts, logs, the budget. Pure."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.infra.resources import Resources, of, sites
from tests.infra.rules.common import deployment, expect

METRICS = json.loads((Path(__file__).parent.parent / "metrics.json").read_text())


def telemetry_goes_by_identity(all_of_them: Resources) -> Iterator[str]:
    wanted = {"local_authentication_enabled": False, "ip_masking_enabled": True}
    yield from expect(of(all_of_them, "azurerm_application_insights"), wanted)
    workspaces = of(all_of_them, "azurerm_log_analytics_workspace")
    yield from expect(workspaces, {"local_authentication_enabled": False})
    for component in of(all_of_them, "azurerm_application_insights"):
        # Of 5.2: internal/services/applicationinsights/application_insights_resource.go.
        if component.values["retention_in_days"] not in (30, 60, 90, 120, 180, 270, 365, 550, 730):
            yield f"{component.address} keeps logs for a time that Azure refuses"
    for workspace in workspaces:
        if not 0 < (workspace.values["daily_quota_gb"] or 0) <= 100:
            yield f"{workspace.address} has no cap"


def alerts_watch_what_exists(all_of_them: Resources) -> Iterator[str]:
    """Every metric, aggregation and dimension is in metrics.json; everybody is told."""
    for alert in of(all_of_them, "azurerm_monitor_metric_alert"):
        if not alert.values["action"]:
            yield f"{alert.address} tells nobody"
        for criterion in alert.values["criteria"]:
            known = METRICS.get(criterion["metric_namespace"], {"metrics": {}, "dimensions": []})
            if criterion["aggregation"] not in known["metrics"].get(criterion["metric_name"], []):
                yield f"{alert.address}: {criterion['metric_name']} is in no list of metrics"
            if {d["name"] for d in criterion["dimension"]} - set(known["dimensions"]):
                yield f"{alert.address}: a dimension is in no list"


ALERTS = {
    "function-failures",
    "signalr-errors",
    "signalr-upstream",
    "signalr-connections",
    "signalr-messages",
    "queue-backlog",
    "queue-age",
    "queue-poison",
    "vault-errors",
    "vault-availability",
    "turn-ledger-away",
    "turn-ledger-and-health",
}


def alerts_are_all_there(all_of_them: Resources) -> Iterator[str]:
    kinds = ("azurerm_monitor_metric_alert", "azurerm_monitor_scheduled_query_rules_alert_v2")
    for site in sites(all_of_them):
        ending = f"-{deployment(site)}-{site.stamp}"
        there = {
            a.values["name"].removesuffix(ending)
            for kind in kinds
            for a in of(all_of_them, kind)
            if a.stamp == site.stamp and a.values.get("enabled") is not False
        }
        if there != ALERTS:
            yield f"{site.stamp} watches {sorted(there)}, not {sorted(ALERTS)}"


def budget_tells_early(all_of_them: Resources) -> Iterator[str]:
    groups = {r.values["name"] for r in of(all_of_them, "azurerm_resource_group")}
    budgets = of(all_of_them, "azurerm_consumption_budget_subscription")
    if len(budgets) != 1:
        yield "there is no budget"
    for budget in budgets:
        if {n["threshold"] for n in budget.values["notification"]} != {50, 80, 100}:
            yield f"{budget.address} does not tell at 50, 80 and 100 %"
        if budget.values["time_period"][0]["start_date"][:7] < f"{datetime.now(UTC):%Y-%m}":
            yield f"{budget.address} starts in a month that is over: Azure refuses it"
        if set(budget.values["filter"][0]["dimension"][0]["values"]) != groups:
            yield f"{budget.address} does not count every group of resources"


def what_happens_is_logged(all_of_them: Resources) -> Iterator[str]:
    settings = of(all_of_them, "azurerm_monitor_diagnostic_setting")
    wanted = {"vault", "signalr", "queues"}
    for site in sites(all_of_them):
        there = {s.address.rpartition(".")[2] for s in settings if s.stamp == site.stamp}
        if there != wanted:
            yield f"{site.stamp} logs {sorted(there)}, not {sorted(wanted)}"
