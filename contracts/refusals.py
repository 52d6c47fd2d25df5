"""The codes of all refusals and their HTTP statuses, read from the places that raise them.

Nobody writes them down a second time: a code that is new in the source is here with the next run.
"""

import ast
from collections.abc import Iterator
from functools import cache
from inspect import getsource
from pathlib import Path

from signaling import errors
from signaling.errors import HeliographError

ROOT = Path(__file__).resolve().parent.parent
DEPLOYED = ("backend", "cloud", "signaling", "stats", "turn")
CLASSES: dict[str, type[HeliographError]] = {
    name: each
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, HeliographError)
}


class Ambiguous(ValueError):
    """A code with two statuses."""


@cache
def statuses() -> dict[str, int]:
    """By code, the HTTP status. Raises Ambiguous."""
    found: dict[str, int] = {}
    for name, code in sorted({*_raised(), *_built_in()}):
        status = CLASSES[name].status
        if found.setdefault(code, status) != status:
            raise Ambiguous(f"{code} has the statuses {found[code]} and {status}")
    return found


def _raised() -> Iterator[tuple[str, str]]:
    """Classes and codes of `BadRequest("code", …)` wherever it is written."""
    paths = [path for package in DEPLOYED for path in (ROOT / package).rglob("*.py")]
    for path in [*paths, ROOT / "function_app.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (name := _name(node.func)) in CLASSES:
                yield from ((name, code) for code in _code(node))


def _built_in() -> Iterator[tuple[str, str]]:
    """Codes that a class gives itself: `super().__init__("code", …)`."""
    for definition in ast.parse(getsource(errors)).body:
        if isinstance(definition, ast.ClassDef):
            calls = [node for node in ast.walk(definition) if isinstance(node, ast.Call)]
            inits = [call for call in calls if _name(call.func) == "__init__"]
            yield from ((definition.name, code) for call in inits for code in _code(call))


def _name(called: ast.expr) -> str:
    """Of a class that is called by its name, or by that of its module too."""
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def _code(call: ast.Call) -> list[str]:
    """The first argument, if it is a text."""
    texts = [arg.value for arg in call.args[:1] if isinstance(arg, ast.Constant)]
    return [text for text in texts if isinstance(text, str)]
