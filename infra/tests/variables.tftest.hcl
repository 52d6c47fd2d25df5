# Which variables are refused, and by which rule. `pytest tests/infra` runs this over its own
# providers, without an account: Terraform cannot mock ephemeral resources yet.
# What has to hold of a whole deployment is in tests/infra/rules.py.

variables {
  environment     = "dev"
  suffix          = "test"
  owner           = "tests"
  location        = "westeurope"
  stamps          = { weu = { location = "westeurope" } }
  alert_emails    = ["team@example.org"]
  budget          = 30
  budget_start    = "2026-12-01"
  secrets_expire  = "2027-11-30T00:00:00Z"
  sql_admin_group = { name = "admins", object_id = "00000000-0000-0000-0000-000000000000" }
  secrets         = { HELIOGRAPH-SIGNING-KEYS = "k1:c2VjcmV0", TURN-METERED-KEY = "secret" }
  turn_providers  = [{ kind = "metered", app = "a", secret = "TURN_METERED_KEY" }]
}

run "one_stamp_for_dev" {
  command = plan

  assert {
    condition     = keys(output.stamps) == ["weu"]
    error_message = "There is not exactly the stamp that was asked for."
  }
  assert {
    condition     = output.stamps["weu"].api_url == "https://func-heliograph-test-weu.azurewebsites.net/api"
    error_message = "The address of the API is another one."
  }
}

run "two_stamps_for_prod" {
  command = plan

  variables {
    environment = "prod"
    signalr_sku = "Standard_S1"
    stamps = {
      weu = { location = "westeurope", address_space = "10.80.0.0/24" }
      sdc = { location = "swedencentral", address_space = "10.80.1.0/24" }
    }
  }

  assert {
    condition     = length(distinct([for stamp in output.stamps : stamp.resource_group])) == 2
    error_message = "Two stamps share a group of resources."
  }
}

run "later_runs_read_an_existing_vault" {
  command = plan

  variables {
    secrets            = {}
    azure_key_vault_id = "/subscriptions/a/resourceGroups/b/providers/Microsoft.KeyVault/vaults/c"
  }

  assert {
    condition     = keys(output.stamps) == ["weu"]
    error_message = "Without secrets of our own there is no stamp."
  }
}

run "the_deployer_leaves_the_admins" {
  command = plan

  variables {
    deployer_is_sql_admin = false
  }

  assert {
    condition     = length(azuread_group_member.deployer) == 0
    error_message = "The deployer is still a member of the admins."
  }
}

# Each round has one wrong value for each of its variables; all have to be refused.

run "refuses_the_first_round" {
  command = plan

  variables {
    # a suffix with capitals
    suffix = "Prod_1"
    # no stamp
    stamps = {}
    # nobody to tell
    alert_emails = []
    # no budget
    budget = 0
    # a budget from mid month
    budget_start = "2026-12-15"
    # an expiry in words
    secrets_expire = "next year"
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
    # nine proxies in a row
    trusted_hops = 9
    # a group by name alone
    sql_admin_group = { name = "admins", object_id = "admins" }
    # all of azure in the database
    team_addresses = { azure = "0.0.0.0" }
    # reports for a day
    stats_retention_days = 1
    # figures of one call
    stats_k = 1
    # an odd memory
    function_memory_mb = 1024
    # too few instances
    function_maximum_instances = 10
    # too many warm instances
    function_always_ready = 100
    # storage in another region
    storage_replication = "GRS"
    # an unknown vault
    key_vault_sku = "basic"
    # a database that never sleeps
    sql_sku = "GP_Gen5_2"
    # a nap of five minutes
    sql_auto_pause_minutes = 5
    # an unknown page
    static_web_app_sku = "Premium"
    # a page from nowhere
    static_web_app_location = "moon"
    # logs for a week
    log_retention_days = 7
    # logs without a cap
    log_daily_cap_gb = -1
  }

  expect_failures = [
    var.suffix,
    var.stamps,
    var.alert_emails,
    var.budget,
    var.budget_start,
    var.secrets_expire,
    var.turn_ceilings,
    var.turn_assumed_kbps,
    var.stun_urls,
    var.allowed_origins,
    var.network_rate,
    var.trusted_hops,
    var.sql_admin_group,
    var.team_addresses,
    var.stats_retention_days,
    var.stats_k,
    var.function_memory_mb,
    var.function_maximum_instances,
    var.function_always_ready,
    var.storage_replication,
    var.key_vault_sku,
    var.sql_sku,
    var.sql_auto_pause_minutes,
    var.static_web_app_sku,
    var.static_web_app_location,
    var.log_retention_days,
    var.log_daily_cap_gb,
  ]
}

run "refuses_the_second_round" {
  command = plan

  variables {
    # a suffix that is too long
    suffix = "heliograph"
    # a stamp with a long name
    stamps = { westeurope = { location = "westeurope" } }
    # an origin with a path
    allowed_origins = ["https://example.org/app"]
    # a range of addresses
    team_addresses = { all = "0.0.0.0/0" }
  }

  expect_failures = [
    var.suffix,
    var.stamps,
    var.allowed_origins,
    var.team_addresses,
  ]
}

run "refuses_the_third_round" {
  command = plan

  variables {
    # two stamps in one location
    stamps = { one = { location = "westeurope" }, two = { location = "westeurope" } }
    # an origin without tls
    allowed_origins = ["http://example.org"]
    # a private address
    team_addresses = { desk = "192.168.1.7" }
  }

  expect_failures = [
    var.stamps,
    var.allowed_origins,
    var.team_addresses,
  ]
}

run "refuses_the_fourth_round" {
  command = plan

  variables {
    # a network too small
    stamps = { weu = { location = "westeurope", address_space = "10.0.0.0/28" } }
  }

  expect_failures = [
    var.stamps,
  ]
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}

run "refuses_secrets_that_lack_one" {
  command = plan

  variables {
    secrets = { HELIOGRAPH-SIGNING-KEYS = "k1:c2VjcmV0" }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_vault_by_name" {
  command = plan

  variables {
    azure_key_vault_id = "kvhelio"
  }

  expect_failures = [var.azure_key_vault_id]
}

run "refuses_a_secret_instead_of_its_name" {
  command = plan

  variables {
    turn_providers = [{ kind = "metered", app = "a", secret = "0a1b2c" }]
  }

  expect_failures = [var.turn_providers]
}

run "refuses_an_unknown_relay" {
  command = plan

  variables {
    turn_providers = [{ kind = "carrier-pigeon", secret = "TURN_METERED_KEY" }]
  }

  expect_failures = [var.turn_providers]
}

run "refuses_a_free_service_for_prod" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.signalr_sku]
}

run "refuses_two_free_units" {
  command = plan

  variables {
    signalr_units = 2
  }

  expect_failures = [var.signalr_units]
}

run "refuses_eleven_units" {
  command = plan

  variables {
    signalr_sku   = "Standard_S1"
    signalr_units = 11
  }

  expect_failures = [var.signalr_units]
}
