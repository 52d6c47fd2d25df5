"""Commands in a block of shell: what of ours they name has to be there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from json import loads

from tests.house.source import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
# `python -m x`, in any of its spellings, with what stands behind it.
_MODULE = re.compile(r"(?:^|[\s;&|(`])\S*python3? +-m +([\w.]+)([^\n;&|#)`]*)")
_MAKE = re.compile(r"(?:^|[;&|]|\b[A-Z_]+=\S+) *make((?: +[\w=.-]+)*)", re.MULTILINE)
_NPM_RUN = re.compile(r"\bnpm run +(?:--silent +)?([\w:-]+)(?: +-w +([\w/]+))?")
_PATH = re.compile(r"(?<![\w/$.{-])((?:scripts|tests|examples|benchmarks|pipelines)/[\w./-]*\w)")
# What commands print for --help: asked once.
_HELP: dict[str, str] = {}
_OPTION = re.compile(r"(?<=[\s\[])--?[a-zA-Z][\w-]*")


def faults(text: str) -> Iterator[str]:
    """What a shell or a reader would stumble over, a sentence each."""
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
    if done.returncode:
        yield f"bash: {done.stderr.strip()}"
    plain = _plain(text)
    yield from _unknown_targets(plain)
    for module, words in _modules(plain):
        yield from _unknown_options(module, words)
    for name, workspace in _NPM_RUN.findall(plain):
        package = loads((ROOT / (workspace or ".") / "package.json").read_text())
        if name not in package["scripts"]:
            yield f"npm has no script {name} in {workspace or 'package.json'}"
    for path in _PATH.findall(plain):
        if not (ROOT / path).exists():
            yield f"{path} is not there"


def _plain(text: str) -> str:
    """Without comments, and each command in one line."""
    return re.sub(r"(?m)(?:^|(?<=\s))#.*$", "", re.sub(r"\\\n\s*", " ", text))


def _modules(text: str) -> Iterator[tuple[str, str]]:
    """Each `python -m MODULE`, also one within $(…), with what stands behind it."""
    while inner := re.search(r"\$\(([^()]*)\)", text):
        yield from _MODULE.findall(inner[1])
        text = text[: inner.start()] + "VALUE" + text[inner.end() :]
    yield from _MODULE.findall(text)


def _unknown_targets(text: str) -> Iterator[str]:
    for words in _MAKE.findall(text):
        for word in words.split():
            name, is_variable, _ = word.partition("=")
            if is_variable and not _is_read(name):
                yield f"nothing reads {name}"
            elif not is_variable and not re.search(rf"(?m)^{re.escape(name)}:", MAKEFILE):
                yield f"the Makefile has no {name}"


def _is_read(variable: str) -> bool:
    """By the Makefile, or by the local stack out of its environment."""
    files = [MAKEFILE, *(path.read_text() for path in sorted((ROOT / "local").glob("*.py")))]
    return any(re.search(rf'\$\({variable}\)|"{variable}"', text) for text in files)


def unknown_module(module: str) -> str | None:
    """A sentence, if `python -m` does not know this module."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    return None if found else f"Python has no module {module}"


def _unknown_options(module: str, words: str) -> Iterator[str]:
    missing = unknown_module(module)
    if missing:
        yield missing
    elif options := _options(module, words):
        command = _command_of(module, words)
        if command not in _HELP:
            _HELP.update(_asked([command]))
        for option in options:
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", _HELP[command]):
                yield f"python -m {command} has no {option}"


def _options(module: str, words: str) -> list[str]:
    """The options that are given to a module of ours."""
    ours = (ROOT / module.partition(".")[0]).is_dir()
    return _OPTION.findall(f" {words}") if ours else []


def _command_of(module: str, words: str) -> str:
    """`costs forecast` of `costs` and ` forecast --json`, where a module has commands."""
    first = words.split()[0]
    is_command = (ROOT / module.replace(".", "/") / "commands" / f"{first}.py").is_file()
    return f"{module} {first}" if is_command else module


def ask_for_help(text: str) -> None:
    """Asks the modules in many commands for their options, in one process for all of them."""
    wanted = {
        _command_of(module, words)
        for module, words in _modules(_plain(text))
        if _options(module, words) and not unknown_module(module)
    }
    _HELP.update(_asked(sorted(wanted)))


def _asked(commands: list[str]) -> dict[str, str]:
    """What each prints for --help. One that ends with an error knows no option."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.help", *commands],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answer: dict[str, str] = loads(done.stdout)
    return answer
