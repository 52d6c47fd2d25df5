"""What a test may ask of a running host: set faults, read its load. Opened by the host's key.

    PUT /admin/local/faults     a JSON list of Fault objects; replaces those that are set
    GET /admin/local/load       a Load object

The real host has other things under `/admin`; it has nothing under `/admin/local`.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local.functions.faults import Faults, parse_faults
from local.functions.http_trigger import BodyTooLarge, has_key, read_body
from local.functions.slots import Slots

MAX_FAULTS_BYTES = 64 << 10


class Control:
    """The routes of one host."""

    def __init__(self, key: str, faults: Faults, slots: Slots) -> None:
        self._key = key
        self._faults = faults
        self._slots = slots

    def routes(self) -> list[BaseRoute]:
        """The two routes above."""
        return [
            Route("/admin/local/faults", self._set_faults, methods=["PUT"]),
            Route("/admin/local/load", self._load, methods=["GET"]),
        ]

    async def _set_faults(self, request: Request) -> Response:
        if not has_key(request, self._key):
            return Response(status_code=401)
        try:
            self._faults.set(parse_faults(await read_body(request, MAX_FAULTS_BYTES)))
        except BodyTooLarge:
            return Response(status_code=413)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def _load(self, request: Request) -> Response:
        if not has_key(request, self._key):
            return Response(status_code=401)
        return Response(msgspec.json.encode(self._slots.load), media_type="application/json")
