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

# The keys of stored rooms cannot be deleted by mistake: the lock has to be deleted first.
resource "azurerm_management_lock" "vault" {
  count = local.prod ? 1 : 0

  name       = "vault"
  scope      = azurerm_key_vault.this.id
  lock_level = "CanNotDelete"
  notes      = "Keys of stored rooms. docs/operations.md, Tear down."
}

# Azure Resource Manager writes the secrets and never reads their values. azurerm_key_vault_secret would
# read each value at each plan, so whoever plans would have to be allowed to read them. The values are
# write-only: neither the state nor a plan holds one, and a plan is told none. The secrets are deleted
# together with the vault.
locals {
  # Seconds since 1970 of the day in secrets_expire: days from civil, by the Gregorian calendar.
  expire_month = tonumber(formatdate("M", var.secrets_expire))
  expire_year  = tonumber(formatdate("YYYY", var.secrets_expire)) - (local.expire_month <= 2 ? 1 : 0)
  expire_days = (
    365 * local.expire_year + floor(local.expire_year / 4) - floor(local.expire_year / 100) + floor(local.expire_year / 400)
    + floor((153 * (local.expire_month + (local.expire_month > 2 ? -3 : 9)) + 2) / 5)
    + tonumber(formatdate("D", var.secrets_expire)) - 1 - 719468
  )

  secret_type = "Microsoft.KeyVault/vaults/secrets@2023-07-01"
  secret_body = {
    tags = local.stamp_tags
    properties = {
      contentType = "text/plain"
      attributes  = { exp = local.expire_days * 86400 }
    }
  }
}

resource "azapi_resource_action" "app" {
  for_each = local.secret_names

  type           = local.secret_type
  resource_id    = "${azurerm_key_vault.this.id}/secrets/${each.key}"
  method         = "PUT"
  body           = local.secret_body
  sensitive_body = { properties = { value = terraform.applying ? var.secrets[each.key] : null } }
  # The value goes along whenever anything is written: Azure takes no secret without one.
  sensitive_body_version = { "properties.value" = "${var.secrets_version} ${sha256(jsonencode(local.secret_body))}" }
}

# What exists only after the first package: the code by which SignalR calls the functions, and with
# signalr_keys SignalR's connection string. scripts.upstream_key writes them. Here they get a name, so
# that SignalR can be let to the code and to no other secret.
resource "azapi_resource_action" "placeholder" {
  for_each = toset(concat([local.upstream_secret], var.signalr_keys ? [local.connection_secret] : []))

  type                   = local.secret_type
  resource_id            = "${azurerm_key_vault.this.id}/secrets/${each.key}"
  method                 = "PUT"
  body                   = { properties = { contentType = "text/plain" } }
  sensitive_body         = { properties = { value = "not-yet-written" } }
  sensitive_body_version = { "properties.value" = "1" }
}
