# What both kinds of state take: `shared` (what exists once) and `stamp` (one region). This file is in
# each of them by a link, and so cannot differ.

data "azurerm_client_config" "current" {}

locals {
  tags = {
    project     = "heliograph"
    deployment  = var.suffix
    environment = var.environment
    owner       = var.owner
    managed-by  = "terraform"
  }
  prod = var.environment == "prod"

  # Names of servers, vaults and accounts exist once in all of Azure. With this hash, two subscriptions
  # that took the same suffix from the example do not collide.
  unique = substr(sha256("${data.azurerm_client_config.current.subscription_id}/${var.suffix}"), 0, 4)
}

variable "suffix" {
  description = "Tells this deployment from others in the same subscription and is part of every name: 2-8 of a-z and 0-9."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{2,8}$", var.suffix))
    error_message = "suffix takes 2-8 of a-z and 0-9: it becomes part of the names of storage accounts and vaults."
  }
}

variable "stamps" {
  description = "The regions that calls run in: a short name for each, and its Azure location. They share nothing, so any of them may fail."
  type = map(object({
    location      = string
    address_space = optional(string, "10.80.0.0/24")
  }))

  validation {
    condition     = length(var.stamps) >= 1 && length(var.stamps) <= 8
    error_message = "stamps takes one to eight regions."
  }
  validation {
    condition     = alltrue([for name in keys(var.stamps) : can(regex("^[a-z][a-z0-9]{1,7}$", name))])
    error_message = "The name of a stamp takes 2-8 of a-z and 0-9, a letter first."
  }
  validation {
    condition     = length(distinct([for stamp in var.stamps : stamp.location])) == length(var.stamps)
    error_message = "Two stamps in one location would fail together: give each its own."
  }
  validation {
    condition     = alltrue([for stamp in var.stamps : can(cidrnetmask(stamp.address_space)) && try(tonumber(split("/", stamp.address_space)[1]) <= 26, false)])
    error_message = "address_space takes an IPv4 range of /26 or wider, such as 10.80.0.0/24."
  }
}

variable "environment" {
  description = "dev or prod. Tags every resource; prod also refuses what only suits dev."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment is dev or prod."
  }
}

variable "owner" {
  description = "Who to ask about these resources; a tag on each."
  type        = string

  validation {
    condition     = length(trimspace(var.owner)) > 0
    error_message = "owner names a person or a team."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept; 30 cost nothing extra. Application Insights takes these steps only."
  type        = number
  default     = 30

  validation {
    condition     = contains([30, 60, 90, 120, 180, 270, 365, 550, 730], var.log_retention_days)
    error_message = "log_retention_days is 30, 60, 90, 120, 180, 270, 365, 550 or 730."
  }
}

variable "log_daily_cap_gb" {
  description = "Gigabytes of logs a day in each stamp at most: bounds what a storm of errors can cost."
  type        = number
  default     = 0.1

  validation {
    condition     = var.log_daily_cap_gb >= 0.023 && var.log_daily_cap_gb <= 100
    error_message = "log_daily_cap_gb is 0.023 to 100: a cap there has to be."
  }
}

variable "deployer_object_id" {
  description = "Object id of the service principal that applies (at a desk: yours). It is said, and not asked for, because the plan runs as another identity."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.deployer_object_id))
    error_message = "deployer_object_id is a UUID: `az ad sp show --id APP --query id`."
  }
}
