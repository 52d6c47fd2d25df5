# What a stamp takes. Those of every state are in common.tf.

variable "stamp" {
  description = "Which of `stamps` this state is: its short name."
  type        = string

  validation {
    condition     = contains(keys(var.stamps), var.stamp)
    error_message = "There is no stamp ${var.stamp} in common.tfvars, but ${join(", ", keys(var.stamps))}."
  }
}

variable "shared" {
  description = "What the shared state says (its output for_stamps); scripts/infra hands it over."
  type = object({
    action_group_id = string
    page_origins    = list(string)
    sql_connection  = string
    sql_server_id   = string
    sql_sleeps      = bool
  })
}

variable "operators_group_object_id" {
  description = "Object id of the Entra group whose members read and rotate secrets at a desk. null: nobody but the pipeline."
  type        = string
  default     = null

  validation {
    condition     = var.operators_group_object_id == null || can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.operators_group_object_id))
    error_message = "operators_group_object_id is a UUID."
  }
}

variable "secrets" {
  description = <<-EOT
    Values by name: HELIOGRAPH-SIGNING-KEYS and what turn_providers name (a vault takes - for _).
    Only apply needs them, and only those that it writes. scripts/infra takes what is not given by
    TF_VAR_secrets from azure_key_vault_id.
  EOT
  type        = map(string)
  default     = {}
  ephemeral   = true

  validation {
    condition     = alltrue([for value in values(var.secrets) : length(trimspace(value)) > 0])
    error_message = "A value in secrets is empty."
  }
}

