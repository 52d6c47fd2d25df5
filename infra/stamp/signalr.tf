locals {
  signalr_type = "Microsoft.SignalRService/signalR@2024-03-01"
}

# By azapi: azurerm_signalr_service writes both access keys into the state.
resource "azapi_resource" "signalr" {
  type      = local.signalr_type
  name      = "sigr-heliograph-${local.long}-${local.unique}"
  parent_id = azurerm_resource_group.this.id
  location  = azurerm_resource_group.this.location
  tags      = local.stamp_tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.signalr.id]
  }

  body = {
    sku = {
      name     = var.signalr_sku
      capacity = var.signalr_units
    }
    kind = "SignalR"
    properties = {
      # All of them: Azure answers with all, and one left out would be a change in each plan.
      features = [
        { flag = "ServiceMode", value = "Serverless" },
        # From which address somebody came, and what people say to each other, is not for logs.
        { flag = "EnableConnectivityLogs", value = "False" },
        { flag = "EnableMessagingLogs", value = "False" },
        { flag = "EnableLiveTrace", value = "False" },
      ]
      cors = { allowedOrigins = local.origins }
      tls  = { clientCertEnabled = false }
      # Entra's tokens open it, unless keys were asked for.
      disableLocalAuth    = !var.signalr_keys
      publicNetworkAccess = "Enabled"
      networkACLs = {
        defaultAction = "Deny"
        # In serverless mode nobody connects as a server, so ServerConnection stays closed. RESTAPI is
        # also how the app gets the key that it signs with (azure-signalr #1361).
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
            urlTemplate = "https://${local.function_host}/runtime/webhooks/signalr?code={@Microsoft.KeyVault(SecretUri=${azurerm_key_vault.this.vault_uri}secrets/${local.upstream_secret})}"
          }
        ]
      }
    }
  }

  response_export_values = ["properties.hostName"]
}
