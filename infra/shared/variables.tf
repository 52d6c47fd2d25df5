# What exists once takes these. Those of every state are in common.tf.

variable "location" {
  description = "Where that lives which exists once: statistics and alerts. No call needs it."
  type        = string
}

variable "alert_emails" {
  description = "Who gets alerts and what the budget has to say."
  type        = list(string)

  validation {
    condition     = length(var.alert_emails) > 0 && alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "alert_emails takes at least one e-mail address."
  }
}

variable "budget" {
  description = "US dollars a month for the whole deployment; 50, 80 and 100 % are told."
  type        = number

  validation {
    condition     = var.budget > 0
    error_message = "budget is more than nothing."
  }
}

variable "sql_admin_group" {
  description = "The Entra group that administers the database. Whoever deploys has to own it while deployer_is_sql_admin is set."
  type = object({
    name      = string
    object_id = string
  })

  validation {
    condition     = can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.sql_admin_group.object_id))
    error_message = "object_id of sql_admin_group is a UUID."
  }
}

variable "deployer_is_sql_admin" {
  description = "Whoever deploys is a member of sql_admin_group. Needed for the first migration; set it to false after that."
  type        = bool
  default     = true
}

variable "team_addresses" {
  description = "Public IPv4 addresses that people reach the database from: a name for each. Not for the app, which comes through a private endpoint."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([for address in values(var.team_addresses) :
      can(cidrnetmask("${address}/32")) && !can(regex("^(0|10|127|169\\.254|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.", address))
    ])
    error_message = "team_addresses takes single public IPv4 addresses. 0.0.0.0 would let all of Azure in."
  }
}

variable "sql_sku" {
  description = "Size of the database. Basic, S0-S3, P1-P6: always awake, at a fixed price. GP_S_Gen5_…: serverless, sleeps when nobody asks, and costs less than Basic only where that is nearly always. GP_Gen5_…, BC_Gen5_…: cores of its own."
  type        = string
  default     = "Basic"

  validation {
    condition     = can(regex("^(Basic|S[0-3]|P[1246]|(GP_S|GP|BC)_Gen5_(1|2|4|6|8))$", var.sql_sku))
    error_message = "sql_sku is Basic, S0-S3, P1, P2, P4, P6, GP_S_Gen5_N, GP_Gen5_N or BC_Gen5_N, with N one of 1, 2, 4, 6, 8."
  }
  validation {
    condition     = !can(regex("^(GP|BC)_Gen5_1$", var.sql_sku))
    error_message = "sql_sku GP_Gen5_ and BC_Gen5_ begin at 2 cores."
  }
}

variable "sql_auto_pause_minutes" {
  description = "Minutes without work after which a serverless database sleeps; -1: never. Other sizes do not sleep."
  type        = number
  default     = 60

  validation {
    condition     = var.sql_auto_pause_minutes == -1 || (var.sql_auto_pause_minutes >= 15 && var.sql_auto_pause_minutes <= 10080)
    error_message = "sql_auto_pause_minutes is -1 or 15 to 10080."
  }
}

variable "static_web_app_sku" {
  description = "Free or Standard (with an SLA)."
  type        = string
  default     = "Free"

  validation {
    condition     = contains(["Free", "Standard"], var.static_web_app_sku)
    error_message = "static_web_app_sku is Free or Standard."
  }
}

variable "static_web_app_location" {
  description = "Static Web Apps are served from everywhere and managed in few locations."
  type        = string
  default     = "westeurope"

  validation {
    condition     = contains(["centralus", "eastasia", "eastus2", "westeurope", "westus2"], var.static_web_app_location)
    error_message = "static_web_app_location is centralus, eastasia, eastus2, westeurope or westus2."
  }
}

variable "page_domain" {
  description = "A domain of yours for the page, such as call.example.org; its CNAME has to lead to the page's own host first. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.page_domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.page_domain))
    error_message = "page_domain is a host name in small letters, such as call.example.org."
  }
  validation {
    condition     = var.page_domain == null || var.static_web_app_sku == "Standard" || length(split(".", coalesce(var.page_domain, "a.b.c"))) > 2
    error_message = "page_domain needs a host below a domain: a CNAME cannot stand at its top."
  }
}

variable "stamps_of_pipeline" {
  description = "The stamps that the pipeline deploys; it says them by TF_VAR_stamps_of_pipeline. They have to be those of `stamps`. null at a desk."
  type        = list(string)
  default     = null

  validation {
    condition     = var.stamps_of_pipeline == null || toset(coalesce(var.stamps_of_pipeline, [])) == toset(keys(var.stamps))
    error_message = "azure-pipelines.yml and common.tfvars name different stamps: ${join(", ", coalesce(var.stamps_of_pipeline, []))}; ${join(", ", keys(var.stamps))}."
  }
}
