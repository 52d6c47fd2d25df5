"""What goes into a function and what comes out of it, as the host holds it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What the worker gets of a request: lower-cased header names, no empty query values."""

    method: str
    url: str  # absolute
    headers: Mapping[str, str]
    query: Mapping[str, str]
    route: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What a function answered, as the worker encodes it."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]  # complete Set-Cookie values
    body: bytes


# A value as the .NET host holds it after decoding the worker's TypedData.
Value = HttpResponse | str | bytes | int | float | dict[str, Any] | list[Any] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A completed invocation: the return value and the outputs that were set, by binding name."""

    value: Value
    outputs: Mapping[str, Value]
