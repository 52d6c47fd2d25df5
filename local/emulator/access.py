"""Who may do what: the service's keys, its name, and Entra ID where it is in use.

The edge of `tokens`, `audience` and `entra`: it reads requests and the clock.
"""

import time
from collections.abc import Sequence

from starlette.requests import HTTPConnection

from local.emulator.audience import Resource
from local.emulator.call import Forbidden, Unauthorized
from local.emulator.entra import (
    APP_SERVER,
    KEY_LIFETIME_SECONDS,
    KEY_PATH_END,
    REST_API_OWNER,
    Entra,
    HandedOutKeys,
    NoRole,
    NotIssued,
)
from local.emulator.options import Options
from local.emulator.tokens import BadToken, Caller, SigningKey, bearer, sign_client, verify

_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


class Access:
    """The keys of one service. `keys` are its access keys, the primary one first."""

    def __init__(self, keys: Sequence[str], options: Options, entra: Entra | None) -> None:
        self.keys = tuple(keys) if entra is None or entra.local_auth else ()
        self._options = options
        self._entra = entra
        lifetime = KEY_LIFETIME_SECONDS if entra is None else entra.key_lifetime_seconds
        self._handed_out = HandedOutKeys(lifetime)

    def admit_client(self, http: HTTPConnection, hub: str) -> Caller:
        """The client behind a request or socket. Raises BadToken."""
        # Browsers cannot set headers on a WebSocket, so the token may come in the query.
        token = bearer(http.headers) or http.query_params.get("access_token", "")
        return verify(token, self.keys, self._resource(http, hub), time.time(), self._find_key)

    def admit_app(self, http: HTTPConnection) -> None:
        """Return if the caller may use the REST API. Raises Unauthorized or Forbidden."""
        token = bearer(http.headers)
        try:
            verify(token, self.keys, self._resource(http, None), time.time())
        except BadToken:
            role = APP_SERVER if http.scope["path"].endswith(KEY_PATH_END) else REST_API_OWNER
            self._admit_by_entra(token, role)

    def hand_out_key(self) -> SigningKey:
        """A key for clients' tokens, with its id."""
        key = self._handed_out.current(time.monotonic())
        return SigningKey(key.key, key.id)

    def client_token(
        self, http: HTTPConnection, hub: str, user: str | None, lifetime_seconds: int
    ) -> str:
        """A client's token for this service, as `:generateToken` gives it."""
        key = SigningKey(self.keys[0]) if self.keys else self.hand_out_key()
        audience = f"{self._endpoint(http)}/client/?hub={hub.lower()}"
        now = int(time.time())
        return sign_client(key, audience, user, now, now + lifetime_seconds)

    def _admit_by_entra(self, token: str, role: str) -> None:
        if self._entra is None or not token:
            raise Unauthorized
        try:
            self._entra.admit(token, role)
        except NotIssued as error:
            raise Unauthorized from error
        except NoRole as error:
            raise Forbidden from error

    def _find_key(self, id: str) -> str | None:
        return self._handed_out.find(id, time.monotonic())

    def _resource(self, http: HTTPConnection, hub: str | None) -> Resource:
        return Resource(self._endpoint(http), http.scope["path"], hub, self._options.strict)

    def _endpoint(self, http: HTTPConnection) -> str:
        """The name the service goes by: the one it was given, else the one it was reached by."""
        if self._options.endpoint:
            return self._options.endpoint
        scheme = http.scope["scheme"]
        return f"{_HTTP_SCHEMES.get(scheme, scheme)}://{http.headers.get('host', '')}"
