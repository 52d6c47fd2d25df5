output "deployed" {
  description = "What the pipeline needs to know of this stamp."
  value = {
    function_app         = azapi_resource.functions.name
    resource_group       = azurerm_resource_group.this.name
    signalr              = azapi_resource.signalr.name
    key_vault            = azurerm_key_vault.this.name
    key_vault_id         = azurerm_key_vault.this.id
    api_url              = "${local.function_url}/api"
    upstream_secret_name = local.upstream_secret
    location             = var.location
    identity             = azurerm_user_assigned_identity.functions.name
    identity_client_id   = azurerm_user_assigned_identity.functions.client_id
  }
}

output "watched" {
  description = "What the workbook draws."
  value = {
    workspace = azurerm_log_analytics_workspace.this.id
    signalr   = azapi_resource.signalr.id
    vault     = azurerm_key_vault.this.id
  }
}
