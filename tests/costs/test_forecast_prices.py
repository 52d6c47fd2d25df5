"""The prices file: every mistake is named by its key."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from costs.prices import KNOWN, TURN, UNITS, PriceError, parse

SHIPPED = (Path(__file__).parents[2] / "costs" / "prices.toml").read_text()


def write(tables: dict[str, Any]) -> str:
    """TOML of tables of plain values."""
    lines = []
    for name, table in tables.items():
        lines.append(f"[{name}]")
        for key, value in table.items():
            text = value if isinstance(value, str) and key == "raw" else toml(value)
            lines.append(f"{key} = {text}")
    return "\n".join(lines)


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def changed(name: str, **members: Any) -> str:
    tables = tomllib.loads(SHIPPED)
    tables[name] |= members
    return write(tables)


def test_the_shipped_prices_are_complete_dated_and_sourced() -> None:
    prices = parse(SHIPPED)
    assert list(prices.table) == list(KNOWN)
    assert prices.currency == "USD"
    assert all(price.source and price.date.year >= 2024 for price in prices.table.values())
    assert {"turn_cloudflare"} == {n for n, price in prices.table.items() if price.verified}


def test_no_source_is_an_invented_address() -> None:
    assert not re.search(r"https?://", SHIPPED)


def test_each_is_the_price_of_one() -> None:
    prices = parse(SHIPPED)
    assert prices.each("functions_flex_executions") == pytest.approx(4e-7)
    assert prices.each("signalr_messages") == pytest.approx(1e-6)
    assert prices.each("storage_transactions") == pytest.approx(4e-7)
    assert prices.each("key_vault_operations") == pytest.approx(3e-6)
    assert prices.each("turn_cloudflare") == 0.05


def test_who_bills_both_ways_is_said_by_the_unit() -> None:
    prices = parse(SHIPPED)
    assert [name for name in TURN if prices.both_ways(name)] == ["metered", "twilio", "coturn"]


def test_every_unit_that_may_stand_there_is_known() -> None:
    assert {unit for units in KNOWN.values() for unit in units} == set(UNITS)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"amount": -0.01}, "turn_twilio: .*amount"),
        ({"amount": "0.40"}, "turn_twilio: .*amount"),
        ({"amount": True}, "turn_twilio: .*amount"),
        ({"amount": float("inf")}, "turn_twilio: the amount"),
        ({"amount": float("nan")}, "turn_twilio: "),
        ({"unit": "GiB both ways"}, "turn_twilio: the unit .*'GiB both ways'"),
        ({"unit": "MB"}, "turn_twilio: the unit"),
        ({"currency": "dollars"}, "turn_twilio: .*currency"),
        ({"currency": "EUR"}, "turn_twilio is in EUR"),
        ({"source": ""}, "turn_twilio: .*source"),
        ({"date": "yesterday"}, "turn_twilio: .*date"),
        ({"verified": "yes"}, "turn_twilio: .*verified"),
        ({"discount": 0.1}, "turn_twilio: .*discount"),
    ],
)
def test_a_bad_price_is_refused_by_its_key(change: dict[str, Any], named: str) -> None:
    with pytest.raises(PriceError, match=named):
        parse(changed("turn_twilio", **change))


@pytest.mark.parametrize("member", ["amount", "unit", "currency", "date", "source", "verified"])
def test_a_price_without_a_member_is_refused(member: str) -> None:
    tables = tomllib.loads(SHIPPED)
    del tables["sql_basic"][member]
    with pytest.raises(PriceError, match=f"sql_basic: .*{member}"):
        parse(write(tables))


def test_missing_prices_are_named_together() -> None:
    tables = tomllib.loads(SHIPPED)
    del tables["sql_basic"], tables["log_analytics"]
    with pytest.raises(PriceError, match="missing price: log_analytics, sql_basic"):
        parse(write(tables))


def test_an_unknown_price_is_named() -> None:
    with pytest.raises(PriceError, match="unknown price: turn_xirsys"):
        parse(SHIPPED + "\n[turn_xirsys]\namount = 1\n")


@pytest.mark.parametrize("text", ["[", "sql_basic = 3", "[[sql_basic]]\namount = 1", "\x00"])
def test_what_is_no_file_of_prices_is_refused(text: str) -> None:
    with pytest.raises(PriceError):
        parse(text)
