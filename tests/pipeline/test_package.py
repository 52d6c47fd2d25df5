"""What is deployed: whole, small, without a trace of us, and quick to start."""

import hashlib
import json
import marshal
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema import Draft7Validator

from lab.stack import KEY, SIGNING_KEYS, Stack
from scripts import package as packaging
from scripts.package import (
    SITE,
    CannotPackage,
    assemble,
    check_names,
    copy_own_code,
    pack,
    top_level_names,
)
from tests.backend.test_import_budget import HEAVY

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(
    r"(backend|cloud|costs|signaling|stats|turn|__pycache__)/|(function_app\.py|host\.json|requirements\.txt)\Z"
)
KINDS = {".py", ".pyc", ".sql", ".toml", ".json", ".txt"}
# Microsoft's worker and what it imports. In Azure it lies outside of the app, as here.
WORKER = ("azure-functions-runtime", "azurefunctions-extensions-base")
SETTINGS = {
    "AzureSignalRConnectionString": "Endpoint=https://x.example;AccessKey=k;Version=1.0;",
    "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "HELIOGRAPH_STORAGE": "memory",
}
ASK_HEALTH = """
import asyncio, json
from pathlib import Path
from local.functions.values import HttpRequest
from local.functions.worker import Worker, http

async def main():
    worker = await Worker.start(Path(APP))
    asked = HttpRequest("GET", "https://x.example/api/health", {}, {}, {}, b"")
    answer = (await worker.invoke("health", {"req": http(asked)})).value
    print(json.dumps([answer.status, json.loads(answer.body), sorted(worker.functions)]))
    worker.stop()

asyncio.run(main())
"""


