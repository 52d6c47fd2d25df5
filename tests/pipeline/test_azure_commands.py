"""What the commands of the pipeline ask of Azure, written down by an `az` of ours."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline.test_policy import OUTPUTS

ROOT = Path(__file__).resolve().parents[2]
KEY = "the-key-of-the-host"
# Answers what $AZ says for the words it was called with; remembers the call and any file's content.
AZ = f"""#!{sys.executable}
import json, os, sys
asked = " ".join(sys.argv[1:])
with open(os.environ["AZ_LOG"], "a") as log:
    print(asked, file=log)
    if "--file" in sys.argv:
        print("stored", open(sys.argv[sys.argv.index("--file") + 1]).read(), file=log)
for words, answer in json.loads(os.environ["AZ"]).items():
    if asked.startswith(words):
        if answer is None:
            sys.exit(3)
        print(json.dumps(answer))
"""


@dataclass
class Done:
    status: int
    said: str
    asked: list[str]


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command beside an `az` that gives these answers; None: it fails."""
    az = tmp_path / "az"
    az.write_text(AZ)
    az.chmod(0o755)
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({name: {"value": value} for name, value in OUTPUTS.items()}))
    log = tmp_path / "log"

    def run(module: str, *arguments: str, answers: dict[str, object], **environ: str) -> Done:
        log.write_text("")
        done = subprocess.run(
            [sys.executable, "-m", module, str(outputs), *arguments],
            cwd=ROOT,
            env={
                "PATH": f"{tmp_path}:/usr/bin:/bin",
                "AZ": json.dumps(answers),
                "AZ_LOG": str(log),
                **environ,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Done(done.returncode, done.stdout + done.stderr, log.read_text().splitlines())

    return run


def test_a_new_key_goes_to_the_vault_and_signalr_reads_it_now(run: Run) -> None:
    answers = {"functionapp keys list": KEY, "keyvault secret show": "not-yet-written"}
    done = run("scripts.upstream_key", "weu", answers=answers)
    assert done.status == 0, done.said
    keys, show, store, stored, restart = done.asked
    assert "-g rg-weu -n func-weu --query systemKeys.signalr_extension" in keys
    assert "--vault-name kvweu -n signalr-upstream-code" in show
    assert store.startswith("keyvault secret set --vault-name kvweu -n signalr-upstream-code")
    assert stored == f"stored {KEY}"
    assert restart.startswith("signalr restart -g rg-weu -n sigr-weu")


def test_the_key_is_neither_printed_nor_an_argument(run: Run) -> None:
    answers = {"functionapp keys list": KEY, "keyvault secret show": "old"}
    done = run("scripts.upstream_key", "weu", answers=answers)
    assert KEY not in done.said
    assert [line for line in done.asked if KEY in line] == [f"stored {KEY}"]


def test_a_key_that_is_there_already_changes_nothing(run: Run) -> None:
    answers = {"functionapp keys list": KEY, "keyvault secret show": KEY}
    done = run("scripts.upstream_key", "weu", answers=answers)
    assert done.status == 0
    assert [line.split()[:3] for line in done.asked] == [
        ["functionapp", "keys", "list"],
        ["keyvault", "secret", "show"],
    ]


def test_a_vault_that_refuses_fails_without_the_key(run: Run) -> None:
    answers = {"functionapp keys list": KEY, "keyvault secret": None}
    done = run("scripts.upstream_key", "weu", answers=answers)
    assert done.status == 1
    assert "`az keyvault secret set` failed with 3." in done.said and KEY not in done.said


def test_a_stamp_that_is_not_there_is_named(run: Run) -> None:
    done = run("scripts.upstream_key", "mars", answers={})
    assert done.status == 1 and done.said == "there is no stamp mars, but weu, sdc.\n"


@pytest.fixture
def sqlite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A database that `python -m stats migrate` can open without Azure."""
    connection = f"sqlite:///{tmp_path / 'stats.sqlite'}"
    monkeypatch.setitem(OUTPUTS, "sql_connection", connection)
    return connection


def test_a_migration_opens_the_firewall_for_one_address_and_closes_it(
    sqlite: str, run: Run
) -> None:
    arguments = ("--address", "203.0.113.9", "--no-grant")
    done = run("scripts.migrate", *arguments, answers={}, BUILD_BUILDID="77")
    assert done.status == 0, done.said
    opened, closed = done.asked
    rule = "-g rg-heliograph-prod -s sql-heliograph-prod -n pipeline-77"
    assert opened.startswith(f"sql server firewall-rule create {rule}")
    assert "--start-ip-address 203.0.113.9 --end-ip-address 203.0.113.9" in opened
    assert closed.startswith(f"sql server firewall-rule delete {rule}")


def test_the_firewall_is_closed_after_a_failure_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OUTPUTS, "sql_connection", "nonsense")
    answers = {"sql server firewall-rule create": None}
    done = run("scripts.migrate", "--address", "203.0.113.9", answers=answers)
    assert done.status == 1
    assert done.asked[-1].startswith("sql server firewall-rule delete")


def test_other_stamps_than_the_pipeline_names_are_refused(run: Run) -> None:
    assert run("scripts.deployment", "--expect", "sdc", "weu", answers={}).status == 0
    done = run("scripts.deployment", "--expect", "weu", answers={})
    assert done.status == 1
    assert done.said == "Terraform makes sdc, weu; azure-pipelines.yml names weu.\n"


def test_names_become_variables_of_the_pipeline(run: Run) -> None:
    done = run("scripts.deployment", "--stamp", "sdc", answers={})
    assert "##vso[task.setvariable variable=functionApp]func-sdc\n" in done.said
    done = run("scripts.deployment", "--variables", answers={})
    assert "variable=apiUrls]https://func-weu.azurewebsites.net/api https://func-sdc." in done.said
