"""A pipeline's files as the stages of a run, and what has to hold of those. Pure but for reading.

Each rule answers with a sentence for every fault. The tests hold the real pipeline to them, and a
copy with a mistake to the one that has to see it.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

type Node = dict[str, Any]
ENVIRONMENT = "heliograph-${{ parameters.environment }}"


def load(path: Path) -> Any:
    """One file of YAML."""
    return YAML(typ="safe").load(path)


def everything(node: Any) -> Iterator[Node]:
    """Every mapping in a file."""
    if isinstance(node, dict):
        yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from everything(child)


class Pipeline:
    """azure-pipelines.yml and its templates, below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def main(self) -> Any:
        """azure-pipelines.yml"""
        return load(self.root / "azure-pipelines.yml")

    def template(self, name: str) -> Any:
        """One file of pipelines/."""
        return load(self.root / "pipelines" / name)

    def expanded(self, environment: str, leave_out: str = "none") -> list[Node]:
        """The stages of a run, as Azure makes them out of the templates, as far as we use those."""
        parameters = {p["name"]: p.get("default") for p in self.main["parameters"]}
        stages: list[Node] = []
        for entry in self.main["stages"]:
            key = next(iter(entry))
            if "each stamp" in key:
                for stamp in parameters["stamps"][environment]:
                    stages += self._stamp(stamp) if stamp != leave_out else []
            elif "'shared'" in key:
                stages += entry[key] if leave_out != "shared" else []
            else:
                stages.append(entry)
        return stages

    def _stamp(self, stamp: str) -> list[Node]:
        text = (self.root / "pipelines" / "stamp.yml").read_text()
        stages: list[Node] = YAML(typ="safe").load(text.replace("${{ parameters.stamp }}", stamp))[
            "stages"
        ]
        return stages

    def uses(self, node: Any) -> str:
        """A stage with the templates that it uses, as one text."""
        text = json.dumps(node)
        for name in re.findall(r'"template": "(?:pipelines/)?(\w+\.yml)"', text):
            text += self.uses(self.template(name))
        return text


type Rule = Callable[[Pipeline], Iterator[str]]


def _changing(pipeline: Pipeline) -> Iterator[Node]:
    """The stages that change Azure."""
    for stage in pipeline.expanded("prod"):
        if stage["stage"] not in ("Test", "Build") and not stage["stage"].startswith("Plan"):
            yield stage


def one_after_the_other(pipeline: Pipeline) -> Iterator[str]:
    """In order, and no stage says what it depends on: so each waits for the one before."""
    stages = pipeline.expanded("prod")
    order = "Test Build Plan_shared Shared Plan_weu Stamp_weu Plan_sdc Stamp_sdc Page"
    if [stage["stage"] for stage in stages] != order.split():
        yield "the stages have another order"
    yield from (
        f"{s['stage']} does not wait for the one before" for s in stages if "dependsOn" in s
    )


def plans_only_read(pipeline: Pipeline) -> Iterator[str]:
    """A plan acts as the connection that reads, and is told no secret."""
    for stage in pipeline.expanded("prod"):
        if not stage["stage"].startswith("Plan"):
            continue
        text = pipeline.uses(stage)
        if "infra apply" in text or f'{ENVIRONMENT}"' in text or f"{ENVIRONMENT}-plan" not in text:
            yield f"{stage['stage']} may change Azure"
        if "secrets: true" in text or '"secrets": true' in text:
            yield f"{stage['stage']} is told secrets"


def changes_pass_the_checks(pipeline: Pipeline) -> Iterator[str]:
    """Whatever changes Azure names its environment, and acts as the connection with the checks."""
    for stage in pipeline.expanded("prod"):
        text, job = pipeline.uses(stage), stage["jobs"][0]
        if stage["stage"] in ("Test", "Build") and ("AzureCLI" in text or "environment" in job):
            yield f"{stage['stage']} reaches Azure"
    for stage in _changing(pipeline):
        if stage["jobs"][0].get("environment") != ENVIRONMENT:
            yield f"{stage['stage']} does not wait for the lock of its environment"
        if f"{ENVIRONMENT}-plan" in pipeline.uses(stage):
            yield f"{stage['stage']} acts as the one that plans"


def pull_requests_see_no_subscription(pipeline: Pipeline) -> Iterator[str]:
    for stage in pipeline.expanded("prod"):
        if stage["stage"].startswith("Plan") and "PullRequest" not in stage.get("condition", ""):
            yield f"{stage['stage']} runs for a pull request"


STEPS = ("infra apply", "scripts.references", "scripts.publish", "scripts.upstream_key")


def stamps_are_deployed_whole(pipeline: Pipeline) -> Iterator[str]:
    """Resources, references, package, upstream and smoke test, in this order; and a way back."""
    for stage in _changing(pipeline):
        if not stage["stage"].startswith("Stamp"):
            continue
        once = stage["jobs"][0]["strategy"]["runOnce"]
        text = "".join(pipeline.uses(step) for step in once["deploy"]["steps"])
        places = [text.find(word) for word in (*STEPS, "heliograph check")]
        if -1 in places or places != sorted(places):
            yield f"{stage['stage']} leaves a step out, or has another order"
        stamp = stage["stage"].partition("_")[2]
        back = pipeline.uses(once.get("on", {}).get("failure", {}))
        if (
            "scripts.publish" not in back
            or f"deployed-${{{{ parameters.environment }}}}-{stamp}" not in back
        ):
            yield f"{stage['stage']} has no way back"


def runs_that_work_are_kept(pipeline: Pipeline) -> Iterator[str]:
    """Retention deletes a run's artifacts after 30 days, and with them the way back."""
    if "_apis/build/retention/leases" not in pipeline.uses(pipeline.template("keep.yml")):
        yield "keep.yml takes no lease"
    for stage in _changing(pipeline):
        on = stage["jobs"][0].get("strategy", {}).get("runOnce", {}).get("on")
        if on is not None and "keep.yml" not in json.dumps(on.get("success", {})):
            yield f"{stage['stage']} is not kept"


def the_database_gets_a_driver(pipeline: Pipeline) -> Iterator[str]:
    """Agents have none."""
    text = pipeline.uses(pipeline.template("migrate.yml"))
    if "unixodbc" not in text or 'ODBC=\\"$(scripts/odbc)\\"' not in text:
        yield "migrate.yml has no driver of ODBC"


def people_meet_without_a_browser(pipeline: Pipeline) -> Iterator[str]:
    """A deployment fetches no browser; the Python peer is found where it is."""
    for stage in _changing(pipeline):
        text = pipeline.uses(stage)
        if "scripts/browser" in text or "tests.smoke" in text:
            yield f"{stage['stage']} needs a browser"
        for step in everything(stage):
            if "python -m heliograph" in str(step.get("script")):
                if step.get("env", {}).get("PYTHONPATH") != "clients/python/src":
                    yield f"{stage['stage']} does not say where the Python peer is"
    steps = pipeline.main["stages"][-1]
    (page,) = [one["deploy"]["steps"] for one in everything(steps) if "deploy" in one]
    done = "\n".join(str(step.get("template", step.get("script", ""))) for step in page)
    places = [done.find(word) for word in ("page.yml", "scripts.page_check", "heliograph check")]
    if -1 in places or places != sorted(places):
        yield "the page is not tried after it was deployed"


RULES: tuple[Rule, ...] = (
    one_after_the_other,
    plans_only_read,
    changes_pass_the_checks,
    pull_requests_see_no_subscription,
    stamps_are_deployed_whole,
    runs_that_work_are_kept,
    the_database_gets_a_driver,
    people_meet_without_a_browser,
)