def alone(code: str, app: Path, empty: Path, *more: Path, **settings: str) -> str:
    """What `code` prints in an interpreter that can import `app`, its packages, and `more`.

    In the order of Azure: what is installed, the worker (`more`), and our code last.
    """
    standard = [sysconfig.get_path("stdlib"), f"{sysconfig.get_path('stdlib')}/lib-dynload"]
    path = [*standard, str(app / SITE), *map(str, more), str(app)]
    start = f"import sys; sys.path[:] = {path!r}; APP = {str(app)!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code],
        cwd=empty,
        env=SETTINGS | settings,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the worker and nothing else."""
    folder = tmp_path_factory.mktemp("worker")
    (folder / "local").symlink_to(ROOT / "local")
    for name in WORKER:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or () if ".." not in file.parts}
        for top in tops:
            (folder / top).symlink_to(str(found.locate_file(top)))
    return folder


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_package_answers_health_in_the_worker_from_an_empty_directory(
    package: Path, worker: Path, tmp_path: Path, stack: Stack
) -> None:
    signalr = f"Endpoint={stack.signalr};AccessKey={KEY};Version=1.0;"
    said = alone(ASK_HEALTH, package, tmp_path, worker, AzureSignalRConnectionString=signalr)
    status, body, functions = json.loads(said)
    assert status == 200, body
    assert {"negotiate", "on_signal", "write_reports", "settle", "stats"} <= set(functions)
    assert list(tmp_path.iterdir()) == []


def test_every_module_of_ours_can_be_imported_from_the_package_alone(
    package: Path, tmp_path: Path
) -> None:
    files = [
        path.relative_to(package) for path in package.rglob("*.py") if SITE not in path.parents
    ]
    ours = [file for file in files if not str(file).startswith(str(SITE))]
    modules = [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in ours]
    # Commands of statistics that draw or replay are for an administrator, not for Azure.
    wanted = [one for one in modules if ".commands" not in one and "__main__" not in one]
    desk = {"stats.demo", "costs.chart"}
    code = "import importlib\nfor name in NAMES: importlib.import_module(name)\nprint('ok')"
    assert alone(f"NAMES = {sorted(set(wanted) - desk)!r}\n{code}", package, tmp_path) == "ok\n"


def test_starting_the_package_loads_nothing_heavy(package: Path, tmp_path: Path) -> None:
    loaded = alone("import function_app; print(*sys.modules)", package, tmp_path).split()
    assert {name for name in HEAVY if name in loaded} == set()


def test_every_module_has_code_that_is_taken_unchecked(package: Path) -> None:
    for source in package.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
        assert flags == 0b01, compiled  # PEP 552: by hash, and not to be checked


def test_every_pyc_belongs_to_a_module(package: Path) -> None:
    for compiled in package.rglob("*.pyc"):
        assert (compiled.parents[1] / f"{compiled.name.split('.')[0]}.py").is_file()


def test_compiled_code_tells_where_azure_unpacks_it(package: Path) -> None:
    """And not where it was built."""
    compiled = (package / "backend" / "__pycache__" / "http.cpython-313.pyc").read_bytes()
    assert marshal.loads(compiled[16:]).co_filename == "/home/site/wwwroot/backend/http.py"


def test_the_package_holds_our_code_and_nothing_else_of_the_project(archive: Path) -> None:
    ours = [name for name in names(archive) if not name.startswith(str(SITE))]
    strange = [n for n in ours if not OURS.match(n) or Path(n).suffix not in KINDS]
    assert strange == []
    assert {"function_app.py", "host.json", "costs/prices.toml"} <= set(ours)


def test_a_file_that_nobody_named_is_not_in_the_package(tmp_path: Path) -> None:
    """In the root, in a folder of its own, and among our modules."""
    project = tmp_path / "project"
    for name in ("function_app.py", "backend/http.py", "stats/schema/sqlite/001_x.sql"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    for stray in ("notes.py", "dump.sql", "id_rsa", "mine/app.py", "backend/notes.md", ".env"):
        (project / stray).parent.mkdir(parents=True, exist_ok=True)
        (project / stray).write_text("stray")
    (project / ".funcignore").write_bytes((ROOT / ".funcignore").read_bytes())
    copy_own_code(project, tmp_path / "tree")
    copied = {p.relative_to(tmp_path / "tree") for p in (tmp_path / "tree").rglob("*.*")}
    assert copied == {
        Path("function_app.py"),
        Path("backend/http.py"),
        Path("stats/schema/sqlite/001_x.sql"),
    }


def test_the_package_holds_no_secret(package: Path) -> None:
    """Neither ours nor a shape of one; the packages' own examples are not ours to judge."""
    secret = re.compile(
        rb"AccountKey=[\w+/]{20}|AccessKey=[\w+/]{20}|-----BEGIN|"
        rb"eyJ[\w-]{20}\.|\w\.[\w-]{40,}\.[\w-]{22}\b"
    )
    ours = (path for path in package.rglob("*") if path.is_file() and str(SITE) not in str(path))
    assert [path for path in ours if secret.search(path.read_bytes())] == []
    assert not list(package.rglob("local.settings*")) + list(package.rglob(".env*"))


def test_the_bill_names_what_is_in_the_package_and_fits_its_schema(
    archive: Path, package: Path
) -> None:
    text = archive.with_suffix(".cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    named = {(part["name"], part["version"]) for part in bill["components"]}
    locked = re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements.txt").read_text())
    assert named == {(name, version) for name, version in locked if name != "colorama"}
    assert bill["metadata"]["component"]["name"] == "heliograph"
    asked = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any("azure-functions" in ref for ref in asked["heliograph"])


def test_the_schema_of_bills_has_its_addresses_checked() -> None:
    """Their grammar is compiled when the first one comes: tests/late_grammars.py."""
    validator = Draft7Validator(
        {"format": "iri-reference"}, format_checker=Draft7Validator.FORMAT_CHECKER
    )
    assert validator.is_valid("https://example.org/#part") and not validator.is_valid("%")
    without = "import sys, tests.late_grammars, jsonschema; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", without], cwd=ROOT).returncode == 0


# The downloading part, on one wheel of our own making, from a folder instead of an index.


