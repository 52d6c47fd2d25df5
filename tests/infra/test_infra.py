"""infra/ under real Terraform, and what it makes held to the rules."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.settings import Settings
from signaling.tokens import KeyRing
from tests.infra.app import HOST, UNSET, names_in, settings_read
from tests.infra.conftest import Deployed
from tests.infra.fake.provider import read_schema
from tests.infra.resources import app_settings, of, sites
from tests.infra.rules import METRICS, RULES, Rule
from tests.infra.terraform import INFRA, PROVIDERS, ROOT, SECRETS, Terraform

SIGNALR = "Endpoint=https://s.example;AccessKey=0123456789abcdef;Version=1.0;"

READING = """
A = "X"
def f(environ, name): return environ.get(name)
def g(environ):
    n = A
    return f(environ, "Y"), environ[f"{n}__z"], environ.get(A)
"""


def test_it_is_formatted(infra: Terraform) -> None:
    said = infra.run("fmt", "-check", "-diff", "-recursive")
    assert said.code == 0, said.text


def test_it_is_valid(infra: Terraform) -> None:
    said = infra.run("validate", "-no-color")
    assert said.code == 0, said.text


def test_terraforms_own_tests_pass(infra: Terraform) -> None:
    said = infra.run("test", "-no-color")
    assert said.code == 0, said.text
    assert "Success!" in said.out, said.out


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"suffix": "Prod_1"}, "suffix takes 2-8 of a-z and 0-9"),
    ({"environment": "prod"}, "Free_F1 has no SLA and holds 20 connections: not for prod"),
    ({"secrets": {}}, "secrets lacks HELIOGRAPH-SIGNING-KEYS, TURN-METERED-KEY"),
    ({"allowed_origins": ["*"]}, "takes exact https origins without a path"),
    ({"team_addresses": {"all": "0.0.0.0"}}, "0.0.0.0 would let all of Azure in"),
    ({"turn_providers": "metered"}, "turn_providers is a list of objects"),
    ({"turn_providers": [{"kind": "metered", "secret": "0a1b"}]}, "are NAMES of secrets"),
)


@pytest.mark.parametrize(("variables", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_variable_is_refused_with_the_reason(
    infra: Terraform, variables: dict[str, Any], words: str
) -> None:
    said = infra.plan("dev", **variables)
    assert said.code == 1
    assert words in " ".join(said.err.split()) and "Unsupported" not in said.err


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule: Rule, deployed: Deployed) -> None:
    assert list(rule(deployed.resources)) == []


@pytest.mark.parametrize(("example", "stamps"), [("dev", ["weu"]), ("prod", ["sdc", "weu"])])
def test_it_makes_the_stamps_that_the_example_has(
    example: str, stamps: list[str], request: pytest.FixtureRequest
) -> None:
    deployed: Deployed = request.getfixturevalue(example)
    assert sorted(s.stamp or "" for s in sites(deployed.resources)) == stamps


def test_a_second_run_changes_nothing(prod: Deployed) -> None:
    assert "No changes." in prod.terraform.plan("prod").out


def test_neither_a_plan_nor_an_output_holds_a_secret(prod: Deployed, infra: Terraform) -> None:
    assert infra.plan("prod").code == 0
    plan = json.dumps(infra.planned("prod"))
    assert not [value for value in SECRETS.values() if value in plan]
    assert "LEAKED" not in json.dumps(prod.terraform.state()["values"]["outputs"])


def test_a_later_run_takes_the_secrets_from_a_vault(infra: Terraform) -> None:
    vault = "/subscriptions/a/resourceGroups/b/providers/Microsoft.KeyVault/vaults/c"
    said = infra.copy(infra.place.parent / "later").apply(
        "dev", secrets={}, azure_key_vault_id=vault
    )
    assert said.code == 0, said.text


def test_another_stamp_leaves_the_first_alone(dev: Deployed, infra: Terraform) -> None:
    stamps = {"weu": {"location": "westeurope"}, "sdc": {"location": "swedencentral"}}
    assert dev.terraform.plan("dev", stamps=stamps).code == 0
    changes = dev.terraform.planned("dev")["resource_changes"]
    touched = [c["address"] for c in changes if c["change"]["actions"] != ["no-op"]]
    assert touched and not [address for address in touched if 'stamp["weu"]' in address]


def test_no_stamp_refers_to_another(infra: Terraform) -> None:
    """By construction: the module knows no other stamp, and the root gives it none."""
    calls = re.search(r'(?ms)^module "stamp" \{.*?^\}', (INFRA / "main.tf").read_text())
    assert calls is not None and "module.stamp" not in calls[0]


def test_the_deployer_can_leave_the_admins(dev: Deployed) -> None:
    assert dev.terraform.plan("dev", deployer_is_sql_admin=False).code == 0
    changes = dev.terraform.planned("dev")["resource_changes"]
    touched = {
        c["address"]: c["change"]["actions"] for c in changes if c["change"]["actions"] != ["no-op"]
    }
    assert touched == {"azuread_group_member.deployer[0]": ["delete"]}


def test_the_team_gets_into_the_database_from_its_address(dev: Deployed) -> None:
    assert dev.terraform.plan("dev", team_addresses={"office": "203.0.113.7"}).code == 0
    changes = dev.terraform.planned("dev")["resource_changes"]
    rules = [c["change"]["after"] for c in changes if c["type"] == "azurerm_mssql_firewall_rule"]
    assert [(r["start_ip_address"], r["end_ip_address"]) for r in rules] == [("203.0.113.7",) * 2]


def test_the_app_starts_with_what_is_set(deployed: Deployed) -> None:
    """Its own reader takes every value; the platform resolves the reference to SignalR first."""
    for site in sites(deployed.resources):
        environ = {**app_settings(site), "AzureSignalRConnectionString": SIGNALR}
        settings = Settings.from_environ(environ)
        assert settings.stamp == site.stamp
        assert settings.vault_uri and settings.client_id and settings.storage
        assert settings.turn is not None and settings.sql is not None


def test_every_secret_that_a_relay_names_is_in_every_vault(deployed: Deployed) -> None:
    secrets = {
        (s.stamp, s.values["name"]) for s in of(deployed.resources, "azurerm_key_vault_secret")
    }
    for site in sites(deployed.resources):
        relays = msgspec.json.decode(
            app_settings(site)["TURN_PROVIDERS"], type=list[dict[str, Any]]
        )
        names = {relay["secret"].replace("_", "-") for relay in relays} | {
            "HELIOGRAPH-SIGNING-KEYS"
        }
        assert {(site.stamp, name) for name in names} <= secrets


def test_settings_are_read_out_of_the_code() -> None:
    assert names_in(READING) == {"X", "X__z", "Y"}
    assert not HOST.keys() & settings_read() and UNSET.keys() <= settings_read()


def test_the_workbook_has_an_item_for_each_stamp(deployed: Deployed) -> None:
    (workbook,) = of(deployed.resources, "azurerm_application_insights_workbook")
    items = json.loads(workbook.values["data_json"])["items"]
    assert len(items) == 3 + len(sites(deployed.resources))


def test_a_saved_plan_is_applied_with_the_secrets_said_again(infra: Terraform) -> None:
    """As the pipeline does: ephemeral values are in no plan."""
    saved = infra.copy(infra.place.parent / "saved")
    assert saved.plan("dev").code == 0
    assert saved.apply_plan("dev").code == 0


def test_alerts_look_for_words_that_the_app_says(dev: Deployed) -> None:
    (check,) = of(dev.resources, "azurerm_application_insights_standard_web_test")
    content = check.values["validation_rules"][0]["content"][0]["content_match"]
    assert content.encode() in msgspec.json.encode({"level": "normal"})
    queries = {
        a.values["name"].removesuffix("-dev1-weu"): a.values["criteria"][0]["query"]
        for a in of(dev.resources, "azurerm_monitor_scheduled_query_rules_alert_v2")
    }
    assert '"the TURN ledger is away"' in queries["turn-ledger-away"]
    assert "the TURN ledger is away" in (ROOT / "turn" / "minting.py").read_text()
    assert '"write_reports"' in queries["queue-age"]
    assert "def write_reports(" in (ROOT / "function_app.py").read_text()
    assert '"reports-poison"' in queries["queue-poison"]


def test_metrics_have_a_source() -> None:
    assert all(
        known["source"].startswith("https://learn.microsoft.com/") for known in METRICS.values()
    )


@pytest.mark.parametrize(
    "path", [*INFRA.glob("*.tf"), *INFRA.glob("stamp/*.tf")], ids=lambda p: p.name
)
def test_variables_and_outputs_are_described(path: Path) -> None:
    blocks = re.findall(r'(?ms)^((?:variable|output) "\w+" \{.*?^\})', path.read_text())
    assert not [block for block in blocks if "description" not in block]


def test_variables_of_the_root_that_can_be_wrong_are_checked() -> None:
    free = {"location", "secrets_version", "deployer_is_sql_admin"}
    blocks = re.findall(r'(?ms)^variable "(\w+)" \{(.*?)^\}', (INFRA / "variables.tf").read_text())
    assert {name for name, text in blocks if "validation {" not in text} == free


def test_the_vendored_schemas_are_those_of_the_versions_asked_for() -> None:
    text = (INFRA / "versions.tf").read_text()
    for name, path in PROVIDERS.items():
        asked = re.search(rf'"{name}"\s+version = "~> (\d+)\.(\d+)"', text)
        version = str(read_schema(path)["provider_version"]).split(".")
        assert asked and version[0] == asked[1] and int(version[1]) >= int(asked[2]), name


def test_every_role_has_its_reason() -> None:
    text = (INFRA / "stamp" / "roles.tf").read_text()
    roles = re.findall(r'(?m)^(.*)\nresource "azurerm_role_assignment"', text)
    assert roles and all(line.startswith("# ") for line in roles)


def test_keys_of_the_examples_fit_the_app() -> None:
    """What TF_VAR_secrets is told to hold is what the app can read."""
    assert KeyRing.parse("k1:" + "A" * 43).names == ("k1",)
    assert "HELIOGRAPH-SIGNING-KEYS" in (INFRA / "variables.tf").read_text()


def test_nothing_of_terraforms_own_is_in_the_repository() -> None:
    assert not [
        p for p in INFRA.rglob("*") if p.name.startswith((".terraform", "terraform.tfstate"))
    ]
    assert ".terraform/" in (ROOT / ".gitignore").read_text()
