"""What the commands of the pipeline ask of Azure, written down by an `az` of ours."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from backend.health import Health
from scripts import migrate
from scripts.deployment import read_shared, read_stamp
from scripts.migrate import address_in
from scripts.plan_secrets import Missing, collect
from stats.settings import read_sql
from tests.infra.app import settings_read
from tests.pipeline.az_commands import faults
from tests.pipeline.test_policy import OUTPUTS, write_outputs

ROOT = Path(__file__).resolve().parents[2]
# What the Azure CLI takes: each command that a test sees has to fit it.
DEFINITIONS = json.loads((Path(__file__).parent / "schemas" / "az.json").read_text())["commands"]
KEY = "the-key-of-the-host"
# Answers what $AZ says for the words it was called with; remembers the call and any file's content.
AZ = f"""#!{sys.executable}
import json, os, shlex, sys
asked = shlex.join(sys.argv[1:])
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
UPSTREAM = {
    "templates": [
        {
            "urlTemplate": "https://func-weu.azurewebsites.net/runtime/webhooks/signalr?code={x}",
            "hubPattern": "signaling",
            "categoryPattern": "connections,messages",
            "eventPattern": "*",
        }
    ]
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command beside an `az` that gives these answers; None: it fails."""
    az = tmp_path / "az"
    az.write_text(AZ)
    az.chmod(0o755)
    outputs = write_outputs(tmp_path / "outputs", OUTPUTS)
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
            timeout=120,
        )
        asked = log.read_text().splitlines()
        commands = [shlex.split(line) for line in asked if not line.startswith("stored ")]
        assert [fault for words in commands for fault in faults(words, DEFINITIONS)] == []
        return Done(done.returncode, done.stdout + done.stderr, asked)

    return run


def test_a_new_key_goes_to_the_vault_and_signalr_reads_it_now(run: Run) -> None:
    answers = {
        "functionapp keys list": KEY,
        "keyvault secret show": "not-yet-written",
        "signalr upstream list": UPSTREAM,
    }
    done = run("scripts.upstream_key", "weu", answers=answers)
    assert done.status == 0, done.said
    keys, show, store, stored, _, clear, again = done.asked
    assert "-g rg-weu -n func-weu --query systemKeys.signalr_extension" in keys
    assert "--vault-name kvweu -n signalr-upstream-code" in show
    assert store.startswith("keyvault secret set --vault-name kvweu -n signalr-upstream-code")
    assert stored == f"stored {KEY}"
    assert clear.startswith("signalr upstream clear -g rg-weu -n sigr-weu")
    words = shlex.split(again)
    assert again.startswith("signalr upstream update -g rg-weu -n sigr-weu --template ")
    assert words[8].startswith("url-template=https://func-weu.azurewebsites.net/")
    assert words[9:12] == [
        "hub-pattern=signaling",
        "category-pattern=connections,messages",
        "event-pattern=*",
    ]


def test_the_key_is_neither_printed_nor_an_argument(run: Run) -> None:
    answers = {
        "functionapp keys list": KEY,
        "keyvault secret show": "old",
        "signalr upstream list": UPSTREAM,
    }
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
    assert done.status == 1 and done.said == "there is no stamp mars, but sdc, weu.\n"


@pytest.fixture
def sqlite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A database that `python -m stats migrate` can open without Azure."""
    connection = f"sqlite:///{tmp_path / 'stats.sqlite'}"
    monkeypatch.setitem(OUTPUTS["shared"], "sql_connection", connection)
    return connection


def test_a_migration_opens_the_firewall_for_one_address_and_closes_it(
    sqlite: str, run: Run
) -> None:
    arguments = ("--address", "203.0.113.9")
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
    monkeypatch.setitem(OUTPUTS["shared"], "sql_connection", "nonsense")
    answers = {"sql server firewall-rule create": None}
    done = run("scripts.migrate", "--address", "203.0.113.9", answers=answers)
    assert done.status == 1
    assert done.asked[-1].startswith("sql server firewall-rule delete")


def test_a_stamp_is_let_into_the_database_by_its_name(sqlite: str, run: Run) -> None:
    done = run("scripts.migrate", "--address", "203.0.113.9", "--grant", "mars", answers={})
    assert done.status == 1 and "there is no stamp mars, but sdc, weu" in done.said
    assert done.asked[-1].startswith("sql server firewall-rule delete")


# The text of ODBC Driver 18 for error 40615, as Microsoft's documents have it.
REFUSED = (
    "('42000', \"[42000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Cannot open server "
    "'sql-heliograph-prod' requested by the login. Client with IP address '203.0.113.9' is not "
    'allowed to access the server. (40615) (SQLDriverConnect)")'
)


class Server:
    """A database behind a firewall: refuses until a rule has counted for `tries` more attempts."""

    def __init__(self, tries: int, text: str = REFUSED) -> None:
        self.left, self.text = tries, text

    def connect(self) -> None:
        self.left -= 1
        if self.left >= 0:
            raise RuntimeError(self.text)


def test_the_server_says_which_address_it_refuses() -> None:
    assert address_in(RuntimeError(REFUSED)) == "203.0.113.9"
    assert address_in(RuntimeError("('HYT00', 'Login timeout expired')")) is None


def test_a_server_that_wakes_up_is_asked_again_for_our_address() -> None:
    asleep = Server(3, "('HYT00', 'Login timeout expired')")
    assert migrate._wait_for(asleep.connect, 60, 0) is None
    with pytest.raises(migrate.Refused, match="does not say why"):
        migrate._wait_for(Server(99, "('HYT00', 'Login timeout expired')").connect, 0, 0)


def test_a_rule_that_counts_only_later_is_waited_for() -> None:
    server = Server(5)
    migrate._wait_until_open(server.connect, 60, 0)
    assert server.left < 0
    with pytest.raises(migrate.Refused, match="lets nobody in"):
        migrate._wait_until_open(Server(99).connect, 0, 0)


def test_a_migration_waits_ten_minutes_for_its_rule() -> None:
    """Azure says five: https://learn.microsoft.com/azure/azure-sql/database/firewall-configure."""
    assert migrate.WAIT_SECONDS >= 600


def test_the_driver_of_the_tests_packages_is_named_in_the_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = read_shared(write_outputs(tmp_path / "outputs", OUTPUTS))
    monkeypatch.setenv("ODBC", "/opt/libmsodbcsql-18.so")
    said = migrate.connection_string(shared)
    assert said == f"Driver={{/opt/libmsodbcsql-18.so}};{shared.sql_connection}"
    sql = read_sql({"SQL_CONNECTION": said})
    assert sql is not None and sql.connection == said


def test_names_become_variables_of_the_pipeline(run: Run) -> None:
    done = run("scripts.deployment", "--stamp", "sdc", answers={})
    assert done.said == (
        "##vso[task.setvariable variable=apiUrl]https://func-sdc.azurewebsites.net/api\n"
    )
    done = run("scripts.deployment", "--variables", answers={})
    assert "variable=apiUrls]https://func-sdc.azurewebsites.net/api https://func-weu." in done.said


def test_a_stamp_is_read_though_the_file_of_another_is_broken(tmp_path: Path) -> None:
    outputs = write_outputs(tmp_path / "outputs", OUTPUTS)
    (outputs / "weu.json").write_text("not JSON: its region was away")
    assert read_stamp(outputs, "sdc").function_app == "func-sdc"


# What a plan of Terraform says about secrets, and what apply is then told.
VAULT = "/subscriptions/s/resourceGroups/r/providers/Microsoft.KeyVault/vaults/kvold"


def plan(vault: str | None, **actions: str) -> dict[str, object]:
    changes = [
        {
            "type": "azapi_resource_action",
            "name": "app",
            "index": name.replace("_", "-"),
            "change": {"actions": [action]},
        }
        for name, action in actions.items()
    ]
    return {"variables": {"azure_key_vault_id": {"value": vault}}, "resource_changes": changes}


def test_a_secret_that_is_given_goes_before_the_vaults() -> None:
    """So a new TURN provider can come while the others are copied."""
    asked: list[tuple[str, str]] = []

    def read(vault: str, name: str) -> str:
        asked.append((vault, name))
        return "old"

    found = collect(plan(VAULT, A="update", NEW="create"), {"NEW": "given"}, read)
    assert found == {"A": "old", "NEW": "given"} and asked == [("kvold", "A")]


def test_a_secret_that_is_not_written_is_not_read() -> None:
    def read(vault: str, name: str) -> str:
        raise AssertionError(f"{name} was read")

    assert collect(plan(VAULT, A="no-op", B="delete"), {}, read) == {}


def test_a_secret_that_nobody_has_is_named() -> None:
    with pytest.raises(Missing, match="A is neither in TF_VAR_secrets nor"):
        collect(plan(None, A="create"), {}, lambda vault, name: "")


REFERENCE = {"name": "AzureSignalRConnectionString", "properties": {"status": "Resolved"}}
UNRESOLVED = {**REFERENCE, "properties": {"status": "AccessToKeyVaultDenied"}}


def test_references_that_are_resolved_let_the_deployment_go_on(run: Run) -> None:
    done = run("scripts.references", "weu", answers={"rest --method get": {"value": [REFERENCE]}})
    assert (done.status, len(done.asked)) == (0, 1), done.said
    assert run("scripts.references", "weu", answers={}).status == 0  # by identity there are none


def test_a_reference_that_is_not_resolved_is_tried_again_with_a_restart(run: Run) -> None:
    answers = {"rest --method get": {"value": [UNRESOLVED]}}
    done = run("scripts.references", "weu", "--pause", "0", "--wait", "0.5", answers=answers)
    assert done.status == 1
    assert "cannot read AzureSignalRConnectionString (AccessToKeyVaultDenied)" in done.said
    assert any("/refresh?" in line for line in done.asked)
    assert any(line.startswith("functionapp restart -g rg-weu") for line in done.asked)


class Kudu(BaseHTTPRequestHandler):
    """The place that takes packages, and the app's health: old until the package is there."""

    statuses: ClassVar[list[int]]  # what the deployment says, one after the other
    builds: ClassVar[list[str]]  # what health says, one after the other
    taken: ClassVar[list[str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(f"{self.path} {self.headers['Authorization']} {len(body)}")
        self._say(202, {})

    def do_GET(self) -> None:
        health = self.path.endswith("/health")
        said: list[Any] = self.builds if health else self.statuses
        value = said.pop(0) if len(said) > 1 else said[0]
        self._say(200, {"build": value} if health else {"status": value})

    def _say(self, status: int, body: dict[str, object]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def publish(run: Run, tmp_path: Path) -> Iterator[Callable[[list[int], list[str]], Done]]:
    """Publishes a package of build `new` to a stamp that says these statuses and builds."""
    package = tmp_path / "heliograph.zip"
    package.write_bytes(b"PK")
    package.with_name("build.txt").write_text("new\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Kudu) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"

        def published(statuses: list[int], builds: list[str]) -> Done:
            Kudu.statuses, Kudu.builds, Kudu.taken = statuses, builds, []
            where = ("--scm", url, "--health", f"{url}/health", "--pause", "0", "--wait", "1")
            answers = {"account get-access-token": "the-token"}
            return run("scripts.publish", "weu", str(package), *where, answers=answers)

        yield published
        server.shutdown()


def test_a_package_is_there_when_health_answers_with_its_build(
    publish: Callable[[list[int], list[str]], Done],
) -> None:
    done = publish([1, 2, 4], ["old", "old", "new", "old", "new"])
    assert done.status == 0, done.said
    assert Kudu.taken == ["/api/publish?RemoteBuild=false&Deployer=heliograph Bearer the-token 2"]
    _, setting = done.asked
    where = "functionapp config appsettings set -g rg-weu -n func-weu"
    assert setting.startswith(f"{where} --settings HELIOGRAPH_BUILD=new")
    assert "the-token" not in done.said


def test_an_old_instance_that_answers_health_is_not_taken_for_the_new_one(
    publish: Callable[[list[int], list[str]], Done],
) -> None:
    done = publish([4], ["old"])
    assert done.status == 1 and "does not answer with build new" in done.said


def test_a_build_id_that_the_app_would_not_start_with_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path
) -> None:
    package = tmp_path / "heliograph.zip"
    package.write_bytes(b"PK")
    done = run("scripts.publish", "weu", str(package), "--build", "a b/c", answers={})
    assert (done.status, done.asked) == (1, []) and "a build id takes" in done.said


def test_health_says_the_build_that_the_app_is_told() -> None:
    """The pipeline sets the one and waits for the other."""
    assert "HELIOGRAPH_BUILD" in settings_read()
    assert "build" in Health.__struct_fields__


def test_a_deployment_that_failed_is_not_waited_for(
    publish: Callable[[list[int], list[str]], Done],
) -> None:
    done = publish([1, 3], ["old"])
    assert done.status == 1 and "failed with status 3" in done.said
    assert len(done.asked) == 1  # and the old build keeps its name
