locals {
  connection_secret = "signalr-connection"
  upstream_secret   = "signalr-upstream-code"
}

resource "azurerm_key_vault" "this" {
  name                = "kvhelio${local.short}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tenant_id           = var.tenant_id
  sku_name            = var.skus.key_vault_sku

  rbac_authorization_enabled = true
  purge_protection_enabled   = var.purge_protection
  soft_delete_retention_days = 90

  # SignalR reads its upstream's code over the public endpoint, and is not among the services
  # that `bypass` lets through: who may read is decided by roles alone.
  public_network_access_enabled = true

  tags = var.tags
}

# A role counts some minutes after it was given; a secret written before that is refused.
resource "time_sleep" "roles" {
  create_duration = "120s"
  triggers        = { role = azurerm_role_assignment.deployer_writes_secrets.id }
}

# The values are write-only: neither the state nor a plan ever holds one.
resource "azurerm_key_vault_secret" "app" {
  for_each = var.secret_names

  name             = each.key
  key_vault_id     = azurerm_key_vault.this.id
  value_wo         = var.secrets[each.key]
  value_wo_version = var.secrets_version
  content_type     = "text/plain"
  expiration_date  = var.secrets_expire
  tags             = var.tags
  depends_on       = [time_sleep.roles]
}

ephemeral "azapi_resource_action" "signalr_keys" {
  type                   = local.signalr_type
  resource_id            = azapi_resource.signalr.id
  action                 = "listKeys"
  method                 = "POST"
  response_export_values = ["primaryConnectionString"]
}

# The functions sign the tokens of clients with the key of SignalR, so they need one.
resource "azurerm_key_vault_secret" "signalr_connection" {
  name             = local.connection_secret
  key_vault_id     = azurerm_key_vault.this.id
  value_wo         = ephemeral.azapi_resource_action.signalr_keys.output.primaryConnectionString
  value_wo_version = var.secrets_version
  content_type     = "text/plain"
  expiration_date  = var.secrets_expire
  tags             = var.tags
  depends_on       = [time_sleep.roles]
}

# The code exists only after the first package is deployed; the pipeline writes it then. Here it
# gets a name, so that SignalR can be let to this secret and no other.
resource "azurerm_key_vault_secret" "upstream" {
  name             = local.upstream_secret
  key_vault_id     = azurerm_key_vault.this.id
  value_wo         = "not-yet-written"
  value_wo_version = 1
  content_type     = "text/plain"
  expiration_date  = var.secrets_expire
  tags             = var.tags
  depends_on       = [time_sleep.roles]

  lifecycle {
    # Newer versions are the pipeline's.
    ignore_changes = [content_type, expiration_date, tags]
  }
}
