"""HTTP routes as the Functions host knows them (ASP.NET route templates). Pure.

Literal segments match without regard to case; the most specific template wins; a known path asked
with another method is 404, not 405 (Azure/azure-functions-host #10098).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

ALL_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"})


class RouteError(ValueError):
    """The template cannot be served; the message says why."""


# {name}, {name?}, {*name}, and the constraints people use; the rest is refused, not ignored.
_PARAMETER = re.compile(r"\{(\*?)([A-Za-z_]\w*)(?::(\w+))?(\??)\}")
_CONSTRAINTS = {
    None: r"[^/]+",
    "alpha": r"[A-Za-z]+",
    "int": r"-?\d+",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "bool": r"[Tt]rue|[Ff]alse",
}


@dataclass(frozen=True)
class Route:
    """Where one HTTP function answers."""

    function: str
    template: str  # prefix included, no leading slash: "api/rooms/{room}/kick"
    methods: frozenset[str]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The whole-path expression. Raises RouteError for a template not understood."""
        return re.compile("".join(_segments(self.template)), re.IGNORECASE)

    @property
    def specificity(self) -> tuple[int, ...]:
        """Sorts the more specific template first: literal, constrained, free, catch-all."""
        return tuple(_rank(segment) for segment in self.template.split("/"))

    @property
    def shape(self) -> str:
        """Equal for templates that match the same paths. Names of parameters do not count."""
        return _PARAMETER.sub(r"{\1:\3\4}", self.template).lower()

    def match(self, path: str) -> dict[str, str] | None:
        """The route parameters if the path (escaped, no leading slash) is this route's."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return {name: _decoded(value) for name, value in found.groupdict().items() if value}


def _decoded(value: str) -> str:
    """Percent-decoded, but for an encoded slash: Kestrel leaves `%2F` in a path as it is."""
    return unquote(re.sub("%(2f)", r"%25\1", value, flags=re.IGNORECASE))


def _segments(template: str) -> Iterable[str]:
    for position, segment in enumerate(template.split("/")):
        slash = "/" if position else ""
        parameter = _PARAMETER.fullmatch(segment)
        if parameter is None:
            if set(segment) & set("{}*?"):
                raise RouteError(f"the route segment {segment!r} is not understood here")
            yield slash + re.escape(segment)
            continue
        star, name, constraint, optional = parameter.groups()
        if constraint not in _CONSTRAINTS:
            raise RouteError(f"the route constraint {constraint!r} is not understood here")
        body = f"(?P<{name}>{'.*' if star else _CONSTRAINTS[constraint]})"
        yield f"(?:{slash}{body})?" if optional or star else slash + body


def _rank(segment: str) -> int:
    parameter = _PARAMETER.fullmatch(segment)
    if parameter is None:
        return 0
    if parameter[1]:
        return 3
    return 1 if parameter[3] else 2


@dataclass(frozen=True, slots=True)
class Match:
    """The function a request is for, its template, and the decoded route parameters."""

    function: str
    template: str
    parameters: Mapping[str, str]


class RouteTable:
    """Every HTTP function's route, most specific first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: route.specificity)

    def find(self, method: str, path: str) -> Match | None:
        """The function for a request; None means 404, also for a known path's other methods."""
        path = path.strip("/")
        for route in self._routes:
            if method in route.methods and (found := route.match(path)) is not None:
                return Match(route.function, route.template, found)
        return None


def clash(one: Route, other: Route) -> bool:
    """Whether some request would fit both equally well."""
    return one.shape == other.shape and bool(one.methods & other.methods)
