output "deployed" {
  description = "What the pipeline needs to know of this stamp."
  value = {
    name                 = var.stamp
    function_app         = azapi_resource.functions.name
    function_app_id      = azapi_resource.functions.id
    resource_group       = azurerm_resource_group.this.name
    signalr              = azapi_resource.signalr.name
    signalr_host         = azapi_resource.signalr.output.properties.hostName
    key_vault            = azurerm_key_vault.this.name
    key_vault_id         = azurerm_key_vault.this.id
    api_url              = "https://${azapi_resource.functions.output.properties.defaultHostName}/api"
    upstream_secret_name = local.upstream_secret
    signalr_secret_name  = var.signalr_keys ? local.connection_secret : ""
    location             = local.location
    identity             = azurerm_user_assigned_identity.functions.name
    identity_client_id   = azurerm_user_assigned_identity.functions.client_id
  }
}
