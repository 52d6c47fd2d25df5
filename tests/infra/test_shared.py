"""What exists once, and what a stamp knows of anything outside of itself.

A region may die because nothing but the following is shared. Whoever wants to add to it has to say
here what people lose while that is away.
"""

import json
import re
from itertools import permutations

from msgspec.structs import replace

from tests.infra.conftest import Deployed
from tests.infra.resources import Resources
from tests.infra.terraform import INFRA

# Without the page nobody new comes in by it; without the database reports wait in the queues of the
# stamps. The rest watches, bills and guards. No call needs any of it.
ONCE = {
    "azapi_resource.page",
    "azapi_resource.page_domain",
    "azuread_group_member.deployer",
    "azurerm_consumption_budget_subscription.deployment",
    "azurerm_log_analytics_workspace.shared",
    "azurerm_management_lock.sql",
    "azurerm_monitor_action_group.team",
    "azurerm_monitor_diagnostic_setting.sql",
    "azurerm_monitor_diagnostic_setting.sql_audit",
    "azurerm_mssql_database.statistics",
    "azurerm_mssql_firewall_rule.team",
    "azurerm_mssql_server.statistics",
    "azurerm_mssql_server_extended_auditing_policy.statistics",
    "azurerm_resource_group.shared",
}
HANDED_OVER = {"action_group_id", "page_origins", "sql_connection", "sql_server_id", "sql_sleeps"}


def test_what_exists_once_is_the_page_the_statistics_and_what_watches_them() -> None:
    text = "".join(path.read_text() for path in sorted((INFRA / "shared").glob("*.tf")))
    declared = re.findall(r'(?m)^(?:resource|module) "([\w-]+)"(?: "([\w-]+)")?', text)
    assert {f"{kind}.{name}" for kind, name in declared} == ONCE


def test_what_is_made_once_is_among_it(deployed: Deployed) -> None:
    made = {r.address.partition("[")[0] for r in deployed.resources if r.stamp is None}
    assert made <= ONCE
    assert ONCE - made <= {
        "azapi_resource.page_domain",
        "azurerm_management_lock.sql",
        "azurerm_mssql_firewall_rule.team",
    }


def test_a_stamp_is_told_of_nothing_else_that_exists_once(deployed: Deployed) -> None:
    assert deployed.handed_over.keys() == HANDED_OVER
    told = {str(deployed.handed_over[name]) for name in ("action_group_id", "sql_server_id")}
    for stamp in deployed.stamps:
        known = named(deployed.resources, None, stamp)
        assert {one for one in known if one.startswith("/")} == told


def test_no_stamp_knows_another(prod: Deployed) -> None:
    assert len(prod.stamps) > 1
    for one, other in permutations(prod.stamps, 2):
        assert named(prod.resources, one, other) == set()


def test_a_stamp_that_uses_something_of_another_is_found(prod: Deployed) -> None:
    """Whatever it is: by its id, or by a name in the middle of an address."""
    (theirs,) = (r for r in prod.resources if is_(r.address, r.stamp, "storage_account", "weu"))
    ours = next(r for r in prod.resources if is_(r.address, r.stamp, "service_plan", "sdc"))
    id, name = theirs.values["id"], theirs.values["name"]
    for value in (id, f"{id}/tableServices/default", f"https://{name}.table.core.windows.net"):
        changed = replace(ours, values={**ours.values, "tags": {"uses": value}})
        rest = tuple(r for r in prod.resources if r is not ours)
        assert named((*rest, changed), "weu", "sdc") >= {name}


def is_(address: str, stamp: str | None, kind: str, of: str) -> bool:
    return address == f"azurerm_{kind}.this" and stamp == of


def named(resources: Resources, owner: str | None, by: str) -> set[str]:
    """Ids and names that only `owner` has and that `by` holds somewhere in its values."""
    theirs, ours = (
        {
            str(r.values[key])
            for r in resources
            if r.stamp == stamp
            for key in ("id", "name")
            if r.values.get(key)
        }
        for stamp in (owner, by)
    )
    text = json.dumps([r.values for r in resources if r.stamp == by])
    return {one for one in theirs - ours if re.search(_whole(one), text)}


def _whole(word: str) -> str:
    """Not as the beginning of a longer name; and an id not as the beginning of a longer id."""
    after = r"[\w/-]" if word.startswith("/") else r"[\w-]"
    return rf"(?<![\w-]){re.escape(word)}(?!{after})"
