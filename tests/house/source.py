"""Our Python sources as syntax trees: which module imports which, and what it calls."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every Python file of the project that git knows or would take."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = {ROOT / name for name in listed.split("\0") if name}
    return tuple(sorted(path for path in paths if path.is_file()))


def module_of(path: Path) -> str:
    """`turn.audit` for turn/audit/__init__.py."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def modules() -> dict[str, Path]:
    return {module_of(path): path for path in files()}


@cache
def imports(path: Path) -> frozenset[str]:
    """What a file imports, anywhere in it: at its head, in functions, for types only."""
    return frozenset(_imported(path))


def statements(module: ast.Module) -> Iterator[ast.AST]:
    """All statements at any depth, in no order. `ast.walk` takes ten times as long: it looks into
    expressions, in which nothing is imported or defined."""
    waiting: list[ast.AST] = [*module.body]
    while waiting:
        node = waiting.pop()
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, field, ())


def _imported(path: Path) -> Iterator[str]:
    for node in statements(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            base = node.module or ""
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in modules() else base


def package(module: str) -> str:
    return module.partition(".")[0]


def called(path: Path) -> set[str]:
    """Names that are called, without what they are called on."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            names.add(getattr(node.func, "id", getattr(node.func, "attr", "")))
    return names
