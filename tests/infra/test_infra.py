"""infra/ under real Terraform, and what it makes held to the rules."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from backend.settings import MAX_STAMPS, Settings
from signaling.day_budget import MESSAGES_PER_DAY
from signaling.tokens import KeyRing
from tests.infra.app import HOST, UNSET, names_asked, settings_read
from tests.infra.conftest import Deployed
from tests.infra.fake.provider import read_schema
from tests.infra.fake.values import DEPLOYER
from tests.infra.resources import (
    app_settings,
    of,
    resources,
    secret_name,
    secrets,
    signalrs,
    sites,
)
from tests.infra.rules import METRICS, RULES, Rule, faults
from tests.infra.terraform import AWAY, INFRA, PROVIDERS, ROOT, SECRETS, Infra, Terraform
from turn.ceilings import Ceilings

READING = {
    "first": """
from second import f, deep
A = "X"
def begin(environ):
    n = A
    return f(environ, "Y"), environ[f"{n}__z"], environ.get(A), deep(environ, A)
""",
    "second": """
B = "part"
def f(environ, name, more=0): return environ.get(name)
def deep(environ, setting): return f(environ, f"{setting}__{B}")
def never(environ): return environ["UNASKED"]
""",
}


FUNCTIONS = "azapi_resource.functions"
BOTH_HAVE_A_DEFAULT = (
    *("HELIOGRAPH_STUN_URLS", "HELIOGRAPH_NETWORK_RATE", "HELIOGRAPH_TRUSTED_HOPS"),
    *("TURN_ASSUMED_KBPS", "TURN_NETWORK_SHARE", "STATS_RETENTION_DAYS", "STATS_K"),
    *("HELIOGRAPH_STATS_NETWORK_REPORTS", "HELIOGRAPH_STATS_EPSILON"),
)
ROOTS = pytest.mark.parametrize("root", ["shared", "stamp"])


@ROOTS
def test_it_is_formatted(root: str, infra: Infra) -> None:
    said = infra.of(root).run("fmt", "-check", "-diff", "-recursive")
    assert said.code == 0, said.text


@ROOTS
def test_it_is_valid(root: str, infra: Infra) -> None:
    said = infra.of(root).run("validate", "-no-color")
    assert said.code == 0, said.text


@ROOTS
def test_terraforms_own_tests_pass(root: str, infra: Infra) -> None:
    said = infra.of(root).run("test", "-no-color")
    assert said.code == 0, said.text
    assert "Success!" in said.out, said.out


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("shared", {"suffix": "Prod_1"}, "suffix takes 2-8 of a-z and 0-9"),
    ("shared", {"team_addresses": {"all": "0.0.0.0"}}, "0.0.0.0 would let all of Azure in"),
    ("shared", {"stamps_of_pipeline": ["weu", "sdc"]}, "name different stamps: weu, sdc; weu"),
    ("stamp", {"stamp": "mars"}, "There is no stamp mars in common.tfvars, but weu"),
    ("stamp", {"environment": "prod"}, "Free_F1 has no SLA and holds 20 connections: not for prod"),
    ("stamp", {"allowed_origins": ["*"]}, "takes exact https origins without a path"),
    ("stamp", {"turn_providers": "metered"}, "turn_providers is a list of objects"),
    ("stamp", {"turn_providers": [{"kind": "metered", "secret": "0a1b"}]}, "are NAMES of secrets"),
)


@pytest.mark.parametrize(("root", "variables", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_variable_is_refused_with_the_reason(
    infra: Infra, root: str, variables: dict[str, Any], words: str
) -> None:
    said = infra.of(root).plan("dev", **variables)
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


def changes(root: Terraform) -> dict[str, list[str]]:
    """What the saved plan does, by address."""
    found = root.planned()["resource_changes"]
    actions = {change["address"]: change["change"]["actions"] for change in found}
    return {address: done for address, done in actions.items() if done != ["no-op"]}


def settings_of(planned: dict[str, Any], when: str) -> dict[str, str]:
    """The app's settings before or after the saved plan."""
    (change,) = [c for c in planned["resource_changes"] if c["address"] == FUNCTIONS]
    pairs = change["change"][when]["body"]["properties"]["siteConfig"]["appSettings"]
    return {pair["name"]: pair["value"] for pair in pairs}


