"""The SignalR trigger: one upstream event to one function, and its answer as a Completion.

Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.SignalRService (`TriggerBindings`):
the statuses, the order of the checks and the shape of the trigger value follow it. Arguments of a
JSON client have passed Newtonsoft.Json, which rewrites dates (`newtonsoft.py`); those of a
MessagePack client have not.
"""

import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

import msgspec

from local.emulator import UpstreamRequest, UpstreamResponse
from local.emulator.protocol import (
    CONTENT_TYPES,
    JSON_TYPE,
    MSGPACK_TYPE,
    CloseConnection,
    Completion,
    Invocation,
    Protocol,
    ProtocolError,
    decode_body,
    encode,
)
from local.functions.bindings import Function
from local.functions.invoker import Invoker
from local.functions.newtonsoft import TooDeep, check_depth, rewrite_dates
from local.functions.rules import signalr_key, signalr_setting
from local.functions.service_settings import access_keys
from local.functions.slots import Slots
from local.functions.values import HttpResponse, Value
from local.functions.worker import FunctionFailed, json_text

_PROTOCOLS: dict[str, Protocol] = {JSON_TYPE: "json", MSGPACK_TYPE: "messagepack"}


class SignalRTrigger:
    """Every signalRTrigger function of the app, by (hub, category, event)."""

    def __init__(
        self,
        functions: Sequence[Function],
        environ: Mapping[str, str],
        invoker: Invoker,
        slots: Slots,
    ) -> None:
        triggered = [f for f in functions if f.trigger.type.lower() == "signalrtrigger"]
        self._functions = {signalr_key(function.trigger): function for function in triggered}
        self._keys = {
            function.name: access_keys(environ.get(signalr_setting(function.trigger), ""))
            for function in triggered
        }
        self._invoker = invoker
        self._slots = slots

    async def deliver(self, request: UpstreamRequest) -> UpstreamResponse:
        """Run the function an event is for, once a slot is free.

        Never raises; the status tells what happened.
        """
        async with self._slots.one():
            return await self._deliver(request)

    async def _deliver(self, request: UpstreamRequest) -> UpstreamResponse:
        media_type = request.content_type.partition(";")[0].strip().lower()
        if media_type not in _PROTOCOLS:
            return UpstreamResponse(415)
        if not (request.hub and request.category and request.event):
            return UpstreamResponse(400)
        key = (request.hub.lower(), request.category.lower(), request.event.lower())
        function = self._functions.get(key)
        if function is None:
            return UpstreamResponse(404)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not headers.get("x-asrs-connection-id"):
            return UpstreamResponse(500)
        if not _is_signed(headers, self._keys[function.name]):
            return UpstreamResponse(401)
        if request.category.lower() == "messages":
            return await self._message(function, request, headers, _PROTOCOLS[media_type])
        return await self._connection(function, request, headers)

    async def _connection(
        self, function: Function, request: UpstreamRequest, headers: Mapping[str, str]
    ) -> UpstreamResponse:
        error = None
        connected = request.event.lower() == "connected"
        if not connected:
            try:
                closed = decode_body(request.content_type, request.body)
            except ProtocolError:
                return UpstreamResponse(500)
            error = closed.error if isinstance(closed, CloseConnection) else None
        try:
            await self._run(function, _context(request, headers, error=error))
        except FunctionFailed:
            # 403 does not close the connection; `disconnected` is 200 after a failure too.
            return UpstreamResponse(403 if connected else 200)
        return UpstreamResponse(200)

    async def _message(
        self,
        function: Function,
        request: UpstreamRequest,
        headers: Mapping[str, str],
        protocol: Protocol,
    ) -> UpstreamResponse:
        try:
            if protocol == "json":
                check_depth(request.body)
            message = decode_body(request.content_type, request.body)
        except (ProtocolError, TooDeep):
            return UpstreamResponse(500)
        if not isinstance(message, Invocation) or message.target.lower() != request.event.lower():
            return UpstreamResponse(500)
        try:
            arguments = msgspec.json.encode(message.arguments)
            if protocol == "json":
                arguments = rewrite_dates(arguments)
            context = _context(request, headers, arguments=msgspec.Raw(arguments))
            value = await self._run(function, context)
            return _completion(protocol, message.invocation_id, value)
        except FunctionFailed as failure:
            return _completion(protocol, message.invocation_id, error=str(failure))
        except (TypeError, ValueError):
            # Arguments that do not fit JSON (MessagePack extensions), or a result that does not
            # fit the client's protocol: the dispatcher's catch-all.
            return UpstreamResponse(500)

    async def _run(self, function: Function, context: bytes) -> Value:
        value = await self._invoker.run(function, json_text(context.decode()))
        if isinstance(value, HttpResponse):
            raise FunctionFailed("a SignalR function cannot return an HttpResponse")
        return value


