resource "azurerm_log_analytics_workspace" "this" {
  name                         = "log-heliograph-${local.long}"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = azurerm_resource_group.this.location
  sku                          = "PerGB2018"
  retention_in_days            = var.log_retention_days
  daily_quota_gb               = var.log_daily_cap_gb
  local_authentication_enabled = false
  tags                         = local.stamp_tags
}

resource "azurerm_application_insights" "this" {
  name                         = "appi-heliograph-${local.long}"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = azurerm_resource_group.this.location
  workspace_id                 = azurerm_log_analytics_workspace.this.id
  application_type             = "web"
  retention_in_days            = var.log_retention_days
  daily_data_cap_in_gb         = var.log_daily_cap_gb
  local_authentication_enabled = false
  # Addresses of callers are not kept.
  ip_masking_enabled = true
  tags               = local.stamp_tags
}

# Who read which secret.
resource "azurerm_monitor_diagnostic_setting" "vault" {
  name                       = "logs"
  target_resource_id         = azurerm_key_vault.this.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "AuditEvent"
  }
}

resource "azurerm_monitor_diagnostic_setting" "signalr" {
  name                       = "logs"
  target_resource_id         = azapi_resource.signalr.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "AllLogs"
  }
}

# What is put into a queue, which is how poison shows. Reads are not logged: a trigger polls.
resource "azurerm_monitor_diagnostic_setting" "queues" {
  name                       = "logs"
  target_resource_id         = "${azurerm_storage_account.this.id}/queueServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "StorageWrite"
  }
}