def test_a_second_run_changes_nothing(deployed: Deployed) -> None:
    """Over providers that answer as Azure does: an id in small letters, flags that nobody sent."""
    environment = deployed.environment
    said = deployed.shared.plan(environment)
    assert "No changes." in said.out, said.text
    for name, stamp in deployed.stamps.items():
        said = stamp.plan(environment, stamp=name, shared=deployed.handed_over)
        assert "No changes." in said.out, said.text


def test_neither_a_plan_nor_an_output_holds_a_secret(prod: Deployed, infra: Infra) -> None:
    assert infra.stamp.plan("prod").code == 0
    plan = json.dumps(infra.stamp.planned())
    assert not [value for value in SECRETS.values() if value in plan]
    for each in (prod.shared, *prod.stamps.values()):
        assert "LEAKED" not in json.dumps(each.state()["values"]["outputs"])


def test_an_apply_without_a_secret_that_it_writes_fails(infra: Infra) -> None:
    """A plan needs none; scripts/infra gives apply what the plan is going to write."""
    stamp = infra.stamp.copy(infra.place.parent / "no-secrets")
    said = stamp.apply("dev", secrets={})
    assert said.code == 1 and "var.secrets" in said.err


def test_an_apply_that_writes_no_secret_needs_none(dev: Deployed) -> None:
    words: dict[str, Any] = {"stamp": "weu", "shared": dev.handed_over, "secrets": {}}
    said = dev.stamps["weu"].apply("dev", network_rate="61/1", **words)
    assert said.code == 0, said.text
    assert dev.stamps["weu"].apply("dev", **words).code == 0


def test_a_new_stamp_changes_no_more_of_the_others_than_how_many_there_are(dev: Deployed) -> None:
    """Its own state is new. The budget counts one more group; each app has a smaller share."""
    stamps = {"weu": {"location": "westeurope"}, "sdc": {"location": "swedencentral"}}
    words: dict[str, Any] = {"stamps": stamps}
    assert dev.shared.plan("dev", **words).code == 0
    assert set(changes(dev.shared)) == {"azurerm_consumption_budget_subscription.deployment"}
    stamp = dev.stamps["weu"]
    assert stamp.plan("dev", stamp="weu", shared=dev.handed_over, **words).code == 0
    assert changes(stamp) == {FUNCTIONS: ["update"]}
    (before, after) = (settings_of(stamp.planned(), when) for when in ("before", "after"))
    assert after == {**before, "HELIOGRAPH_STAMPS": "2"}


def test_a_stamp_is_applied_while_the_region_of_another_answers_nothing(
    prod: Deployed, infra: Infra
) -> None:
    away = infra.place.parent / AWAY
    sdc = prod.stamps["sdc"].copy(infra.place.parent / "while-weu-is-away")
    away.write_text("westeurope -prod-weu prodweu")  # the region, and all that is in it
    try:
        lost = prod.stamps["weu"].plan("prod", stamp="weu", shared=prod.handed_over)
        shared = prod.shared.plan("prod")
        said = sdc.apply("prod", stamp="sdc", shared=prod.handed_over, network_rate="30/1")
    finally:
        away.unlink()
    assert lost.code == 1 and "did not respond" in lost.err
    # The database is in that region too.
    assert shared.code == 1 and "did not respond" in shared.err
    assert said.code == 0, said.text
    (site,) = sites(resources(sdc.state()["values"], "sdc"))
    assert app_settings(site)["HELIOGRAPH_NETWORK_RATE"] == "30/1"