def _completion(
    protocol: Protocol, id: str | None, value: Value = None, error: str | None = None
) -> UpstreamResponse:
    """200 with the framed result or error; with no body when nobody waits (no invocation id)."""
    if not id:
        return UpstreamResponse(200)
    completion = (
        Completion(invocation_id=id, result=value)
        if error is None
        else Completion(invocation_id=id, error=error)
    )
    return UpstreamResponse(200, CONTENT_TYPES[protocol], encode(protocol, completion))


def _context(
    request: UpstreamRequest,
    headers: Mapping[str, str],
    *,
    arguments: msgspec.Raw | None = None,
    error: str | None = None,
) -> bytes:
    """The trigger value: the extension's InvocationContext as PascalCase JSON.

    `arguments` are a JSON array, None for a connection's event.

    MessagePack bytes become base64 text, as Newtonsoft writes a byte array.
    """
    context = {
        "Arguments": arguments,
        "Error": error,
        "Category": request.category,
        "Event": request.event,
        "Hub": request.hub,
        "ConnectionId": headers["x-asrs-connection-id"],
        "UserId": headers.get("x-asrs-user-id"),
        "Headers": request.headers,
        "Query": _query(headers.get("x-asrs-client-query", "")),
        "Claims": _claims(headers.get("x-asrs-user-claims", "")),
    }
    return msgspec.json.encode(context)


# A connection sends the same query, claims and signature with each of its events. Each one that is
# kept is some 1.5 KB; one that is not kept costs some 30 microseconds with each event.
_per_connection = lru_cache(maxsize=1024)


@_per_connection
def _query(text: str) -> Mapping[str, str] | None:
    """`?k=v&k=w` to {"k": "v,w"}; None where the header is missing."""
    if not text:
        return None
    query: dict[str, str] = {}
    for name, value in parse_qsl(text.removeprefix("?"), keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


@_per_connection
def _claims(text: str) -> Mapping[str, str] | None:
    """`a: v, b: v` to a dict; the first of a name wins, and a value ends at its first comma."""
    if not text:
        return None
    claims: dict[str, str] = {}
    for part in text.split(","):
        pieces = [piece for piece in part.split(": ") if piece]
        if len(pieces) == 2:
            claims.setdefault(pieces[0].strip(), pieces[1].strip())
    return claims


def _is_signed(headers: Mapping[str, str], keys: Sequence[bytes]) -> bool:
    """Whether one of the signatures is HMAC-SHA256(key, connection id) for one of the keys.

    With an identity instead of keys there is nothing to check against, and the extension does not.
    """
    if not keys:
        return True
    offered = headers.get("x-asrs-signature", "").lower().split(",")
    expected = [_signature(key, headers["x-asrs-connection-id"]) for key in keys]
    return any(
        hmac.compare_digest(want.encode(), text.encode()) for want in expected for text in offered
    )


@_per_connection
def _signature(key: bytes, connection: str) -> str:
    return f"sha256={hmac.digest(key, connection.encode(), 'sha256').hex()}"
