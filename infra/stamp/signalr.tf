locals {
  signalr_type = "Microsoft.SignalRService/signalR@2024-03-01"
}

# By azapi: azurerm_signalr_service writes both access keys into the state.
resource "azapi_resource" "signalr" {
  type      = local.signalr_type
  name      = "sigr-heliograph-${local.long}"
  parent_id = azurerm_resource_group.this.id
  location  = azurerm_resource_group.this.location
  tags      = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.signalr.id]
  }

  body = {
    sku = {
      name     = var.skus.signalr_sku
      capacity = var.skus.signalr_units
    }
    kind = "SignalR"
    properties = {
      features = [
        { flag = "ServiceMode", value = "Serverless" },
        { flag = "EnableConnectivityLogs", value = "True" },
        # What people say to each other is not for logs.
        { flag = "EnableMessagingLogs", value = "False" },
      ]
      cors = { allowedOrigins = var.origins }
      tls  = { clientCertEnabled = false }
      # Our own data plane calls and the tokens of clients are signed with the key.
      disableLocalAuth    = false
      publicNetworkAccess = "Enabled"
      networkACLs = {
        defaultAction = "Deny"
        # In serverless mode nobody is a server: ServerConnection stays closed.
        publicNetwork = { allow = ["ClientConnection", "RESTAPI"] }
      }
      serverless = { connectionTimeoutInSeconds = 30 }
      upstream = {
        templates = [
          {
            hubPattern      = "signaling"
            categoryPattern = "connections,messages"
            eventPattern    = "*"
            # The service reads the secret itself, every 30 minutes.
            urlTemplate = "${local.function_url}/runtime/webhooks/signalr?code={@Microsoft.KeyVault(SecretUri=${azurerm_key_vault.this.vault_uri}secrets/${local.upstream_secret})}"
          }
        ]
      }
    }
  }
}
