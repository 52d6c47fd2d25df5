"""The package heliograph-dev: what is in it, and what it says when it cannot run."""

import ast
import socket
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from local import installed
from tests.local.wheels import ROOT, SERVER, build, names_in

APP = "heliograph_dev/app/"
DISTRIBUTIONS = packages_distributions()
# Imported only where a setting of Azure asks for it, which is refused (`needs_azure_sdk`), or SQL
# Server; and by `python -m costs`, for a chart.
ELSEWHERE = {"azure-core", "azure-identity", "azure-keyvault-secrets", "pyodbc", "matplotlib"}
# Parts as processes of their own, which this package does not start: they need httpx.
ALONE = {
    *("local/cluster.py", "local/functions/__main__.py", "local/functions/rest_sink.py"),
    *("local/emulator/__main__.py", "local/emulator/http_upstream.py"),
}

type Said = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of the wheel."""
    (wheel,) = build(SERVER, tmp_path_factory.mktemp("wheel"), "wheel")
    return names_in(wheel)


def imported(path: Path) -> set[str]:
    """The modules that a file imports, with all names of `from x import y` as `x.y`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_it_adds_one_name_to_an_environment(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"heliograph_dev"}


def test_it_holds_the_app_the_stack_and_the_page_and_nothing_else(names: set[str]) -> None:
    tops = {name.removeprefix(APP).partition("/")[0] for name in names if name.startswith(APP)}
    deployed = {"backend", "cloud", "costs", "signaling", "stats", "turn"}
    files = {"function_app.py", "host.json", "requirements.txt"}
    assert tops == deployed | files | {"local", "scripts", "web"}
    assert {f"{APP}web/dist/index.html", f"{APP}web/staticwebapp.config.json"} <= names
    assert not any("__pycache__" in name or "local/package" in name for name in names)


def test_what_its_modules_import_is_in_it_or_is_installed_with_it(names: set[str]) -> None:
    modules = [name.removeprefix(APP) for name in names if name.startswith(APP)]
    modules = [name for name in modules if name.endswith(".py")]
    tops = {name.partition("/")[0].removesuffix(".py") for name in modules}
    inside = {name.removesuffix(".py").removesuffix("/__init__") for name in modules}
    allowed = declared() | ELSEWHERE
    for name in sorted(set(modules) - ALONE):
        for module in imported(ROOT / name):
            top = module.partition(".")[0]
            if top in tops:
                place = module.replace(".", "/")
                assert place in inside or place.rpartition("/")[0] in inside, (name, module)
            elif top not in sys.stdlib_module_names:
                assert distributions_of(module) & allowed, (name, module)


def declared() -> set[str]:
    """What the package says it needs."""
    project = tomllib.loads((SERVER / "pyproject.toml").read_text())["project"]
    return {Requirement(text).name.lower() for text in project["dependencies"]}


def distributions_of(module: str) -> set[str]:
    """Those that may have brought it, by the longest part of its name that says one."""
    named = module.replace("_", "-").replace(".", "-")
    found = set(DISTRIBUTIONS.get(module.partition(".")[0], ()))
    near = {one.lower() for one in found if named.startswith(one.lower())}
    return near or {one.lower() for one in found}


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({}, "linux", "/home/ann/.local/share/heliograph"),
        ({"XDG_DATA_HOME": "/data"}, "linux", "/data/heliograph"),
        ({"XDG_DATA_HOME": "data"}, "linux", "/home/ann/.local/share/heliograph"),
        ({}, "darwin", "/home/ann/Library/Application Support/heliograph"),
    ],
)
def test_what_it_keeps_is_in_the_users_data(
    environ: dict[str, str], platform: str, folder: str
) -> None:
    assert installed.state_folder(environ, platform, Path("/home/ann")) == Path(folder)


@pytest.fixture
def said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """Runs it with options: its status, and what it says."""
    for name in ("KEY_VAULT_URI", "PORT", "SIGNALR_PORT"):
        monkeypatch.delenv(name, raising=False)

    def run(*options: str) -> tuple[int, str]:
        status = installed.main(ROOT, ["--state", str(tmp_path / "state"), *options])
        return status, capsys.readouterr().err.strip()

    return run


def test_a_port_that_is_taken_is_told_by_a_code(said: Said) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = said("--port", str(port))
    words = f"Port {port} is in use. Stop what uses it, or choose another with --port."
    assert told == (1, f"heliograph dev: {words} (port_taken)")


def test_a_folder_that_cannot_be_written_is_told_by_a_code(said: Said, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, text = said("--state", str(tmp_path / "file" / "state"))
    assert status == 1 and text.endswith("Choose another folder with --state. (cannot_write)")
    assert f"{tmp_path}/file/state/host-key cannot be written: " in text


def test_a_setting_that_needs_azure_is_refused(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_VAULT_URI", "https://vault.example")
    status, text = said()
    assert status == 1 and text.startswith("heliograph dev: KEY_VAULT_URI needs Azure's SDK")
    assert text.endswith("(needs_azure_sdk)")


def test_a_wrong_option_is_refused(said: Said) -> None:
    status, text = said("--port", "x")
    assert (status, text.endswith("(wrong_option)")) == (2, True)
