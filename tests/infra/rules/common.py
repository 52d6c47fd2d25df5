"""What rules have in common. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.infra.resources import Resource, Resources

type Rule = Callable[[Resources], Iterator[str]]


def expect(found: Iterable[Resource], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Each of them has each value; there has to be one at least."""
    found = list(found)
    if not found:
        yield f"there is nothing to hold to {', '.join(wanted)}"
    for resource in found:
        for name, value in wanted.items():
            if resource.values.get(name) != value:
                yield f"{resource.address}.{name} is {resource.values.get(name)!r}, not {value!r}"


def deployment(each: Resource) -> str:
    found: str = each.values["tags"]["deployment"]
    return found
