"""The routes of the app, as Azure Functions would index them."""

import os
from functools import cache
from typing import Any, get_type_hints

from msgspec import Struct

# To be imported, the app wants settings. It connects to nothing for that.
SETTINGS = {
    "AzureSignalRConnectionString": "Endpoint=http://127.0.0.1:1;AccessKey=k;Version=1.0;",
    "HELIOGRAPH_SIGNING_KEYS": f"contracts:{'A' * 43}",
    "HELIOGRAPH_STORAGE": "memory",
}


class Route(Struct, frozen=True):
    """One route. `takes`, `answers`: None where the app does not say it; `status`: 0 likewise."""

    path: str
    function: str
    summary: str
    methods: tuple[str, ...]
    status: int = 0
    takes: type[Struct] | None = None
    answers: type[Struct] | None = None


def routes() -> list[Route]:
    """Every HTTP function, in the order of function_app.py."""
    posts = _import().posts
    return [
        _route(posts, function, trigger)
        for function, trigger in _triggers()
        if trigger["type"] == "httpTrigger"
    ]


def hub_methods() -> dict[str, str]:
    """What clients may call, and what it does."""
    return {
        trigger["event"]: function.get_user_function().__doc__
        for function, trigger in _triggers()
        if trigger["type"] == "signalRTrigger" and trigger["category"] == "messages"
    }


def _route(posts: dict[str, Any], function: Any, trigger: dict[str, Any]) -> Route:
    path = trigger["route"]
    methods = tuple(method.value for method in trigger["methods"])
    post = posts.get(path)
    if post is None:
        words = function.get_user_function().__doc__
        return Route(path, function.get_function_name(), words, methods)
    answers = get_type_hints(post.call)["return"]
    return Route(
        path,
        function.get_function_name(),
        post.call.__doc__,
        methods,
        post.status,
        post.takes,
        None if answers is type(None) else answers,
    )


@cache
def _triggers() -> list[tuple[Any, dict[str, Any]]]:
    """Functions and their bindings. An app can be indexed once."""
    return [
        (function, binding)
        for function in _import().app.get_functions()
        for binding in function.get_bindings_dict()["bindings"]
    ]


def _import() -> Any:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import function_app

    return function_app
