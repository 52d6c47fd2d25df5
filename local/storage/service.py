"""The two services over HTTP: `/table/ACCOUNT` and `/queue/ACCOUNT`, one list of calls each."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.storage.account import ACCOUNT, KEY, Account
from local.storage.errors import Refused
from local.storage.queues import Message, Queues
from local.storage.shared_key import is_signed, queue_text, table_text
from local.storage.tables import KEYS, Entity, Key, Tables

MAX_BODY_BYTES = 4 << 20
_JSON = "application/json;odata=minimalmetadata;charset=utf-8"
_NAME = r"[A-Za-z][A-Za-z0-9]{2,62}"
_ENTITY = re.compile(rf"({_NAME})\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)")
_AT_MOST = re.compile(r"(\w+) le (\d+)L")
_QUEUE = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "MERGE", "OPTIONS"]

type Call = Callable[[Request, bytes], Response]


def application(account: Account) -> Starlette:
    """Both services of one account, as an ASGI application."""
    tables = TableService(Tables(account))
    queues = QueueService(Queues(account, lambda: time.time_ns() // 1_000_000))
    both = {
        "table": _endpoint(tables.answer, _table_error, _table_text),
        "queue": _endpoint(queues.answer, _queue_error, _queue_text),
    }
    routes = [
        Route(f"/{name}/{ACCOUNT}/{{rest:path}}", endpoint, methods=_VERBS)
        for name, endpoint in both.items()
    ]
    return Starlette(routes=routes)


def _endpoint(
    call: Call, error: Callable[[Refused], Response], text: Callable[[Request], str]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = await _read(request)
            if not is_signed(ACCOUNT, KEY, request.headers, text(request), datetime.now(UTC)):
                raise Refused("AuthenticationFailed")
            return call(request, body)
        except Refused as refused:
            return error(refused)

    return answer


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refused("InvalidInput")
    return bytes(body)


def _table_text(request: Request) -> str:
    path = request.scope["raw_path"].decode("latin-1")
    return table_text(request.method, request.headers, ACCOUNT, path)


def _queue_text(request: Request) -> str:
    path = request.scope["raw_path"].decode("latin-1")
    query = request.query_params.multi_items()
    return queue_text(request.method, request.headers, ACCOUNT, path, query)


def _table_error(refused: Refused) -> Response:
    message = {"lang": "en-US", "value": refused.code}
    body = {"odata.error": {"code": refused.code, "message": message}}
    return Response(msgspec.json.encode(body), refused.status, media_type=_JSON)


def _queue_error(refused: Refused) -> Response:
    body = f"<?xml version='1.0'?><Error><Code>{refused.code}</Code></Error>"
    headers = {"x-ms-error-code": refused.code}
    return Response(body, refused.status, headers, media_type="application/xml")


class TableService:
    """Calls of the table service to tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def answer(self, request: Request, body: bytes) -> Response:
        """Carry out a call. Raises Refused."""
        rest = request.path_params["rest"]
        if rest == "Tables" and request.method == "POST":
            return self._create(body)
        if found := _ENTITY.fullmatch(rest):
            partition, row = (text.replace("''", "'") for text in found.groups()[1:])
            return self._entity(request, Key(found[1], partition, row), body)
        if request.method == "GET" and (found := re.fullmatch(rf"({_NAME})\(\)", rest)):
            return self._query(request, found[1])
        if request.method == "POST" and re.fullmatch(_NAME, rest):
            return self._insert(rest, body)
        raise Refused("NotImplemented")

    def _create(self, body: bytes) -> Response:
        name = _object(body).get("TableName")
        if not isinstance(name, str) or not re.fullmatch(_NAME, name):
            raise Refused("InvalidInput")
        self._tables.create(name)
        return _json({"TableName": name}, 201)

    def _entity(self, request: Request, key: Key, body: bytes) -> Response:
        etag = request.headers.get("if-match")
        match request.method:
            case "GET":
                return _shown(self._tables.get(key), 200)
            case "PUT":
                made = self._tables.replace(key, _object(body), etag)
                return Response(status_code=204, headers={"ETag": made.etag})
            case "DELETE" if etag is not None:
                self._tables.delete(key, etag)
                return Response(status_code=204)
        raise Refused("NotImplemented")

    def _insert(self, table: str, body: bytes) -> Response:
        properties = _object(body)
        partition, row = (properties.get(name) for name in KEYS)
        if not isinstance(partition, str) or not isinstance(row, str):
            raise Refused("InvalidInput")
        return _shown(self._tables.insert(Key(table, partition, row), properties), 201)

    def _query(self, request: Request, table: str) -> Response:
        asked = request.query_params
        found = _AT_MOST.fullmatch(asked.get("$filter", ""))
        if found is None:
            raise Refused("NotImplemented")
        start = asked.get("NextPartitionKey", ""), asked.get("NextRowKey", "")
        entities, more = self._tables.up_to(table, found[1], int(found[2]), start)
        names = set(filter(None, asked.get("$select", "").split(",")))
        answer = _json({"value": [_selected(entity, names) for entity in entities]}, 200)
        if more is not None:
            for name, value in zip(KEYS, more, strict=True):
                answer.headers[f"x-ms-continuation-Next{name}"] = value
        return answer