variable "azure_key_vault_id" {
  description = "Resource id of an existing vault that scripts/infra copies secrets from when it applies, such as `key_vault_id` of any stamp in the outputs. What is given in `secrets` goes first."
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
  description = "The day on which every secret should have been rotated, such as 2027-11-30T00:00:00Z. Vaults list what is due; nothing stops working by it."
  type        = string

  validation {
    condition     = can(timeadd(var.secrets_expire, "0s"))
    error_message = "secrets_expire is a time in UTC, such as 2027-11-30T00:00:00Z."
  }
}

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
  description = <<-EOT
    US dollars that relays may cost at most: peer, room and network by the day, day, month, and
    exposure at a time. For all stamps together: each works with its share. What is not named has the
    default of turn/ceilings.py. The app does not start with less than one credential costs.
  EOT
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for dollars in values(var.turn_ceilings) : try(dollars >= 0 && dollars <= 1000000, false)])
    error_message = "turn_ceilings takes US dollars from 0 to 1,000,000."
  }
  validation {
    condition     = length(setsubtract(keys(var.turn_ceilings), ["peer", "room", "network", "day", "month", "exposure"])) == 0
    error_message = "turn_ceilings takes peer, room, network, day, month and exposure."
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

variable "turn_network_share" {
  description = <<-EOT
    The percentage of all relays that one network may hold while no other one holds any; it gets less
    the more the others hold. A room may hold as much. 100: as many as there are, and none is kept for
    others. For a deployment that one office uses.
  EOT
  type        = number
  default     = 50

  validation {
    condition     = var.turn_network_share >= 1 && var.turn_network_share <= 100 && floor(var.turn_network_share) == var.turn_network_share
    error_message = "turn_network_share is a whole percentage from 1 to 100."
  }
}

variable "stun_urls" {
  description = "STUN servers for clients."
  type        = list(string)
  default     = ["stun:stun.l.google.com:19302", "stun:stun.cloudflare.com:3478"]

  validation {
    # As usable() in turn/ice.py, which refuses to start else: browsers throw on one bad URL.
    condition = alltrue([for url in var.stun_urls :
      can(regex("^stuns?:([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*[.]?|\\[[0-9a-fA-F:.]{2,45}\\])(:[0-9]{1,5})?$", url))
      && try(tonumber(regex(":([0-9]+)$", url)[0]) <= 65535 && !contains([0, 53], tonumber(regex(":([0-9]+)$", url)[0])), true)
    ])
    error_message = "stun_urls takes stun:host[:port] and stuns:host[:port], without slashes, and not port 53."
  }
}

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

variable "messages_per_day" {
  description = <<-EOT
    Messages of 2 KB that the stamp may send in a day (UTC). Null: as many as are in the price of
    signalr_units, 20,000 with Free_F1 and a million a unit with the others.
  EOT
  type        = number
  default     = null

  validation {
    condition     = var.messages_per_day == null || try(var.messages_per_day >= 1000 && var.messages_per_day <= 1000000000000 && floor(var.messages_per_day) == var.messages_per_day, false)
    error_message = "messages_per_day is a whole number from 1,000 on: with fewer nobody could call."
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

variable "stats_retention_days" {
  description = "Days that reports of calls are kept; sums stay."
  type        = number
  default     = 90

  validation {
    condition     = var.stats_retention_days >= 30 && var.stats_retention_days <= 3650 && floor(var.stats_retention_days) == var.stats_retention_days
    error_message = "stats_retention_days is a whole number from 30 to 3650."
  }
}

variable "stats_wakes_per_day" {
  description = "How often a day the public page of statistics may wake a database that sleeps. One that does not sleep is read freely."
  type        = number
  default     = 4

  validation {
    condition     = var.stats_wakes_per_day >= 0 && var.stats_wakes_per_day <= 96 && floor(var.stats_wakes_per_day) == var.stats_wakes_per_day
    error_message = "stats_wakes_per_day is a whole number from 0 to 96."
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

variable "stats_network_reports" {
  description = "How many reports of one network an instance takes in a day (docs/statistics.md)."
  type        = number
  default     = 100

  validation {
    condition     = var.stats_network_reports >= 1 && var.stats_network_reports <= 999999 && floor(var.stats_network_reports) == var.stats_network_reports
    error_message = "stats_network_reports is a whole number from 1 to 999999."
  }
}

variable "stats_epsilon" {
  description = "How much the published figures of a day may tell about one report: epsilon of differential privacy (docs/statistics.md). 0: figures without noise."
  type        = number
  default     = 1

  validation {
    condition     = var.stats_epsilon == 0 || (var.stats_epsilon >= 0.1 && var.stats_epsilon <= 10)
    error_message = "stats_epsilon is 0, or a number from 0.1 to 10."
  }
}

variable "signalr_sku" {
  description = "Free_F1: 20 connections, 20,000 messages a day, no SLA. Standard_S1, Premium_P1, Premium_P2: 1,000 and 1,000,000 by unit."
  type        = string
  default     = "Free_F1"

  validation {
    condition     = contains(["Free_F1", "Standard_S1", "Premium_P1", "Premium_P2"], var.signalr_sku)
    error_message = "signalr_sku is Free_F1, Standard_S1, Premium_P1 or Premium_P2."
  }
  validation {
    condition     = var.environment != "prod" || var.signalr_sku != "Free_F1"
    error_message = "signalr_sku Free_F1 has no SLA and holds 20 connections: not for prod."
  }
}

variable "signalr_units" {
  description = "Units of SignalR in the stamp."
  type        = number
  default     = 1

  validation {
    condition     = contains(concat(range(1, 11), range(20, 101, 10), range(200, 1001, 100)), var.signalr_units)
    error_message = "signalr_units is 1-10, 20-100 in tens, or with Premium_P2 100-1,000 in hundreds."
  }
  validation {
    condition     = var.signalr_sku != "Free_F1" || var.signalr_units == 1
    error_message = "signalr_units is 1 with Free_F1."
  }
  validation {
    condition     = (var.signalr_sku == "Premium_P2") == (var.signalr_units > 100) || (var.signalr_sku == "Premium_P2" && var.signalr_units == 100)
    error_message = "signalr_units is 100 or more with Premium_P2, and 100 or less with the others."
  }
}

variable "signalr_keys" {
  description = "false: SignalR takes tokens of Entra only. true: it takes its keys too, and the functions sign with one; every instance then holds a secret."
  type        = bool
  default     = false
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
    condition     = var.function_maximum_instances >= 1 && var.function_maximum_instances <= 1000
    error_message = "function_maximum_instances is 1 to 1000."
  }
}

variable "function_http_concurrency" {
  description = "Requests and SignalR events that one instance works on at once. Azure's own value for Python is 1: each would want an instance of its own."
  type        = number
  default     = 16

  validation {
    condition     = var.function_http_concurrency >= 1 && var.function_http_concurrency <= 1000 && floor(var.function_http_concurrency) == var.function_http_concurrency
    error_message = "function_http_concurrency is a whole number from 1 to 1000; 16 to 32 suits this app."
  }
}

variable "function_zone_balancing" {
  description = "Instances are spread over the zones of the region, where it has some. Give at least two always-ready instances with it, and ZRS."
  type        = bool
  default     = false

  validation {
    condition     = !var.function_zone_balancing || (var.storage_replication == "ZRS" && var.function_always_ready >= 2)
    error_message = "function_zone_balancing needs storage_replication ZRS and function_always_ready of 2 or more."
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

variable "storage_open_to_network" {
  description = "false: only the stamp's own subnet and operator_addresses reach the storage account. true: every network does, with a token."
  type        = bool
  default     = false
}

variable "operator_addresses" {
  description = "Public IPv4 addresses that operators reach the storage account from."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.operator_addresses : can(cidrnetmask("${address}/32")) && !can(regex("^(0|10|127|169\\.254|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.", address))])
    error_message = "operator_addresses takes single public IPv4 addresses."
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
