terraform {
  # Write-only arguments keep secrets out of the state since 1.11.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    azapi = {
      source  = "azure/azapi"
      version = "~> 2.5"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.7"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.2"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }

  # Where the state is comes with `init -backend-config=…`: one container, one key per environment.
  # The backend holds a lease on the blob while it works, so two runs cannot write at once.
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
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Web",
  ]

  features {
    key_vault {
      # A vault that is destroyed stays recoverable: its keys open the stored rooms.
      purge_soft_delete_on_destroy    = false
      recover_soft_deleted_key_vaults = true
    }
    resource_group {
      prevent_deletion_if_contains_resources = true
    }
  }
}

provider "azapi" {}

provider "azuread" {}
