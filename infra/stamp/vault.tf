locals {
  connection_secret = "signalr-connection"
  upstream_secret   = "signalr-upstream-code"
}

resource "azurerm_key_vault" "this" {
  name                = "kvhg${local.short}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tenant_id           = data.azurerm_client_config.current.tenant_id
  sku_name            = var.key_vault_sku

  rbac_authorization_enabled = true
  purge_protection_enabled   = local.prod
  soft_delete_retention_days = 90

  # SignalR reads its upstream's code over the public endpoint, and is not among the services
  # that `bypass` lets through: who may read is decided by roles alone.
  public_network_access_enabled = true

  tags = local.stamp_tags
}

# Nobody deletes the keys of stored rooms by mistake: first the lock has to go.
resource "azurerm_management_lock" "vault" {
  count = local.prod ? 1 : 0

  name       = "vault"
  scope      = azurerm_key_vault.this.id
  lock_level = "CanNotDelete"
  notes      = "Keys of stored rooms. docs/operations.md, Tear down."
}

# The values are write-only: neither the state nor a plan ever holds one. A plan does not even need
# them, so whoever plans reads no secret; apply fails if a value that it has to write is missing.
resource "azurerm_key_vault_secret" "app" {
  for_each = local.secret_names

  name             = each.key
  key_vault_id     = azurerm_key_vault.this.id
  value_wo         = terraform.applying ? var.secrets[each.key] : null
  value_wo_version = var.secrets_version
  content_type     = "text/plain"
  expiration_date  = var.secrets_expire
  tags             = local.stamp_tags
  depends_on       = [time_sleep.deployer_role]
}

# With signalr_keys the app reads the connection string here; scripts.upstream_key writes it, as it
# writes the code below: neither exists before SignalR and the app do.
resource "azurerm_key_vault_secret" "signalr_connection" {
  count = var.signalr_keys ? 1 : 0

  name             = local.connection_secret
  key_vault_id     = azurerm_key_vault.this.id
  value_wo         = "not-yet-written"
  value_wo_version = 1
  content_type     = "text/plain"
  expiration_date  = var.secrets_expire
  tags             = local.stamp_tags
  depends_on       = [time_sleep.deployer_role]

  lifecycle {
    ignore_changes = [content_type, expiration_date, tags]
  }
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
  tags             = local.stamp_tags
  depends_on       = [time_sleep.deployer_role]

  lifecycle {
    # Newer versions are the pipeline's.
    ignore_changes = [content_type, expiration_date, tags]
  }
}
