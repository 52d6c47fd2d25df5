# Which variables are refused, and by which rule. `pytest tests/infra` runs this over its own
# providers, without an account. What has to hold of a whole deployment is in tests/infra/rules/.

variables {
  environment        = "dev"
  suffix             = "test"
  owner              = "tests"
  stamps             = { weu = { location = "westeurope" } }
  deployer_object_id = "00000000-0000-0000-0000-000000000000"
  stamp              = "weu"
  secrets_expire     = "2027-11-30T00:00:00Z"
  turn_providers     = [{ kind = "metered", app = "a", secret = "TURN_METERED_KEY" }]
  shared = {
    action_group_id = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Insights/actionGroups/c"
    page_origins    = ["https://page.example"]
    sql_connection  = "Server=tcp:sql.example,1433;Database=heliograph"
    sql_server_id   = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Sql/servers/c"
    sql_sleeps      = true
  }
}

run "a_plan_needs_no_secret" {
  command = plan

  assert {
    condition     = keys(azapi_resource_action.app) == ["HELIOGRAPH-SIGNING-KEYS", "TURN-METERED-KEY"]
    error_message = "The vault gets other secrets."
  }
}

run "secrets_are_due_on_the_day_that_was_said" {
  command = plan

  variables {
    secrets_expire = "2028-02-29T00:00:00Z"
  }

  assert {
    condition     = alltrue([for secret in azapi_resource_action.app : secret.body.properties.attributes.exp == 1835395200])
    error_message = "2028-02-29 is 1835395200 seconds after 1970."
  }
}

run "the_names_in_azure_have_the_hash_of_the_subscription" {
  command = plan

  assert {
    condition = alltrue([for name in [
      azapi_resource.functions.name, azapi_resource.signalr.name, azurerm_key_vault.this.name, azurerm_storage_account.this.name,
    ] : endswith(name, local.unique)]) && length(local.unique) == 4
    error_message = "A name that exists once in all of Azure has no hash."
  }
}

run "names_fit_with_the_longest_suffix_and_stamp" {
  command = plan

  variables {
    suffix = "abcdefgh"
    stamp  = "abcdefgh"
    stamps = { abcdefgh = { location = "westeurope" } }
  }

  assert {
    condition     = length(azurerm_key_vault.this.name) <= 24 && length(azurerm_storage_account.this.name) <= 24
    error_message = "A vault or an account has more than 24 characters."
  }
}

run "one_stamp_has_the_whole_of_the_ceilings" {
  command = plan

  assert {
    condition     = local.all_settings["HELIOGRAPH_STAMPS"] == "1" && local.all_settings["TURN_CEILINGS"] == "{}"
    error_message = "The app is told another number of stamps, or ceilings that nobody set: their defaults are in turn/ceilings.py."
  }
}

run "stamps_are_counted_for_their_share_of_the_ceilings" {
  command = plan

  variables {
    stamps = {
      weu = { location = "westeurope", address_space = "10.80.0.0/24" }
      sdc = { location = "swedencentral", address_space = "10.80.1.0/24" }
      neu = { location = "northeurope", address_space = "10.80.2.0/24" }
    }
    turn_ceilings = { day = 9.5, exposure = 20 }
  }

  assert {
    condition     = local.all_settings["HELIOGRAPH_STAMPS"] == "3" && jsondecode(local.all_settings["TURN_CEILINGS"]) == { day = 9.5, exposure = 20 }
    error_message = "The app is told another number of stamps, or other ceilings."
  }
}

run "keys_of_signalr_are_a_choice" {
  command = plan

  variables {
    signalr_keys = true
  }

  assert {
    condition     = azapi_resource.signalr.body.properties.disableLocalAuth == false && length(azapi_resource_action.placeholder) == 2
    error_message = "SignalR takes no keys, or the vault has no place for them."
  }
}

run "premium_signalr_is_a_choice" {
  command = plan

  variables {
    signalr_sku   = "Premium_P2"
    signalr_units = 200
  }

  assert {
    condition     = azapi_resource.signalr.body.sku.name == "Premium_P2"
    error_message = "SignalR has another size."
  }
}

run "operators_reach_secrets_by_their_group" {
  command = plan

  variables {
    operators_group_object_id = "00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = azurerm_role_assignment.operators_write_secrets[0].principal_type == "Group"
    error_message = "The operators have no role."
  }
}

# Each round has one wrong value for each of its variables; all have to be refused.

