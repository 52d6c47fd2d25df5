# One region, whole: nothing here needs another stamp, and no other stamp needs this.

locals {
  # Names of vaults and accounts end at 24 characters and take no hyphen (accounts) at all.
  short         = "${var.suffix}${var.name}"
  long          = "${var.suffix}-${var.name}"
  function_name = "func-heliograph-${local.long}"
  function_url  = "https://${local.function_name}.azurewebsites.net"
}

resource "azurerm_resource_group" "this" {
  name     = "rg-heliograph-${local.long}"
  location = var.location
  tags     = var.tags
}

# Two identities, because they need different things: the functions read every secret of the app,
# SignalR reads one.
resource "azurerm_user_assigned_identity" "functions" {
  name                = "id-heliograph-functions-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = var.tags
}

resource "azurerm_user_assigned_identity" "signalr" {
  name                = "id-heliograph-signalr-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = var.tags
}
