# What exists once: the database of statistics, the page, the budget, who hears of alerts. No call
# needs any of it.

resource "azurerm_resource_group" "shared" {
  name     = "rg-heliograph-${var.suffix}"
  location = var.location
  tags     = local.tags
}

resource "azurerm_monitor_action_group" "team" {
  name                = "ag-heliograph-${var.suffix}"
  resource_group_name = azurerm_resource_group.shared.name
  short_name          = substr("hg-${var.suffix}", 0, 12)
  tags                = local.tags

  dynamic "email_receiver" {
    for_each = toset(var.alert_emails)

    content {
      name                    = email_receiver.value
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
}

# Tells, and stops nothing. What stops is elsewhere: the ceilings of the TURN ledger, the maximum of
# instances, the cap of logs, units of SignalR.
resource "azurerm_consumption_budget_subscription" "deployment" {
  name            = "budget-heliograph-${var.suffix}"
  subscription_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}"
  amount          = var.budget
  time_grain      = "Monthly"

  # Azure takes the first day of the present month or a later one, and no other.
  time_period {
    start_date = formatdate("YYYY-MM-01'T00:00:00Z'", plantimestamp())
  }

  filter {
    dimension {
      name     = "ResourceGroupName"
      operator = "In"
      values = sort(concat(
        [azurerm_resource_group.shared.name],
        # By their names: the states of the stamps are their own.
        [for name in keys(var.stamps) : "rg-heliograph-${var.suffix}-${name}"],
      ))
    }
  }

  dynamic "notification" {
    for_each = [50, 80, 100]

    content {
      enabled        = true
      operator       = "GreaterThanOrEqualTo"
      threshold      = notification.value
      threshold_type = "Actual"
      contact_emails = var.alert_emails
      contact_groups = [azurerm_monitor_action_group.team.id]
    }
  }

  lifecycle {
    # A budget cannot be moved to another start.
    ignore_changes = [time_period]
  }
}
