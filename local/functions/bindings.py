"""Functions and their bindings, as the worker's indexing reports them: plain frozen values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any


class HostRefusal(Exception):
    """The app cannot run here; the text says why and what to do, one line per reason.

    `code`: a stable word for it, for whoever reads it with a program.
    """

    def __init__(self, text: str, code: str = "app_refused") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding of one function. `settings` holds the members as the decorators named them."""

    type: str  # "httpTrigger", "signalR", …
    direction: str  # "IN" | "OUT" | "INOUT"
    name: str  # the Python parameter, or "$return"
    settings: Mapping[str, Any]

    @property
    def is_trigger(self) -> bool:
        """Whether this binding starts the function: its type ends in `Trigger`."""
        return self.type.lower().endswith("trigger")

    def text(self, key: str, default: str = "") -> str:
        """A setting as text; the default where it is absent or null."""
        value = self.settings.get(key)
        return default if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the app: its name, the worker's id for it, and its bindings in order."""

    name: str
    id: str
    bindings: tuple[Binding, ...]

    @property
    def trigger(self) -> Binding:
        """The one trigger; `rules.py` has made sure there is exactly one."""
        return next(binding for binding in self.bindings if binding.is_trigger)

    @property
    def outputs(self) -> Iterator[Binding]:
        """The output bindings, `$return` included, in their order."""
        return (binding for binding in self.bindings if binding.direction == "OUT")


def parse_binding(raw: Mapping[str, Any]) -> Binding:
    """A binding from the object the worker reports."""
    known = {"type", "direction", "name"}
    return Binding(
        type=str(raw.get("type", "")),
        direction=str(raw.get("direction", "IN")).upper(),
        name=str(raw.get("name", "")),
        settings={key: value for key, value in raw.items() if key not in known},
    )


_EXPRESSION = re.compile(r"%([^%\s]+)%")


def resolve(function: Function, environ: Mapping[str, str]) -> Function:
    """The function with every `%SETTING%` replaced from the environment.

    The host resolves such expressions in binding members ("Binding expressions: app settings" in
    the Functions docs). Raises HostRefusal naming a setting that does not exist.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environ:
            raise HostRefusal(
                f"{function.name}: a binding refers to %{name}%, which is not set. "
                f"Set {name} in the environment or under Values in local.settings.json."
            )
        return environ[name]

    def fill_all(binding: Binding) -> Binding:
        settings = {
            key: _EXPRESSION.sub(fill, value) if isinstance(value, str) else value
            for key, value in binding.settings.items()
        }
        return replace(binding, settings=settings)

    return replace(function, bindings=tuple(fill_all(binding) for binding in function.bindings))
