"""What decides knows no clock, no chance, no file, no socket; one module knows the drivers."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINE = ("report", "anonymize", "crowd", "summary", "sqlite", "tsql")
PURE = [ROOT / "stats" / f"{name}.py" for name in MINE]
ALL = sorted((ROOT / "stats").rglob("*.py"))
ALLOWED = {
    *("collections", "datetime", "hashlib", "itertools", "math", "typing", "uuid"),
    *("msgspec", *(f"stats.{name}" for name in MINE)),
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (
                f"stats.{alias.name}" if node.module == "stats" else str(node.module)
                for alias in node.names
            )


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PURE, ids=name)
def test_what_decides_imports_only_what_is_pure(path: Path) -> None:
    for module in imports(path):
        assert {module, module.partition(".")[0]} & ALLOWED, module


@pytest.mark.parametrize("path", PURE, ids=name)
def test_what_decides_asks_no_clock(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"now", "today", "utcnow", "uuid1", "uuid4", "open", "read_text"}


@pytest.mark.parametrize("path", ALL, ids=name)
def test_only_one_module_touches_a_driver(path: Path) -> None:
    drivers = {"sqlite3", "pyodbc", "mssql_python", "mssql_python_odbc"}
    assert not drivers & set(imports(path)) or name(path) == "stats/sql.py"


@pytest.mark.parametrize("path", [p for p in ALL if p.parent.name == "stats"], ids=name)
def test_statistics_know_neither_rooms_nor_relays_nor_the_app(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(path)}
    above = {"signaling", "turn", "storage", "backend", "edge", "function_app", "wiring", "local"}
    assert not roots & above
