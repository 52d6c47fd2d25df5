"""Checks of single JSON values, for the parsers. Pure."""

import json
import re
from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")
Json = dict[str, Any]
MAX_COUNT = 2**53 - 1  # what every JSON library keeps exactly
MAX_ITEMS = 256


def parse_json(text: str | bytes) -> Any:
    """The value, or None on junk; NaN and Infinity are no JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def to_json(value: Any) -> str:
    """As it goes over the wire: without spaces, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def byte_count(text: str) -> int:
    """How many bytes of UTF-8 it takes. A lone surrogate counts three, as in a browser."""
    return len(text.encode("utf-8", "surrogatepass"))


def record(value: Any) -> Json | None:
    """The value, if it is a JSON object."""
    return value if isinstance(value, dict) else None


def items(value: Any, parse: Callable[[Any], T | None], most: int = MAX_ITEMS) -> list[T] | None:
    """The parsed items of a list of at most `most`; None if one cannot be parsed."""
    if not isinstance(value, list) or len(value) > most:
        return None
    parsed = [parse(item) for item in value]
    known = [item for item in parsed if item is not None]
    return known if len(known) == len(parsed) else None


def is_text(value: Any, least: int, most: int) -> TypeGuard[str]:
    """A text of so many characters (code points)."""
    return isinstance(value, str) and least <= len(value) <= most


def matches(value: Any, form: re.Pattern[str]) -> TypeGuard[str]:
    """A text that is wholly of this form."""
    return isinstance(value, str) and form.fullmatch(value) is not None


def is_count(value: Any) -> TypeGuard[int]:
    """An integer from 0 to 2⁵³−1."""
    return type(value) is int and 0 <= value <= MAX_COUNT


def is_number(value: Any) -> TypeGuard[float]:
    """A number, and no boolean."""
    return type(value) in (int, float)


def is_not_deeper_than(value: Any, levels: int) -> bool:
    """Whether a JSON value has at most so many levels of lists and objects."""
    if not isinstance(value, dict | list):
        return True
    if levels == 0:
        return False
    inner = value.values() if isinstance(value, dict) else value
    return all(is_not_deeper_than(item, levels - 1) for item in inner)


def _refuse(constant: str) -> None:
    raise ValueError(constant)