def _selected(entity: Entity, names: set[str]) -> dict[str, object]:
    kept = {
        name: value
        for name, value in entity.properties.items()
        if not names or name.partition("@")[0] in names
    }
    return {"odata.etag": entity.etag, **kept}


def _shown(entity: Entity, status: int) -> Response:
    answer = _json(_selected(entity, set()), status)
    answer.headers["ETag"] = entity.etag
    return answer


def _json(content: object, status: int) -> Response:
    return Response(msgspec.json.encode(content), status, media_type=_JSON)


def _object(body: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except msgspec.MsgspecError:
        raise Refused("InvalidInput") from None


class QueueService:
    """Calls of the queue service to queues."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    def answer(self, request: Request, body: bytes) -> Response:
        """Carry out a call. Raises Refused."""
        name, _, rest = request.path_params["rest"].partition("/")
        if not _QUEUE.fullmatch(name):
            raise Refused("InvalidInput")
        place, _, id = rest.partition("/")
        match request.method, place, bool(id):
            case "PUT", "", False:
                return Response(status_code=201 if self._queues.create(name) else 204)
            case "DELETE", "messages", False:
                self._queues.clear(name)
                return Response(status_code=204)
            case "POST", "messages", False:
                return self._put(request, name, body)
            case "GET", "messages", False:
                hidden = _whole(request, "visibilitytimeout", 30)
                return _messages(
                    self._queues.take(name, _whole(request, "numofmessages", 1), hidden)
                )
            case "DELETE", "messages", True:
                self._queues.delete(name, id, request.query_params.get("popreceipt", ""))
                return Response(status_code=204)
        raise Refused("NotImplemented")

    def _put(self, request: Request, name: str, body: bytes) -> Response:
        try:
            text = ElementTree.fromstring(body).findtext("MessageText") or ""
        except ElementTree.ParseError:
            raise Refused("InvalidInput") from None
        made = self._queues.put(name, text, _whole(request, "visibilitytimeout", 0))
        return _messages([made], 201)


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not re.fullmatch(r"\d{1,7}", text):
        raise Refused("OutOfRangeQueryParameterValue")
    return int(text)


def _messages(messages: list[Message], status: int = 200) -> Response:
    shown = "".join(
        "<QueueMessage>"
        f"<MessageId>{one.id}</MessageId><InsertionTime>{_date(one.inserted)}</InsertionTime>"
        f"<ExpirationTime>{_date(one.expires)}</ExpirationTime>"
        f"<PopReceipt>{one.receipt}</PopReceipt>"
        f"<TimeNextVisible>{_date(one.visible)}</TimeNextVisible>"
        f"<DequeueCount>{one.dequeues}</DequeueCount><MessageText>{escape(one.text)}</MessageText>"
        "</QueueMessage>"
        for one in messages
    )
    body = f'<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>{shown}</QueueMessagesList>'
    return Response(body, status, media_type="application/xml")


def _date(ms: int) -> str:
    return format_datetime(datetime.fromtimestamp(ms / 1000, UTC), usegmt=True)
