# Stamps, and once: the database of statistics, the page, the budget, who hears of alerts.
# No call needs anything that exists once.

data "azurerm_client_config" "current" {}

locals {
  tags = {
    project     = "heliograph"
    deployment  = var.suffix
    environment = var.environment
    owner       = var.owner
    managed-by  = "terraform"
  }
  prod = var.environment == "prod"

  page_url = "https://${azapi_resource.page.output.properties.defaultHostname}"
  origins  = concat([local.page_url], var.allowed_origins)

  turn_secrets = flatten([
    for provider in var.turn_providers : [for key in ["secret", "usageSecret"] : provider[key] if can(provider[key])]
  ])
  # A vault takes no underscore: cloud/key_vault.py asks by these names.
  secret_names = toset([for name in concat(["HELIOGRAPH_SIGNING_KEYS"], local.turn_secrets) : replace(name, "_", "-")])

  # Read by backend/settings.py; what differs from stamp to stamp is set there.
  app_settings = {
    HELIOGRAPH_STUN_URLS    = join(",", var.stun_urls)
    HELIOGRAPH_NETWORK_RATE = var.network_rate
    HELIOGRAPH_TRUSTED_HOPS = tostring(var.trusted_hops)
    TURN_PROVIDERS          = jsonencode(var.turn_providers)
    TURN_CEILINGS           = jsonencode(var.turn_ceilings)
    TURN_ASSUMED_KBPS       = tostring(var.turn_assumed_kbps)
    SQL_CONNECTION          = local.sql_connection
    STATS_RETENTION_DAYS    = tostring(var.stats_retention_days)
    STATS_K                 = tostring(var.stats_k)
  }
}

# All stamps hold the same secrets, so that a token of one opens the others. They are copied from
# an existing vault, or for the first deployment taken from `secrets`.
ephemeral "azurerm_key_vault_secret" "existing" {
  for_each = var.azure_key_vault_id == null ? toset([]) : local.secret_names

  name         = each.key
  key_vault_id = var.azure_key_vault_id
}

module "stamp" {
  source   = "./stamp"
  for_each = var.stamps

  name               = each.key
  location           = each.value.location
  address_space      = each.value.address_space
  suffix             = var.suffix
  tags               = merge(local.tags, { stamp = each.key })
  tenant_id          = data.azurerm_client_config.current.tenant_id
  deployer_object_id = data.azurerm_client_config.current.object_id
  purge_protection   = local.prod

  secret_names = local.secret_names
  secrets = {
    for name in local.secret_names : name =>
    var.azure_key_vault_id == null ? lookup(var.secrets, name, "") : ephemeral.azurerm_key_vault_secret.existing[name].value
  }
  secrets_version = var.secrets_version
  secrets_expire  = var.secrets_expire

  origins       = local.origins
  app_settings  = local.app_settings
  sql_server_id = azurerm_mssql_server.statistics.id

  skus = {
    signalr_sku         = var.signalr_sku
    signalr_units       = var.signalr_units
    memory_mb           = var.function_memory_mb
    maximum_instances   = var.function_maximum_instances
    always_ready        = var.function_always_ready
    storage_replication = var.storage_replication
    key_vault_sku       = var.key_vault_sku
  }
  logs = {
    retention_days = var.log_retention_days
    daily_cap_gb   = var.log_daily_cap_gb
  }
  action_group_id      = azurerm_monitor_action_group.team.id
  health_check_seconds = local.prod ? 300 : 900
}
