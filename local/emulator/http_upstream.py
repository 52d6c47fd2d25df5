"""Posts events to a Functions host over HTTP: the Deliver of the stand-alone emulator."""

from collections.abc import Callable, Sequence

import httpx

from local.emulator.events import MAX_RESPONSE_BYTES
from local.emulator.templates import Template, find
from local.emulator.upstream import IGNORED, Deliver, UpstreamRequest, UpstreamResponse


def http_upstream(
    client: httpx.AsyncClient, templates: Callable[[], Sequence[Template]]
) -> Deliver:
    """`templates` are asked for at each event, since they may change.

    Raises httpx.HTTPError when the app cannot be reached. The caller sets the deadline.
    """

    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        url = find(templates(), event.hub, event.category, event.event)
        if url is None:
            return IGNORED
        # As bytes: user ids and claims may hold any character, which httpx refuses as text.
        headers = {name.encode(): value.encode() for name, value in event.headers.items()}
        headers[b"Content-Type"] = event.content_type.encode()
        async with client.stream("POST", url, content=event.body, headers=headers) as response:
            body = await _body(response)
        return UpstreamResponse(
            response.status_code, response.headers.get("content-type", ""), body
        )

    return deliver


async def _body(response: httpx.Response) -> bytes:
    """The body, or its start: enough to see that it is too large."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            break
    return bytes(body)
