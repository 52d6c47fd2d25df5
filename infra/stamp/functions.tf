# What Terraform sends to a site is not compared with what is there: Azure answers neither the app
# settings nor most of siteConfig. A change by hand stays until the next change of the site by
# Terraform, and no plan shows it (docs/operations.md).
resource "azurerm_service_plan" "this" {
  name                = "plan-heliograph-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  os_type             = "Linux"
  sku_name            = "FC1"
  tags                = local.stamp_tags

  zone_balancing_enabled = var.function_zone_balancing
}

# By azapi: azurerm_function_app_flex_consumption sets an AzureWebJobsStorage with an empty key
# beside the identity (terraform-provider-azurerm #29149, #29693, #30732) and cannot say which
# identity reads Key Vault references (#28928).
resource "azapi_resource" "functions" {
  type      = "Microsoft.Web/sites@2024-04-01"
  name      = local.function_name
  parent_id = azurerm_resource_group.this.id
  location  = azurerm_resource_group.this.location
  tags      = local.stamp_tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.functions.id]
  }

  body = {
    kind = "functionapp,linux"
    properties = {
      # Azure answers with serverfarms: with the provider's serverFarms each plan would change the site.
      serverFarmId              = replace(azurerm_service_plan.this.id, "/serverFarms/", "/serverfarms/")
      httpsOnly                 = true
      publicNetworkAccess       = "Enabled"
      keyVaultReferenceIdentity = azurerm_user_assigned_identity.functions.id
      virtualNetworkSubnetId    = azurerm_subnet.functions.id
      functionAppConfig = {
        deployment = {
          storage = {
            type  = "blobContainer"
            value = "${azurerm_storage_account.this.primary_blob_endpoint}${azurerm_storage_container.package.name}"
            authentication = {
              type                           = "UserAssignedIdentity"
              userAssignedIdentityResourceId = azurerm_user_assigned_identity.functions.id
            }
          }
        }
        runtime = {
          name    = "python"
          version = "3.13"
        }
        scaleAndConcurrency = {
          instanceMemoryMB     = var.function_memory_mb
          maximumInstanceCount = var.function_maximum_instances
          # SignalR triggers scale in the group http.
          alwaysReady = var.function_always_ready == 0 ? [] : [{ name = "http", instanceCount = var.function_always_ready }]
          triggers    = { http = { perInstanceConcurrency = var.function_http_concurrency } }
        }
      }
      siteConfig = {
        minTlsVersion    = "1.2"
        scmMinTlsVersion = "1.2"
        http20Enabled    = true
        ftpsState        = "Disabled"
        cors = {
          allowedOrigins = local.origins
          # SignalR's client sends credentials, so `*` would fail.
          supportCredentials = true
        }
        appSettings = [for name, value in local.all_settings : { name = name, value = value }]
      }
    }
  }

  response_export_values = ["properties.defaultHostName"]

  lifecycle {
    postcondition {
      condition     = self.output.properties.defaultHostName == local.function_host
      error_message = "Azure gave the app another host than ${local.function_host}, which SignalR calls."
    }
  }

  # The host reads its storage and its secrets when it starts: its roles have to count by then.
  depends_on = [azapi_resource_action.app, azapi_resource_action.placeholder, time_sleep.roles]
}

# Deployments come with an Entra token; passwords for them would only be one more thing to lose.
# One after the other: two at once are refused ("another operation is in progress").
resource "azapi_update_resource" "no_ftp_password" {
  type        = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01"
  resource_id = "${azapi_resource.functions.id}/basicPublishingCredentialsPolicies/ftp"
  body        = { properties = { allow = false } }
}

resource "azapi_update_resource" "no_scm_password" {
  type        = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01"
  resource_id = "${azapi_resource.functions.id}/basicPublishingCredentialsPolicies/scm"
  body        = { properties = { allow = false } }
  depends_on  = [azapi_update_resource.no_ftp_password]
}
