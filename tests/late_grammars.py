"""Compiles the grammars of `rfc3987_syntax` when the first text is checked, and not before.

`jsonschema` imports it for two formats, `iri` and `iri-reference`. Its import compiles 38 grammars,
which takes a second or two of the processor in every process that runs tests. One test needs one of
them (tests/pipeline/test_package.py). Import this before `jsonschema`.
"""

import sys
from importlib import import_module
from types import ModuleType

NAME = "rfc3987_syntax"


def is_valid_syntax(term: str, text: str) -> bool:
    """As the real one."""
    if sys.modules.get(NAME) is LATE:
        del sys.modules[NAME]
    valid: bool = import_module(NAME).is_valid_syntax(term, text)
    return valid


LATE = ModuleType(NAME)
LATE.__dict__["is_valid_syntax"] = is_valid_syntax
sys.modules.setdefault(NAME, LATE)
