"""What is in which state, and by which name. Pure."""

import json
import re
from collections.abc import Iterator

from tests.infra.resources import Resource, Resources, of, signalrs, sites
from tests.infra.rules.common import deployment

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


def everything_is_tagged(all_of_them: Resources) -> Iterator[str]:
    for each in all_of_them:
        missing = TAGS - set(each.values.get("tags") or {})
        part = str(each.values.get("type")).startswith(UNTAGGED_TYPES)
        if each.kind not in UNTAGGED and not part and missing:
            yield f"{each.address} lacks {sorted(missing)}"


def stamps_are_apart(all_of_them: Resources) -> Iterator[str]:
    """Nothing in the state of a stamp names anything of another stamp."""
    names = {site.stamp: f"-{deployment(site)}-{site.stamp}" for site in sites(all_of_them)}
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
    return not name.endswith(f"{deployment(each)}{stamp}")


def prod_is_locked(all_of_them: Resources) -> Iterator[str]:
    """The vault of each stamp, and the database. Everything below a lock is locked too."""
    locks = of(all_of_them, "azurerm_management_lock")
    scopes = {lock.values["scope"] for lock in locks if lock.values["lock_level"] == "CanNotDelete"}
    for kind in ("azurerm_key_vault", "azurerm_mssql_database"):
        for each in of(all_of_them, kind):
            if each.values["tags"]["environment"] == "prod" and each.values["id"] not in scopes:
                yield f"{each.address} of prod can be deleted by mistake"
    for server in of(all_of_them, "azurerm_mssql_server"):
        if server.values["id"] in scopes:
            yield f"{server.address} is locked, and so the pipeline's rule in its firewall"


def prod_outlives_a_zone(all_of_them: Resources) -> Iterator[str]:
    """Instances and stored rooms of prod are in several zones of the region."""
    wanted = {
        "azurerm_service_plan": ("zone_balancing_enabled", True),
        "azurerm_storage_account": ("account_replication_type", "ZRS"),
    }
    for kind, (name, value) in wanted.items():
        for each in of(all_of_them, kind):
            if each.values["tags"]["environment"] == "prod" and each.values[name] != value:
                yield f"{each.address} of prod ends with its zone"