def test_what_exists_once_is_planned_while_a_stamp_answers_nothing(
    prod: Deployed, infra: Infra
) -> None:
    away = infra.place.parent / AWAY
    away.write_text("swedencentral sigr-heliograph-prod-sdc prodsdc")
    try:
        said = prod.shared.plan("prod", alert_emails=["other@example.org"])
    finally:
        away.unlink()
    assert said.code == 0, said.text
    assert "azurerm_monitor_action_group.team" in changes(prod.shared)


def test_whoever_plans_is_nowhere_in_the_plan(infra: Infra) -> None:
    """It is another identity than the one that applies."""
    for root in (infra.shared, infra.stamp):
        assert root.plan("dev").code == 0
        planned = root.planned()
        assert DEPLOYER not in json.dumps([planned["planned_values"], planned["resource_changes"]])


def test_the_deployer_can_leave_the_admins(dev: Deployed) -> None:
    assert dev.shared.plan("dev", deployer_is_sql_admin=False).code == 0
    assert changes(dev.shared) == {"azuread_group_member.deployer[0]": ["delete"]}


def test_the_team_gets_into_the_database_from_its_address(dev: Deployed) -> None:
    assert dev.shared.plan("dev", team_addresses={"office": "203.0.113.7"}).code == 0
    found = dev.shared.planned()["resource_changes"]
    rules = [c["change"]["after"] for c in found if c["type"] == "azurerm_mssql_firewall_rule"]
    assert [(r["start_ip_address"], r["end_ip_address"]) for r in rules] == [("203.0.113.7",) * 2]


def test_the_app_starts_with_what_is_set(deployed: Deployed) -> None:
    """Its own reader takes every value, and finds the SignalR of its stamp and its identity."""
    for site in sites(deployed.resources):
        settings = Settings.from_environ(app_settings(site))
        assert (settings.stamp, settings.stamps) == (site.stamp, len(deployed.stamps))
        (signalr,) = [s for s in signalrs(deployed.resources) if s.stamp == site.stamp]
        assert settings.signalr.endpoint == f"https://{signalr.values['name']}.service.signalr.net"
        assert settings.signalr.client_id == settings.client_id
        assert settings.vault_uri and settings.client_id and settings.storage
        assert settings.turn is not None and settings.sql is not None


@pytest.mark.parametrize("name", BOTH_HAVE_A_DEFAULT)
def test_a_default_of_terraform_is_that_of_the_app(name: str, dev: Deployed) -> None:
    """The examples set none of these: what is deployed is what the app takes without them."""
    said = app_settings(sites(dev.resources)[0])
    without = {key: value for key, value in said.items() if key != name}
    deployed, default = (
        structs.replace(Settings.from_environ(environ), secrets={}) for environ in (said, without)
    )
    assert name in said and deployed == default


def test_a_stamp_sends_as_many_messages_a_day_as_are_in_its_price(
    dev: Deployed, prod: Deployed
) -> None:
    said = [app_settings(sites(each.resources)[0]) for each in (dev, prod)]
    assert [each["HELIOGRAPH_MESSAGES_PER_DAY"] for each in said] == ["20000", "1000000"]
    assert Settings.from_environ(said[1]).messages_per_day == MESSAGES_PER_DAY


def test_the_app_takes_as_many_stamps_as_can_be_deployed() -> None:
    text = (INFRA / "common.tf").read_text()
    assert f"length(var.stamps) >= 1 && length(var.stamps) <= {MAX_STAMPS}" in text


def test_every_ceiling_of_relays_can_be_set_and_none_has_a_second_default() -> None:
    text = (INFRA / "stamp" / "variables.tf").read_text()
    (block,) = re.findall(r'(?ms)^variable "turn_ceilings" \{(.*?)^\}', text)
    (known,) = re.findall(r"keys\(var.turn_ceilings\), (\[.*?\])", block)
    assert tuple(json.loads(known)) == Ceilings.__struct_fields__
    assert "  default     = {}\n" in block and "optional(" not in block


