"""What each type of resource that infra/ creates costs: a line of the forecast, or nothing. Pure.

tests/costs/test_resources.py reads the types out of the .tf files: each has to be here.
"""

from msgspec import Struct


class Free(Struct, frozen=True):
    """Costs nothing of its own, because …"""

    why: str


RULES = Free("Azure Resource Manager keeps it, and charges for none of what it keeps")
PART = Free("a part of what is billed elsewhere: the account, the site or the network has the cost")
STEP = Free("no resource of Azure: a step of Terraform or an entry of the directory")

# azapi resources are named by their type in Azure; others by Terraform's.
RESOURCES: dict[str, str | Free] = {
    "azurerm_service_plan": "Functions, always ready",
    "Microsoft.Web/sites": "Functions",
    "Microsoft.SignalRService/signalR": "SignalR",
    "azurerm_storage_account": "Storage",
    "azurerm_mssql_database": "Azure SQL",
    "azurerm_log_analytics_workspace": "Log Analytics",
    "azurerm_monitor_diagnostic_setting": "Log Analytics",
    "azurerm_mssql_server_extended_auditing_policy": "Log Analytics",
    "azurerm_application_insights": "Log Analytics",
    "azurerm_monitor_metric_alert": "Alert rules",
    "azurerm_monitor_scheduled_query_rules_alert_v2": "Alert rules",
    "azurerm_application_insights_standard_web_test": "Availability tests",
    "azurerm_private_endpoint": "Private endpoints",
    "azurerm_private_dns_zone": "DNS zones",
    "azurerm_key_vault": "Key Vault",
    "azurerm_key_vault_secret": "Key Vault",
    "Microsoft.KeyVault/vaults/secrets": "Key Vault",
    "Microsoft.Web/staticSites": "Static site",
    "Microsoft.Web/staticSites/customDomains": Free("a Free site has two, a Standard one five"),
    "azurerm_storage_container": PART,
    "azurerm_storage_queue": PART,
    "azurerm_storage_table": PART,
    "Microsoft.Storage/storageAccounts/tableServices/tables": PART,
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": PART,
    "azurerm_mssql_firewall_rule": PART,
    "azurerm_private_dns_zone_virtual_network_link": PART,
    "azurerm_mssql_server": Free("a name for databases, which have the cost"),
    "azurerm_virtual_network": Free(
        "a network costs nothing; what peers with it or leaves it would"
    ),
    "azurerm_subnet": Free("a network costs nothing; Microsoft.Storage's service endpoint neither"),
    "azurerm_monitor_action_group": Free("1,000 e-mails a month are free, and it sends few"),
    "azurerm_application_insights_workbook": RULES,
    "azurerm_consumption_budget_subscription": RULES,
    "azurerm_management_lock": RULES,
    "azurerm_resource_group": RULES,
    "azurerm_role_assignment": RULES,
    "azurerm_user_assigned_identity": RULES,
    "azuread_group_member": STEP,
    "time_sleep": STEP,
}
