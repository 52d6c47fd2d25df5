"""What the real host refuses at start, said in words: the function, the reason, the cure. Pure.

Python alone accepts all of these; on Azure the function silently never runs, or the host stops.
Sources: Azure/azure-functions-host (`Utility.ValidateName`, `ScriptHost`, `HttpTrigger` routes),
azure-sdk-for-net `SignalRTriggerDispatcher.Map`, the docs of each binding.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from local.functions.bindings import Binding, Function
from local.functions.routes import ALL_METHODS, Route, RouteError, clash
from local.functions.schedule import ScheduleError, parse

FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_\-]{0,127}", re.IGNORECASE)
BINDING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,127}|\$return")
# "Naming queues and metadata", Azure Storage.
QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
DEFAULT_SIGNALR_SETTING = "AzureSignalRConnectionString"
KNOWN_BINDINGS = {
    "httptrigger": "IN",
    "signalrtrigger": "IN",
    "queuetrigger": "IN",
    "timertrigger": "IN",
    "http": "OUT",
    "signalr": "OUT",
    "queue": "OUT",
}
AUTH_LEVELS = frozenset({"ANONYMOUS", "FUNCTION", "ADMIN"})

Check = Callable[[Function, Mapping[str, str]], Iterator[str]]


def refusals(
    functions: Sequence[Function], environ: Mapping[str, str], prefix: str = "api"
) -> list[str]:
    """Every reason not to start, each one sentence naming the function and the cure."""
    checks: tuple[Check, ...] = (_names, _triggers, _types, _connections, _schedules, _queues)
    reasons = [reason for f in functions for check in checks for reason in check(f, environ)]
    reasons += _duplicates(functions)
    reasons += _routes(functions, prefix)
    reasons += _signalr_keys(functions)
    reasons += _storage(functions, environ)
    return reasons


def route_of(function: Function, prefix: str) -> Route:
    """The route of an HTTP function; the function's name where no route is given."""
    trigger = function.trigger
    tail = trigger.text("route", function.name).strip("/")
    named = trigger.settings.get("methods") or ()
    methods = frozenset(str(method).upper() for method in named) or ALL_METHODS
    return Route(function.name, "/".join(filter(None, (prefix.strip("/"), tail))), methods)


def signalr_setting(binding: Binding) -> str:
    """The name of the setting that holds a signalR binding's connection string."""
    return binding.text("connectionStringSetting") or DEFAULT_SIGNALR_SETTING


def signalr_key(binding: Binding) -> tuple[str, str, str]:
    """(hub, category, event) of a signalRTrigger, for comparison without regard to case."""
    hub, category, event = (binding.text(key) for key in ("hubName", "category", "event"))
    return hub.lower(), category.lower(), event.lower()


def _names(function: Function, _: Mapping[str, str]) -> Iterator[str]:
    if not FUNCTION_NAME.fullmatch(function.name):
        yield (
            f"{function.name}: the host refuses this function name. Start with a letter and use "
            "only letters, digits, _ and -, at most 128."
        )
    names = Counter(binding.name.lower() for binding in function.bindings)
    for binding in function.bindings:
        if not BINDING_NAME.fullmatch(binding.name):
            yield (
                f"{function.name}: the host refuses the binding name {binding.name!r}. Rename the "
                "parameter: a letter, then letters and digits only (no underscore)."
            )
    for name in (name for name, times in names.items() if times > 1):
        yield f"{function.name}: two bindings are called {name!r}. Give each its own name."


def _triggers(function: Function, _: Mapping[str, str]) -> Iterator[str]:
    found = sum(binding.is_trigger for binding in function.bindings)
    if found != 1:
        yield f"{function.name}: it has {found} triggers. A function needs exactly one."


def _types(function: Function, _: Mapping[str, str]) -> Iterator[str]:
    for binding in function.bindings:
        direction = KNOWN_BINDINGS.get(binding.type.lower())
        if direction is None:
            yield (
                f"{function.name}: this local host does not know the binding type "
                f"{binding.type!r}. Use one of {', '.join(sorted(KNOWN_BINDINGS))}."
            )
        elif direction != binding.direction:
            yield (
                f"{function.name}: the {binding.type} binding {binding.name!r} has direction "
                f"{binding.direction}. Declare it as {direction}."
            )


