"""Which settings the app reads, by the syntax trees of its readers, and which it may lack."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# The modules that take the environment as an argument and read settings from it.
READERS = ("backend/settings.py", "stats/settings.py")
# Set for the host or the platform; no reader asks for them.
HOST = {
    "AzureWebJobsStorage__credential": "the host takes storage by identity",
    "AzureSignalRConnectionString__serviceUri": "SignalR by identity, for the host and for the app",
    "AzureSignalRConnectionString__credential": "SignalR by identity",
    "AzureSignalRConnectionString__clientId": "SignalR by identity",
    "AzureSignalRHttpClientTimeout": "how long the host waits for SignalR",
    "PYTHON_THREADPOOL_THREAD_COUNT": "Python's worker: as many threads as requests at once",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host's telemetry",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host's telemetry, by identity",
}
# Asked for by a reader, and left unset on purpose.
UNSET = {
    "HELIOGRAPH_SIGNING_KEYS": "with KEY_VAULT_URI the app reads HELIOGRAPH-SIGNING-KEYS there",
    "AzureSignalRConnectionString": "SignalR takes tokens, and no key is anywhere",
    "HELIOGRAPH_BUILD": "scripts.publish sets it once the package is there",
    "AzureWebJobsStorage": "a connection string: the account takes no keys",
    "AzureWebJobsStorage__tableServiceUri": "for Azurite; __accountName says the same",
}

type Constants = dict[str, str]


def settings_read() -> set[str]:
    """Names of the environment variables that the app asks for, in all of its readers."""
    return {name for path in READERS for name in names_in((ROOT / path).read_text())}


def names_in(source: str) -> set[str]:
    """Names of the environment variables that one module asks for.

    Raises AssertionError for a name that the syntax tree alone does not tell.
    """
    tree = ast.parse(source)
    everywhere = _constants(tree.body)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    readers = {f.name: place for f in functions for place in _asks_by_parameter(f)}
    return {name for f in functions for name in _names(f, everywhere, readers)}


def _constants(body: list[ast.stmt]) -> Constants:
    """`NAME = "text"` at this level."""
    found: Constants = {}
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Constant(str(text))):
                found[name] = text
    return found


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in function.args.args]


def _asked(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """What `environ.get(…)` and `environ[…]` are asked for."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(ast.Name("environ"), "get"), args=[asked, *_]):
                yield asked
            case ast.Subscript(value=ast.Name("environ"), slice=asked):
                yield asked


def _asks_by_parameter(function: ast.FunctionDef) -> Iterator[int]:
    """Places of the parameters that it asks the environment for."""
    parameters = _parameters(function)
    for asked in _asked(function):
        if isinstance(asked, ast.Name) and asked.id in parameters:
            yield parameters.index(asked.id)


def _names(
    function: ast.FunctionDef, everywhere: Constants, readers: dict[str, int]
) -> Iterator[str]:
    known = dict(everywhere)
    for node in function.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                if (text := _text(value, known)) is not None:
                    known[name] = text
    asked = [a for a in _asked(function) if getattr(a, "id", None) not in _parameters(function)]
    for call in ast.walk(function):
        match call:
            case ast.Call(func=ast.Name(reader), args=arguments) if reader in readers:
                asked.append(arguments[readers[reader]])
    for each in asked:
        found = _text(each, known)
        assert found is not None, f"line {each.lineno}: which setting is this?"
        yield found


def _text(node: ast.expr, known: Constants) -> str | None:
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.Name(name):
            return known.get(name)
        case ast.FormattedValue(value):
            return _text(value, known)
        case ast.JoinedStr(parts):
            texts = [_text(part, known) for part in parts]
            return None if None in texts else "".join(text for text in texts if text)
    return None