def test_every_secret_that_a_relay_names_is_in_every_vault(deployed: Deployed) -> None:
    there = {(s.stamp, secret_name(s)) for s in secrets(deployed.resources)}
    for site in sites(deployed.resources):
        relays = msgspec.json.decode(
            app_settings(site)["TURN_PROVIDERS"], type=list[dict[str, Any]]
        )
        names = {relay["secret"].replace("_", "-") for relay in relays} | {
            "HELIOGRAPH-SIGNING-KEYS"
        }
        assert {(site.stamp, name) for name in names} <= there


def test_the_rules_hold_where_signalr_takes_keys(dev: Deployed, infra: Infra) -> None:
    stamp = infra.stamp.copy(infra.place.parent / "by-key")
    said = stamp.apply("dev", shared=dev.handed_over, signalr_keys=True)
    assert said.code == 0, said.text
    found = resources(stamp.state()["values"], "weu")
    there = tuple(each for each in dev.resources if each.stamp is None) + found
    assert faults(there) == []
    assert "signalr-connection" in {secret_name(s) for s in secrets(found)}


def test_settings_are_read_out_of_the_code() -> None:
    """Through other functions and modules; what is never called at the start does not count."""
    assert names_asked(("first", "begin"), READING.__getitem__) == {"X", "X__z", "X__part", "Y"}
    assert not HOST.keys() & UNSET.keys()
    assert UNSET.keys() <= settings_read()


def test_a_setting_whose_name_cannot_be_told_is_an_error() -> None:
    with pytest.raises(AssertionError, match="which setting"):
        names_asked(("m", "f"), lambda _: "def f(environ): return environ.get(now())")


def test_every_stamp_has_a_workbook(deployed: Deployed) -> None:
    found = of(deployed.resources, "azurerm_application_insights_workbook")
    assert {each.stamp for each in found} == set(deployed.stamps)
    assert {len(json.loads(each.values["data_json"])["items"]) for each in found} == {4}


def test_a_saved_plan_is_applied_with_the_secrets_said_then(infra: Infra) -> None:
    """As the pipeline does: the plan was told none, and ephemeral values are in no plan."""
    saved = infra.stamp.copy(infra.place.parent / "saved")
    assert saved.plan("dev").code == 0
    said = saved.apply_plan("dev")
    assert said.code == 0, said.text


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
    "path", sorted(INFRA.rglob("*.tf")), ids=lambda p: f"{p.parent.name}-{p.name}"
)
def test_variables_and_outputs_are_described(path: Path) -> None:
    blocks = re.findall(r'(?ms)^((?:variable|output) "\w+" \{.*?^\})', path.read_text())
    assert not [block for block in blocks if "description" not in block]


def test_variables_that_can_be_wrong_are_checked() -> None:
    free = {"location", "secrets_version", "deployer_is_sql_admin", "shared", "signalr_keys"}
    free |= {"storage_open_to_network"}
    text = "".join(path.read_text() for path in INFRA.glob("*/*.tf"))
    blocks = re.findall(r'(?ms)^variable "(\w+)" \{(.*?)^\}', text)
    assert {name for name, block in blocks if "validation {" not in block} == free


def test_both_roots_take_the_same_common_part() -> None:
    assert {(INFRA / root / "common.tf").readlink() for root in ("shared", "stamp")} == {
        Path("../common.tf")
    }


def stale(asked: str, versions: dict[str, str]) -> set[str]:
    """The providers of which another minor version is asked for than the schemas are of."""
    found = {
        name: set(re.findall(rf'"{name}"\s+version = "~> (\d+\.\d+)"', asked)) for name in versions
    }
    return {name for name, of in versions.items() if found[name] != {of.rpartition(".")[0]}}


