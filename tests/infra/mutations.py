"""Deliberate mistakes in infra/, and which guard is to see each. `guard` is `terraform` (it refuses
the configuration) or the name of a rule.
"""

from msgspec import Struct


class Mutation(Struct, frozen=True):
    name: str
    file: str
    old: str
    new: str
    guard: str


def _stamp(name: str, file: str, old: str, new: str, guard: str) -> Mutation:
    return Mutation(name, f"stamp/{file}", old, new, guard)


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
    Mutation(
        "a variable is not given",
        "main.tf",
        "  purge_protection   = local.prod\n",
        "",
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
    Mutation(
        "the database takes passwords",
        "sql.tf",
        "azuread_authentication_only = true",
        "azuread_authentication_only = false",
        "sql_is_entra_only",
    ),
    Mutation(
        "the database is open to all of Azure",
        "sql.tf",
        "  for_each = var.team_addresses\n",
        '  for_each = { azure = "0.0.0.0" }\n',
        "sql_is_narrow",
    ),
    Mutation(
        "the database never sleeps",
        "sql.tf",
        "sku_name                    = var.sql_sku",
        'sku_name                    = "GP_Gen5_2"',
        "sql_sleeps",
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
        '  value_wo         = "not-yet-written"\n  value_wo_version = 1\n',
        '  value            = "LEAKED-code"\n',
        "vaults_go_by_roles",
    ),
    _stamp(
        "a secret lies in the settings in clear",
        "functions.tf",
        '"@Microsoft.KeyVault(SecretUri=${azurerm_key_vault.this.vault_uri}secrets/${local.connection_secret})"',
        '"Endpoint=https://s.example;AccessKey=0123456789"',
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
        "azurerm_key_vault_secret.upstream.resource_versionless_id",
        "azurerm_key_vault.this.id",
        "signalr_reads_one_secret",
    ),
    Mutation("any origin may call", "main.tf", "[local.page_url]", '["*"]', "cors_is_exact"),
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
        "the upstream has another path",
        "signalr.tf",
        "/runtime/webhooks/signalr?",
        "/api/signalr?",
        "signalr_is_serverless",
    ),
    _stamp(
        "a setting is left out",
        "functions.tf",
        "    HELIOGRAPH_STAMP             = var.name\n",
        "",
        "settings_are_those_the_app_reads",
    ),
    Mutation(
        "a setting has a name that nobody reads",
        "main.tf",
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
        "  daily_quota_gb               = var.logs.daily_cap_gb\n",
        "",
        "telemetry_goes_by_identity",
    ),
    _stamp("Python is an older one", "functions.tf", '"3.13"', '"3.12"', "sites_are_as_flex_wants"),
    Mutation(
        "a tag is forgotten", "main.tf", "    owner       = var.owner\n", "", "everything_is_tagged"
    ),
    Mutation(
        "the budget tells too late", "shared.tf", "[50, 80, 100]", "[100]", "budget_tells_early"
    ),
    Mutation(
        "a stamp names another",
        "main.tf",
        "merge(local.tags, { stamp = each.key })",
        'merge(local.tags, { stamp = each.key, twin = "rg-heliograph-prod-weu" })',
        "stamps_are_apart",
    ),
)
