# What every deployment has to say.

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

variable "location" {
  description = "Where that lives which exists once: statistics and alerts. No call needs it."
  type        = string
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

variable "budget_start" {
  description = "First day of the month that the budget starts in, such as 2026-12-01."
  type        = string

  validation {
    condition     = can(regex("^20[0-9]{2}-(0[1-9]|1[0-2])-01$", var.budget_start))
    error_message = "budget_start is the first day of a month, such as 2026-12-01: Azure takes no other."
  }
}

# Secrets. Their values are never in the state or in a plan.

variable "secrets" {
  description = <<-EOT
    Values by name: HELIOGRAPH-SIGNING-KEYS and what turn_providers name (a vault takes - for _).
    For the first deployment, by TF_VAR_secrets; afterwards leave it out and set azure_key_vault_id.
  EOT
  type        = map(string)
  default     = {}
  ephemeral   = true

  validation {
    condition     = var.azure_key_vault_id != null || length(setsubtract(local.secret_names, keys(var.secrets))) == 0
    error_message = "secrets lacks ${join(", ", local.secret_names)}, or some of them: give all by TF_VAR_secrets, or a vault that has them by azure_key_vault_id."
  }
  validation {
    condition     = alltrue([for value in values(var.secrets) : length(trimspace(value)) > 0])
    error_message = "A value in secrets is empty."
  }
}

variable "azure_key_vault_id" {
  description = "Resource id of an existing vault to copy the secrets from, such as `key_vault_id` of any stamp in the outputs. Whoever deploys has to be Key Vault Secrets User there."
  type        = string
  default     = null

  validation {
    condition     = var.azure_key_vault_id == null || can(regex("^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+$", var.azure_key_vault_id))
    error_message = "azure_key_vault_id is the resource id of a vault: /subscriptions/…/providers/Microsoft.KeyVault/vaults/…"
  }
}

variable "secrets_version" {
  description = "Add one to write the secrets again, after a rotation."
  type        = number
  default     = 1
}

variable "secrets_expire" {
  description = "When every secret should have been rotated, such as 2027-11-30T00:00:00Z. Vaults list what is due; nothing stops working by it."
  type        = string

  validation {
    condition     = can(timeadd(var.secrets_expire, "0s"))
    error_message = "secrets_expire is a time in UTC, such as 2027-11-30T00:00:00Z."
  }
}

# Relays: docs/turn.md.

variable "turn_providers" {
  description = "The list that TURN_PROVIDERS takes, as objects; `secret` names a secret and holds none."
  type        = any
  default     = []

  validation {
    condition     = try(alltrue([for provider in var.turn_providers : contains(["cloudflare", "coturn", "metered", "twilio"], provider.kind)]), false)
    error_message = "turn_providers is a list of objects; kind is cloudflare, coturn, metered or twilio."
  }
  validation {
    # alltrue(…) of what is no list is left to the rule above.
    condition = try(alltrue(flatten([
      for provider in var.turn_providers : [
        for name in [provider.secret, try(provider.usageSecret, "NONE")] : can(regex("^[A-Z][A-Z0-9_]{0,63}$", name))
      ]
    ])), !can(keys(var.turn_providers[0])))
    error_message = "secret and usageSecret of a TURN provider are NAMES of secrets, such as TURN_METERED_KEY: their values go into `secrets`."
  }
}

variable "turn_ceilings" {
  description = "US dollars that relays may cost at most: peer, room and network by the day, day, month. In each stamp."
  type = object({
    peer    = optional(number, 0.05)
    room    = optional(number, 0.25)
    network = optional(number, 0.5)
    day     = optional(number, 5)
    month   = optional(number, 60)
  })
  default = {}

  validation {
    condition     = alltrue([for dollars in values(var.turn_ceilings) : dollars >= 0 && dollars <= 1000000])
    error_message = "turn_ceilings takes US dollars from 0 to 1,000,000."
  }
}

variable "turn_assumed_kbps" {
  description = "What a relayed session is assumed to use, one way."
  type        = number
  default     = 2500

  validation {
    condition     = var.turn_assumed_kbps >= 1 && var.turn_assumed_kbps <= 9999999 && floor(var.turn_assumed_kbps) == var.turn_assumed_kbps
    error_message = "turn_assumed_kbps is a whole number of kbit/s."
  }
}

variable "stun_urls" {
  description = "STUN servers for clients."
  type        = list(string)
  default     = ["stun:stun.l.google.com:19302"]

  validation {
    condition     = alltrue([for url in var.stun_urls : can(regex("^stuns?:[^\\s?,]+$", url))])
    error_message = "stun_urls takes stun: and stuns: URLs."
  }
}

# Who may call.

variable "allowed_origins" {
  description = "Origins besides our own page that may call the API, such as https://example.org."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.allowed_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "allowed_origins takes exact https origins without a path. `*` would fail: browsers send credentials."
  }
}

