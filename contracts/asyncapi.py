"""The hub as AsyncAPI 3: https://www.asyncapi.com/docs/reference/specification/v3.0.0"""

from typing import Any

from backend.admission import PATH
from backend.health import VERSION
from backend.http import HubAnswer
from contracts import app, envelopes, schemas
from contracts.envelopes import METHODS, argument, targets
from contracts.schemas import Schema, ref
from signaling.signalr import HUB

JSON = "application/json"
ABOUT = """\
Generated from the types of the service by `make contracts`; docs/protocol.md says what it means.

The hub speaks SignalR's JSON and MessagePack protocols, by any SignalR client. Methods and pushes
have one argument each, and that argument is a text that holds JSON: a payload here is what is in
the text. What `POST /api/negotiate` answers as `url` and `accessToken` opens a connection.
"""
ANSWER = "answer"


def document() -> dict[str, Any]:
    """The whole document. Raises ValueError where the hub has other methods than are known."""
    methods = app.hub_methods()
    if methods.keys() != METHODS.keys():
        raise ValueError(f"the hub has the methods {', '.join(methods)}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Heliograph hub", "version": VERSION, "description": ABOUT},
        "defaultContentType": JSON,
        "channels": {"hub": _channel()},
        "operations": {
            **{f"receive_{name}": _method(name) for name in METHODS},
            **{f"push_{target}": _push(target) for target in targets()},
        },
        "components": {"messages": _messages(), "schemas": _components()},
    }


def _channel() -> dict[str, Any]:
    return {
        "address": PATH,
        "title": HUB,
        "description": "One connection of a peer to SignalR Service.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages()},
    }


def _messages() -> dict[str, Any]:
    """By name: the call of each method, its answer, and each push."""
    calls = {
        call(method): _message(method, "Envelope" if method == "signal" else "Broadcast")
        for method in METHODS
    }
    pushes = {push(target): _message(target, argument(target)) for target in targets()}
    return {**calls, ANSWER: _message(ANSWER, HubAnswer.__name__), **pushes}


def call(method: str) -> str:
    """The name of the message that calls a method of the hub."""
    return f"call_{method}"


def push(target: str) -> str:
    """The name of the message that is pushed to a target."""
    return f"push_{target}"


def _message(name: str, schema: str) -> dict[str, Any]:
    return {"name": name, "contentType": JSON, "payload": ref(schema)}


def _method(name: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/hub"},
        "summary": f"A client calls the hub's method `{name}`.",
        "messages": [_in_channel(call(name))],
        "reply": {"channel": {"$ref": "#/channels/hub"}, "messages": [_in_channel(ANSWER)]},
    }


def _push(target: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": "#/channels/hub"},
        "summary": f"The hub pushes to the target `{target}`.",
        "messages": [_in_channel(push(target))],
    }


def _in_channel(message: str) -> Schema:
    return {"$ref": f"#/channels/hub/messages/{message}"}


def _components() -> dict[str, Schema]:
    """Those that a message refers to. AsyncAPI has no discriminator by a mapping."""
    unasked = ("Pushed", "Missed")  # of POST /api/poll
    found = {**envelopes.components(), **schemas.written([HubAnswer])}
    return {
        name: {key: value for key, value in schema.items() if key != "discriminator"}
        for name, schema in sorted(found.items())
        if name not in unasked
    }
