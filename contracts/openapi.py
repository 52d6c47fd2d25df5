"""The HTTP API as OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html"""

from http import HTTPStatus
from typing import Any

from msgspec import Struct

from backend import admission, http, reports
from backend.health import VERSION
from backend.proof import LIFE_SECONDS
from backend.signal import Missed
from contracts import app, envelopes, refusals, schemas
from contracts.app import Route
from contracts.calls import CALLS, STATUSES, Call, Token
from contracts.schemas import Schema, ref
from stats.summary import MAX_DAYS

# Limits of a body that JSON Schema has no words for.
LIMITS = {"x-maxBytes": http.MAX_BODY_BYTES, "x-maxLevels": http.MAX_DEPTH}
JSON = "application/json"
ABOUT = """\
Generated from the types of the service by `make contracts`; docs/protocol.md says what it means.

Everything is JSON, whatever the content type of a request says. Members that a schema does not name
are ignored, in both directions: a newer service may answer more. Numbers of the type `integer` are
written without a fraction. A token travels as `Authorization: Bearer` or as the member `token` of
the body, which saves browsers a preflight.
"""
NOT_MODIFIED = 304
TEXT = {"type": "string"}
HEADERS = {
    "stats": ("ETag", "Last-Modified", "Cache-Control"),
    "ice": ("Cache-Control",),
}
RETRY_AFTER = {
    "description": "Seconds, as `retryAfter` in the body.",
    "schema": {"type": "string", "pattern": "^[0-9]+$"},
}


def document() -> dict[str, Any]:
    """The whole document. Raises KeyError for a route that contracts/calls.py does not know."""
    routes = app.routes()
    return {
        "openapi": "3.1.1",
        "info": {"title": "Heliograph", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/api"}],
        "paths": {f"/{route.path}": _path(route, CALLS[route.path]) for route in routes},
        "components": {
            "schemas": _components(routes),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _components(routes: list[Route]) -> dict[str, Schema]:
    read = [form for route in routes if (form := _takes(route)) is not None]
    answers = [form for route in routes if (form := _answers(route)) not in (None, Missed)]
    inputs = {**schemas.read(read), "WithToken": schemas.alone(http.WithToken)}
    for route in routes:
        form = _takes(route)
        if form is not None and CALLS[route.path].token is not Token.NONE:
            inputs[form.__name__]["properties"] |= inputs["WithToken"]["properties"]
    outputs = schemas.written([*filter(None, answers), http.Refusal])
    outputs["Refusal"]["properties"]["challenge"] = _challenge()
    found = {**envelopes.components(), **inputs, **outputs}
    del found["Broadcast"]  # of the hub alone
    return dict(sorted(found.items()))


def _challenge() -> Schema:
    return {
        "description": f"With `proof_required`: of ALTCHA v2, good for {LIFE_SECONDS} s.",
        "type": "object",
    }


def _takes(route: Route) -> type[Struct] | None:
    return route.takes or CALLS[route.path].takes


def _answers(route: Route) -> type[Struct] | None:
    return route.answers or CALLS[route.path].answers


def _path(route: Route, call: Call) -> dict[str, Any]:
    return {method.lower(): _operation(route, call, method) for method in route.methods}


def _operation(route: Route, call: Call, method: str) -> dict[str, Any]:
    head = method == "HEAD"
    said: dict[str, Any] = {
        "operationId": f"{route.function}{'_head' if head else ''}",
        "summary": route.summary.split("\n")[0],
        "description": call.token.value,
        "security": [] if call.token is Token.NONE else [{"token": []}, {}],
        "parameters": _parameters(route),
        "responses": _responses(route, call, head=head),
    }
    if method == "POST":
        said["requestBody"] = _request(route, call)
    return said


def _request(route: Route, call: Call) -> dict[str, Any]:
    form = _takes(route)
    if call.envelope:
        schema: Schema = {"allOf": [ref("Envelope"), ref("WithToken")]}
    else:
        schema = ref("WithToken" if form is None else form.__name__)
    required = call.envelope or (form is not None and bool(schemas.alone(form)["required"]))
    return {"required": required, "content": {JSON: {"schema": schema}}, **LIMITS}


def _parameters(route: Route) -> list[dict[str, Any]]:
    if route.takes is admission.NegotiateRequest:
        sent = schemas.read([route.takes])[route.takes.__name__]["properties"]
        return [_in_query(name, schemas.without_null(sent[name])) for name in admission.IN_QUERY]
    if route.path == "stats":
        days = {"type": "integer", "minimum": 1, "maximum": MAX_DAYS}
        tag = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
        return [_in_query("days", {**days, "default": reports.DEFAULT_DAYS}), tag]
    return []


def _in_query(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _responses(route: Route, call: Call, *, head: bool) -> dict[str, Any]:
    answers = None if head else _answers(route)
    codes = (*call.refuses, "internal")
    status_of = refusals.statuses()
    found = {
        str(status): _refused([code for code in codes if status_of[code] == status], head=head)
        for status in sorted({status_of[code] for code in codes})
    }
    for status in STATUSES.get(route.path, (route.status,)):
        if str(status) in found:
            raise ValueError(f"{route.path} answers and refuses with {status}")
        found[str(status)] = _answer(status, answers, HEADERS.get(route.path, ()))
    return dict(sorted(found.items()))


def _answer(status: int, form: type[Struct] | None, headers: tuple[str, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}."}
    if headers:
        said["headers"] = {name: {"required": True, "schema": TEXT} for name in headers}
    if form is not None and status != NOT_MODIFIED:
        said["content"] = {JSON: {"schema": ref(form.__name__)}}
    return said


def _refused(codes: list[str], *, head: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": f"Refused: {', '.join(codes)}.",
        "headers": {"Retry-After": RETRY_AFTER},
    }
    code = {"properties": {"code": {"enum": codes}}}
    schema = {
        "type": "object",
        "properties": {"error": {"allOf": [ref("Refusal"), code]}},
        "required": ["error"],
    }
    return said if head else {**said, "content": {JSON: {"schema": schema}}}
