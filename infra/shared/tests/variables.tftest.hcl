# Which variables are refused, and by which rule. `pytest tests/infra` runs this over its own
# providers, without an account. What has to hold of a whole deployment is in tests/infra/rules/.

variables {
  environment        = "dev"
  suffix             = "test"
  owner              = "tests"
  stamps             = { weu = { location = "westeurope" } }
  deployer_object_id = "00000000-0000-0000-0000-000000000000"
  location           = "westeurope"
  alert_emails       = ["team@example.org"]
  budget             = 30
  sql_admin_group    = { name = "admins", object_id = "00000000-0000-0000-0000-000000000000" }
}

run "the_budget_counts_every_stamp" {
  command = plan

  variables {
    stamps = {
      weu = { location = "westeurope", address_space = "10.80.0.0/24" }
      sdc = { location = "swedencentral", address_space = "10.80.1.0/24" }
    }
  }

  assert {
    condition = one(azurerm_consumption_budget_subscription.deployment.filter[0].dimension).values == tolist([
      "rg-heliograph-test", "rg-heliograph-test-sdc", "rg-heliograph-test-weu",
    ])
    error_message = "The budget counts other groups of resources."
  }
}

run "the_budget_starts_on_the_first_of_this_month" {
  command = plan

  assert {
    condition     = azurerm_consumption_budget_subscription.deployment.time_period[0].start_date == formatdate("YYYY-MM-01'T00:00:00Z'", plantimestamp())
    error_message = "The budget starts on another day: Azure refuses what is past."
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

run "a_basic_database_has_no_capacity_and_no_nap" {
  command = plan

  variables {
    sql_sku = "Basic"
  }

  assert {
    condition = (
      azurerm_mssql_database.statistics.min_capacity == null
      && azurerm_mssql_database.statistics.auto_pause_delay_in_minutes == null
      && azurerm_mssql_database.statistics.max_size_gb == 2
    )
    error_message = "Basic takes 2 GB, no capacity and no nap: Azure refuses others."
  }
}

run "a_serverless_database_sleeps" {
  command = plan

  variables {
    sql_sku = "GP_S_Gen5_1"
  }

  assert {
    condition = (
      azurerm_mssql_database.statistics.min_capacity == 0.5
      && azurerm_mssql_database.statistics.auto_pause_delay_in_minutes == 60
      && azurerm_mssql_database.statistics.max_size_gb == 32
      && output.for_stamps.sql_sleeps
    )
    error_message = "A serverless database is to sleep after an hour, and the stamps are to know."
  }
}

run "a_serverless_database_that_never_sleeps_is_no_sleeping_one" {
  command = plan

  variables {
    sql_sku                = "GP_S_Gen5_2"
    sql_auto_pause_minutes = -1
  }

  assert {
    condition     = azurerm_mssql_database.statistics.auto_pause_delay_in_minutes == -1 && !output.for_stamps.sql_sleeps
    error_message = "It was asked not to sleep."
  }
}

run "a_premium_database_is_a_choice" {
  command = plan

  variables {
    sql_sku = "P1"
  }

  assert {
    condition     = azurerm_mssql_database.statistics.sku_name == "P1" && azurerm_mssql_database.statistics.max_size_gb == 500
    error_message = "The database has another size: P1 takes 500 GB and no less."
  }
}

run "a_standard_database_is_a_choice" {
  command = plan

  variables {
    sql_sku = "S0"
  }

  assert {
    condition     = azurerm_mssql_database.statistics.max_size_gb == 250
    error_message = "S0 takes 250 GB and no less."
  }
}

run "a_domain_becomes_the_address_of_the_page" {
  command = plan

  variables {
    page_domain = "call.example.org"
  }

  assert {
    condition     = azapi_resource.page_domain[0].name == "call.example.org"
    error_message = "The page has no domain."
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
    # a deployer by name
    deployer_object_id = "pipeline"
    # a group by name alone
    sql_admin_group = { name = "admins", object_id = "admins" }
    # all of azure in the database
    team_addresses = { azure = "0.0.0.0" }
    # a size that is none
    sql_sku = "Large"
    # a nap of five minutes
    sql_auto_pause_minutes = 5
    # an unknown page
    static_web_app_sku = "Premium"
    # a page from nowhere
    static_web_app_location = "moon"
    # logs for 45 days, which application insights does not keep
    log_retention_days = 45
    # logs without a cap
    log_daily_cap_gb = -1
  }

  expect_failures = [
    var.suffix,
    var.stamps,
    var.alert_emails,
    var.budget,
    var.deployer_object_id,
    var.sql_admin_group,
    var.team_addresses,
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
    # a range of addresses
    team_addresses = { all = "0.0.0.0/0" }
    # one core of its own
    sql_sku = "GP_Gen5_1"
    # the top of a domain, which takes no cname, on a free page
    page_domain = "example.org"
  }

  expect_failures = [
    var.suffix,
    var.stamps,
    var.team_addresses,
    var.sql_sku,
    var.page_domain,
  ]
}

run "refuses_the_third_round" {
  command = plan

  variables {
    # two stamps in one location
    stamps = { one = { location = "westeurope" }, two = { location = "westeurope" } }
    # a private address
    team_addresses = { desk = "192.168.1.7" }
  }

  expect_failures = [
    var.stamps,
    var.team_addresses,
  ]
}

run "refuses_a_domain_with_a_path" {
  command = plan

  variables {
    page_domain = "example.org/call"
  }

  expect_failures = [
    var.page_domain,
  ]
}

run "refuses_a_network_that_is_too_small" {
  command = plan

  variables {
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

  expect_failures = [
    var.environment,
  ]
}

run "refuses_other_stamps_than_the_pipeline_names" {
  command = plan

  variables {
    stamps_of_pipeline = ["weu", "sdc"]
  }

  expect_failures = [
    var.stamps_of_pipeline,
  ]
}
