"""One REST call, parsed once: names checked, body bounded, messages read.

Sources: the data-plane REST reference, api-version 2022-06-01; "Troubleshooting guide for Azure
SignalR Service" (headers have at most 16 K).
"""

import msgspec
from starlette.requests import Request

from local.emulator.framing import RECORD_SEPARATOR
from local.emulator.hub import HUB_NAME

MAX_NAME_CHARACTERS = 1024  # for groups
MAX_HEADERS_BYTES = 16 << 10


class RestError(Exception):
    """Becomes the response. `code` goes out as `x-ms-error-code`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class BadRequest(RestError):
    """400: a name, a parameter or the body is wrong. The text says which."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "Error.BadRequest", message)


class Unauthorized(RestError):
    """401: there is no access token that is good for this call."""

    def __init__(self) -> None:
        super().__init__(401, "Error.Unauthorized", "The access token is missing or not valid.")


class Forbidden(RestError):
    """403: a good Entra token of somebody who has no role on this service."""

    def __init__(self) -> None:
        super().__init__(403, "Error.Forbidden", "The caller has no role on this service.")


class TooMany(RestError):
    """429: the quota of messages is used up."""

    def __init__(self, message: str) -> None:
        super().__init__(429, "Error.TooManyRequests", message)


class NotExisted(RestError):
    """404: what the call is about does not exist. `code` is the service's own, for example
    `Warning.Group.NotExisted` (data-plane REST reference).
    """

    def __init__(self, code: str) -> None:
        super().__init__(404, code, "It does not exist.")


class Payload(msgspec.Struct, frozen=True):
    """What a send carries: the client's method, and the JSON text of its arguments."""

    target: str
    arguments: msgspec.Raw


class Call(msgspec.Struct, frozen=True):
    """Names not in the path are empty."""

    hub: str
    group: str
    user: str
    connection: str
    excluded: tuple[str, ...]
    reason: str | None
    ttl: int | None


def parse_call(request: Request, names: dict[str, str]) -> Call:
    """`names` are the decoded path parameters. Raises BadRequest or 431."""
    query = request.query_params
    if sum(len(name) + len(value) for name, value in request.headers.raw) > MAX_HEADERS_BYTES:
        raise RestError(431, "Error.HeadersTooLarge", "The request's headers are too large.")
    ttl = query.get("ttl")
    if ttl is not None and not (ttl.isascii() and ttl.isdecimal() and len(ttl) <= 10):
        raise BadRequest("The ttl is not a number of seconds.")
    return Call(
        hub=_hub(names["hub"], query.get("application")),
        group=_name(names, "group", MAX_NAME_CHARACTERS),
        user=_name(names, "user", None),
        connection=_name(names, "connection", None),
        excluded=tuple(query.getlist("excluded")),
        reason=query.get("reason"),
        ttl=None if ttl is None else int(ttl),
    )


async def parse_payload(request: Request, limit: int) -> Payload:
    """The message in the body. Member names count in any case. Raises RestError."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0]
    if media_type.strip().lower() != "application/json":
        raise RestError(415, "Error.UnsupportedMediaType", "The body is not application/json.")
    body = await read_body(request, limit)
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        # Copied: a Raw is a view that keeps the whole body alive.
        fields = {name.lower(): value for name, value in members.items()}
        target = msgspec.json.decode(fields.get("target", b"null"), type=str)
        arguments = fields.get("arguments", msgspec.Raw(b"[]"))
        if bytes(arguments) == b"null":
            arguments = msgspec.Raw(b"[]")
        msgspec.json.decode(arguments, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest("The body is not a message with a target and arguments.") from error
    if not target:
        raise BadRequest("The target is empty.")
    if RECORD_SEPARATOR in bytes(arguments):  # illegal in JSON, and it would break the framing
        raise BadRequest("The arguments are not JSON.")
    return Payload(target, arguments)


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises RestError (413) beyond `limit` bytes."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise RestError(413, "Error.MessageTooLarge", "The body is too large.")
        chunks.append(chunk)
    return b"".join(chunks)


def _hub(hub: str, application: str | None) -> str:
    """With an application the hub is another one, as in the SDK's `application_hub`."""
    if not HUB_NAME.fullmatch(hub):
        raise BadRequest("The hub name is not valid.")
    if not application:
        return hub
    if not HUB_NAME.fullmatch(application):
        raise BadRequest("The application name is not valid.")
    return f"{application}_{hub}"


def _name(names: dict[str, str], kind: str, limit: int | None) -> str:
    name = names.get(kind, "")
    if kind in names and not name.strip() or limit is not None and len(name) > limit:
        raise BadRequest(f"The {kind} name is not valid.")
    return name
