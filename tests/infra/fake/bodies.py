"""Checks the bodies that azapi sends, as azapi itself does with schemas it carries. Pure.

`schemas/bodies.json` has the members that we use, from Microsoft's reference of templates; a leaf
says the type, a list of strings what is allowed, a list of one object what each member holds.
"""

from collections.abc import Iterator
from typing import Any

from tests.infra.fake.values import is_unknown

PLAIN: dict[str, Any] = {"string": str, "bool": bool, "number": (int, float)}


def faults(shape: Any, value: Any, place: str = "body") -> Iterator[str]:
    """One sentence for each member that the shape does not know or that has another type."""
    if value is None or is_unknown(value):
        return
    if isinstance(shape, str):
        if not isinstance(value, PLAIN[shape]):
            yield f"{place} is no {shape}"
    elif isinstance(shape, dict):
        yield from _members(shape, value, place)
    elif isinstance(shape[0], str) and len(shape) > 1:
        if value not in shape:
            yield f"{place} is none of {', '.join(shape)}"
    elif not isinstance(value, list):
        yield f"{place} is no list"
    else:
        for number, each in enumerate(value):
            yield from faults(shape[0], each, f"{place}[{number}]")


def _members(shape: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    for name, inner in value.items():
        if name not in shape:
            yield f"{place}.{name} is not known"
        else:
            yield from faults(shape[name], inner, f"{place}.{name}")
