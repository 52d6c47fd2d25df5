"""Which settings the app reads when it starts, and which of them Terraform leaves unset.

The syntax trees of its modules tell: the way begins at `Settings.from_environ` and follows every
call that is given the environment, through functions of the same module and imported ones.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parent.parent.parent
START = ("backend.settings", "from_environ")
# Set for the host or the platform; the app need not read them.
HOST = {
    "AzureWebJobsStorage__credential": "the host takes storage by identity",
    "AzureSignalRConnectionString__serviceUri": "SignalR by identity, for the host and for the app",
    "AzureSignalRConnectionString__credential": "SignalR by identity",
    "AzureSignalRConnectionString__clientId": "SignalR by identity",
    "AzureWebJobsDisableHomepage": "the host: its root answers 204, and no page",
    "PYTHON_THREADPOOL_THREAD_COUNT": "Python's worker: as many threads as requests at once",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host's telemetry",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host's telemetry, by identity",
}
# The app asks for these, and they are left unset on purpose.
UNSET = {
    "HELIOGRAPH_SIGNING_KEYS": "with KEY_VAULT_URI the app reads HELIOGRAPH-SIGNING-KEYS there",
    "AzureSignalRConnectionString": "SignalR takes tokens, and no key is anywhere",
    "AzureSignalRConnectionString__serverEndpoint": "for a proxy before SignalR; there is none",
    "AzureSignalRConnectionString__clientEndpoint": "for a proxy before SignalR; there is none",
    "HELIOGRAPH_BUILD": "scripts.publish sets it once the package is there",
    "AzureWebJobsStorage": "a connection string: the account takes no keys",
    "AzureWebJobsStorage__tableServiceUri": "for Azurite; __accountName says the same",
}

type Texts = Mapping[str, str]
type Read = Callable[[str], str]


class Module(Struct, frozen=True):
    """One module: its functions, its constants, and where imported names come from."""

    name: str
    functions: Mapping[str, ast.FunctionDef]
    constants: Texts
    imported: Mapping[str, str]


def settings_read() -> set[str]:
    """Names of the environment variables that the app asks for when it starts."""
    return names_asked(START, lambda name: (ROOT / f"{name.replace('.', '/')}.py").read_text())


def names_asked(start: tuple[str, str], read: Read) -> set[str]:
    """Names that the function `start` (module, name) asks for; `read` gives a module's source.

    Raises AssertionError for a name that the syntax trees do not tell.
    """
    modules: dict[str, Module] = {}

    def module(name: str) -> Module:
        if name not in modules:
            modules[name] = _module(name, read(name))
        return modules[name]

    return set(_asked(module, *start, {}))


def _asked(
    module: Callable[[str], Module], home: str, function: str, given: Texts
) -> Iterator[str]:
    here = module(home)
    body = here.functions[function]
    known = {**here.constants, **given, **_constants(body.body, {**here.constants, **given})}
    for node in ast.walk(body):
        match node:
            case ast.Call(func=ast.Attribute(ast.Name("environ"), "get"), args=[asked, *_]):
                yield _told(asked, known)
            case ast.Subscript(value=ast.Name("environ"), slice=asked):
                yield _told(asked, known)
            case ast.Call(func=ast.Name(called), args=args) if _passes_environment(args):
                place = home if called in here.functions else here.imported[called]
                names = [a.arg for a in module(place).functions[called].args.args]
                texts = zip(names, (_text(arg, known) for arg in args), strict=False)
                passed = {name: text for name, text in texts if text is not None}
                yield from _asked(module, place, called, passed)


def _passes_environment(args: list[ast.expr]) -> bool:
    return any(isinstance(arg, ast.Name) and arg.id == "environ" for arg in args)


def _module(name: str, source: str) -> Module:
    tree = ast.parse(source)
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported = {each.name: node.module or "" for node in imports for each in node.names}
    return Module(name, functions, _constants(tree.body, {}), imported)


def _constants(body: list[ast.stmt], known: Texts) -> dict[str, str]:
    """`NAME = "text"` at this level, or another name for a known text."""
    found: dict[str, str] = {}
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                if (text := _text(value, {**known, **found})) is not None:
                    found[name] = text
    return found


def _told(node: ast.expr, known: Texts) -> str:
    text = _text(node, known)
    assert text is not None, f"line {node.lineno}: which setting is this?"
    return text


def _text(node: ast.expr, known: Texts) -> str | None:
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
