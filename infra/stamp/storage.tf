# Rooms and the TURN ledger (a table), reports of calls (queues), the package and the host's own blobs.
resource "azurerm_storage_account" "this" {
  name                     = "sthelio${local.short}"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = azurerm_resource_group.this.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.skus.storage_replication
  min_tls_version          = "TLS1_2"

  # Entra tokens only: a key would open everything to whoever finds it.
  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  local_user_enabled              = false

  allow_nested_items_to_be_public  = false
  https_traffic_only_enabled       = true
  cross_tenant_replication_enabled = false
  allowed_copy_scope               = "AAD"

  blob_properties {
    # A package that was overwritten can be had back.
    delete_retention_policy {
      days = 7
    }
    container_delete_retention_policy {
      days = 7
    }
  }

  tags = var.tags
}

resource "azurerm_storage_container" "package" {
  name                  = "package"
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"
}

# Made here rather than at the first call, so that the app may be refused to make others.
resource "azurerm_storage_table" "documents" {
  name               = "heliograph"
  storage_account_id = azurerm_storage_account.this.id
}

resource "azurerm_storage_queue" "reports" {
  for_each = toset(["reports", "reports-poison"])

  name               = each.key
  storage_account_id = azurerm_storage_account.this.id
}
