"""Who may do what: roles, secrets, identities. Pure."""

import json
import re
from collections.abc import Iterator

from tests.infra.resources import Resource, Resources, app_settings, of, secrets, signalrs, sites
from tests.infra.rules.common import expect

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
        "SignalR App Server",
        "SignalR REST API Owner",
    },
    "signalr": {"Key Vault Secrets User"},
    "deployer": {"Key Vault Secrets Officer"},
}


def vaults_go_by_roles(all_of_them: Resources) -> Iterator[str]:
    vaults = of(all_of_them, "azurerm_key_vault")
    wanted = {"rbac_authorization_enabled": True, "soft_delete_retention_days": 90}
    yield from expect(vaults, wanted)
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
        if _holder(each) == "deployer" and each.values["principal_type"] == "ServicePrincipal":
            yield f"{each.address} is refused where a person applies"
    for stamp in sorted({site.stamp or "" for site in sites(all_of_them)}):
        for who, roles in ROLES.items():
            given = {
                a.values["role_definition_name"]
                for a in assignments
                if a.stamp == stamp and _holder(a) == who
            }
            wanted = {r for r in roles if stamp not in by_key or not r.startswith("SignalR")}
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
