locals {
  # Messages that the units include, a day.
  message_quota = var.signalr_sku == "Free_F1" ? 20000 : 1000000 * var.signalr_units

  # One row for each metric: where it comes from is in tests/infra/metrics.json.
  metric_alerts = {
    function-failures = {
      description = "Calls of functions fail."
      scope       = azurerm_application_insights.this.id
      namespace   = "microsoft.insights/components", metric = "requests/failed"
      aggregation = "Count", operator = "GreaterThan", threshold = 5
      severity    = 1, window = "PT15M", frequency = "PT5M", dimensions = {}
    }
    signalr-errors = {
      description = "SignalR itself has errors."
      scope       = azapi_resource.signalr.id
      namespace   = "Microsoft.SignalRService/SignalR", metric = "SystemErrors"
      aggregation = "Maximum", operator = "GreaterThan", threshold = 5
      severity    = 1, window = "PT15M", frequency = "PT5M", dimensions = {}
    }
    signalr-upstream = {
      description = "SignalR is refused: tokens, or its upstream's code, are wrong."
      scope       = azapi_resource.signalr.id
      namespace   = "Microsoft.SignalRService/SignalR", metric = "UserErrors"
      aggregation = "Maximum", operator = "GreaterThan", threshold = 50
      severity    = 2, window = "PT15M", frequency = "PT5M", dimensions = {}
    }
    signalr-connections = {
      description = "Connections come near what the units hold."
      scope       = azapi_resource.signalr.id
      namespace   = "Microsoft.SignalRService/SignalR", metric = "ConnectionQuotaUtilization"
      aggregation = "Maximum", operator = "GreaterThan", threshold = 80
      severity    = 2, window = "PT15M", frequency = "PT5M", dimensions = {}
    }
    signalr-messages = {
      description = "Messages of a day come near what the units include; free units stop there."
      scope       = azapi_resource.signalr.id
      namespace   = "Microsoft.SignalRService/SignalR", metric = "MessageCount"
      aggregation = "Total", operator = "GreaterThan", threshold = 0.8 * local.message_quota
      severity    = 2, window = "P1D", frequency = "PT1H", dimensions = {}
    }
    queue-backlog = {
      description = "Reports pile up (the service counts them once an hour)."
      scope       = "${azurerm_storage_account.this.id}/queueServices/default"
      namespace   = "Microsoft.Storage/storageAccounts/queueServices", metric = "QueueMessageCount"
      aggregation = "Average", operator = "GreaterThan", threshold = 1000
      severity    = 3, window = "PT1H", frequency = "PT15M", dimensions = {}
    }
    vault-errors = {
      description = "The vault refuses or fails. 401 is how every conversation with it begins."
      scope       = azurerm_key_vault.this.id
      namespace   = "Microsoft.KeyVault/vaults", metric = "ServiceApiResult"
      aggregation = "Count", operator = "GreaterThan", threshold = 5
      severity    = 2, window = "PT15M", frequency = "PT5M"
      dimensions  = { StatusCode = ["403", "429", "500", "503"] }
    }
    vault-availability = {
      description = "The vault is away. Calls go on with what was read, for a day."
      scope       = azurerm_key_vault.this.id
      namespace   = "Microsoft.KeyVault/vaults", metric = "Availability"
      aggregation = "Average", operator = "LessThan", threshold = 99
      severity    = 2, window = "PT15M", frequency = "PT5M", dimensions = {}
    }
  }

  log_alerts = {
    queue-age = {
      description = "Reports have been waiting for half an hour: every try to write one fails."
      window      = "PT30M"
      query       = <<-KQL
        AppRequests
        | where OperationName == "write_reports"
        | summarize written = countif(Success), failed = countif(not(Success))
        | where failed > 0 and written == 0
      KQL
    }
    queue-poison = {
      description = "A report was given up: it lies in reports-poison for a week."
      window      = "PT1H"
      query       = <<-KQL
        StorageQueueLogs
        | where OperationName == "PutMessage" and StatusCode == "201"
        | where Uri has "reports-poison"
      KQL
    }
    turn-ledger-away = {
      description = "The TURN ledger cannot be read: relays are refused."
      window      = "PT15M"
      query       = <<-KQL
        AppTraces
        | where Message has "the TURN ledger is away"
      KQL
    }
  }
}