def _connections(function: Function, environ: Mapping[str, str]) -> Iterator[str]:
    for binding in _of_type(function, "signalr", "signalrtrigger"):
        setting = signalr_setting(binding)
        # Identity instead of keys: `<setting>__serviceUri` stands for the connection string.
        if not environ.get(setting) and not environ.get(f"{setting}__serviceUri"):
            yield (
                f"{function.name}: the {binding.type} binding {binding.name!r} needs the setting "
                f"{setting}, which is empty. Set it to the SignalR connection string."
            )


def _schedules(function: Function, _: Mapping[str, str]) -> Iterator[str]:
    for binding in _of_type(function, "timertrigger"):
        try:
            parse(binding.text("schedule"))
        except ScheduleError as error:
            yield (
                f"{function.name}: the timer's schedule {binding.text('schedule')!r} is not valid: "
                f"{error}. Write six fields like '0 */5 * * * *', or a TimeSpan."
            )


def _queues(function: Function, _: Mapping[str, str]) -> Iterator[str]:
    for binding in _of_type(function, "queue", "queuetrigger"):
        if not QUEUE_NAME.fullmatch(binding.text("queueName")):
            yield (
                f"{function.name}: storage refuses the queue name {binding.text('queueName')!r}. "
                "Use 3 to 63 lower-case letters, digits and single hyphens."
            )


def _duplicates(functions: Iterable[Function]) -> Iterator[str]:
    for name, times in Counter(function.name.lower() for function in functions).items():
        if times > 1:
            yield f"{name}: {times} functions have this name (case does not count). Rename one."


def _routes(functions: Iterable[Function], prefix: str) -> Iterator[str]:
    http = [f for f in functions if any(_of_type(f, "httptrigger")) and _has_one_trigger(f)]
    routes = [route_of(function, prefix) for function in http]
    for function, route in zip(http, routes, strict=True):
        yield from _route(function, route)
    for one, other in combinations(routes, 2):
        if clash(one, other):
            yield (
                f"{other.function}: its route /{other.template} clashes with that of "
                f"{one.function}. Change the route or the methods of one."
            )


def _route(function: Function, route: Route) -> Iterator[str]:
    if route.template.split("/")[0].lower() in ("admin", "runtime"):
        yield (
            f"{route.function}: /{route.template} conflicts with the host's own routes. "
            "Use another first segment."
        )
    level = function.trigger.text("authLevel", "FUNCTION").upper()
    if level not in AUTH_LEVELS:
        yield (
            f"{route.function}: there is no auth level {level!r}. Use ANONYMOUS, FUNCTION or ADMIN."
        )
    try:
        _ = route.pattern
    except (RouteError, re.error) as error:
        yield f"{route.function}: {error}. Use {{name}}, {{name?}} or {{*rest}}."


def _signalr_keys(functions: Iterable[Function]) -> Iterator[str]:
    """The extension's dispatcher maps each (hub, category, event) to one function."""
    seen: dict[tuple[str, str, str], str] = {}
    for function in functions:
        for binding in _of_type(function, "signalrtrigger"):
            key = signalr_key(binding)
            yield from _signalr_event(function, key)
            if key in seen:
                yield (
                    f"{function.name}: {seen[key]} already handles {'/'.join(key)}. "
                    "One hub, category and event can start one function only."
                )
            seen.setdefault(key, function.name)


def _signalr_event(function: Function, key: tuple[str, str, str]) -> Iterator[str]:
    hub, category, event = key
    if not (hub and category and event):
        yield f"{function.name}: a signalRTrigger needs hubName, category and event."
    elif category not in ("connections", "messages"):
        yield f"{function.name}: there is no category {category!r}. Use connections or messages."
    elif category == "connections" and event not in ("connected", "disconnected"):
        yield f"{function.name}: connections has no event {event!r}. Use connected or disconnected."


def _storage(functions: Iterable[Function], environ: Mapping[str, str]) -> Iterator[str]:
    # A connection string, or `AzureWebJobsStorage__accountName` and its like with an identity.
    if any(value for name, value in environ.items() if name.startswith("AzureWebJobsStorage")):
        return
    for function in functions:
        for binding in _of_type(function, "signalrtrigger", "queuetrigger", "timertrigger"):
            yield (
                f"{function.name}: the host disables the {binding.type} while "
                "AzureWebJobsStorage is missing. Set it (UseDevelopmentStorage=true will do here)."
            )


def _of_type(function: Function, *types: str) -> Iterator[Binding]:
    return (binding for binding in function.bindings if binding.type.lower() in types)


def _has_one_trigger(function: Function) -> bool:
    return sum(binding.is_trigger for binding in function.bindings) == 1
