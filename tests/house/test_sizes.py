"""No function is longer than 40 lines, in any language.

Python and shell are counted here. TypeScript and JavaScript are counted by biome, whose
configuration is checked here; callbacks of `describe` and `test` are exempt there.
"""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT, files, statements, tree

MAX_LINES = 40
SHELL = re.compile(r"^#!.*\b(?:ba|da)?sh\b")
# `name() {` to the first line that is `}` alone, or the same on one line.
SHELL_FUNCTION = re.compile(r"^(?:function )?([\w-]+) ?\(\) *\{.*?(?:\}$|^\}$)", re.M | re.S)

LONG_SHELL = "#!/bin/sh\nlong() {\n" + "  true\n" * 39 + "}\nshort() { true; }\n"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def long_functions(module: ast.Module) -> list[str]:
    """Names of the functions and methods with more lines than allowed, decorators excluded."""
    return [
        f"{node.name}: {lines}"
        for node in statements(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_LINES
    ]


def long_shell_functions(text: str) -> list[str]:
    """The same for a shell script, here-documents included."""
    return [
        f"{found[1]}: {lines}"
        for found in SHELL_FUNCTION.finditer(text)
        if (lines := found[0].count("\n") + 1) > MAX_LINES
    ]


def shell_scripts() -> list[Path]:
    """Every file that git knows or would take and that starts as a shell script does."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = [ROOT / one for one in listed.split("\0") if one]
    return [path for path in paths if path.is_file() and SHELL.match(_first_line(path))]


def _first_line(path: Path) -> str:
    with path.open("rb") as file:
        return file.readline(200).decode(errors="replace")


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_python_function_is_longer_than_40_lines(path: Path) -> None:
    assert long_functions(tree(path)) == []


@pytest.mark.parametrize("path", shell_scripts(), ids=name)
def test_no_shell_function_is_longer_than_40_lines(path: Path) -> None:
    assert long_shell_functions(path.read_text()) == []


def test_a_longer_function_is_found() -> None:
    body = "    pass\n" * MAX_LINES
    assert long_functions(ast.parse(f"def long():\n{body}def short(): pass")) == ["long: 41"]
    assert long_shell_functions(LONG_SHELL) == ["long: 41"]
    assert len(shell_scripts()) >= 6  # .ci/run and those in scripts/


def test_biome_refuses_longer_functions_and_import_cycles() -> None:
    settings = json.loads((ROOT / "biome.json").read_text())
    rules = settings["linter"]["rules"]
    lines = rules["complexity"]["noExcessiveLinesPerFunction"]
    assert lines == {"level": "error", "options": {"maxLines": MAX_LINES}}
    cycles = rules["suspicious"]["noImportCycles"]
    assert cycles == {"level": "error", "options": {"ignoreTypes": False}}
    assert {"client/**", "web/**", "tests/**/*.mjs"} <= set(settings["files"]["includes"])
    # Only the lines of test files are not counted; cycles are refused everywhere.
    (exempt,) = settings["overrides"]
    assert exempt["includes"] == ["**/*.test.ts"]
    assert exempt["linter"]["rules"] == {"complexity": {"noExcessiveLinesPerFunction": "off"}}
