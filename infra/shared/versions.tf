terraform {
  # Write-only arguments keep secrets out of the state since 1.11.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    azapi = {
      source  = "azure/azapi"
      version = "~> 2.12"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.9"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.2"
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
    "Microsoft.Consumption",
    "Microsoft.Insights",
    "Microsoft.OperationalInsights",
    "Microsoft.Sql",
    "Microsoft.Web",
  ]

  features {
    resource_group {
      prevent_deletion_if_contains_resources = true
    }
  }
}

provider "azapi" {}

provider "azuread" {}
