"""What has to hold of a deployment: rules over a plan or a state. Pure.

Each rule answers with a sentence for every fault; without faults there are none. The tests hold
the real deployment to them, and the mutations hold the rules to what they promise.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend.reports import QUEUE
from backend.wiring import TABLE
from tests.infra.app import HOST, UNSET, settings_read
from tests.infra.resources import (
    Resource,
    Resources,
    app_settings,
    of,
    secret_name,
    secrets,
    signalrs,
    sites,
)

METRICS = json.loads((Path(__file__).parent / "metrics.json").read_text())
REFERENCE = re.compile(r"@Microsoft\.KeyVault\(SecretUri=https://[^)]+/secrets/[^)]+\)")
SIGNALR_KEY = "AzureSignalRConnectionString"  # there where SignalR takes keys
SECRET = re.compile(r"(?i)(AccountKey|AccessKey|Password|Pwd|SharedAccessSignature)=|LEAKED")
SPOILT = (
    "Owner",
    "Contributor",
    "User Access Administrator",
    "Role Based Access Control Administrator",
)
# What each identity needs, and no more.
ROLES = {
    "functions": {
        "Storage Blob Data Owner",
        "Storage Queue Data Contributor",
        "Storage Table Data Contributor",
        "Key Vault Secrets User",
        "Monitoring Metrics Publisher",
        # Its data actions hold auth/clientToken and all that pushes:
        # https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/web-and-mobile
        "SignalR REST API Owner",
    },
    "signalr": {"Key Vault Secrets User"},
    "deployer": {"Key Vault Secrets Officer"},
}
UNTAGGED = (
    "azapi_resource_action",
    "azapi_update_resource",
    "azuread_group_member",
    "azurerm_consumption_budget_subscription",
    "azurerm_management_lock",
    "azurerm_monitor_diagnostic_setting",
    "azurerm_mssql_firewall_rule",
    "azurerm_mssql_server_extended_auditing_policy",
    "azurerm_role_assignment",
    "azurerm_storage_container",
    "azurerm_storage_queue",
    "azurerm_subnet",
    "time_sleep",
)
# Parts of another resource, which azapi makes and Azure tags no more than the kinds above.
UNTAGGED_TYPES = ("Microsoft.Storage/storageAccounts/", "Microsoft.Web/staticSites/customDomains")
TAGS = {"project", "deployment", "environment", "owner", "managed-by"}


type Rule = Callable[[Resources], Iterator[str]]


def _expect(found: Iterable[Resource], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Each of them has each value; there has to be one at least."""
    found = list(found)
    if not found:
        yield f"there is nothing to hold to {', '.join(wanted)}"
    for resource in found:
        for name, value in wanted.items():
            if resource.values.get(name) != value:
                yield f"{resource.address}.{name} is {resource.values.get(name)!r}, not {value!r}"


def storage_is_closed(all_of_them: Resources) -> Iterator[str]:
    """No public blob, no shared key, TLS 1.2, nothing copied to other tenants."""
    wanted = {
        "allow_nested_items_to_be_public": False,
        "shared_access_key_enabled": False,
        "default_to_oauth_authentication": True,
        "https_traffic_only_enabled": True,
        "cross_tenant_replication_enabled": False,
        "local_user_enabled": False,
        "min_tls_version": "TLS1_2",
    }
    yield from _expect(of(all_of_them, "azurerm_storage_account"), wanted)
    containers = of(all_of_them, "azurerm_storage_container")
    yield from _expect(containers, {"container_access_type": "private"})
    for account in of(all_of_them, "azurerm_storage_account"):
        for network in account.values["network_rules"] or [{"default_action": "Allow"}]:
            if network["default_action"] != "Deny" or not network["virtual_network_subnet_ids"]:
                yield f"{account.address} is open to every network"


def tables_need_no_key(all_of_them: Resources) -> Iterator[str]:
    """azurerm_storage_table reads and writes policies with the account's key, which is refused."""
    for table in of(all_of_them, "azurerm_storage_table"):
        yield f"{table.address} is made with the account's key"


def sql_is_entra_only(all_of_them: Resources) -> Iterator[str]:
    servers = of(all_of_them, "azurerm_mssql_server")
    wanted = {"minimum_tls_version": "1.2", "administrator_login": None}
    yield from _expect(servers, wanted)
    for server in servers:
        admins = server.values["azuread_administrator"]
        if [admin["azuread_authentication_only"] for admin in admins] != [True]:
            yield f"{server.address} takes passwords"
    audit = of(all_of_them, "azurerm_mssql_server_extended_auditing_policy")
    yield from _expect(audit, {"enabled": True, "log_monitoring_enabled": True})


