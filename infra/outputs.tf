output "stamps" {
  description = "For each stamp what the pipeline deploys to, and what the page calls."
  value       = { for name, stamp in module.stamp : name => stamp.deployed }
}

output "resource_group" {
  description = "Of what exists once."
  value       = azurerm_resource_group.shared.name
}

output "static_web_app_name" {
  description = "Where the page is deployed to."
  value       = azapi_resource.page.name
}

output "static_web_app_url" {
  description = "Where the page is."
  value       = local.page_url
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
