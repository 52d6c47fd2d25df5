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
  scope                = "${azurerm_storage_account.this.id}/tableServices/default/tables/${azapi_resource.documents.name}"
  role_definition_name = "Storage Table Data Contributor"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# Signing keys, secrets of TURN, and with signalr_keys the connection string of SignalR.
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

# The app asks SignalR for a key that signs tokens (cloud/signalr_keys.py): auth/accessKey, which this
# role has and SignalR REST API Owner has not.
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/web-and-mobile
resource "azurerm_role_assignment" "functions_sign_for_signalr" {
  count = var.signalr_keys ? 0 : 1

  scope                = azapi_resource.signalr.id
  role_definition_name = "SignalR App Server"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# Messages, groups and the presence of peers: users, groups and connections of the REST API.
resource "azurerm_role_assignment" "functions_use_signalr" {
  count = var.signalr_keys ? 0 : 1

  scope                = azapi_resource.signalr.id
  role_definition_name = "SignalR REST API Owner"
  principal_id         = azurerm_user_assigned_identity.functions.principal_id
  principal_type       = "ServicePrincipal"
}

# SignalR puts the code into the URL of its upstream: it reads that one secret.
resource "azurerm_role_assignment" "signalr_reads_upstream_code" {
  scope                = azapi_resource_action.placeholder[local.upstream_secret].resource_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.signalr.principal_id
  principal_type       = "ServicePrincipal"
}

# Whoever applies writes the secrets, and after the first package SignalR's upstream code. Without a
# principal_type, because at a desk it is a person: Azure refuses a type that is not the principal's.
resource "azurerm_role_assignment" "deployer_writes_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.deployer_object_id
}

# People who rotate secrets at a desk.
resource "azurerm_role_assignment" "operators_write_secrets" {
  count = var.operators_group_object_id == null ? 0 : 1

  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.operators_group_object_id
  principal_type       = "Group"
}

# A role counts some minutes after it was given: Azure says up to ten for data. What was refused in
# the meantime is tried again by scripts.references.
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#role-assignment-changes-are-not-being-detected
resource "time_sleep" "roles" {
  create_duration = "300s"
  triggers = {
    roles = join(" ", concat(
      [
        azurerm_role_assignment.functions_host_blobs.id,
        azurerm_role_assignment.functions_read_secrets.id,
        azurerm_role_assignment.functions_table.id,
        azurerm_role_assignment.functions_publish_telemetry.id,
        azurerm_role_assignment.signalr_reads_upstream_code.id,
        azurerm_role_assignment.deployer_writes_secrets.id,
      ],
      [for role in azurerm_role_assignment.functions_queues : role.id],
      azurerm_role_assignment.functions_sign_for_signalr[*].id,
      azurerm_role_assignment.functions_use_signalr[*].id,
    ))
  }
}