def test_no_name_of_ours_is_one_of_a_dependency_or_of_the_worker(package: Path) -> None:
    ours = top_level_names(package)
    assert ours >= {"function_app", "backend", "stats", "turn"}
    for name in WORKER:
        files = distribution(name).files or []
        assert not ours & {file.parts[0].removesuffix(".py") for file in files}
    check_names(package)


@pytest.mark.parametrize("shipped", ["stats/__init__.py", "backend.py", "turn.abi3.so"])
def test_a_dependency_that_ships_a_name_of_ours_stops_the_build(
    package: Path, tmp_path: Path, shipped: str
) -> None:
    tree = tmp_path / "tree"
    copy_own_code(ROOT, tree)
    file = tree / SITE / shipped
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(CannotPackage, match=shipped.partition("/")[0].partition(".")[0]):
        check_names(tree)


def test_no_bundle_is_taken_whose_signalr_extension_drops_what_functions_return() -> None:
    """4.23.0 is the first with version 2 (extensions.json of azure-functions-extension-bundles)."""
    host = json.loads((ROOT / "host.json").read_text())
    least, _, below = host["extensionBundle"]["version"].strip("[)").partition(", ")
    assert tuple(map(int, least.split("."))) >= (4, 23, 0)
    assert below == "5.0.0"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one module and one locked dependency."""
    project, wheels = tmp_path / "project", tmp_path / "wheels"
    project.mkdir()
    wheels.mkdir()
    wheel = wheels / "lantern-1.0-py3-none-any.whl"
    record = "lantern.py,,\nlantern-1.0.dist-info/WHEEL,,\nlantern-1.0.dist-info/METADATA,,\n"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("lantern.py", "LIT = {'a', 'b', 'c', 'd'}\n")
        made.writestr(
            "lantern-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: lantern\nVersion: 1.0\n"
        )
        made.writestr(
            "lantern-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        made.writestr("lantern-1.0.dist-info/RECORD", record + "lantern-1.0.dist-info/RECORD,,\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (project / "requirements.txt").write_text(f"lantern==1.0 \\\n    --hash=sha256:{digest}\n")
    (project / "function_app.py").write_text("import lantern\n")
    (project / "secret.env").write_text("x")
    (project / ".funcignore").write_text("/*\n!/function_app.py\n!/requirements.txt\n")
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(wheels))
    return project


def test_dependencies_are_installed_by_their_hashes(small: Path, tmp_path: Path) -> None:
    assemble(small, tmp_path / "tree", installed=False)
    assert (tmp_path / "tree" / SITE / "lantern.py").is_file()
    assert {path.name for path in (tmp_path / "tree").iterdir() if path.is_file()} == {
        "function_app.py",
        "requirements.txt",
    }


def test_a_dependency_that_is_not_what_was_locked_is_refused(small: Path, tmp_path: Path) -> None:
    lock = small / "requirements.txt"
    lock.write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, lock.read_text()))
    with pytest.raises(CannotPackage):
        assemble(small, tmp_path / "tree", installed=False)


def test_the_same_sources_make_the_same_bytes(small: Path, tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "another"):
        assemble(small, tmp_path / name, installed=False)
        pack(tmp_path / name, tmp_path / f"{name}.zip")
        digests.add(hashlib.sha256((tmp_path / f"{name}.zip").read_bytes()).digest())
    assert len(digests) == 1


def test_what_is_installed_must_be_what_is_locked(small: Path, tmp_path: Path) -> None:
    (small / "requirements.txt").write_text("msgspec==0.0.1 \\\n    --hash=sha256:00\n")
    with pytest.raises(CannotPackage, match="msgspec 0.0.1 is locked"):
        assemble(small, tmp_path / "tree", installed=True)


def test_another_python_is_refused(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaging, "PYTHON", "3.9")
    with pytest.raises(CannotPackage, match=r"3\.9"):
        assemble(small, tmp_path / "tree", installed=True)