def sql_is_narrow(all_of_them: Resources) -> Iterator[str]:
    """Single addresses from outside; each stamp comes by an endpoint of its own."""
    for rule in of(all_of_them, "azurerm_mssql_firewall_rule"):
        start, end = rule.values["start_ip_address"], rule.values["end_ip_address"]
        if start != end or start == "0.0.0.0":
            yield f"{rule.address} lets {start} to {end} in"
    with_endpoint = {e.stamp for e in of(all_of_them, "azurerm_private_endpoint")}
    for site in sites(all_of_them):
        if site.stamp not in with_endpoint:
            yield f"{site.address} has no way to the database"


def sql_sleeps(all_of_them: Resources) -> Iterator[str]:
    for database in of(all_of_them, "azurerm_mssql_database"):
        if not str(database.values["sku_name"]).startswith("GP_S_"):
            yield f"{database.address} is not serverless"
        elif not (database.values["auto_pause_delay_in_minutes"] or 0) > 0:
            yield f"{database.address} never sleeps"


def vaults_go_by_roles(all_of_them: Resources) -> Iterator[str]:
    vaults = of(all_of_them, "azurerm_key_vault")
    wanted = {"rbac_authorization_enabled": True, "soft_delete_retention_days": 90}
    yield from _expect(vaults, wanted)
    for vault in vaults:
        prod = vault.values["tags"]["environment"] == "prod"
        if vault.values["access_policy"] or (prod and not vault.values["purge_protection_enabled"]):
            yield f"{vault.address} has access policies, or can be purged"
    # azurerm_key_vault_secret reads each value at each plan: whoever plans would read all of them.
    for secret in of(all_of_them, "azurerm_key_vault_secret"):
        yield f"{secret.address} is read by whoever plans"
    for secret in secrets(all_of_them):
        if "value" in secret.body or not secret.values["sensitive_body_version"]:
            yield f"{secret.address} is in the state"
        if not secret.body.get("contentType"):
            yield f"{secret.address} does not say what it is"
        if secret.address.startswith("azapi_resource_action.app") and not secret.body.get(
            "attributes"
        ):
            yield f"{secret.address} does not say when it is due"


