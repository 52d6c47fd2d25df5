"""Does what was said on the wire fit docs/openapi.json and docs/asyncapi.json?

In these checks what the service writes has no member that the contract does not name: clients
ignore one, but it has to be written down. What is found names places and rules, never values.
"""

import json
import math
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from lab.stack import ROOT
from signaling.names import MAX_NAME

PREFIX = "#/components/schemas/"
# A body of another form is refused by these codes; whatever has one of them does not fit.
OF_FORM = {"invalid_options", "invalid_message", "unknown_kind", "missing_to"}
# `revoke` says so of an invite to another room too.
OF_MEANING_TOO = {"/rooms/revoke"}
# They look at their body for a token alone, and only if there is no header.
ONLY_TOKEN = {"/poll", "/sleep"}
OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())
ASYNCAPI = json.loads((ROOT / "docs" / "asyncapi.json").read_text())


def _is_integer(_: Any, value: Any) -> bool:
    """The readers take no 1.0 for an integer, which JSON Schema does: docs/contracts.md."""
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """By ECMA-262: without the flag `m`, `$` is the end. In Python it is before a line feed too."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("another pattern")


AS_WE_READ = extend(
    Draft202012Validator,
    {"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


class Breach(AssertionError):
    """What was said is not what the contract says."""


def check_answer(
    method: str, path: str, sent: bytes, status: int, headers: Any, body: bytes
) -> None:
    """A call of the HTTP API and its answer. `path` without its query. Raises Breach."""
    operation = OPENAPI["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return  # the host answers, and not we
    said = operation["responses"].get(str(status))
    if said is None:
        raise Breach(f"{method} {path} answers {status}, which is not documented")
    for name, header in said.get("headers", {}).items():
        if header.get("required") and name.lower() not in headers:
            raise Breach(f"{method} {path} {status}: no header {name}")
    where = f"{method} {path} {status}"
    if "content" not in said:
        if body:
            raise Breach(f"{where}: a body, and none is documented")
        return
    content = said["content"][headers["content-type"].partition(";")[0]]
    fit(where, content["schema"], json.loads(body), written=True)
    if method == "POST" and path not in ONLY_TOKEN:
        _check_request(path, operation, sent, status, body)


def _check_request(path: str, operation: Any, sent: bytes, status: int, body: bytes) -> None:
    """What was taken fits, and what was refused for its form does not."""
    try:
        value = json.loads(sent.strip() or b"{}", parse_float=_finite)
    except (ValueError, RecursionError):
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if status < 300:
        if isinstance(value, dict):
            value.pop("token", None)  # not looked at where there is a header
            if len(value.get("name") or "") > MAX_NAME:
                del value["name"]  # taken if it is shorter once it is trimmed and composed
        fit(f"what POST {path} took", schema, value)
    elif json.loads(body)["error"]["code"] in OF_FORM and path not in OF_MEANING_TOO:
        if fits(schema, value):
            raise Breach(f"POST {path} refuses a form that is documented")


def _finite(text: str) -> float:
    """Raises ValueError for what is too large for a number of JSON, as the readers take it."""
    if math.isinf(number := float(text)):
        raise ValueError
    return number


def check_push(target: str, argument: Any) -> None:
    """What the hub pushed. Raises Breach."""
    message = ASYNCAPI["components"]["messages"].get(f"push_{target}")
    if message is None:
        raise Breach("a push to a target that is not documented")
    fit(f"push {target}", message["payload"], argument, hub=True, written=True)


def check_hub_call(method: str, arguments: tuple[Any, ...], answer: Any) -> None:
    """A call of the hub and its answer. Raises Breach."""
    message = ASYNCAPI["components"]["messages"].get(f"call_{method}")
    if message is None:
        return  # there is no such method, and SignalR Service says so
    documented = ASYNCAPI["components"]["messages"]["answer"]["payload"]
    fit(f"the answer of {method}", documented, answer, hub=True, written=True)
    if len(arguments) != 1 or answer.get("message") == "This connection has no seat.":
        return
    if answer["ok"]:
        fit(f"what {method} took", message["payload"], arguments[0], hub=True)
    elif answer["code"] in OF_FORM and fits(message["payload"], arguments[0], hub=True):
        raise Breach(f"{method} refuses a form that is documented")


def fit(where: str, schema: Any, value: Any, *, hub: bool = False, written: bool = False) -> None:
    """Raises Breach with the place and the rule."""
    validator = _validator(json.dumps(schema), hub, written)
    for error in validator.iter_errors(value):
        rule = "/".join(map(str, error.absolute_schema_path))
        raise Breach(f"{where}: {error.json_path} breaks {rule}")


def fits(schema: Any, value: Any, *, hub: bool = False) -> bool:
    """Whether the value has this form."""
    return _validator(json.dumps(schema), hub, False).is_valid(value)


@cache
def _validator(schema: str, hub: bool, written: bool) -> Any:
    document = _closed(hub) if written else (ASYNCAPI if hub else OPENAPI)
    return AS_WE_READ({**json.loads(schema), "components": document["components"]})


@cache
def _closed(hub: bool) -> Any:
    return closed(ASYNCAPI if hub else OPENAPI)


def closed(document: Any) -> Any:
    """The document, where what the service writes has no other members than are named.

    What peers write, a body and its parts, is passed on as it is, and stays open.
    """
    document = deepcopy(document)
    schemas = document["components"]["schemas"]
    for name in _reached(schemas, _outputs(document)) - _reached(schemas, _inputs(document)):
        if "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False
    return document


def _inputs(document: Any) -> list[Any]:
    if "paths" in document:
        operations = [each for path in document["paths"].values() for each in path.values()]
        return [each.get("requestBody", {}) for each in operations]
    return [each["payload"] for name, each in _messages(document) if name.startswith("call_")]


def _outputs(document: Any) -> list[Any]:
    if "paths" in document:
        operations = [each for path in document["paths"].values() for each in path.values()]
        return [each["responses"] for each in operations]
    return [each["payload"] for name, each in _messages(document) if not name.startswith("call_")]


def _messages(document: Any) -> list[tuple[str, Any]]:
    return list(document["components"]["messages"].items())


def _reached(schemas: Any, roots: list[Any]) -> set[str]:
    """The names of the schemas that these refer to."""
    found: set[str] = set()
    waiting = [name for root in roots for name in refs(root)]
    while waiting:
        name = waiting.pop().removeprefix(PREFIX)
        if name in schemas and name not in found:
            found.add(name)
            waiting += refs(schemas[name])
    return found


def refs(value: Any) -> Iterator[str]:
    """Every `$ref` in a document or a part of it."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from refs(each)
    elif isinstance(value, list):
        for each in value:
            yield from refs(each)
