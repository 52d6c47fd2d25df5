# Every role, and why. None is wider than one resource.

# The host keeps its locks, keys and timers in blobs of its own making, and the platform reads the
# package; Microsoft asks for Owner of the data (not of the account) for the host's storage.
resource "azurerm_role_assignment" "functions_host_blobs" {
  scope                = azurerm_storage_account.this.id
  role_definition_name = "Storage Blob Data Owner"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# Reports are put into a queue, taken from it, and after too many tries moved to the other.
resource "azurerm_role_assignment" "functions_queues" {
  for_each = azurerm_storage_queue.reports

  scope                = "${azurerm_storage_account.this.id}/queueServices/default/queues/${each.key}"
  role_definition_name = "Storage Queue Data Contributor"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
  depends_on           = [azurerm_storage_queue.reports]
}

# Rooms, and the TURN ledger, are entities of this one table.
resource "azurerm_role_assignment" "functions_table" {
  scope                = "${azurerm_storage_account.this.id}/tableServices/default/tables/${azurerm_storage_table.documents.name}"
  role_definition_name = "Storage Table Data Contributor"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# Signing keys, secrets of relays, and the reference to SignalR's connection string.
resource "azurerm_role_assignment" "functions_read_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# The component takes telemetry from this identity and from nobody else.
resource "azurerm_role_assignment" "functions_publish_telemetry" {
  scope                = azurerm_application_insights.this.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# SignalR puts the code into the URL of its upstream: it reads that one secret.
resource "azurerm_role_assignment" "signalr_reads_upstream_code" {
  scope                = azurerm_key_vault_secret.upstream.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.signalr.principal_id
  principal_type       = "ServicePrincipal"
}

# Whoever deploys writes the secrets, and after the first package SignalR's upstream code.
resource "azurerm_role_assignment" "deployer_writes_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.deployer_object_id
}
