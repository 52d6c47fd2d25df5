"""The package's own house: who may import whom, what is pure, and what an import costs."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from lab.stack import ROOT

SOURCES = ROOT / "clients" / "python" / "src"
FILES = sorted((SOURCES / "heliograph").rglob("*.py"))
# Each imports only from those before it.
LAYERS = (
    *("errors", "bounded_map", "timing", "wire", "stamps", "turn", "peer", "files", "media"),
    *("events", "room", "check", "cli"),
)
PURE = {
    *(f"stamps.{name}" for name in ("acks", "home", "outbox", "presence", "routes")),
    *(f"peer.{name}" for name in ("negotiation", "moves", "outgoing", "early", "connecting")),
    *(f"wire.{name}" for name in ("answers", "parse", "protocol", "shape", "sources")),
    *(f"files.{name}" for name in ("messages", "names", "phase", "send_window", "rate")),
    *("turn.network", "timing.pace", "room.content", "room.orders", "cli.link"),
    *("check.steps", "check.trials"),
}
IMPURE = {"asyncio", "time", "random", "secrets", "os", "socket", "aiortc", "httpx", "websockets"}


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(SOURCES).with_suffix("").parts)
    return name.removesuffix(".__init__").removeprefix("heliograph").removeprefix(".")


def imports(path: Path) -> set[str]:
    """What it imports when it is imported, or for its types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def inside(path: Path) -> set[str]:
    known = {f"heliograph.{module_of(each)}": module_of(each) for each in FILES if module_of(each)}
    return {known[name] for name in imports(path) & known.keys()}


def layer(module: str) -> int:
    return LAYERS.index(module.partition(".")[0])


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_only_from_layers_below(path: Path) -> None:
    module = module_of(path)
    if module not in ("", "__main__"):
        assert [each for each in inside(path) if layer(each) > layer(module)] == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module_of(path): inside(path) - {module_of(path)} for path in FILES}
    TopologicalSorter(graph).prepare()


def test_what_decides_knows_no_clock_and_no_network() -> None:
    modules = {module_of(path): path for path in FILES}
    assert modules.keys() >= PURE
    for name in PURE:
        tops = {each.partition(".")[0] for each in imports(modules[name])}
        assert not tops & IMPURE, name


def test_what_is_slow_to_import_is_imported_when_it_is_needed() -> None:
    code = (
        "import heliograph, sys; print(sorted({'aiortc', 'av', 'httpx', 'numpy'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
