"""The manual: its commands are as the Azure CLI defines them, and its tables name what exists."""

import json
import re
from pathlib import Path

import pytest

from costs.commands import forecast
from tests.house.named import names_of_tests
from tests.infra.mutations import MUTATIONS
from tests.infra.rules import RULES
from tests.pipeline.az_commands import commands_in, faults
from tests.pipeline.az_sources import used_commands
from tests.pipeline.stages import RULES as STAGE_RULES
from tests.pipeline.test_stages import MISTAKES
from tests.stats.commands import answer

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "docs" / "operations.md").read_text()
AZ = json.loads((Path(__file__).parent / "schemas" / "az.json").read_text())
ROLES = json.loads((ROOT / "tests" / "infra" / "roles.json").read_text())
FOUND = (
    [f"H{n}" for n in range(1, 11)]
    + [f"A{n}" for n in range(1, 11)]
    + [f"B{n}" for n in range(1, 14)]
)
FOUND += [f"C{n}" for n in range(1, 7)] + ["§5", "§6"]


def test_every_command_of_the_azure_cli_is_as_it_defines_it() -> None:
    found = used_commands()
    assert len(found) >= 60
    assert [fault for words in found for fault in faults(words, AZ["commands"])] == []


def test_the_definitions_are_those_of_what_is_used_and_name_their_source() -> None:
    """`python -m tests.pipeline.az_definitions` writes them again."""
    used = {" ".join(words) for words in used_commands()}
    unused = [n for n in AZ["commands"] if not any(f"{u} ".startswith(f"{n} ") for u in used)]
    assert unused == []
    assert re.fullmatch(r"azure-cli \d+\.\d+\.\d+ \(PyPI\), its command table", AZ["source"])


@pytest.mark.parametrize(
    ("shell", "fault"),
    [
        ("az signalr upstream reset -g x -n y", "az signalr upstream reset"),
        ("az group create -n x --place y", "az group create has no --place"),
        ("az group create -n x", "az group create lacks"),
        ('X=$(az ad sp show --identity "$Y" -o tsv)', "az ad sp show has no --identity"),
        ("az group create \\\n  -n x -l y --tag z", "az group create has no --tag"),
    ],
)
def test_a_command_that_the_cli_would_refuse_is_seen(shell: str, fault: str) -> None:
    found = [said for words in commands_in(shell) for said in faults(words, AZ["commands"])]
    assert found and found[0].startswith(fault)


def test_commands_within_commands_are_read_too() -> None:
    said = list(commands_in("az ad group create -n $(az ad sp show --id $(az login) -o tsv) | cat"))
    assert [words[0] for words in said] == ["login", "ad", "ad"]


def rows() -> dict[str, str]:
    """What holds each finding, by the finding's number."""
    lines = re.findall(r"(?m)^\| ([HABC]\d+|§\d) \|[^|]*\|[^|]*\|([^|]*)\|$", MANUAL)
    return dict(lines)


def later_rows() -> dict[str, str]:
    """The same of what was found since then, by the row's own words."""
    table = MANUAL.partition("Found since then")[2].partition("\n## ")[0]
    return dict(re.findall(r"(?m)^\| ([^|]+) \|[^|]+\| ([^|]*[`:][^|]*) \|$", table))


def test_each_finding_has_a_row() -> None:
    assert list(rows()) == FOUND


def test_what_a_row_names_exists() -> None:
    known = {
        "rule": {rule.__name__ for rule in RULES},
        "pipeline": {rule.__name__ for rule in STAGE_RULES},
        "": names_of_tests(),
    }
    mutations = {mutation.name for mutation in MUTATIONS}
    assert len(later_rows()) >= 7
    for row, held in (rows() | later_rows()).items():
        for part in held.split(";"):
            kind, _, said = part.strip().partition(": ")
            if kind == "mutation":
                assert said.strip() in mutations, (row, said)
            else:
                names = re.findall(r"`([a-z_0-9]+)`", part)
                there = known[kind if kind in known else ""]
                assert names and set(names) <= there, (row, part)


