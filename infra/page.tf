# By azapi: azurerm_static_web_app writes the deployment token into the state. The pipeline reads
# the token when it deploys.
resource "azapi_resource" "page" {
  type      = "Microsoft.Web/staticSites@2024-04-01"
  name      = "stapp-heliograph-${var.suffix}"
  parent_id = azurerm_resource_group.shared.id
  location  = var.static_web_app_location
  tags      = local.tags

  body = {
    sku = {
      name = var.static_web_app_sku
      tier = var.static_web_app_sku
    }
    properties = {
      allowConfigFileUpdates   = true
      stagingEnvironmentPolicy = "Disabled"
    }
  }

  response_export_values = ["properties.defaultHostname"]
}
