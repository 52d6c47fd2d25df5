"""The two documents are valid, fresh and complete."""

import ast
import json
import re
from typing import Any

import pytest
from jsonschema import Draft7Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import app, envelopes, refusals
from contracts.__main__ import texts
from contracts.calls import CALLS, STATUSES, Token
from lab.stack import ROOT
from signaling import errors
from tests.contract import ASYNCAPI, OPENAPI, refs
from tests.house.source import files, tree

# AsyncAPI's own JSON Schema of its documents, of the npm package of that name.
SPECS = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas"
OPERATIONS = {
    (path, method): operation
    for path, methods in OPENAPI["paths"].items()
    for method, operation in methods.items()
}


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_what_is_committed_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == texts()[name], "run `make contracts`"


def test_the_openapi_document_is_valid() -> None:
    OpenAPIV31SpecValidator(OPENAPI).validate()


def test_the_asyncapi_document_is_valid() -> None:
    validator = Draft7Validator(json.loads((SPECS / "3.0.0-without-$id.json").read_text()))
    assert [error.json_path for error in validator.iter_errors(ASYNCAPI)] == []


def test_the_schema_of_asyncapi_finds_what_is_wrong() -> None:
    validator = Draft7Validator(json.loads((SPECS / "3.0.0-without-$id.json").read_text()))
    push = ASYNCAPI["operations"]["push_left"]
    damaged = {**ASYNCAPI["operations"], "push_left": {**push, "action": "shout"}}
    assert not validator.is_valid({**ASYNCAPI, "operations": damaged})


@pytest.mark.parametrize("document", [OPENAPI, ASYNCAPI], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere_and_every_schema_is_referred_to(document: Any) -> None:
    found = set(refs(document))
    for each in found:
        at = document
        for part in each.removeprefix("#/").split("/"):
            at = at[part]
    made = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert {each for each in found if "/schemas/" in each} == made


# --- the HTTP API -------------------------------------------------------------------------------


def test_every_route_of_the_app_is_documented_and_no_other() -> None:
    source = (ROOT / "function_app.py").read_text()
    posts = re.findall(r'(?m)^@post\("([\w/]+)"', source)
    others = re.findall(r'(?m)^@app\.route\("([\w/]+)", methods=\[(.+)\]\)', source)
    written = {(f"/{route}", "post") for route in posts}
    written |= {(f"/{r}", m.lower()) for r, methods in others for m in re.findall(r"\w+", methods)}
    assert len(posts) > 8 and len(others) > 3
    assert written == OPERATIONS.keys()
    assert {f"/{route}" for route in CALLS} == {path for path, _ in OPERATIONS}
    assert STATUSES.keys() == {route for route in CALLS if route not in posts}


def test_every_route_is_in_the_protocol_with_its_status() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    said = re.findall(r"`(GET|POST) /api/([\w/]+)(?:\?[^`]*)?`[^→\n]*→ (\d{3})", text)
    assert {(f"/{route}", method.lower()) for method, route, _ in said} == {
        (path, method) for path, method in OPERATIONS if method != "head"
    }
    for method, route, status in said:
        assert status in OPERATIONS[f"/{route}", method.lower()]["responses"]


def test_every_code_has_the_status_of_the_protocol() -> None:
    rows = re.findall(r"(?m)^\| (\d{3}) \| (.*) \|$", (ROOT / "docs" / "protocol.md").read_text())
    written = {code: int(row) for row, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert written == refusals.statuses()


def test_the_tree_of_errors_draws_every_code() -> None:
    words = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", errors.__doc__ or ""))
    assert refusals.statuses().keys() - {"internal"} <= words


def test_every_code_is_a_refusal_of_some_call() -> None:
    documented = {code for call in CALLS.values() for code in call.refuses} | {"internal"}
    assert documented == refusals.statuses().keys()


def test_a_code_is_documented_with_its_own_status() -> None:
    for operation in OPERATIONS.values():
        for status, said in operation["responses"].items():
            for code in _codes(said):
                assert refusals.statuses()[code] == int(status)


def _codes(said: Any) -> list[str]:
    schema = said.get("content", {}).get("application/json", {}).get("schema", {})
    error = schema.get("properties", {}).get("error", {"allOf": [{}, {}]})
    codes: list[str] = error["allOf"][1].get("properties", {}).get("code", {}).get("enum", [])
    return codes


def test_a_call_has_an_answer_or_none_and_its_refusals() -> None:
    for (path, method), operation in OPERATIONS.items():
        good = [status for status in operation["responses"] if status < "400"]
        assert good, path
        assert ("requestBody" in operation) == (method == "post")
        assert (operation["security"] == []) == (CALLS[path[1:]].token is Token.NONE)


# --- the hub ------------------------------------------------------------------------------------


def test_every_method_of_the_hub_is_documented_and_no_other() -> None:
    source = (ROOT / "function_app.py").read_text()
    written = set(re.findall(r'(?m)^@on_hub\("messages", "(\w+)"\)', source))
    received = {
        name.removeprefix("receive_")
        for name, said in ASYNCAPI["operations"].items()
        if said["action"] == "receive"
    }
    assert written == received == app.hub_methods().keys()


# Where a target stands among the arguments.
PLACE = {"SendToPeer": 2, "SendToRoom": 1, "encode_message": 0, "news.tell": 1}


def test_every_target_in_the_source_is_documented_and_no_other() -> None:
    written = {
        node.args[PLACE[ast.unparse(node.func)]].value
        for path in files()
        if path.relative_to(ROOT).parts[0] in ("backend", "signaling", "cloud")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in PLACE
        and isinstance(node.args[PLACE[ast.unparse(node.func)]], ast.Constant)
    }
    pushed = {
        name.removeprefix("push_")
        for name, said in ASYNCAPI["operations"].items()
        if said["action"] == "send"
    }
    assert written == pushed == set(envelopes.targets())


def test_every_kind_and_every_push_of_the_protocol_is_documented() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    hub = text[text.index("## 4. Hub") : text.index("## 5.")]
    kinds, targets = (
        {
            name
            for name, rest in re.findall(r"(?m)^\| `(\w+)` \| (.*)$", part)
            if "channel only" not in rest and name != "kind"
        }
        for part in hub.split("| Target | Argument |")
    )
    assert kinds == set(envelopes.KINDS)
    assert targets == set(envelopes.targets())
