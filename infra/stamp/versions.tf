terraform {
  # Write-only arguments keep secrets out of the state since 1.11.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    azapi = {
      source  = "azure/azapi"
      version = "~> 2.12"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.2"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.14"
    }
  }

  # Where the state is comes with `init -backend-config=…`: one for what exists once, one for each
  # stamp. The backend holds a lease on the blob while it works, so two runs cannot write at once.
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azurerm" {
  # The accounts refuse shared keys, so the provider has to ask as whoever runs it.
  storage_use_azuread = true

  # A subscription that has never held these would refuse the first apply half way.
  resource_provider_registrations = "none"
  resource_providers_to_register = [
    "Microsoft.App", # Flex Consumption puts instances into a subnet by it
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.SignalRService",
    "Microsoft.Storage",
    "Microsoft.Web",
  ]

  features {
    key_vault {
      # A vault that is destroyed stays recoverable, with what is in it: its keys open the stored rooms.
      purge_soft_delete_on_destroy    = false
      recover_soft_deleted_key_vaults = true
    }
    resource_group {
      # Azure adds an alert rule and an action group to each Application Insights, which Terraform does
      # not know: they would stop `destroy`. (disable_generated_rule is no way: it waits for that rule,
      # half an hour and in vain where Azure makes none: terraform-provider-azurerm #18026.)
      prevent_deletion_if_contains_resources = false
    }
  }
}

provider "azapi" {}