variable "network_rate" {
  description = "Admissions of one network, at once/per second; beyond half of it they cost a proof of work."
  type        = string
  default     = "60/1"

  validation {
    condition     = can(regex("^[1-9][0-9]{0,8}/[0-9]{1,8}(\\.[0-9]{1,4})?$", var.network_rate))
    error_message = "network_rate takes admissions at once/per second, such as 60/1."
  }
}

variable "trusted_hops" {
  description = "Public proxies of yours between callers and the functions, such as Front Door: the app skips their addresses."
  type        = number
  default     = 0

  validation {
    condition     = contains(range(9), var.trusted_hops)
    error_message = "trusted_hops is 0 to 8."
  }
}

# Statistics.

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

variable "stats_retention_days" {
  description = "Days that reports of calls are kept; sums stay."
  type        = number
  default     = 90

  validation {
    condition     = var.stats_retention_days >= 30 && var.stats_retention_days <= 3650 && floor(var.stats_retention_days) == var.stats_retention_days
    error_message = "stats_retention_days is a whole number from 30 to 3650."
  }
}

variable "stats_k" {
  description = "A figure is published only if at least so many calls are behind it."
  type        = number
  default     = 10

  validation {
    condition     = var.stats_k >= 2 && var.stats_k <= 1000 && floor(var.stats_k) == var.stats_k
    error_message = "stats_k is a whole number from 2 to 1000."
  }
}

# Sizes. The defaults are the smallest there are.

variable "signalr_sku" {
  description = "Free_F1: 20 connections, 20,000 messages a day, no SLA. Standard_S1, Premium_P1: 1,000 and 1,000,000 by unit."
  type        = string
  default     = "Free_F1"

  validation {
    condition     = contains(["Free_F1", "Standard_S1", "Premium_P1"], var.signalr_sku)
    error_message = "signalr_sku is Free_F1, Standard_S1 or Premium_P1."
  }
  validation {
    condition     = var.environment != "prod" || var.signalr_sku != "Free_F1"
    error_message = "signalr_sku Free_F1 has no SLA and holds 20 connections: not for prod."
  }
}

variable "signalr_units" {
  description = "Units of SignalR in each stamp."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], var.signalr_units)
    error_message = "signalr_units is 1-10, or 20-100 in tens."
  }
  validation {
    condition     = var.signalr_sku != "Free_F1" || var.signalr_units == 1
    error_message = "signalr_units is 1 with Free_F1."
  }
}

variable "function_memory_mb" {
  description = "Memory of an instance of the functions."
  type        = number
  default     = 2048

  validation {
    condition     = contains([512, 2048, 4096], var.function_memory_mb)
    error_message = "function_memory_mb is 512, 2048 or 4096."
  }
}

variable "function_maximum_instances" {
  description = "Instances of the functions in each stamp at most: bounds what an attack can cost."
  type        = number
  default     = 40

  validation {
    condition     = var.function_maximum_instances >= 40 && var.function_maximum_instances <= 1000
    error_message = "function_maximum_instances is 40 to 1000: Flex Consumption takes no less."
  }
}

variable "function_always_ready" {
  description = "Instances that are always warm in each stamp, and always paid."
  type        = number
  default     = 0

  validation {
    condition     = var.function_always_ready >= 0 && var.function_always_ready <= 20
    error_message = "function_always_ready is 0 to 20."
  }
}

variable "storage_replication" {
  description = "LRS: three copies in one building. ZRS: in three; rooms survive the loss of a zone."
  type        = string
  default     = "LRS"

  validation {
    condition     = contains(["LRS", "ZRS"], var.storage_replication)
    error_message = "storage_replication is LRS or ZRS: a stamp is one region, so nothing is copied to another."
  }
}

variable "key_vault_sku" {
  description = "standard or premium (keys in hardware)."
  type        = string
  default     = "standard"

  validation {
    condition     = contains(["standard", "premium"], var.key_vault_sku)
    error_message = "key_vault_sku is standard or premium."
  }
}

variable "sql_sku" {
  description = "A serverless size of the database: GP_S_Gen5_ and 1, 2 or 4 cores."
  type        = string
  default     = "GP_S_Gen5_1"

  validation {
    condition     = can(regex("^GP_S_Gen5_[124]$", var.sql_sku))
    error_message = "sql_sku is GP_S_Gen5_1, GP_S_Gen5_2 or GP_S_Gen5_4: serverless, so that it costs nothing while nobody calls."
  }
}

variable "sql_auto_pause_minutes" {
  description = "Minutes without work after which the database sleeps; -1: never."
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

# Logs.

variable "log_retention_days" {
  description = "Days that logs are kept; 30 cost nothing extra."
  type        = number
  default     = 30

  validation {
    condition     = var.log_retention_days >= 30 && var.log_retention_days <= 730
    error_message = "log_retention_days is 30 to 730."
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
