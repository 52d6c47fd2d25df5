"""Deliberate mistakes in infra/, and which guard is to see each. `guard` is `terraform` (it refuses
the configuration), `second_plan` (it changes what it has just made) or the name of a rule.
"""

from msgspec import Struct


class Mutation(Struct, frozen=True):
    name: str
    file: str
    old: str
    new: str
    guard: str
    environment: str = "dev"


def _stamp(
    name: str, file: str, old: str, new: str, guard: str, environment: str = "dev"
) -> Mutation:
    return Mutation(name, f"stamp/{file}", old, new, guard, environment)


def _shared(
    name: str, file: str, old: str, new: str, guard: str, environment: str = "dev"
) -> Mutation:
    return Mutation(name, f"shared/{file}", old, new, guard, environment)


MUTATIONS = (
    _stamp(
        "an argument is misspelt",
        "storage.tf",
        "shared_access_key_enabled ",
        "shared_access_keys_enabled ",
        "terraform",
    ),
    _stamp(
        "a member of a body is misspelt",
        "functions.tf",
        "keyVaultReferenceIdentity =",
        "keyVaultReferencesIdentity =",
        "terraform",
    ),
    _stamp(
        "an argument is missing",
        "vault.tf",
        "  rbac_authorization_enabled = true\n",
        "",
        "terraform",
    ),
    _stamp(
        "a reference leads nowhere",
        "roles.tf",
        "azurerm_user_assigned_identity.signalr.principal_id",
        "azurerm_user_assigned_identity.signal.principal_id",
        "terraform",
    ),
    _stamp(
        "a variable is not there",
        "variables.tf",
        'variable "signalr_keys" {',
        'variable "signalr_key" {',
        "terraform",
    ),
    _stamp(
        "storage takes shared keys",
        "storage.tf",
        "shared_access_key_enabled       = false",
        "shared_access_key_enabled       = true",
        "storage_is_closed",
    ),
    _stamp(
        "blobs may be public",
        "storage.tf",
        "allow_nested_items_to_be_public  = false",
        "allow_nested_items_to_be_public  = true",
        "storage_is_closed",
    ),
    _stamp(
        "the package is public",
        "storage.tf",
        'container_access_type = "private"',
        'container_access_type = "blob"',
        "storage_is_closed",
    ),
    _stamp("storage speaks TLS 1.0", "storage.tf", '"TLS1_2"', '"TLS1_0"', "storage_is_closed"),
    _stamp(
        "the queue has another name",
        "storage.tf",
        'toset(["reports", ',
        'toset(["report", ',
        "stores_are_those_the_app_names",
    ),
    _shared(
        "the database takes passwords",
        "sql.tf",
        "azuread_authentication_only = true",
        "azuread_authentication_only = false",
        "sql_is_entra_only",
    ),
    _shared(
        "the database is open to all of Azure",
        "sql.tf",
        "  for_each = var.team_addresses\n",
        '  for_each = { azure = "0.0.0.0" }\n',
        "sql_is_narrow",
    ),
    _stamp(
        "the page wakes a database that does not sleep a few times only",
        "settings.tf",
        "var.shared.sql_sleeps ? var.stats_wakes_per_day : 96",
        "var.stats_wakes_per_day",
        "the_page_wakes_what_sleeps_rarely",
    ),
    _shared(
        "the database is a large one that never sleeps",
        "sql.tf",
        "  sku_name  = var.sql_sku\n",
        '  sku_name  = "GP_Gen5_2"\n',
        "sql_costs_little",
    ),
    _stamp(
        "the vault goes by access policies",
        "vault.tf",
        "rbac_authorization_enabled = true",
        "rbac_authorization_enabled = false",
        "vaults_go_by_roles",
    ),
    _stamp(
        "a secret is written into the state",
        "vault.tf",
        'body                   = { properties = { contentType = "text/plain" } }',
        'body = { properties = { contentType = "text/plain", value = "LEAKED-code" } }',
        "vaults_go_by_roles",
    ),
    _stamp(
        "a secret lies in the settings in clear",
        "settings.tf",
        'HELIOGRAPH_STORAGE = "table"',
        'HELIOGRAPH_STORAGE = "DefaultEndpointsProtocol=https;AccountKey=0123456789"',
        "secrets_are_references",
    ),
    _stamp(
        "a role is missing",
        "roles.tf",
        '"Storage Table Data Contributor"',
        '"Storage Table Data Reader"',
        "roles_are_the_least",
    ),
    _stamp(
        "one queue is closed to the functions",
        "roles.tf",
        "  for_each = azurerm_storage_queue.reports\n",
        '  for_each = toset(["reports"])\n',
        "stores_are_those_the_app_names",
    ),
    _stamp(
        "the functions own their account",
        "roles.tf",
        '"Monitoring Metrics Publisher"',
        '"Owner"',
        "roles_are_the_least",
    ),
    _stamp(
        "SignalR reads every secret",
        "roles.tf",
        "azapi_resource_action.placeholder[local.upstream_secret].resource_id",
        "azurerm_key_vault.this.id",
        "signalr_reads_one_secret",
    ),
    _stamp(
        "any origin may call", "settings.tf", "var.shared.page_origins,", '["*"],', "cors_is_exact"
    ),
    _stamp(
        "credentials are refused",
        "functions.tf",
        "supportCredentials = true",
        "supportCredentials = false",
        "cors_is_exact",
    ),
    _stamp(
        "SignalR lets servers connect",
        "signalr.tf",
        '["ClientConnection", "RESTAPI"]',
        '["ClientConnection", "RESTAPI", "ServerConnection"]',
        "signalr_is_serverless",
    ),
    _stamp(
        "SignalR logs addresses",
        "signalr.tf",
        '"EnableConnectivityLogs", value = "False"',
        '"EnableConnectivityLogs", value = "True"',
        "signalr_is_serverless",
    ),
    _stamp(
        "the upstream has another path",
        "signalr.tf",
        "/runtime/webhooks/signalr?",
        "/api/signalr?",
        "signalr_is_serverless",
    ),
    _stamp(
        "a setting is left out",
        "settings.tf",
        "    HELIOGRAPH_STAMP   = var.stamp\n",
        "",
        "settings_are_those_the_app_reads",
    ),
    _stamp(
        "each stamp takes the whole of the ceilings",
        "settings.tf",
        "tostring(length(var.stamps))",
        '"1"',
        "stamps_are_counted",
        "prod",
    ),
    _stamp(
        "a setting has a name that nobody reads",
        "settings.tf",
        "STATS_K     ",
        "STATS_MIN_K ",
        "settings_are_those_the_app_reads",
    ),
    _stamp(
        "an alert watches a metric that is none",
        "alerts.tf",
        '"ConnectionQuotaUtilization"',
        '"ConnectionQuotaUtilisation"',
        "alerts_watch_what_exists",
    ),
    _stamp(
        "nobody watches the poison",
        "alerts.tf",
        "    queue-poison = {",
        "    queue-health = {",
        "alerts_are_all_there",
    ),
    _stamp(
        "logs have no cap",
        "logs.tf",
        "  daily_quota_gb               = var.log_daily_cap_gb\n",
        "",
        "telemetry_goes_by_identity",
    ),
    _stamp("Python is an older one", "functions.tf", '"3.13"', '"3.12"', "sites_are_as_flex_wants"),
    _stamp(
        "a tag is forgotten",
        "common.tf",
        "    owner       = var.owner\n",
        "",
        "everything_is_tagged",
    ),
    _shared("the budget tells too late", "main.tf", "[50, 80, 100]", "[100]", "budget_tells_early"),
    _stamp(
        "a stamp names another",
        "main.tf",
        "merge(local.tags, { stamp = var.stamp })",
        'merge(local.tags, { stamp = var.stamp, twin = "rg-heliograph-prod-sdc" })',
        "stamps_are_apart",
        "prod",
    ),
    # What a reading of the sources found: each of these went through once.
    _stamp(
        "an argument has its name of azurerm 4",
        "network.tf",
        "  private_dns_zone_id = azurerm_private_dns_zone.sql.id\n",
        "  private_dns_zone_name = azurerm_private_dns_zone.sql.name\n",
        "terraform",
    ),
    _shared(
        "the audit's endpoint has its name of azurerm 4",
        "sql.tf",
        "  log_monitoring_enabled = true\n",
        '  log_monitoring_enabled = true\n  storage_endpoint = "https://x.example"\n',
        "terraform",
    ),
    _stamp(
        "endpoints of a subnet are a list as in azurerm 4",
        "network.tf",
        '  service_endpoint {\n    service = "Microsoft.Storage"\n  }\n',
        '  service_endpoints = ["Microsoft.Storage"]\n',
        "terraform",
    ),
    _stamp(
        "the table is made with the account's key",
        "storage.tf",
        'resource "azapi_resource" "documents" {',
        'resource "azurerm_storage_table" "by_key" {\n'
        '  name               = "heliograph"\n'
        "  storage_account_id = azurerm_storage_account.this.id\n}\n\n"
        'resource "azapi_resource" "documents" {',
        "tables_need_no_key",
    ),
    _stamp(
        "two patches at once",
        "functions.tf",
        "  depends_on  = [azapi_update_resource.no_ftp_password]\n",
        "",
        "passwords_are_off",
    ),
    _stamp(
        "passwords stay good for deployments",
        "functions.tf",
        "{ allow = false }",
        "{ allow = true }",
        "passwords_are_off",
    ),
    _stamp(
        "SignalR's identity has no role",
        "roles.tf",
        '[local.upstream_secret].resource_id\n  role_definition_name = "Key Vault Secrets User"',
        '[local.upstream_secret].resource_id\n  role_definition_name = "Reader"',
        "roles_are_the_least",
    ),
    _stamp(
        "the functions may not send by SignalR",
        "roles.tf",
        'azapi_resource.signalr.id\n  role_definition_name = "SignalR REST API Owner"',
        'azapi_resource.signalr.id\n  role_definition_name = "SignalR REST API Reader"',
        "roles_are_the_least",
    ),
    _stamp(
        "the functions get no key from SignalR to sign with",
        "roles.tf",
        '"functions_sign_for_signalr" {\n  count = var.signalr_keys ? 0 : 1\n',
        '"functions_sign_for_signalr" {\n  count = 0\n',
        "roles_are_the_least",
    ),
    _stamp(
        "the functions get a role that they do not need",
        "roles.tf",
        '"SignalR REST API Owner"',
        '"SignalR Service Owner"',
        "roles_are_the_least",
    ),
    _stamp(
        "a role is not waited for",
        "roles.tf",
        "        azurerm_role_assignment.functions_table.id,\n",
        "",
        "roles_are_waited_for",
    ),
    _stamp(
        "the app starts before its roles count",
        "functions.tf",
        ", time_sleep.roles]",
        "]",
        "roles_are_waited_for",
    ),
    _stamp(
        "SignalR takes keys that nobody uses",
        "signalr.tf",
        "disableLocalAuth    = !var.signalr_keys",
        "disableLocalAuth    = false",
        "signalr_goes_by_identity",
    ),
    _stamp(
        "the app asks another SignalR",
        "settings.tf",
        "https://${azapi_resource.signalr.output.properties.hostName}",
        "https://signalr.example",
        "signalr_goes_by_identity",
    ),
    _stamp(
        "an instance takes one request at a time",
        "functions.tf",
        "triggers    = { http = { perInstanceConcurrency = var.function_http_concurrency } }\n",
        "triggers    = {}\n",
        "sites_are_as_flex_wants",
    ),
    _stamp(
        "an instance has one thread for many requests",
        "settings.tf",
        "tostring(var.function_http_concurrency)",
        '"1"',
        "sites_are_as_flex_wants",
    ),
    _stamp(
        "the plan's id has the provider's capitals",
        "functions.tf",
        'replace(azurerm_service_plan.this.id, "/serverFarms/", "/serverfarms/")',
        "azurerm_service_plan.this.id",
        "second_plan",
    ),
    _stamp(
        "a flag of SignalR is left out",
        "signalr.tf",
        '        { flag = "EnableLiveTrace", value = "False" },\n',
        "",
        "second_plan",
    ),
    _shared(
        "the database is told what is for data warehouses",
        "sql.tf",
        "  storage_account_type = ",
        "  geo_backup_enabled   = local.prod\n  storage_account_type = ",
        "second_plan",
    ),
    _stamp(
        "storage is open to every network",
        "storage.tf",
        'var.storage_open_to_network ? "Allow" : "Deny"',
        '"Allow"',
        "storage_is_closed",
    ),
    _stamp(
        "a name in all of Azure has no hash",
        "signalr.tf",
        "sigr-heliograph-${local.long}-${local.unique}",
        "sigr-heliograph-${local.long}",
        "names_are_ours_alone",
    ),
    _shared(
        "the server has the name of the example",
        "sql.tf",
        "sql-heliograph-${var.suffix}-${local.unique}",
        "sql-heliograph-${var.suffix}",
        "names_are_ours_alone",
    ),
    _shared(
        "the budget starts in the past",
        "main.tf",
        "formatdate(\"YYYY-MM-01'T00:00:00Z'\", plantimestamp())",
        '"2026-01-01T00:00:00Z"',
        "budget_tells_early",
    ),
    _shared(
        "the budget forgets the stamps",
        "main.tf",
        "for name in keys(var.stamps) :",
        "for name in [] :",
        "budget_tells_early",
    ),
    _stamp(
        "the state of one stamp holds another",
        "main.tf",
        'resource "azurerm_user_assigned_identity" "functions" {',
        'resource "azurerm_resource_group" "twin" {\n'
        '  name     = "rg-heliograph-prod-sdc"\n'
        '  location = "swedencentral"\n'
        '  tags     = merge(local.tags, { stamp = "sdc" })\n}\n\n'
        'resource "azurerm_user_assigned_identity" "functions" {',
        "states_are_of_one_stamp",
        "prod",
    ),
    _shared(
        "the shared state holds a stamp",
        "main.tf",
        'resource "azurerm_monitor_action_group" "team" {',
        'resource "azurerm_resource_group" "stamp" {\n'
        '  name     = "rg-heliograph-dev1-weu"\n'
        "  location = var.location\n"
        '  tags     = merge(local.tags, { stamp = "weu" })\n}\n\n'
        'resource "azurerm_monitor_action_group" "team" {',
        "states_are_of_one_stamp",
    ),
    _stamp(
        "the vault of prod can be deleted by mistake",
        "vault.tf",
        "  count = local.prod ? 1 : 0\n",
        "  count = 0\n",
        "prod_is_locked",
        "prod",
    ),
    _stamp(
        "prod stands in one zone",
        "functions.tf",
        "zone_balancing_enabled = var.function_zone_balancing",
        "zone_balancing_enabled = false",
        "prod_outlives_a_zone",
        "prod",
    ),
    _shared(
        "a lock on the server keeps the pipeline's rule in its firewall",
        "sql.tf",
        "  scope      = azurerm_mssql_database.statistics.id\n",
        "  scope      = azurerm_mssql_server.statistics.id\n",
        "prod_is_locked",
        "prod",
    ),
    _stamp(
        "a person cannot apply",
        "roles.tf",
        "  principal_id         = var.deployer_object_id\n",
        '  principal_id         = var.deployer_object_id\n  principal_type = "ServicePrincipal"\n',
        "roles_are_the_least",
    ),
    _stamp(
        "the app gets another host than SignalR calls",
        "main.tf",
        'function_host = "${local.function_name}.azurewebsites.net"',
        'function_host = "${local.function_name}.example"',
        "terraform",
    ),
    _stamp(
        "logs are kept for a time that Azure refuses",
        "logs.tf",
        "  retention_in_days            = var.log_retention_days\n"
        "  daily_data_cap_in_gb         = var.log_daily_cap_gb\n",
        "  retention_in_days            = 45\n"
        "  daily_data_cap_in_gb         = var.log_daily_cap_gb\n",
        "telemetry_goes_by_identity",
    ),
    _stamp(
        "whoever plans reads every secret",
        "vault.tf",
        'resource "azapi_resource_action" "app" {',
        'resource "azurerm_key_vault_secret" "read" {\n'
        '  name             = "HELIOGRAPH-SIGNING-KEYS"\n'
        "  key_vault_id     = azurerm_key_vault.this.id\n"
        '  value_wo         = "x"\n  value_wo_version = 1\n}\n\n'
        'resource "azapi_resource_action" "app" {',
        "vaults_go_by_roles",
    ),
)
