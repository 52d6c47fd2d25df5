"""Each state registers the resource providers that it uses, and the manual registers them all.

A plan is made by an identity that can only read: it cannot register what is missing.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# The resource provider of each family of azurerm's types; the longest beginning counts.
FAMILIES = {
    "azurerm_application_insights": "Insights",
    "azurerm_client_config": None,  # asks nobody
    "azurerm_consumption_budget": "Consumption",
    "azurerm_key_vault": "KeyVault",
    "azurerm_log_analytics": "OperationalInsights",
    "azurerm_management_lock": None,  # Microsoft.Authorization is always there
    "azurerm_monitor": "Insights",
    "azurerm_mssql": "Sql",
    "azurerm_private": "Network",
    "azurerm_resource_group": None,  # and so is Microsoft.Resources
    "azurerm_role_assignment": None,
    "azurerm_service_plan": "Web",
    "azurerm_storage": "Storage",
    "azurerm_subnet": "Network",
    "azurerm_user_assigned_identity": "ManagedIdentity",
    "azurerm_virtual_network": "Network",
}
ROOTS = pytest.mark.parametrize("root", ["shared", "stamp"])


def text(root: str) -> str:
    """Of all files of one root."""
    return "".join(path.read_text() for path in (ROOT / "infra" / root).glob("*.tf"))


def used(source: str) -> set[str]:
    """The resource providers behind the types in a text of Terraform. KeyError: a new family."""
    found = set(re.findall(r'"Microsoft\.(\w+)/[^"]*@', source))
    # A subnet is given to another provider.
    found |= set(re.findall(r'name += "Microsoft\.(\w+)/environments"', source))
    for kind in re.findall(r'(?m)^(?:resource|data|ephemeral) "(azurerm_\w+)"', source):
        family = max((f for f in FAMILIES if kind.startswith(f)), key=len, default=kind)
        found |= {name for name in [FAMILIES[family]] if name}
    return found


def registered(source: str) -> set[str]:
    """What the provider is told to register."""
    block = re.search(r"(?s)resource_providers_to_register = \[(.*?)\]", source)
    assert block
    return set(re.findall(r'"Microsoft\.(\w+)"', block[1]))


@ROOTS
def test_a_state_registers_what_it_uses_and_nothing_else(root: str) -> None:
    assert registered(text(root)) == used(text(root))


def test_the_manual_registers_what_any_state_uses() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    line = re.search(r"(?m)^for PROVIDER in (.*); do$", manual)
    assert line
    assert set(line[1].split()) == used(text("shared")) | used(text("stamp"))


def test_a_type_whose_provider_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError):
        used('resource "azurerm_cdn_profile" "x" {')