def roles_are_the_least(all_of_them: Resources) -> Iterator[str]:
    """Exactly the roles above, in every stamp, and none wider than a resource."""
    by_key = {s.stamp for s in sites(all_of_them) if SIGNALR_KEY in app_settings(s)}
    assignments = of(all_of_them, "azurerm_role_assignment")
    for each in assignments:
        if each.values["role_definition_name"] in SPOILT or each.values["role_definition_id"]:
            yield f"{each.address} gives {each.values['role_definition_name']}"
        if re.fullmatch(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?", each.values["scope"]):
            yield f"{each.address} is as wide as a group of resources"
    for stamp in sorted({site.stamp or "" for site in sites(all_of_them)}):
        for who, roles in ROLES.items():
            given = {
                a.values["role_definition_name"]
                for a in assignments
                if a.stamp == stamp and _holder(a) == who
            }
            wanted = roles - ({"SignalR REST API Owner"} if stamp in by_key else set())
            if given != wanted:
                yield f"{who} in {stamp} has {sorted(given)}, not {sorted(wanted)}"


def _holder(assignment: Resource) -> str:
    principal = str(assignment.values["principal_id"])
    return next((who for who in ("functions", "signalr") if who in principal), "deployer")


def roles_are_waited_for(all_of_them: Resources) -> Iterator[str]:
    """A role counts some minutes after it was given. What needs one comes after the wait."""
    for site in sites(all_of_them):
        for role in of(all_of_them, "azurerm_role_assignment"):
            ours = role.stamp == site.stamp and "operators" not in role.address
            if ours and re.sub(r"\[.*", "", role.address) not in site.needs:
                yield f"{site.address} starts without waiting for {role.address}"
        if "time_sleep.roles" not in site.needs:
            yield f"{site.address} does not wait for its roles"


def signalr_reads_one_secret(all_of_them: Resources) -> Iterator[str]:
    for each in of(all_of_them, "azurerm_role_assignment"):
        if _holder(each) == "signalr" and "signalr-upstream-code" not in each.values["scope"]:
            yield f"{each.address} reads more than the code of its upstream"


def secrets_are_references(all_of_them: Resources) -> Iterator[str]:
    """Nothing in the settings of an app is secret; what would be points into the vault."""
    for site in sites(all_of_them):
        for name, value in app_settings(site).items():
            if name.startswith("APPLICATIONINSIGHTS_"):
                continue  # opens nothing: the component takes telemetry by identity alone
            if SECRET.search(value):
                yield f"{site.address}: {name} holds a secret"
        if site.body["keyVaultReferenceIdentity"] not in site.values["identity"][0]["identity_ids"]:
            yield f"{site.address} reads references with another identity"


def signalr_goes_by_identity(all_of_them: Resources) -> Iterator[str]:
    """Tokens of Entra alone, unless keys were asked for; then the key is a reference."""
    for each in signalrs(all_of_them):
        site = next(s for s in sites(all_of_them) if s.stamp == each.stamp)
        settings = app_settings(site)
        key = settings.get("AzureSignalRConnectionString")
        if key is not None and not REFERENCE.fullmatch(key):
            yield f"{site.address}: AzureSignalRConnectionString is in clear"
        if key is None and each.body["disableLocalAuth"] is not True:
            yield f"{each.address} takes keys that nobody uses"
        wanted = f"https://{each.values['name']}.service.signalr.net"
        if key is None and settings.get("AzureSignalRConnectionString__serviceUri") != wanted:
            yield f"{site.address} does not know its SignalR"


def telemetry_goes_by_identity(all_of_them: Resources) -> Iterator[str]:
    wanted = {"local_authentication_enabled": False, "ip_masking_enabled": True}
    yield from _expect(of(all_of_them, "azurerm_application_insights"), wanted)
    workspaces = of(all_of_them, "azurerm_log_analytics_workspace")
    yield from _expect(workspaces, {"local_authentication_enabled": False})
    for component in of(all_of_them, "azurerm_application_insights"):
        # Of 5.2: internal/services/applicationinsights/application_insights_resource.go.
        if component.values["retention_in_days"] not in (30, 60, 90, 120, 180, 270, 365, 550, 730):
            yield f"{component.address} keeps logs for a time that Azure refuses"
    for workspace in workspaces:
        if not 0 < (workspace.values["daily_quota_gb"] or 0) <= 100:
            yield f"{workspace.address} has no cap"


def sites_are_as_flex_wants(all_of_them: Resources) -> Iterator[str]:
    yield from _expect(
        of(all_of_them, "azurerm_service_plan"), {"sku_name": "FC1", "os_type": "Linux"}
    )
    for site in sites(all_of_them):
        config, body = site.body["siteConfig"], site.body
        runtime = body["functionAppConfig"]["runtime"]
        deployment = body["functionAppConfig"]["deployment"]["storage"]
        facts = {
            "Python 3.13": runtime == {"name": "python", "version": "3.13"},
            "https only": body["httpsOnly"] is True,
            "TLS 1.2": config["minTlsVersion"] >= "1.2" and config["scmMinTlsVersion"] >= "1.2",
            "no FTP": config["ftpsState"] == "Disabled",
            "package by identity": deployment["authentication"]["type"] == "UserAssignedIdentity",
            "its identity": site.values["identity"][0]["type"] == "UserAssigned",
        }
        yield from (f"{site.address}: not {name}" for name, held in facts.items() if not held)
        scale = body["functionAppConfig"]["scaleAndConcurrency"]
        at_once = scale.get("triggers", {}).get("http", {}).get("perInstanceConcurrency", 1)
        threads = int(app_settings(site).get("PYTHON_THREADPOOL_THREAD_COUNT", 1))
        if not 16 <= at_once <= 32 or not at_once <= threads <= 2 * at_once:
            yield f"{site.address}: {at_once} requests at once, {threads} threads"
        if "/serverfarms/" not in body["serverFarmId"]:
            yield f"{site.address} has its plan's id in letters that Azure changes"


def passwords_are_off(all_of_them: Resources) -> Iterator[str]:
    """Two policies for each site, one after the other: at once, Azure refuses the second."""
    for site in sites(all_of_them):
        policies = [p for p in of(all_of_them, "azapi_update_resource") if p.stamp == site.stamp]
        if len(policies) != 2 or any(p.body["allow"] for p in policies):
            yield f"somebody may deploy to {site.address} with a password"
        addresses = {p.address for p in policies}
        if sum(not p.needs & addresses for p in policies) > 1:
            yield f"{site.address}: both policies are written at once"


def cors_is_exact(all_of_them: Resources) -> Iterator[str]:
    """Known after apply: the page's own origin, and those that were allowed."""
    pages = of(all_of_them, "azapi_resource", "Microsoft.Web/staticSites")
    own = {f"https://{page.values['output']['properties']['defaultHostname']}" for page in pages}
    for each in (*sites(all_of_them), *signalrs(all_of_them)):
        cors = each.body["siteConfig"]["cors"] if each in sites(all_of_them) else each.body["cors"]
        origins = cors["allowedOrigins"]
        exact = all(re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?", origin) for origin in origins)
        if not exact or not own <= set(origins):
            yield f"{each.address} lets {origins} call"
    for site in sites(all_of_them):
        if site.body["siteConfig"]["cors"]["supportCredentials"] is not True:
            yield f"{site.address} refuses SignalR's clients, which send credentials"


def signalr_is_serverless(all_of_them: Resources) -> Iterator[str]:
    for each in signalrs(all_of_them):
        flags = {feature["flag"]: feature["value"] for feature in each.body["features"]}
        acl = each.body["networkACLs"]
        if flags.get("ServiceMode") != "Serverless" or flags.get("EnableMessagingLogs") != "False":
            yield f"{each.address} is not serverless, or logs what people say"
        if acl["defaultAction"] != "Deny" or set(acl["publicNetwork"]["allow"]) != {
            "ClientConnection",
            "RESTAPI",
        }:
            yield f"{each.address} lets others in than clients and functions"
        yield from _upstream(each, all_of_them)


def _upstream(each: Resource, all_of_them: Resources) -> Iterator[str]:
    site = next(s for s in sites(all_of_them) if s.stamp == each.stamp)
    vault = next(v for v in of(all_of_them, "azurerm_key_vault") if v.stamp == each.stamp)
    wanted = (
        f"https://{site.values['name']}.azurewebsites.net/runtime/webhooks/signalr"
        f"?code={{@Microsoft.KeyVault(SecretUri={vault.values['vault_uri']}secrets/signalr-upstream-code)}}"
    )
    template = each.body["upstream"]["templates"][0]
    said = (template["hubPattern"], template["categoryPattern"], template["eventPattern"])
    if template["urlTemplate"] != wanted or said != ("signaling", "connections,messages", "*"):
        yield f"{each.address} does not call the functions of its stamp"


def everything_is_tagged(all_of_them: Resources) -> Iterator[str]:
    for each in all_of_them:
        missing = TAGS - set(each.values.get("tags") or {})
        part = str(each.values.get("type")).startswith(UNTAGGED_TYPES)
        if each.kind not in UNTAGGED and not part and missing:
            yield f"{each.address} lacks {sorted(missing)}"


def stamps_are_apart(all_of_them: Resources) -> Iterator[str]:
    """Nothing in the state of a stamp names anything of another stamp."""
    names = {site.stamp: f"-{_deployment(site)}-{site.stamp}" for site in sites(all_of_them)}
    for each in all_of_them:
        text = json.dumps(each.values)
        for stamp, name in names.items():
            foreign = name in text or name.replace("-", "") in text
            if each.stamp not in (None, stamp) and foreign:
                yield f"{each.address} of {each.stamp} names something of {stamp}"


def states_are_of_one_stamp(all_of_them: Resources) -> Iterator[str]:
    """One group of resources and one tag in each state; the shared state has nothing of a stamp."""
    for owner in {each.stamp for each in all_of_them}:
        groups = [g for g in of(all_of_them, "azurerm_resource_group") if g.stamp == owner]
        if len(groups) != 1:
            yield f"the state of {owner or 'what exists once'} has {len(groups)} groups"
    for each in all_of_them:
        said = (each.values.get("tags") or {}).get("stamp")
        if said is not None and said != each.stamp:
            yield f"{each.address} of {said} is in the state of {each.stamp or 'what exists once'}"


def names_are_ours_alone(all_of_them: Resources) -> Iterator[str]:
    """What has a name in all of Azure ends with the hash of subscription and suffix."""
    kinds = ("azurerm_key_vault", "azurerm_storage_account", "azurerm_mssql_server")
    found = [each for kind in kinds for each in of(all_of_them, kind)]
    for each in (*found, *sites(all_of_them), *signalrs(all_of_them)):
        if not re.search(r"[0-9a-f]{4}$", each.values["name"]) or not _has_hash(each):
            yield f"{each.address} may collide with another's {each.values['name']}"


def _has_hash(each: Resource) -> bool:
    name, stamp = each.values["name"].replace("-", ""), each.stamp or ""
    return not name.endswith(f"{_deployment(each)}{stamp}")


def _deployment(each: Resource) -> str:
    found: str = each.values["tags"]["deployment"]
    return found


def prod_is_locked(all_of_them: Resources) -> Iterator[str]:
    """The vault of each stamp, and the database's server."""
    locks = of(all_of_them, "azurerm_management_lock")
    scopes = {lock.values["scope"] for lock in locks if lock.values["lock_level"] == "CanNotDelete"}
    for kind in ("azurerm_key_vault", "azurerm_mssql_server"):
        for each in of(all_of_them, kind):
            if each.values["tags"]["environment"] == "prod" and each.values["id"] not in scopes:
                yield f"{each.address} of prod can be deleted by mistake"


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
    "wallet-away",
    "wallet-and-health",
}


def alerts_are_all_there(all_of_them: Resources) -> Iterator[str]:
    kinds = ("azurerm_monitor_metric_alert", "azurerm_monitor_scheduled_query_rules_alert_v2")
    for site in sites(all_of_them):
        ending = f"-{_deployment(site)}-{site.stamp}"
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


# The provider reads these whether one wants them or not, and they open nothing: the account refuses
# keys, the workspace and the component take what comes by identity only.
KEPT = re.compile(
    r"(azurerm_storage_account|azurerm_log_analytics_workspace|azurerm_application_insights)\.\w+"
)


def nothing_leaks(all_of_them: Resources) -> Iterator[str]:
    """No secret value is in the state, but those that open nothing."""
    for each in all_of_them:
        for name, value in each.values.items():
            shown = json.dumps(value)
            if name == "body":  # nothing but the string of the component, which opens nothing
                shown = shown.replace("LEAKED-azurerm_application_insights-connection_string", "")
            if "LEAKED" in shown and not KEPT.fullmatch(f"{each.kind}.{name}"):
                yield f"{each.address}.{name} is a secret in the state"


def settings_are_those_the_app_reads(all_of_them: Resources) -> Iterator[str]:
    """What the app reads is set, and what is set is read. Exceptions: tests/infra/app.py."""
    wanted = settings_read() - UNSET.keys() | HOST.keys()
    by_identity = {name for name in HOST if name.startswith(f"{SIGNALR_KEY}__")}
    for site in sites(all_of_them):
        there = app_settings(site).keys()
        if SIGNALR_KEY in there:  # instead of the identity, where it was asked for
            wanted = wanted - by_identity | {SIGNALR_KEY}
        yield from (f"{site.address} does not set {name}" for name in sorted(wanted - there))
        yield from (f"{site.address} sets {name}: who reads it?" for name in sorted(there - wanted))
        if "HELIOGRAPH-SIGNING-KEYS" not in {secret_name(s) for s in secrets(all_of_them)}:
            yield f"{site.stamp} has no signing keys in its vault"


def stores_are_those_the_app_names(all_of_them: Resources) -> Iterator[str]:
    """The table, the queue and the poison queue by the names that the code has, and let into."""
    assignments = of(all_of_them, "azurerm_role_assignment")
    scopes = {(a.stamp, a.values["scope"].rpartition("/")[2]) for a in assignments}
    made = of(all_of_them, "azapi_resource", "Microsoft.Storage/storageAccounts/tableServices/")
    tables = {(t.stamp, t.values["name"]) for t in made}
    queues = {(q.stamp, q.values["name"]) for q in of(all_of_them, "azurerm_storage_queue")}
    for site in sites(all_of_them):
        wanted = {(site.stamp, QUEUE), (site.stamp, f"{QUEUE}-poison")}
        if (site.stamp, TABLE) not in tables or not wanted <= queues:
            yield f"{site.stamp} has not the table {TABLE}, {QUEUE} and its poison"
        if not wanted | {(site.stamp, TABLE)} <= scopes:
            yield f"the functions of {site.stamp} are kept out of a store"


RULES: tuple[Rule, ...] = (
    storage_is_closed,
    tables_need_no_key,
    sql_is_entra_only,
    sql_is_narrow,
    sql_sleeps,
    vaults_go_by_roles,
    roles_are_the_least,
    roles_are_waited_for,
    signalr_reads_one_secret,
    signalr_goes_by_identity,
    secrets_are_references,
    telemetry_goes_by_identity,
    sites_are_as_flex_wants,
    passwords_are_off,
    cors_is_exact,
    signalr_is_serverless,
    everything_is_tagged,
    stamps_are_apart,
    states_are_of_one_stamp,
    names_are_ours_alone,
    prod_is_locked,
    alerts_watch_what_exists,
    alerts_are_all_there,
    budget_tells_early,
    what_happens_is_logged,
    nothing_leaks,
    settings_are_those_the_app_reads,
    stores_are_those_the_app_names,
)


def faults(all_of_them: Resources) -> list[str]:
    """Of every rule."""
    return [f"{rule.__name__}: {fault}" for rule in RULES for fault in rule(all_of_them)]
