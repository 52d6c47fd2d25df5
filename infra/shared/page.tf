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

# Azure looks the CNAME up when this is made, and refuses it if it leads elsewhere.
resource "azapi_resource" "page_domain" {
  count = var.page_domain == null ? 0 : 1

  type      = "Microsoft.Web/staticSites/customDomains@2024-04-01"
  name      = var.page_domain
  parent_id = azapi_resource.page.id
  body      = { properties = { validationMethod = "cname-delegation" } }
}

locals {
  page_host    = azapi_resource.page.output.properties.defaultHostname
  page_origins = concat(["https://${local.page_host}"], [for domain in azapi_resource.page_domain : "https://${domain.name}"])
}