resource "azurerm_monitor_metric_alert" "this" {
  for_each = local.metric_alerts

  name                = "${each.key}-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  description         = each.value.description
  scopes              = [each.value.scope]
  severity            = each.value.severity
  window_size         = each.value.window
  frequency           = each.value.frequency
  tags                = local.stamp_tags

  criteria {
    metric_namespace = each.value.namespace
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = each.value.operator
    threshold        = each.value.threshold

    dynamic "dimension" {
      for_each = each.value.dimensions

      content {
        name     = dimension.key
        operator = "Include"
        values   = dimension.value
      }
    }
  }

  action {
    action_group_id = var.shared.action_group_id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.log_alerts

  name                 = "${each.key}-${local.long}"
  resource_group_name  = azurerm_resource_group.this.name
  location             = azurerm_resource_group.this.location
  description          = each.value.description
  scopes               = [azurerm_log_analytics_workspace.this.id]
  severity             = 2
  window_duration      = each.value.window
  evaluation_frequency = "PT15M"
  # Tables exist once something has been written to them.
  skip_query_validation = true
  tags                  = local.stamp_tags

  criteria {
    query                   = each.value.query
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [var.shared.action_group_id]
  }
}

# From outside: up, and TURN on the lowest level of its ladder.
resource "azurerm_application_insights_standard_web_test" "health" {
  name                    = "health-${local.long}"
  resource_group_name     = azurerm_resource_group.this.name
  location                = azurerm_resource_group.this.location
  application_insights_id = azurerm_application_insights.this.id
  description             = "GET /api/health answers 200, and relays are not rationed."
  enabled                 = true
  frequency               = local.prod ? 300 : 900
  timeout                 = 30
  retry_enabled           = true
  geo_locations           = ["emea-nl-ams-azr", "us-va-ash-azr"]
  tags                    = local.stamp_tags

  request {
    url       = "https://${local.function_host}/api/health"
    http_verb = "GET"
  }

  validation_rules {
    expected_status_code        = 200
    ssl_check_enabled           = true
    ssl_cert_remaining_lifetime = 7

    content {
      content_match      = "\"level\":\"normal\""
      pass_if_text_found = true
    }
  }
}

resource "azurerm_monitor_metric_alert" "health" {
  name                = "turn-ledger-and-health-${local.long}"
  resource_group_name = azurerm_resource_group.this.name
  description         = "The stamp is down, or its TURN ledger refuses relays: /api/health says which."
  scopes              = [azurerm_application_insights_standard_web_test.health.id, azurerm_application_insights.this.id]
  severity            = 1
  window_size         = "PT30M"
  frequency           = "PT5M"
  tags                = local.stamp_tags

  application_insights_web_test_location_availability_criteria {
    web_test_id           = azurerm_application_insights_standard_web_test.health.id
    component_id          = azurerm_application_insights.this.id
    failed_location_count = 2
  }

  action {
    action_group_id = var.shared.action_group_id
  }
}

resource "azurerm_application_insights_workbook" "overview" {
  # A workbook is named by a UUID; this one is always the same for a stamp.
  name                = uuidv5("url", "heliograph/${local.long}")
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  display_name        = "Heliograph ${local.long}"
  tags                = local.stamp_tags
  data_json = templatefile("${path.module}/workbook.json.tftpl", {
    stamp     = local.long
    workspace = azurerm_log_analytics_workspace.this.id
    signalr   = azapi_resource.signalr.id
  })
}
