"""`signalR` outputs by REST, as the extension does them: one call an item, no retry.

Sources: Azure/azure-signalr, `RestClient` and `RestApiProvider` (the token's audience has no port).
"""

import time
from urllib.parse import urlsplit

import httpx
import jwt

from local.functions.outputs import SignalREffect
from local.functions.signalr_rest import (
    NO_SUCH_CONNECTION,
    RestCall,
    failure,
    rest_call,
    timed_out,
    unreachable,
    url_of,
)

TOKEN_SECONDS = 3600


class RestSink:
    """Outputs to a SignalR service anywhere. `endpoint` is scheme, host and port."""

    def __init__(
        self, client: httpx.AsyncClient, endpoint: str, key: bytes, timeout_seconds: float
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._key = key
        self._timeout_seconds = timeout_seconds

    async def carry_out(self, effect: SignalREffect, hub: str) -> None:
        """Raises OutputFailed if the service refuses it or does not answer."""
        call, url = rest_call(effect, hub), url_of(effect, hub, self._endpoint)
        headers = {
            "Authorization": f"Bearer {self._token(call)}",
            "Content-Type": "application/json",
        }
        try:
            answer = await self._client.request(
                call.verb, url, content=call.body, headers=headers, timeout=self._timeout_seconds
            )
        except httpx.TimeoutException as error:
            raise timed_out(self._timeout_seconds) from error
        except httpx.HTTPError as error:
            raise unreachable(url) from error
        missing = answer.headers.get("x-ms-error-code") == NO_SUCH_CONNECTION
        if answer.is_success or call.verb == "PUT" and missing:
            return
        raise failure(answer.status_code, url)

    def _token(self, call: RestCall) -> str:
        service = urlsplit(self._endpoint)
        audience = f"{service.scheme}://{service.hostname}{call.path}"
        claims = {"aud": audience, "exp": int(time.time()) + TOKEN_SECONDS}
        return jwt.encode(claims, self._key, "HS256")
