"""The commands of the Azure CLI that we use, and whether they are as the CLI defines them. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Every command has these: https://learn.microsoft.com/cli/azure/reference-index#global-parameters
GLOBAL = {
    *("--debug", "--help", "-h", "--only-show-errors", "--output", "-o", "--query"),
    *("--subscription", "--verbose", "--yes", "-y"),
}
type Definitions = Mapping[str, Any]


def commands_in(shell: str) -> Iterator[list[str]]:
    """The words of each `az …` in a text of shell, those within `$(…)` too."""
    text = shell.replace("\\\n", " ")
    innermost = re.compile(r"\$\(([^()]*)\)")
    while found := innermost.search(text):
        yield from _plain(found[1])
        text = text[: found.start()] + "VALUE" + text[found.end() :]
    yield from _plain(text)


def _plain(text: str) -> Iterator[list[str]]:
    for found in re.finditer(r"(?<![\w./-])az ([a-z][^\n|;&>`#]*)", text):
        words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", found[1])
        yield [word.strip("'\"") for word in words]


def faults(words: list[str], definitions: Definitions) -> Iterator[str]:
    """One sentence for each thing that the CLI would refuse."""
    names = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
    name = next((each for each in names if each in definitions), None)
    if name is None:
        yield f"az {' '.join(words[:4])} is no command, or is not in az.json"
        return
    options = definitions[name]
    known = {flag for flags, _ in options for flag in flags}
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    yield from (f"az {name} has no {flag}" for flag in sorted(given - known - GLOBAL))
    for flags, required in options:
        # A text may name a command without its words.
        if given and required and not given & set(flags):
            yield f"az {name} lacks {flags[0]}"
