"""Where we use the Azure CLI: the manual, the scripts of the shell and of Python, the pipeline."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.pipeline.az_commands import commands_in

ROOT = Path(__file__).resolve().parents[2]


def used_commands() -> list[list[str]]:
    """The words of every command, wherever it stands."""
    manual = (ROOT / "docs" / "operations.md").read_text()
    texts = re.findall(r"(?ms)^```sh\n(.*?)^```", manual) + re.findall(r"`(az [a-z][^`]*)`", manual)
    texts += [(ROOT / "scripts" / "infra").read_text()]
    texts += [path.read_text() for path in sorted((ROOT / "pipelines").glob("*.yml"))]
    found = [words for text in texts for words in commands_in(text)]
    return found + list(_of_python())


def _of_python() -> Iterator[list[str]]:
    """Calls of `az(…)`: what is no literal is VALUE, and `*where` is looked up in its function."""
    for path in sorted((ROOT / "scripts").glob("*.py")):
        tree = ast.parse(path.read_text())
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            names = dict(_tuples(function))
            for call in ast.walk(function):
                match call:
                    case ast.Call(func=ast.Name("az"), args=[ast.Constant(), *_] as arguments):
                        yield [word for each in arguments for word in _words(each, names)]


def _tuples(function: ast.FunctionDef) -> Iterator[tuple[str, ast.Tuple]]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Tuple() as value):
                yield name, value


def _words(node: ast.expr, names: dict[str, ast.Tuple]) -> Iterator[str]:
    match node:
        case ast.Constant(str(text)):
            yield text
        case ast.Starred(value=ast.Name(name)) if name in names:
            for each in names[name].elts:
                yield from _words(each, names)
        case ast.Starred():
            yield "--template"  # the one list that is made: scripts/upstream_key.py
        case _:
            yield "VALUE"
