"""The direction of imports, held over the syntax trees: function_app → wiring → adapters → pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIGNALING = sorted((ROOT / "signaling").glob("*.py"))
DEPLOYED = [*SIGNALING, *sorted((ROOT / "storage").glob("*.py")), *sorted(ROOT.glob("*.py"))]
# Nothing here knows a clock, chance, a socket or a file.
PURE = {
    "base64",
    "binascii",
    "collections",
    "dataclasses",
    "enum",
    "jwt",
    "msgspec",
    "re",
    "signaling",
    "threading",  # for a lock: threads share the gate
    "types",
    "typing",
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield node.module or ""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_files_to_look_at() -> None:
    assert {"signaling/room.py", "storage/table.py", "backend.py"} <= {name(p) for p in DEPLOYED}


@pytest.mark.parametrize("path", SIGNALING, ids=name)
def test_signaling_imports_only_what_is_pure(path: Path) -> None:
    assert {module.partition(".")[0] for module in imports(path)} <= PURE


@pytest.mark.parametrize("path", SIGNALING, ids=name)
def test_signaling_neither_opens_nor_prints_nor_evaluates(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "print", "input", "eval", "exec", "__import__"}


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_only_the_function_app_knows_azure_functions(path: Path) -> None:
    knows = any(module.startswith("azure.functions") for module in imports(path))
    assert not knows or name(path) == "function_app.py"


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_only_the_function_app_reads_the_environment(path: Path) -> None:
    reads = any(
        isinstance(node, ast.Attribute | ast.Name | ast.alias)
        and {getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "name", "")}
        & {"getenv", "getenvb", "environb"}
        or isinstance(node, ast.Attribute)
        and node.attr == "environ"
        or isinstance(node, ast.alias)
        and node.name == "environ"
        for node in ast.walk(tree(path))
    )
    assert not reads or name(path) in {"function_app.py", "settings.py"}


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_nothing_deployed_imports_the_local_stack(path: Path) -> None:
    assert not {"local", "tests"} & {module.partition(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", [p for p in DEPLOYED if p.parent.name == "storage"], ids=name)
def test_storage_imports_nothing_above_it(path: Path) -> None:
    above = {"backend", "edge", "function_app", "wiring", "settings", "dataplane"}
    assert not above & {module.partition(".")[0] for module in imports(path)}
