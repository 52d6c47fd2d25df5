"""The audit needs Python and nothing else, and only its edge knows sockets and the clock."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AUDIT = ROOT / "turn" / "audit"
EDGE = {"__main__.py", "access.py", "client.py", "exchange.py"}
FILES = [ROOT / "turn" / "stun.py", *sorted(AUDIT.glob("*.py"))]
IMPURE = {"os", "random", "secrets", "select", "selectors", "socket", "sys", "time", "pathlib"}


OWN = {"turn.stun", *(f"turn.audit.{path.stem}" for path in AUDIT.glob("*.py"))}


def imports(path: Path) -> set[str]:
    """Modules; for `from turn import stun` turn.stun."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            inside = module in ("turn", "turn.audit")
            found.update(f"{module}.{name.name}" if inside else module for name in node.names)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_standard_library_is_enough(path: Path) -> None:
    others = {name.partition(".")[0] for name in imports(path) - OWN}
    assert others <= sys.stdlib_module_names


@pytest.mark.parametrize("path", [f for f in FILES if f.name not in EDGE], ids=lambda p: p.name)
def test_codec_findings_and_verdicts_know_no_socket_and_no_clock(path: Path) -> None:
    assert not imports(path) & IMPURE
    assert not imports(path) & {f"turn.audit.{Path(name).stem}" for name in EDGE}


def test_help_needs_no_package_and_no_network() -> None:
    command = [sys.executable, "-I", "-S", "-c", _HELP.format(root=str(ROOT))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "HOST[:PORT]" in done.stdout


_HELP = """
import sys

def no_network(event, arguments):
    if event in ("socket.__new__", "socket.getaddrinfo"):
        raise AssertionError(event)

sys.path.insert(0, {root!r})
sys.addaudithook(no_network)
from turn.audit.__main__ import main
main(["--help"])
"""
