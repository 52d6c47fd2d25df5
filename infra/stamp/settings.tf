# What the app is told. backend/settings.py and stats/settings.py read it; the host reads the first
# half. HELIOGRAPH_BUILD is not here: scripts.publish sets it once the package is there.

locals {
  origins = concat(var.shared.page_origins, var.allowed_origins)

  turn_secrets = flatten([
    for provider in var.turn_providers : [for key in ["secret", "usageSecret"] : provider[key] if can(provider[key])]
  ])
  # A vault takes no underscore: cloud/key_vault.py asks by these names.
  secret_names = toset([for name in concat(["HELIOGRAPH_SIGNING_KEYS"], local.turn_secrets) : replace(name, "_", "-")])

  # The same in every stamp.
  app_settings = {
    HELIOGRAPH_STUN_URLS    = join(",", var.stun_urls)
    HELIOGRAPH_NETWORK_RATE = var.network_rate
    HELIOGRAPH_MESSAGES_PER_DAY = tostring(
      var.messages_per_day != null ? var.messages_per_day : var.signalr_sku == "Free_F1" ? 20000 : 1000000 * var.signalr_units
    )
    HELIOGRAPH_TRUSTED_HOPS = tostring(var.trusted_hops)
    HELIOGRAPH_STAMPS       = tostring(length(var.stamps))
    TURN_PROVIDERS          = jsonencode(var.turn_providers)
    TURN_CEILINGS           = jsonencode(var.turn_ceilings)
    TURN_ASSUMED_KBPS       = tostring(var.turn_assumed_kbps)
    TURN_NETWORK_SHARE      = tostring(var.turn_network_share)
    SQL_CONNECTION          = var.shared.sql_connection
    STATS_RETENTION_DAYS    = tostring(var.stats_retention_days)
    STATS_K                 = tostring(var.stats_k)
    # 96: as often as it could fall asleep, which is always.
    STATS_WAKES_PER_DAY = tostring(var.shared.sql_sleeps ? var.stats_wakes_per_day : 96)
    # What strangers can do to the public figures, and learn from them.
    HELIOGRAPH_STATS_NETWORK_REPORTS = tostring(var.stats_network_reports)
    HELIOGRAPH_STATS_EPSILON         = tostring(var.stats_epsilon)
  }

  host_settings = {
    # Storage by identity. There is no AzureWebJobsStorage, because there is no key.
    AzureWebJobsStorage__accountName = azurerm_storage_account.this.name
    AzureWebJobsStorage__credential  = "managedidentity"
    AzureWebJobsStorage__clientId    = azurerm_user_assigned_identity.functions.client_id

    # Telemetry by identity: the component takes nothing from holders of the string alone.
    APPLICATIONINSIGHTS_CONNECTION_STRING     = nonsensitive(azurerm_application_insights.this.connection_string)
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${azurerm_user_assigned_identity.functions.client_id};Authorization=AAD"

    # As many threads as there are requests at once: our calls to Azure wait in threads.
    PYTHON_THREADPOOL_THREAD_COUNT = tostring(var.function_http_concurrency)

    # `GET /` answers 204 and no page: browsers call it to open a connection before they need it.
    AzureWebJobsDisableHomepage = "true"
  }

  signalr_by_identity = {
    AzureSignalRConnectionString__serviceUri = "https://${azapi_resource.signalr.output.properties.hostName}"
    AzureSignalRConnectionString__credential = "managedidentity"
    AzureSignalRConnectionString__clientId   = azurerm_user_assigned_identity.functions.client_id
  }
  signalr_by_key = {
    AzureSignalRConnectionString = "@Microsoft.KeyVault(SecretUri=${azurerm_key_vault.this.vault_uri}secrets/${local.connection_secret})"
  }

  # HELIOGRAPH_SIGNING_KEYS is not here: with KEY_VAULT_URI the app reads them there.
  stamp_settings = {
    AZURE_CLIENT_ID    = azurerm_user_assigned_identity.functions.client_id
    KEY_VAULT_URI      = azurerm_key_vault.this.vault_uri
    HELIOGRAPH_STORAGE = "table"
    HELIOGRAPH_STAMP   = var.stamp
  }

  all_settings = merge(
    local.app_settings,
    local.host_settings,
    local.stamp_settings,
    { for name, value in local.signalr_by_identity : name => value if !var.signalr_keys },
    { for name, value in local.signalr_by_key : name => value if var.signalr_keys },
  )
}
