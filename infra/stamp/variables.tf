# The root checks values; here is only what a stamp takes.

variable "name" {
  description = "Short name of the stamp."
  type        = string
}

variable "suffix" {
  description = "Tells this deployment from others."
  type        = string
}

variable "location" {
  description = "Azure location of everything in the stamp."
  type        = string
}

variable "address_space" {
  description = "IPv4 range of the stamp's own network."
  type        = string
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
}

variable "tenant_id" {
  description = "Entra tenant of the vault."
  type        = string
}

variable "deployer_object_id" {
  description = "Who writes the secrets into the vault."
  type        = string
}

variable "purge_protection" {
  description = "Nobody can purge the vault before its retention is over."
  type        = bool
}

variable "secret_names" {
  description = "Secrets that the functions read, as the vault spells them."
  type        = set(string)
}

variable "secrets" {
  description = "Their values."
  type        = map(string)
  ephemeral   = true
}

variable "secrets_version" {
  description = "Writes the secrets again when it changes."
  type        = number
}

variable "secrets_expire" {
  description = "When the secrets should have been rotated."
  type        = string
}

variable "origins" {
  description = "Exact origins that may call the API."
  type        = list(string)
}

variable "app_settings" {
  description = "App settings that are the same in every stamp."
  type        = map(string)
}

variable "sql_server_id" {
  description = "The server that the private endpoint leads to."
  type        = string
}

variable "skus" {
  description = "Sizes."
  type = object({
    signalr_sku         = string
    signalr_units       = number
    memory_mb           = number
    maximum_instances   = number
    always_ready        = number
    storage_replication = string
    key_vault_sku       = string
  })
}

variable "logs" {
  description = "What logs may cost."
  type = object({
    retention_days = number
    daily_cap_gb   = number
  })
}

variable "action_group_id" {
  description = "Who gets alerts."
  type        = string
}

variable "health_check_seconds" {
  description = "How often /api/health is asked for from outside: 300, 600 or 900."
  type        = number
}
