output "resource_group" {
  description = "Of what exists once."
  value       = azurerm_resource_group.shared.name
}

output "static_web_app_name" {
  description = "Where the page is deployed to."
  value       = azapi_resource.page.name
}

output "static_web_app_url" {
  description = "Where people find the page."
  value       = local.page_origins[length(local.page_origins) - 1]
}

output "sql_server" {
  description = "Name of the server, for the firewall rule that the pipeline needs while it migrates."
  value       = azurerm_mssql_server.statistics.name
}

output "sql_database" {
  description = "Name of the database."
  value       = azurerm_mssql_database.statistics.name
}

output "sql_connection" {
  description = "What SQL_CONNECTION takes; it holds no secret."
  value       = local.sql_connection
}

output "for_stamps" {
  description = "What a stamp takes as `shared`. scripts/infra hands it over as a file, so that a stamp can be applied while the region of this state is away."
  value = {
    action_group_id = azurerm_monitor_action_group.team.id
    page_origins    = local.page_origins
    sql_connection  = local.sql_connection
    sql_server_id   = azurerm_mssql_server.statistics.id
    sql_sleeps      = local.serverless && var.sql_auto_pause_minutes > 0
  }
}