def test_the_vendored_schemas_are_those_of_the_versions_asked_for() -> None:
    """A schema of another version is stale: what it knows may be gone, or not yet there."""
    asked = "".join(path.read_text() for path in sorted(INFRA.glob("*/versions.tf")))
    versions = {n: str(read_schema(path)["provider_version"]) for n, path in PROVIDERS.items()}
    assert stale(asked, versions) == set()
    # As if somebody raised a version in one root, or read the schemas of an older tag.
    assert stale(asked.replace("~> 5.2", "~> 5.3", 1), versions) == {"hashicorp/azurerm"}
    assert stale(asked, versions | {"azure/azapi": "2.11.0"}) == {"azure/azapi"}


def test_every_role_has_its_reason() -> None:
    text = (INFRA / "stamp" / "roles.tf").read_text()
    roles = re.findall(r'(?m)^(.*)\nresource "azurerm_role_assignment"', text)
    assert roles and all(line.startswith("# ") for line in roles)


def test_keys_of_the_examples_fit_the_app() -> None:
    """What TF_VAR_secrets is told to hold is what the app can read."""
    assert KeyRing.parse("k1:" + "A" * 43).names == ("k1",)
    assert "HELIOGRAPH-SIGNING-KEYS" in (INFRA / "stamp" / "variables.tf").read_text()


def test_nothing_of_terraforms_own_is_in_the_repository() -> None:
    assert not [
        p for p in INFRA.rglob("*") if p.name.startswith((".terraform", "terraform.tfstate"))
    ]
    assert ".terraform/" in (ROOT / ".gitignore").read_text()


def test_destroying_a_stamp_is_not_stopped_by_what_azure_adds(dev: Deployed, infra: Infra) -> None:
    """Application Insights brings an alert rule and an action group that no state knows."""
    text = (INFRA / "stamp" / "versions.tf").read_text()
    assert "prevent_deletion_if_contains_resources = false" in text
    # It would hang in the first apply: terraform-provider-azurerm #18026.
    assert not re.search(r"(?m)^\s*disable_generated_rule", text)
    gone = dev.stamps["weu"].copy(infra.place.parent / "destroyed")
    said = gone.destroy("dev", shared=dev.handed_over)
    assert said.code == 0, said.text
    assert "values" not in gone.state()


def test_destroying_a_stamp_keeps_its_vault_recoverable() -> None:
    """No argument purges, and no secret is a resource that would be purged by itself."""
    text = (INFRA / "stamp" / "versions.tf").read_text()
    assert re.search(r"purge_soft_delete_on_destroy +?= false", text)
    assert re.search(r"recover_soft_deleted_key_vaults +?= true", text)
    assert "azurerm_key_vault_secret" not in "".join(
        re.findall(r'(?m)^resource "\w+"', (INFRA / "stamp" / "vault.tf").read_text())
    )


def test_the_manual_counts_what_terraform_makes(dev: Deployed, prod: Deployed) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    row = re.search(r"(?m)^\| \*\*in all\*\* \| (.*) \|$", manual)
    assert row
    counted = [Counter(each.stamp for each in d.resources) for d in (dev, prod)]
    figures = [n for c in counted for n in (c[None], c["weu"])]
    said = list(map(int, re.findall(r"\d+", row[1])))
    assert said == [figures[0], figures[2], figures[1], figures[3]]


def test_a_stamp_counts_the_wakes_of_a_database_that_sleeps(infra: Infra, dev: Deployed) -> None:
    """The examples have one that does not: the rule holds those."""
    made = dev.stamps["weu"].copy(infra.place.parent / "sleeping")
    said = made.change("dev", shared=dev.handed_over | {"sql_sleeps": True})
    assert said.code == 0, said.text
    (site,) = sites(resources(made.state()["values"], "weu"))
    assert app_settings(site)["STATS_WAKES_PER_DAY"] == "4"
