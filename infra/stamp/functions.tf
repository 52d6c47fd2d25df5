locals {
  app_settings = merge(var.app_settings, {
    # The host: storage by identity. There is no AzureWebJobsStorage, because there is no key.
    AzureWebJobsStorage__accountName = azurerm_storage_account.this.name
    AzureWebJobsStorage__credential  = "managedidentity"
    AzureWebJobsStorage__clientId    = azurerm_user_assigned_identity.functions.client_id

    # Telemetry by identity: the component takes nothing from holders of the string alone.
    APPLICATIONINSIGHTS_CONNECTION_STRING     = nonsensitive(azurerm_application_insights.this.connection_string)
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${azurerm_user_assigned_identity.functions.client_id};Authorization=AAD"

    # Read by backend/settings.py. HELIOGRAPH_SIGNING_KEYS is not here: with KEY_VAULT_URI the app reads them there.
    AzureSignalRConnectionString = "@Microsoft.KeyVault(SecretUri=${azurerm_key_vault.this.vault_uri}secrets/${local.connection_secret})"
    AZURE_CLIENT_ID              = azurerm_user_assigned_identity.functions.client_id
    KEY_VAULT_URI                = azurerm_key_vault.this.vault_uri
    HELIOGRAPH_STORAGE           = "table"
    HELIOGRAPH_STAMP             = var.name
  })
}

resource "azurerm_service_plan" "this" {
  name                = "plan-heliograph-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  os_type             = "Linux"
  sku_name            = "FC1"
  tags                = var.tags
}

# By azapi: azurerm_function_app_flex_consumption sets an AzureWebJobsStorage with an empty key
# beside the identity (terraform-provider-azurerm #29149, #29693, #30732) and cannot say which
# identity reads Key Vault references (#28928).
resource "azapi_resource" "functions" {
  type      = "Microsoft.Web/sites@2024-04-01"
  name      = local.function_name
  parent_id = azurerm_resource_group.this.id
  location  = azurerm_resource_group.this.location
  tags      = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.functions.id]
  }

  body = {
    kind = "functionapp,linux"
    properties = {
      serverFarmId              = azurerm_service_plan.this.id
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
          instanceMemoryMB     = var.skus.memory_mb
          maximumInstanceCount = var.skus.maximum_instances
          # SignalR triggers scale in the group http.
          alwaysReady = var.skus.always_ready == 0 ? [] : [{ name = "http", instanceCount = var.skus.always_ready }]
        }
      }
      siteConfig = {
        minTlsVersion    = "1.2"
        scmMinTlsVersion = "1.2"
        http20Enabled    = true
        ftpsState        = "Disabled"
        cors = {
          allowedOrigins = var.origins
          # SignalR's client sends credentials, so `*` would fail.
          supportCredentials = true
        }
        appSettings = [for name, value in local.app_settings : { name = name, value = value }]
      }
    }
  }

  # The host reads its storage and its secrets when it starts.
  depends_on = [
    azurerm_key_vault_secret.signalr_connection,
    azurerm_role_assignment.functions_host_blobs,
    azurerm_role_assignment.functions_read_secrets,
  ]
}

# Deployments come with an Entra token; passwords for them would only be one more thing to lose.
resource "azapi_update_resource" "no_passwords" {
  for_each = toset(["ftp", "scm"])

  type        = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01"
  resource_id = "${azapi_resource.functions.id}/basicPublishingCredentialsPolicies/${each.key}"
  body        = { properties = { allow = false } }
}