def test_every_mutation_is_in_the_manual_with_its_guard() -> None:
    words = {"terraform": "Terraform", "second_plan": "a second plan"}
    for mutation in MUTATIONS:
        guard = words.get(mutation.guard, f"`{mutation.guard}`")
        assert f"| {mutation.name} | {guard} |" in MANUAL, mutation.name
    for mistake in MISTAKES:
        assert f"| {mistake.name} | `{mistake.rule.__name__}` |" in MANUAL, mistake.name


def test_the_deployer_may_give_the_roles_that_terraform_gives_and_no_other() -> None:
    """Without that condition, who may give roles could make itself Owner."""
    text = (ROOT / "infra" / "stamp" / "roles.tf").read_text()
    given = set(re.findall(r'role_definition_name = "([^"]+)"', text))
    assert given == ROLES["ids"].keys()
    allowed = re.search(r"(?m)^ROLES=(\S+)$", MANUAL)
    assert allowed and set(allowed[1].split(",")) == set(ROLES["ids"].values())
    condition = re.search(r'(?m)^CONDITION="(.*)"$', MANUAL)
    assert condition and condition[1].count("{ROLES}") == 2
    for action in ("write", "delete"):
        assert f"roleAssignments/{action}'" in condition[1]
    assert "--condition-version 2.0" in MANUAL


def test_whoever_plans_gets_readers_roles_only() -> None:
    given = [line for line in MANUAL.splitlines() if "$PLANNER" in line and "role " in line]
    roles = {found[1] or found[2] for line in given for found in [_role(line)]}
    assert roles == {"Reader", "Storage Blob Data Reader"}


def _role(line: str) -> re.Match[str]:
    found = re.search(r'--role (?:"([^"]+)"|(\w+))', line)
    assert found, line
    return found


def test_checks_are_on_the_connection() -> None:
    (line,) = [line for line in MANUAL.splitlines() if "On the **service connection**" in line]
    assert all(check in line for check in ("Approvals", "Branch control", "Exclusive lock"))
    assert "*Permit*" in MANUAL


@pytest.fixture
def no_statistics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the forecast takes its own load, and no measured one."""
    monkeypatch.setenv("SQL_CONNECTION", f"sqlite:///{tmp_path}/none.sqlite")


def forecast_for(options: str) -> dict[str, dict[str, float]]:
    """What the forecast says of our design, with these options of its command."""
    found: dict[str, dict[str, float]] = json.loads(answer(forecast, "--json", *options.split()))[
        "heliograph"
    ]
    return found


def test_the_costs_in_the_manual_are_those_of_the_forecast(no_statistics: None) -> None:
    rows = re.findall(r"(?m)^\| `(--deployment [^`]+)` \| ([\d,.]+) \| ([\d,.]+) \|$", MANUAL)
    assert len(rows) == 4
    for options, fixed, total in rows:
        said = forecast_for(options)
        assert (fixed, total) == (
            f"{said['fixedPerMonth']:,.2f}",
            f"{said['perMonth']:,.2f}",
        ), options


def test_what_is_paid_before_anybody_calls_is_named_with_its_price(no_statistics: None) -> None:
    """Every service of the forecast that costs a dollar or more a month."""
    section = MANUAL.partition("## What it costs")[2]
    rows = re.findall(r"(?m)^\| ([A-Z][^|]*?) \| ([\d.]+) \| ([\d.]+) \| [^|]+ \|$", section)
    shown = {name: (float(prod), float(dev)) for name, prod, dev in rows}
    prod, dev = (
        {name: each["fixedPerMonth"] for name, each in forecast_for(options)["services"].items()}
        for options in (
            "--deployment prod --calls-per-day 1000",
            "--deployment dev --calls-per-day 20",
        )
    )
    wanted = {name: (round(prod[name], 2), round(dev[name], 2)) for name in prod}
    assert shown == {n: both for n, both in wanted.items() if max(both) >= 1}