run "refuses_the_first_round" {
  command = plan

  variables {
    # a stamp that is not in the list
    stamp = "mars"
    # an expiry in words
    secrets_expire = "next year"
    # operators by name
    operators_group_object_id = "operators"
    # a ceiling below nothing
    turn_ceilings = { day = -1 }
    # half a kilobit
    turn_assumed_kbps = 0.5
    # a turn server for stun
    stun_urls = ["turn:relay.example"]
    # any origin
    allowed_origins = ["*"]
    # a rate of nothing
    network_rate = "0/1"
    # a day for nobody
    messages_per_day = 0
    # a proxy too many
    trusted_hops = 9
    # reports for a day
    stats_retention_days = 1
    # figures of one call
    stats_k = 1
    # woken each minute
    stats_wakes_per_day = 1440
    # no report at all
    stats_network_reports = 0
    # figures that tell everything
    stats_epsilon = 11
    # an odd memory
    function_memory_mb = 1024
    # no instance
    function_maximum_instances = 0
    # too many warm instances
    function_always_ready = 100
    # no request at all
    function_http_concurrency = 0
    # storage in another region
    storage_replication = "GRS"
    # an unknown vault
    key_vault_sku = "basic"
    # a private address
    operator_addresses = ["10.0.0.1"]
  }

  expect_failures = [
    var.stamp,
    var.secrets_expire,
    var.operators_group_object_id,
    var.turn_ceilings,
    var.turn_assumed_kbps,
    var.stun_urls,
    var.allowed_origins,
    var.network_rate,
    var.messages_per_day,
    var.trusted_hops,
    var.stats_retention_days,
    var.stats_k,
    var.stats_wakes_per_day,
    var.stats_network_reports,
    var.stats_epsilon,
    var.function_memory_mb,
    var.function_maximum_instances,
    var.function_always_ready,
    var.function_http_concurrency,
    var.storage_replication,
    var.key_vault_sku,
    var.operator_addresses,
  ]
}

run "refuses_zones_without_storage_in_them" {
  command = plan

  variables {
    function_zone_balancing = true
    function_always_ready   = 2
  }

  expect_failures = [
    var.function_zone_balancing,
  ]
}

run "refuses_a_stun_url_with_slashes" {
  command = plan

  variables {
    stun_urls = ["stun:good.example", "stun://stun.example"]
  }

  expect_failures = [
    var.stun_urls,
  ]
}

run "refuses_a_stun_url_with_a_port_that_is_none" {
  command = plan

  variables {
    stun_urls = ["stun:good.example", "stun:stun.example:65536"]
  }

  expect_failures = [
    var.stun_urls,
  ]
}

run "refuses_a_stun_url_with_a_port_that_browsers_refuse" {
  command = plan

  variables {
    stun_urls = ["stun:good.example", "stun:stun.example:53"]
  }

  expect_failures = [
    var.stun_urls,
  ]
}

run "refuses_a_stun_url_with_an_empty_label" {
  command = plan

  variables {
    stun_urls = ["stun:good.example", "stun:stun..example"]
  }

  expect_failures = [
    var.stun_urls,
  ]
}

run "refuses_a_stun_url_with_an_open_bracket" {
  command = plan

  variables {
    stun_urls = ["stun:good.example", "stun:[2001:db8::1"]
  }

  expect_failures = [
    var.stun_urls,
  ]
}

run "refuses_an_origin_with_a_path" {
  command = plan

  variables {
    allowed_origins = ["https://example.org/app"]
  }

  expect_failures = [
    var.allowed_origins,
  ]
}

run "refuses_an_origin_without_tls" {
  command = plan

  variables {
    allowed_origins = ["http://example.org"]
  }

  expect_failures = [
    var.allowed_origins,
  ]
}

run "refuses_an_empty_secret" {
  command = plan

  variables {
    secrets = { HELIOGRAPH-SIGNING-KEYS = "" }
  }

  expect_failures = [
    var.secrets,
  ]
}

run "refuses_a_vault_by_name" {
  command = plan

  variables {
    azure_key_vault_id = "kvhg"
  }

  expect_failures = [
    var.azure_key_vault_id,
  ]
}

run "refuses_a_ceiling_for_a_week" {
  command = plan

  variables {
    turn_ceilings = { day = 5, week = 20 }
  }

  expect_failures = [
    var.turn_ceilings,
  ]
}

run "refuses_a_secret_instead_of_its_name" {
  command = plan

  variables {
    turn_providers = [{ kind = "metered", app = "a", secret = "0a1b2c" }]
  }

  expect_failures = [
    var.turn_providers,
  ]
}

run "refuses_an_unknown_provider_of_turn" {
  command = plan

  variables {
    turn_providers = [{ kind = "carrier-pigeon", secret = "TURN_METERED_KEY" }]
  }

  expect_failures = [
    var.turn_providers,
  ]
}

run "refuses_a_free_service_for_prod" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [
    var.signalr_sku,
  ]
}

run "refuses_two_free_units" {
  command = plan

  variables {
    signalr_units = 2
  }

  expect_failures = [
    var.signalr_units,
  ]
}

run "refuses_eleven_units" {
  command = plan

  variables {
    signalr_sku   = "Standard_S1"
    signalr_units = 11
  }

  expect_failures = [
    var.signalr_units,
  ]
}

run "refuses_ten_units_of_the_largest_size" {
  command = plan

  variables {
    signalr_sku   = "Premium_P2"
    signalr_units = 10
  }

  expect_failures = [
    var.signalr_units,
  ]
}
