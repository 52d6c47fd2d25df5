# One region, whole, with a state of its own: nothing here needs another stamp, and no other stamp
# needs this.

locals {
  location      = var.stamps[var.stamp].location
  address_space = var.stamps[var.stamp].address_space
  stamp_tags    = merge(local.tags, { stamp = var.stamp })

  # Names of vaults and accounts end at 24 characters and take no hyphen (accounts) at all.
  short         = "${var.suffix}${var.stamp}${local.unique}"
  long          = "${var.suffix}-${var.stamp}"
  function_name = "func-heliograph-${local.long}-${local.unique}"
  function_host = "${local.function_name}.azurewebsites.net"
}

resource "azurerm_resource_group" "this" {
  name     = "rg-heliograph-${local.long}"
  location = local.location
  tags     = local.stamp_tags
}

# Two identities, because they need different things: the functions read every secret of the app,
# SignalR reads one.
resource "azurerm_user_assigned_identity" "functions" {
  name                = "id-heliograph-functions-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.stamp_tags
}

resource "azurerm_user_assigned_identity" "signalr" {
  name                = "id-heliograph-signalr-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.stamp_tags
}
