"""Prices from TOML: each is known, has a date and a source, and is in the model's unit. Pure."""

import math
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

TO_CLIENT = "GB to the client"  # only what the relay sends to the client that holds it
BOTH_WAYS = "GB both ways"  # what it sends and what it receives on that leg

# How many executions, messages, … one unit has. GB are 10^9 bytes, as all these vendors bill.
UNITS = {
    "million executions": 1_000_000,
    "million messages": 1_000_000,  # of 2 KB at most
    "10,000 transactions": 10_000,
    "10,000 operations": 10_000,
    "GB-s": 1,
    "GB": 1,
    "GB-month": 1,
    TO_CLIENT: 1,
    BOTH_WAYS: 1,
    "unit-month": 1,
    "database-month": 1,
    "site-month": 1,
    "vCore-hour": 1,
    "endpoint-hour": 1,
    "zone-month": 1,
    "rule-month": 1,
    "time series-month": 1,
    "test": 1,  # from one location
}

TURN = ("cloudflare", "metered", "twilio", "coturn")

# The prices that a file has to have, and the units that each may be in.
KNOWN: dict[str, tuple[str, ...]] = {
    "functions_flex_executions": ("million executions",),
    "functions_flex_gb_seconds": ("GB-s",),
    "functions_flex_always_ready_baseline": ("GB-s",),
    "functions_flex_always_ready_gb_seconds": ("GB-s",),
    "functions_consumption_executions": ("million executions",),
    "functions_consumption_gb_seconds": ("GB-s",),
    "signalr_unit": ("unit-month",),
    "signalr_premium_unit": ("unit-month",),
    "signalr_messages": ("million messages",),
    "storage_transactions": ("10,000 transactions",),
    "storage_blob_writes_lrs": ("10,000 transactions",),
    "storage_blob_writes_zrs": ("10,000 transactions",),
    "storage_gb_lrs": ("GB-month",),
    "storage_gb_zrs": ("GB-month",),
    "sql_basic": ("database-month",),
    "sql_s0": ("database-month",),
    "sql_vcore_hours": ("vCore-hour",),
    "sql_storage": ("GB-month",),
    "log_analytics": ("GB",),
    "log_retention": ("GB-month",),
    "alert_metric_series": ("time series-month",),
    "alert_log_rule": ("rule-month",),
    "web_test": ("test",),
    "private_endpoint_hours": ("endpoint-hour",),
    "private_endpoint_gb": ("GB",),
    "dns_zone": ("zone-month",),
    "static_site": ("site-month",),
    "key_vault_operations": ("10,000 operations",),
    **{f"turn_{provider}": (TO_CLIENT, BOTH_WAYS) for provider in TURN},
}


class PriceError(ValueError):
    """A prices file that cannot be used. The text names the price."""


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """One price. `verified`: it was read on the vendor's own page."""

    amount: Annotated[float, Meta(ge=0)]
    unit: Annotated[str, Meta(min_length=1)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    date: date
    source: Annotated[str, Meta(min_length=1)]
    verified: bool


class Prices(Struct, frozen=True):
    """Every price of KNOWN, all in one currency."""

    table: dict[str, Price]

    @property
    def currency(self) -> str:
        """Three letters (ISO 4217)."""
        return next(iter(self.table.values())).currency

    def each(self, name: str) -> float:
        """The price of one of what UNITS names: an execution, a GB-s, a message, a GB, a month …"""
        price = self.table[name]
        return price.amount / UNITS[price.unit]

    def both_ways(self, provider: str) -> bool:
        """Whether this TURN provider bills what it receives from its client too."""
        return self.table[f"turn_{provider}"].unit == BOTH_WAYS


def parse(text: str) -> Prices:
    """The prices of a TOML text: one table for each of KNOWN. Raises PriceError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PriceError(f"not TOML: {error}") from None
    _check_names(tables)
    table = {name: _price(name, tables[name]) for name in KNOWN}
    currencies = {price.currency: name for name, price in table.items()}
    if len(currencies) > 1:
        names = ", ".join(f"{name} is in {currency}" for currency, name in currencies.items())
        raise PriceError(f"prices have to be in one currency: {names}")
    return Prices(table)


def _check_names(tables: Mapping[str, Any]) -> None:
    if unknown := sorted(tables.keys() - KNOWN.keys()):
        raise PriceError(f"unknown price: {', '.join(unknown)}")
    if missing := sorted(KNOWN.keys() - tables.keys()):
        raise PriceError(f"missing price: {', '.join(missing)}")


def _price(name: str, table: Any) -> Price:
    try:
        price = msgspec.convert(table, Price)
    except msgspec.ValidationError as error:
        raise PriceError(f"{name}: {error}") from None
    if not math.isfinite(price.amount):
        raise PriceError(f"{name}: the amount has to be a number, not {price.amount}")
    if price.unit not in KNOWN[name]:
        units = " or ".join(repr(unit) for unit in KNOWN[name])
        raise PriceError(f"{name}: the unit has to be {units}, not {price.unit!r}")
    return price
