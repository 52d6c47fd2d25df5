"""Which function an HTTP request belongs to."""

import pytest

from local.functions.routes import Route, RouteError, RouteTable, clash

TABLE = RouteTable(
    Route(function, template, frozenset(methods.split()))
    for function, template, methods in [
        ("anything", "api/{*rest}", "GET"),
        ("room", "api/rooms/{room}", "GET POST"),
        ("lobby", "api/rooms/lobby", "GET"),
        ("number", "api/rooms/{id:int}", "GET"),
        ("kick", "api/rooms/{room}/kick", "POST"),
        ("hello", "api/hello/{name?}", "GET"),
    ]
)


@pytest.mark.parametrize(
    ("request_line", "function", "parameters"),
    [
        ("GET /api/rooms/lobby", "lobby", {}),
        ("GET /API/Rooms/LOBBY", "lobby", {}),
        ("GET /api/rooms/lobby/", "lobby", {}),
        ("POST /api/rooms/lobby", "room", {"room": "lobby"}),
        ("GET /api/rooms/42", "number", {"id": "42"}),
        ("GET /api/rooms/a%2Fb%20c", "room", {"room": "a%2Fb c"}),
        ("POST /api/rooms/Ab-_9/kick", "kick", {"room": "Ab-_9"}),
        ("GET /api/hello", "hello", {}),
        ("GET /api/hello/you", "hello", {"name": "you"}),
        ("GET /api/x/y/z", "anything", {"rest": "x/y/z"}),
        ("GET /api", "anything", {}),
    ],
)
def test_finds_the_most_specific_route(
    request_line: str, function: str, parameters: dict[str, str]
) -> None:
    match = TABLE.find(*request_line.split())
    assert match is not None
    assert (match.function, match.parameters) == (function, parameters)


@pytest.mark.parametrize("request_line", ["PUT /api/rooms/lobby", "GET /other", "GET /apis/hello"])
def test_finds_nothing_for_other_paths_and_methods(request_line: str) -> None:
    assert TABLE.find(*request_line.split()) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("rooms/{room}", "Rooms/{id}", True),
        ("rooms/{room}", "rooms/{id:int}", False),
        ("rooms/{room}", "rooms/lobby", False),
        ("rooms", "rooms", True),
    ],
)
def test_routes_clash_when_no_request_can_tell_them_apart(
    one: str, other: str, expected: bool
) -> None:
    get, post = frozenset({"GET"}), frozenset({"POST"})
    assert clash(Route("a", one, get), Route("b", other, get)) is expected
    assert not clash(Route("a", one, get), Route("b", other, post))


@pytest.mark.parametrize("template", ["a/{x:range(1,2)}", "a/b{x}", "{x", "a/*"])
def test_refuses_templates_it_would_serve_wrongly(template: str) -> None:
    with pytest.raises(RouteError, match="not understood"):
        _ = Route("f", template, frozenset()).pattern
