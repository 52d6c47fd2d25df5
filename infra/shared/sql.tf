locals {
  serverless = startswith(var.sql_sku, "GP_S_")
  # No user and no secret: an Entra token opens it (stats/settings.py refuses others).
  sql_connection = "Server=tcp:${azurerm_mssql_server.statistics.fully_qualified_domain_name},1433;Database=${azurerm_mssql_database.statistics.name};Encrypt=yes;TrustServerCertificate=no"
}

# Statistics only. When it is away, reports wait in the queues of the stamps.
resource "azurerm_mssql_server" "statistics" {
  name                = "sql-heliograph-${var.suffix}-${local.unique}"
  resource_group_name = azurerm_resource_group.shared.name
  location            = azurerm_resource_group.shared.location
  version             = "12.0"
  minimum_tls_version = "1.2"

  # A group, so that people and the pipeline come and go without touching the server; and Entra
  # only, so that there is no password at all.
  azuread_administrator {
    login_username              = var.sql_admin_group.name
    object_id                   = var.sql_admin_group.object_id
    tenant_id                   = data.azurerm_client_config.current.tenant_id
    azuread_authentication_only = true
  }

  # The functions come through private endpoints. The public one lets in who is listed below, and
  # the pipeline while it migrates; with nobody listed, nobody.
  public_network_access_enabled        = true
  outbound_network_restriction_enabled = true

  tags = local.tags
}

resource "azurerm_mssql_database" "statistics" {
  name      = "heliograph"
  server_id = azurerm_mssql_server.statistics.id
  sku_name  = var.sql_sku
  # S0-S3 and P1-P6 take these sizes at least, and their price holds them:
  # https://learn.microsoft.com/azure/azure-sql/database/resource-limits-dtu-single-databases
  max_size_gb = var.sql_sku == "Basic" ? 2 : startswith(var.sql_sku, "S") ? 250 : startswith(var.sql_sku, "P") ? 500 : 32
  # Only a serverless size has a least capacity, and sleeps.
  min_capacity                = local.serverless ? 0.5 : null
  auto_pause_delay_in_minutes = local.serverless ? var.sql_auto_pause_minutes : null

  # Where its backups are. (geo_backup_enabled is for data warehouses: of others azurerm reads `true`
  # whatever was sent, and each plan would change it.)
  storage_account_type = local.prod ? "Geo" : "Local"
  tags                 = local.tags

  short_term_retention_policy {
    retention_days = 7
  }
}

# The statistics cannot be deleted by mistake: the lock has to be deleted first. It is on the database and not on
# the server, whose firewall rules would inherit it: the pipeline deletes its own after each migration.
# https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
resource "azurerm_management_lock" "sql" {
  count = local.prod ? 1 : 0

  name       = "statistics"
  scope      = azurerm_mssql_database.statistics.id
  lock_level = "CanNotDelete"
  notes      = "Statistics of calls. docs/operations.md, Tear down."
}

resource "azurerm_mssql_firewall_rule" "team" {
  for_each = var.team_addresses

  name             = each.key
  server_id        = azurerm_mssql_server.statistics.id
  start_ip_address = each.value
  end_ip_address   = each.value
}

# The pipeline makes the schema and the users of the stamps. Afterwards it has a user of its own
# that may migrate and no more, and leaves the group: `deployer_is_sql_admin = false`.
# It can enter and leave because it owns the group; no permission in the directory is needed.
resource "azuread_group_member" "deployer" {
  count = var.deployer_is_sql_admin ? 1 : 0

  group_object_id  = var.sql_admin_group.object_id
  member_object_id = var.deployer_object_id
}

resource "azurerm_log_analytics_workspace" "shared" {
  name                         = "log-heliograph-${var.suffix}"
  resource_group_name          = azurerm_resource_group.shared.name
  location                     = azurerm_resource_group.shared.location
  sku                          = "PerGB2018"
  retention_in_days            = var.log_retention_days
  daily_quota_gb               = var.log_daily_cap_gb
  local_authentication_enabled = false
  tags                         = local.tags
}

# Who logged in, and what they did.
resource "azurerm_mssql_server_extended_auditing_policy" "statistics" {
  server_id              = azurerm_mssql_server.statistics.id
  enabled                = true
  log_monitoring_enabled = true
}

# The audit of a server goes where its database master sends it.
resource "azurerm_monitor_diagnostic_setting" "sql_audit" {
  name                       = "audit"
  target_resource_id         = "${azurerm_mssql_server.statistics.id}/databases/master"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.shared.id

  enabled_log {
    category = "SQLSecurityAuditEvents"
  }
}

resource "azurerm_monitor_diagnostic_setting" "sql" {
  name                       = "logs"
  target_resource_id         = azurerm_mssql_database.statistics.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.shared.id

  dynamic "enabled_log" {
    for_each = toset(["Errors", "Timeouts", "Deadlocks"])

    content {
      category = enabled_log.value
    }
  }
}
