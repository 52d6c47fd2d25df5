"""The direction of imports: function_app → backend → adapters → pure. docs/design.md draws it."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house.drawing import arrows
from tests.house.source import ROOT, called, files, imports, module_of, modules, package, tree

# What each package may import of the others: the arrows of docs/design.md.
MAY_IMPORT = arrows()
DEPLOYED = {"signaling", "cloud", "turn", "stats", "costs", "backend", "function_app"}
# Of each package, the modules that decide. They know no clock, no chance, no file and no socket.
PURE = {
    "signaling": {path.stem for path in (ROOT / "signaling").glob("*.py")},
    "turn": {
        *("money", "ceilings", "balances", "ledger", "room_ledger", "ladder"),
        *("circuit", "credentials", "ice", "stun"),
    },
    "stats": {
        *("report", "row", "anonymize", "buckets", "dates", "sums", "crowd", "summary", "digest"),
        *("summarize", "sqlite", "tsql", "wakes", "noise", "availability", "chaos"),
    },
    "costs": {
        *("model", "forecast", "designs", "prices", "pricing", "comparison", "measured"),
        *("call", "stamps", "table", "answer", "deployment", "standing", "database", "resources"),
    },
    "cloud": {"documents", "connection_strings", "secrets", "secret_cache"},
    "local": {
        "environment",
        "layout",
        "settings_file",
        *(f"functions.{stem}" for stem in ("bindings", "cors", "outputs", "routes", "rules")),
        *(f"functions.{stem}" for stem in ("schedule", "values", "newtonsoft", "faults")),
        *(f"functions.{stem}" for stem in ("signalr_rest", "service_settings")),
        *(f"emulator.{stem}" for stem in ("events", "framing", "handshake", "hub", "options")),
        *(f"emulator.{stem}" for stem in ("negotiation", "protocol", "templates", "tokens")),
        *(f"emulator.{stem}" for stem in ("audience", "jws", "quotas", "upstream")),
    },
}
HARMLESS = {
    *("base64", "binascii", "bisect", "collections", "datetime", "enum", "functools", "hashlib"),
    *("hmac", "cryptography"),  # they compute
    *("itertools", "jwt", "math", "msgspec", "re", "string", "tomllib", "types", "typing", "uuid"),
    *("dataclasses", "struct", "unicodedata", "zlib", "ipaddress", "threading"),  # a lock
    *("json", "urllib.parse"),
}
IMPURE_CALLS = {
    *("open", "print", "input", "eval", "exec", "__import__", "read_text", "write_text"),
    *("time_ns", "monotonic", "perf_counter", "today", "utcnow", "uuid1", "uuid4", "getenv"),
    *("token_bytes", "token_hex", "token_urlsafe", "urandom", "randbelow", "choice"),
}
PURE_FILES = [
    modules()[f"{name}.{stem}"]
    for name, stems in PURE.items()
    for stem in sorted(stems)
    if stem != "__init__"
]
DEPLOYED_FILES = [path for path in files() if package(module_of(path)) in DEPLOYED]
OTHER_FILES = [path for path in files() if package(module_of(path)) in MAY_IMPORT]
OURS = {*MAY_IMPORT, "tests"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_module_belongs_to_a_package_with_rules() -> None:
    assert {package(module) for module in modules()} == OURS


@pytest.mark.parametrize("path", OTHER_FILES, ids=name)
def test_a_module_imports_only_from_below(path: Path) -> None:
    mine = package(module_of(path))
    others = {package(module) for module in imports(path)} & OURS - {mine}
    assert others <= MAY_IMPORT[mine]


def test_tests_do_not_import_benchmarks() -> None:
    found = [
        name(p)
        for p in files()
        if package(module_of(p)) == "tests"
        and any(package(module) == "benchmarks" for module in imports(p))
    ]
    assert found == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        module: imports(path) & modules().keys() - {module} for module, path in modules().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' → '.join(error.args[1])}")


def _in_emulator(module: str) -> bool:
    return module == "local.emulator" or module.startswith("local.emulator.")


EMULATOR = {module: path for module, path in modules().items() if _in_emulator(module)}
# What the emulator offers to others: its `__init__` and the codec of the hub protocol.
EMULATOR_SURFACE = {"local.emulator", "local.emulator.protocol"}


@pytest.mark.parametrize("path", EMULATOR.values(), ids=name)
def test_the_emulator_imports_nothing_of_ours_outside_itself(path: Path) -> None:
    assert {one for one in imports(path) if package(one) in OURS} <= EMULATOR.keys()


@pytest.mark.parametrize("path", OTHER_FILES, ids=name)
def test_others_import_only_the_surface_of_the_emulator(path: Path) -> None:
    inside = {module for module in imports(path) if _in_emulator(module)}
    assert path in EMULATOR.values() or inside <= EMULATOR_SURFACE


@pytest.mark.parametrize("path", PURE_FILES, ids=name)
def test_what_decides_imports_only_what_is_pure(path: Path) -> None:
    pure = {module_of(one) for one in PURE_FILES} | {"signaling"}
    for module in imports(path):
        assert module in pure or {module, package(module)} & HARMLESS, module


@pytest.mark.parametrize("path", PURE_FILES, ids=name)
def test_what_decides_asks_no_clock_and_opens_nothing(path: Path) -> None:
    assert not called(path) & IMPURE_CALLS


@pytest.mark.parametrize("path", DEPLOYED_FILES, ids=name)
def test_only_the_function_app_knows_azure_functions(path: Path) -> None:
    knows = any(module.startswith("azure.functions") for module in imports(path))
    assert not knows or name(path) == "function_app.py"


@pytest.mark.parametrize("path", DEPLOYED_FILES, ids=name)
def test_only_entry_points_read_the_environment(path: Path) -> None:
    """The function app, and the commands for administrators."""
    reads = {getattr(node, "attr", "") for node in ast.walk(tree(path))} | {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    entry = name(path) == "function_app.py" or "commands" in path.parts
    assert entry or not reads & {"getenv", "getenvb", "environ", "environb"}


@pytest.mark.parametrize("path", [p for p in DEPLOYED_FILES if "stats" in p.parts], ids=name)
def test_only_one_module_of_statistics_touches_a_driver(path: Path) -> None:
    drivers = {"sqlite3", "pyodbc", "mssql_python", "mssql_python_odbc"}
    assert not drivers & imports(path) or name(path) == "stats/drivers.py"
