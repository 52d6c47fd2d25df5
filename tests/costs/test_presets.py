"""The deployments that the forecast knows are those that infra/ has as defaults and examples."""

import re
from pathlib import Path

import pytest
from msgspec import structs

from costs.database import LEAST_VCORES, STORAGE_GB
from costs.deployment import DEV, PRESETS, PROD, Deployment
from costs.designs import SHARDS_READ
from tests.costs.terraform_files import (
    defaults,
    example,
    resource,
    resource_types,
    stamps,
    texts,
)
from turn.ceilings import SHARDS

FILES = texts()
DEFAULTS = defaults(FILES)


def text(deployment: Deployment, name: str) -> str:
    return str(getattr(deployment, name))


def test_the_variables_of_infra_have_the_names_that_are_compared_here() -> None:
    shared = {field.name for field in structs.fields(Deployment)} & DEFAULTS.keys()
    assert shared >= {
        *("function_memory_mb", "function_always_ready", "signalr_sku", "storage_replication"),
        *("sql_sku", "sql_auto_pause_minutes", "static_web_app_sku", "log_retention_days"),
    }


@pytest.mark.parametrize("name", sorted(DEFAULTS.keys() & {f.name for f in structs.fields(DEV)}))
def test_a_default_is_that_of_infra(name: str) -> None:
    assert (
        float(text(DEV, name)) == float(DEFAULTS[name])
        if _is_number(name)
        else (text(DEV, name) == DEFAULTS[name])
    )


def _is_number(name: str) -> bool:
    return not isinstance(getattr(DEV, name), str)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_preset_is_the_example_of_infra(preset: Deployment) -> None:
    said = DEFAULTS | example(preset.name)
    compared = {field.name for field in structs.fields(Deployment)} & said.keys()
    assert {name: text(preset, name) for name in compared} == {
        name: said[name] for name in compared
    }
    assert preset.stamps == stamps(preset.name)


# What is no variable: counted in the files


def block(name: str) -> str:
    """One map of locals, such as `metric_alerts`."""
    found = re.search(rf"^  {name} = \{{\n(.*?)^  \}}", FILES["stamp/alerts.tf"], re.M | re.S)
    assert found is not None
    return found[1]


def test_alert_rules_are_counted() -> None:
    """A rule that filters by a dimension watches one time series for each value."""
    rules = block("metric_alerts")
    values = re.findall(r"dimensions\s+= \{ \w+ = \[([^\]]*)\] \}", rules)
    plain = len(re.findall(r"^    [\w-]+ = \{", rules, re.M)) - len(values)
    of_health = 1
    assert DEV.metric_series == plain + sum(v.count(",") + 1 for v in values) + of_health
    assert DEV.log_alerts == len(re.findall(r"^    [\w-]+ = \{", block("log_alerts"), re.M))
    rule = resource(FILES, "azurerm_monitor_scheduled_query_rules_alert_v2", "this")
    assert 'evaluation_frequency = "PT15M"' in rule  # what the price is for


def test_the_test_of_availability_is_as_often_as_in_infra() -> None:
    test = resource(FILES, "azurerm_application_insights_standard_web_test", "health")
    places = re.search(r"geo_locations\s+= \[([^\]]*)\]", test)
    assert places is not None and DEV.web_test_locations == places[1].count(",") + 1
    said = re.findall(
        r"= (?:local\.prod|var\.environment == \"prod\") \? (300) : (900)$",
        "\n".join(FILES.values()),
        re.M,
    )
    assert [(str(PROD.web_test_seconds), str(DEV.web_test_seconds))] == said


def test_private_endpoints_and_zones_are_counted() -> None:
    created = [
        kind for said in FILES.values() for kind in re.findall(r'^resource "(\w+)"', said, re.M)
    ]
    assert DEV.private_endpoints == created.count("azurerm_private_endpoint")
    assert DEV.dns_zones == created.count("azurerm_private_dns_zone")


def test_the_database_is_billed_as_infra_makes_it() -> None:
    made = resource(FILES, "azurerm_mssql_database", "statistics")
    least = re.search(r"min_capacity\s+= .*?(0\.5)", made)
    assert least is not None and float(least[1]) == LEAST_VCORES
    size = re.search(r"max_size_gb\s+= .*?(\d+)$", made, re.M)
    assert size is not None and int(size[1]) == STORAGE_GB
    assert "zone_redundant" not in made  # costs 60 % more


def test_no_metrics_of_the_platform_go_to_a_log() -> None:
    """They are free where they are, and billed by the GB in a workspace."""
    assert not any(
        re.search(r"\benabled_metric\b|^\s+metric \{", said, re.M) for said in FILES.values()
    )


def test_settle_reads_each_shard_of_the_ledger() -> None:
    assert SHARDS_READ == SHARDS


@pytest.mark.parametrize(
    "layout",
    [("main.tf", "stamp/a.tf"), ("shared/main.tf", "stamp/a.tf")],
    ids=["one root", "one state for each stamp"],
)
def test_both_layouts_of_infra_are_read(layout: tuple[str, str], tmp_path: Path) -> None:
    for number, name in enumerate(layout):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f'resource "azurerm_x{number}" "this" {{\n}}\n')
    assert resource_types(texts(tmp_path)) == {"azurerm_x0", "azurerm_x1"}
