# The way from the functions to the database and to storage, past the public endpoints.
resource "azurerm_virtual_network" "this" {
  name                = "vnet-heliograph-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [local.address_space]
  tags                = local.stamp_tags
}

resource "azurerm_subnet" "functions" {
  name                 = "functions"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet(local.address_space, 1, 0)]

  # The account takes what comes by this.
  service_endpoint {
    service = "Microsoft.Storage"
  }

  delegation {
    name = "flex"

    service_delegation {
      name    = "Microsoft.App/environments"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "endpoints" {
  name                 = "endpoints"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet(local.address_space, 1, 1)]
}

# A zone of its own for each stamp: in a shared one, two endpoints of the same server would write
# the same record.
resource "azurerm_private_dns_zone" "sql" {
  name                = "privatelink.database.windows.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.stamp_tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "sql" {
  name                = "sql"
  private_dns_zone_id = azurerm_private_dns_zone.sql.id
  virtual_network_id  = azurerm_virtual_network.this.id
  tags                = local.stamp_tags
}

resource "azurerm_private_endpoint" "sql" {
  name                = "pe-heliograph-sql-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  subnet_id           = azurerm_subnet.endpoints.id
  tags                = local.stamp_tags

  private_service_connection {
    name                           = "sql"
    private_connection_resource_id = var.shared.sql_server_id
    subresource_names              = ["sqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "sql"
    private_dns_zone_ids = [azurerm_private_dns_zone.sql.id]
  }
}
