"""The stages of a run hold to the rules, and each rule sees the mistakes that it is there for."""

import json
import shutil
from pathlib import Path

import pytest
from msgspec import Struct

from tests.pipeline.stages import (
    RULES,
    Pipeline,
    Rule,
    changes_pass_the_checks,
    everything,
    one_after_the_other,
    people_meet_without_a_browser,
    plans_only_read,
    pull_requests_see_no_subscription,
    runs_that_work_are_kept,
    stamps_are_deployed_whole,
    the_database_gets_a_driver,
)

ROOT = Path(__file__).resolve().parents[2]
REAL = Pipeline(ROOT)
STAMP, PLAN = "pipelines/stamp.yml", "pipelines/plan.yml"


class Mistake(Struct, frozen=True):
    name: str
    file: str
    right: str
    wrong: str
    rule: Rule


MISTAKES = (
    Mistake(
        "two stamps are deployed at once",
        STAMP,
        "  - stage: Stamp_${{ parameters.stamp }}\n",
        "  - stage: Stamp_${{ parameters.stamp }}\n    dependsOn: Shared\n",
        one_after_the_other,
    ),
    Mistake(
        "whoever plans may change",
        PLAN,
        "environment }}-plan\n",
        "environment }}\n",
        plans_only_read,
    ),
    Mistake(
        "whoever plans is told secrets",
        PLAN,
        "      script: |\n",
        "      secrets: true\n      script: |\n",
        plans_only_read,
    ),
    Mistake(
        "a stage that changes takes no lock",
        STAMP,
        "        environment: heliograph-${{ parameters.environment }}\n",
        "        environment: other\n",
        changes_pass_the_checks,
    ),
    Mistake(
        "what changes passes by the approval",
        "pipelines/apply.yml",
        "heliograph-${{ parameters.environment }}\n",
        "heliograph-${{ parameters.environment }}-plan\n",
        changes_pass_the_checks,
    ),
    Mistake(
        "a pull request sees the subscription",
        STAMP,
        "    condition: and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'))\n",
        "",
        pull_requests_see_no_subscription,
    ),
    Mistake(
        "nobody tries whether two can meet",
        STAMP,
        "python -m heliograph check",
        "echo",
        stamps_are_deployed_whole,
    ),
    Mistake(
        "a stamp is tried with a browser",
        STAMP,
        "python -m heliograph check",
        "scripts/browser; python -m heliograph check",
        people_meet_without_a_browser,
    ),
    Mistake(
        "the Python peer is not found",
        STAMP,
        ", PYTHONPATH: clients/python/src",
        "",
        people_meet_without_a_browser,
    ),
    Mistake(
        "nobody looks whether the new page is served",
        "azure-pipelines.yml",
        "python -m scripts.page_check",
        "echo",
        people_meet_without_a_browser,
    ),
    Mistake(
        "references are not looked at",
        "pipelines/publish.yml",
        "python -m scripts.references",
        "echo",
        stamps_are_deployed_whole,
    ),
    Mistake(
        "the way back leads to another stamp's package",
        STAMP,
        "-${{ parameters.stamp }}",
        "",
        stamps_are_deployed_whole,
    ),
    Mistake(
        "a run that works is deleted after 30 days",
        "pipelines/keep.yml",
        "retention/leases",
        "retention/history",
        runs_that_work_are_kept,
    ),
    Mistake(
        "the migration has no driver",
        "pipelines/migrate.yml",
        'ODBC="$(scripts/odbc)"; export ODBC',
        "true",
        the_database_gets_a_driver,
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_of_the_pipeline_holds(rule: Rule) -> None:
    assert list(rule(REAL)) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_mistake_in_the_pipeline_is_caught(mistake: Mistake, tmp_path: Path) -> None:
    shutil.copy(ROOT / "azure-pipelines.yml", tmp_path)
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    text = (tmp_path / mistake.file).read_text()
    assert mistake.right in text, f"{mistake.file} has changed: there is no {mistake.right!r}"
    (tmp_path / mistake.file).write_text(text.replace(mistake.right, mistake.wrong))
    assert list(mistake.rule(Pipeline(tmp_path))) != []


def test_each_stamp_has_its_plan() -> None:
    stages = {stage["stage"]: stage for stage in REAL.expanded("prod")}
    for stamp in ("weu", "sdc"):
        assert "infra plan" in REAL.uses(stages[f"Plan_{stamp}"])


@pytest.mark.parametrize(
    ("away", "order"),
    [
        ("weu", "Test Build Plan_shared Shared Plan_sdc Stamp_sdc Page"),
        ("shared", "Test Build Plan_weu Stamp_weu Plan_sdc Stamp_sdc"),
    ],
)
def test_what_is_away_can_be_left_out(away: str, order: str) -> None:
    assert [stage["stage"] for stage in REAL.expanded("prod", away)] == order.split()


def test_stamps_are_planned_with_what_was_said_last_while_the_shared_state_is_away() -> None:
    """Its state lies in the region that is away; the artifact of a run that worked does not."""
    plan = REAL.template("plan.yml")
    (key,) = plan["steps"][0]
    assert "parameters.sharedIsAway" in key
    fetched, copied = plan["steps"][0][key]
    assert fetched["parameters"]["artifact"] == "outputs-shared"
    # Only a run whose page went out carries that tag, and such a run has applied the shared state.
    tags = [
        t["parameters"]["tag"]
        for t in everything(REAL.expanded("prod"))
        if "keep.yml" in str(t.get("template"))
    ]
    assert fetched["parameters"]["tag"] in tags
    assert "infra/${{ parameters.environment }}/outputs" in copied["script"]
    entry = [e for e in everything(REAL.main) if e.get("template") == "pipelines/stamp.yml"]
    assert "'shared'" in entry[0]["parameters"]["sharedIsAway"]


def test_a_plan_is_told_no_secret() -> None:
    for name in ("plan.yml", "terraform.yml"):
        said = REAL.template(name)
        told = [one for one in everything(said) if "TF_VAR_secrets" in one]
        conditions = [key for one in everything(said) for key in one if "parameters.secrets" in key]
        assert len(told) == len(conditions) <= 1
    assert "secrets" not in json.dumps(REAL.template("plan.yml"))
