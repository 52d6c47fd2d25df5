# Rooms and the TURN ledger (a table), reports of calls (queues), the package and the host's own blobs.
resource "azurerm_storage_account" "this" {
  name                     = "sthg${local.short}"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = azurerm_resource_group.this.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.storage_replication
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

  # The functions come through their subnet. Entra decides who may do what; the network, who may try.
  network_rules {
    default_action             = var.storage_open_to_network ? "Allow" : "Deny"
    bypass                     = ["AzureServices", "Logging", "Metrics"]
    ip_rules                   = var.operator_addresses
    virtual_network_subnet_ids = [azurerm_subnet.functions.id]
  }

  tags = local.stamp_tags
}

resource "azurerm_storage_container" "package" {
  name                  = "package"
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"
}

# Made here rather than at the first call, so that the app may be refused to make others.
# By azapi: azurerm_storage_table reads and writes a table's policies with the account's key, and this
# account takes none (terraform-provider-azurerm #30815, #32249).
resource "azapi_resource" "documents" {
  type      = "Microsoft.Storage/storageAccounts/tableServices/tables@2023-05-01"
  name      = "heliograph"
  parent_id = "${azurerm_storage_account.this.id}/tableServices/default"
  body      = { properties = {} }
}

resource "azurerm_storage_queue" "reports" {
  for_each = toset(["reports", "reports-poison"])

  name               = each.key
  storage_account_id = azurerm_storage_account.this.id
}
