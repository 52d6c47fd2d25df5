"""The client of SignalR Service's data-plane REST API: what the output binding cannot do.

It asks whether a peer has a connection, ends connections, and asks whether the service answers.
https://github.com/Azure/azure-signalr/blob/dev/docs/rest-api.md
"""

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from cloud.connection_strings import SignalRConnection
from signaling.effects import Close, ClosePeer
from signaling.forward import Sender
from signaling.messages import Closed
from signaling.signalr import HUB
from signaling.tokens import sign_rest

if TYPE_CHECKING:
    import requests

BASE = f"/api/hubs/{HUB}"
API = "api-version=2022-06-01"
TIMEOUT_SECONDS = (1.0, 2.0)  # to connect, to answer: callers wait for this


class ServiceAway(Exception):
    """SignalR Service could not be reached or did not do it. The text holds no secret."""


class SignalRRest:
    """One pooled session to one service. Safe to share between threads."""

    def __init__(self, connection: SignalRConnection, session: "requests.Session") -> None:
        self._connection = connection
        self._session = session

    def is_present(self, sender: Sender) -> bool:
        """Whether a peer has an open connection. Raises ServiceAway."""
        return self._call("HEAD", _user(sender), (200, 404)) == 200

    def close(self, effect: Close) -> None:
        """Send the push `closed`, then end the connection or connections. Raises ServiceAway."""
        if isinstance(effect, ClosePeer):
            place = _user(Sender(effect.room, effect.peer))
            ending = ("POST", f"{place}/:closeConnections")
        else:
            place = _connection(effect.connection)
            ending = ("DELETE", place)
        push = {"target": "closed", "arguments": [Closed(effect.code, effect.message)]}
        self._call("POST", f"{place}/:send", (202,), body=msgspec.json.encode(push))
        self._call(*ending, (200, 204, 404), query=f"&reason={quote(effect.code)}")

    def ping(self) -> None:
        """Return if the service answers. Raises ServiceAway."""
        self._call("HEAD", "/api/health", (200,))

    def _call(
        self,
        verb: str,
        path: str,
        fine: tuple[int, ...],
        *,
        query: str = "",
        body: bytes | None = None,
    ) -> int:
        import requests

        url = f"{self._connection.endpoint}{path}"
        token = sign_rest(self._connection.access_key, url, time.time_ns() // 1_000_000)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            answer = self._session.request(
                verb, f"{url}?{API}{query}", data=body, headers=headers, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            # Its text holds the URL, and the URL a room: only the kind of failure is passed on.
            raise ServiceAway(type(error).__name__) from None
        if answer.status_code not in fine:
            raise ServiceAway(f"status {answer.status_code}")
        return answer.status_code


def _connection(connection: str) -> str:
    return f"{BASE}/connections/{quote(connection, safe='')}"


def _user(sender: Sender) -> str:
    return f"{BASE}/users/{quote(sender.user_id, safe='')}"
