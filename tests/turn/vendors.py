"""Metered, Cloudflare and Twilio as their documents have them, on a real socket of this machine."""

import base64
import json
import logging
import re
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from turn.configuration import connect, parse_providers
from turn.providers import Provider

NOW = 1_800_000_000_000
LABEL = "AAAAAAAAAAAAAAAA-BBBBBBBBBBBBBBBB"
KEY_ID = "0123456789abcdef"
ACCOUNT = "fedcba9876543210"
SID = "AC" + "0" * 32
SECRETS = {
    "METERED_KEY": "hush-metered-0123456789",
    "CLOUDFLARE_TOKEN": "hush-cloudflare-0123456789",
    "ANALYTICS_TOKEN": "hush-analytics-0123456789",
    "TWILIO_TOKEN": "hush-twilio-0123456789",
    "COTURN_SECRETS": "hush-coturn-new, hush-coturn-old",
}
# What vendors hand out and nobody may print either.
PASSWORD = "hush-password-0123456789"
API_KEY = "hush-api-key-0123456789"
HUSH = re.compile(r"hush-[a-z]")


class Call(Struct):
    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Reply(Struct):
    status: int = 200
    body: Any = b""  # bytes as they are, anything else as JSON
    headers: dict[str, str] = {}
    wait: float = 0  # seconds before the answer
    drip: float = 0  # seconds between its bytes


class Vendor:
    """`with Vendor(play) as vendor:` answers at `vendor.url`, or with `fault` while it is set."""

    def __init__(self, play: Callable[[Call], Reply], tls: ssl.SSLContext | None = None) -> None:
        self._play = play
        self._tls = tls
        self.fault: Reply | None = None
        self.calls: list[Call] = []
        self.connections = 0
        self._over = Event()

    def __enter__(self) -> "Vendor":
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.vendor = self
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        if self._tls:
            # The handshake comes with the first read, in the thread of the connection.
            self._server.socket = self._tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.url = f"https://127.0.0.1:{port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, call: Call) -> Reply:
        self.calls.append(call)
        return self.fault or self._play(call)

    def pause(self, seconds: float) -> None:
        self._over.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    vendor: Vendor

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # who asked has hung up


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.vendor.connections += 1

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, unquote(parts.path), query, headers, body)
        reply = self.server.vendor.reply(call)
        self.server.vendor.pause(reply.wait)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        lines = [f"HTTP/1.1 {reply.status} Fine"]
        if reply.status != 204 and "Content-Length" not in reply.headers:
            lines.append(f"Content-Length: {len(body)}")
        self.close_connection = reply.headers.get("Connection") == "close"
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        if not reply.drip:
            self.wfile.write(head + body)
            return
        self.wfile.write(head)
        for place in range(len(body)):
            self.wfile.write(body[place : place + 1])
            self.server.vendor.pause(reply.drip)

    do_GET = do_POST = do_DELETE = _answer


def cloudflare(call: Call) -> Reply:
    """https://developers.cloudflare.com/realtime/turn/generate-credentials/"""
    if call.path == "/client/v4/graphql":
        return _cloudflare_usage(call)
    if call.headers.get("authorization") != f"Bearer {SECRETS['CLOUDFLARE_TOKEN']}":
        return Reply(401, {"error": "unauthorized"})
    base = f"/v1/turn/keys/{KEY_ID}/credentials/"
    if call.path == base + "generate-ice-servers":
        if not 0 < call.json["ttl"] <= 172_800:
            return Reply(400, {"error": "ttl"})
        return Reply(201, {"iceServers": CLOUDFLARE_SERVERS})
    if call.path == base + "cf user/1/revoke":
        return Reply(204)
    return Reply(404, {})


CLOUDFLARE_SERVERS = [
    {"urls": ["stun:stun.cloudflare.com:3478", "stun:stun.cloudflare.com:53"]},
    {
        "urls": [
            "turn:turn.cloudflare.com:3478?transport=udp",
            "turn:turn.cloudflare.com:53?transport=udp",
            "turn:turn.cloudflare.com:3478?transport=tcp",
            "turn:turn.cloudflare.com:80?transport=tcp",
            "turns:turn.cloudflare.com:5349?transport=tcp",
            "turns:turn.cloudflare.com:443?transport=tcp",
        ],
        "username": "cf-user",
        "credential": PASSWORD,
    },
]


def _cloudflare_usage(call: Call) -> Reply:
    """https://developers.cloudflare.com/realtime/turn/analytics/"""
    if call.headers.get("authorization") != f"Bearer {SECRETS['ANALYTICS_TOKEN']}":
        return Reply(403, {"errors": [{"message": "not authorized"}]})
    query = call.json["query"]
    if f'accountTag: "{ACCOUNT}"' not in query or f'keyId: "{KEY_ID}"' not in query:
        return Reply(200, {"data": None, "errors": [{"message": "no such account"}]})
    groups = [
        {"dimensions": {"customIdentifier": LABEL}, "sum": {"egressBytes": 502_614_982}},
        {"dimensions": {"customIdentifier": ""}, "sum": {"egressBytes": 7}},
    ]
    usage = [{"callsTurnUsageAdaptiveGroups": groups}]
    return Reply(200, {"data": {"viewer": {"usage": usage}}, "errors": None})


def metered(call: Call) -> Reply:
    """https://www.metered.ca/docs/turn-rest-api/"""
    if call.path == "/api/v1/turn/credentials":
        return _metered_servers(call)
    if call.query.get("secretKey") != SECRETS["METERED_KEY"]:
        return Reply(400, {"message": "invalid secretKey"})
    match call.verb, call.path:
        case "POST", "/api/v1/turn/credential":
            return _metered_credential(call)
        case "POST", "/api/v1/turn/credential/disable":
            return _metered_disable(call)
        case "DELETE", "/api/v2/turn/credential/by_label":
            return Reply(200, {"deleted": 1})
        case "GET", "/api/v2/turn/current_usage_by_user":
            return _metered_usage(int(call.query["page"]))
    return Reply(404, {})


def _metered_credential(call: Call) -> Reply:
    made = {"username": "m-user", "password": PASSWORD, "apiKey": API_KEY}
    asked = call.json
    if "expiryInSeconds" not in asked:  # the trap: it lives for ever
        return Reply(200, made | {"label": asked.get("label")})
    if asked["expiryInSeconds"] <= 0:
        message = "please enter a positive integer value for expiryInSeconds"
        return Reply(400, {"message": message})
    return Reply(200, made | asked)


def metered_free(call: Call) -> Reply:
    """The free plan."""
    if call.path == "/api/v1/turn/credential" and "expiryInSeconds" in call.json:
        return Reply(400, {"message": "api not available under free plan"})
    return metered(call)


def _metered_servers(call: Call) -> Reply:
    if call.query.get("apiKey") != API_KEY:
        return Reply(401, {"error": "Invalid API Key"})
    host = f"{call.query.get('region', 'standard')}.relay.metered.ca".replace("_", "-")
    login = {"username": "m-user", "credential": PASSWORD}
    urls = [f"turn:{host}:80", f"turn:{host}:80?transport=tcp", f"turns:{host}:443?transport=tcp"]
    servers: list[dict[str, str]] = [{"urls": "stun:stun.relay.metered.ca:80"}]
    return Reply(200, servers + [{"urls": url} | login for url in urls])


def _metered_disable(call: Call) -> Reply:
    match call.json["username"]:
        case "m-user":
            return Reply(200, {"success": True})
        case "disabled":
            return Reply(400, {"message": "credential already disabled"})
    return Reply(401, {"message": "credential of the specified username is not found"})


def _metered_usage(page: int) -> Reply:
    rows = [
        {"label": LABEL, "username": "m-user", "usageInGB": 1.5},
        {"label": None, "username": "other", "usageInGB": 2},
        {"label": LABEL, "username": "m-user-2", "usageInGB": 0.5},
    ]
    return Reply(200, {"data": rows[page - 1 : page], "has_more": page < len(rows)})


def twilio(call: Call) -> Reply:
    """https://www.twilio.com/docs/stun-turn/api"""
    login = base64.b64encode(f"{SID}:{SECRETS['TWILIO_TOKEN']}".encode()).decode()
    if call.headers.get("authorization") != f"Basic {login}":
        return Reply(401, {"code": 20003, "message": "Authenticate", "status": 401})
    if (call.verb, call.path) != ("POST", f"/2010-04-01/Accounts/{SID}/Tokens.json"):
        return Reply(404, {"code": 20404})
    ttl = parse_qs(call.body.decode())["Ttl"][0]
    token = {"username": "t-user", "credential": PASSWORD}
    urls = ["3478?transport=udp", "3478?transport=tcp", "443?transport=tcp"]
    servers = [{"url": f"turn:global.turn.twilio.com:{u}"} for u in urls]
    return Reply(
        201,
        {
            "username": "t-user",
            "password": PASSWORD,
            "ttl": ttl,
            "account_sid": SID,
            "ice_servers": [
                {
                    "url": "stun:global.stun.twilio.com:3478",
                    "urls": "stun:global.stun.twilio.com:3478",
                }
            ]
            + [{"urls": server["url"]} | server | token for server in servers],
        },
    )


PLAYS = {"cloudflare": cloudflare, "metered": metered, "twilio": twilio}
CONFIGS: dict[str, dict[str, Any]] = {
    "cloudflare": {
        "keyId": KEY_ID,
        "secret": "CLOUDFLARE_TOKEN",
        "accountId": ACCOUNT,
        "usageSecret": "ANALYTICS_TOKEN",
    },
    "metered": {"app": "heliograph", "secret": "METERED_KEY", "regions": {"eu": "europe"}},
    "twilio": {"accountSid": SID, "secret": "TWILIO_TOKEN"},
    "coturn": {
        "urls": ["stun:relay.example", "turn:relay.example:3478"],
        "regions": {"eu": ["turn:eu.relay.example"]},
        "secret": "COTURN_SECRETS",
        "pricePerGB": 0.08,
    },
}


def provider(kind: str, url: str | None = None, **more: Any) -> Provider:
    """A provider that asks at `url` and knows SECRETS."""
    config = {"kind": kind, **CONFIGS[kind], **more}
    if url is not None and kind != "coturn":
        config["url"] = url
    if url is not None and kind == "cloudflare":
        config["usageUrl"] = url
    return connect(parse_providers(json.dumps([config])), SECRETS.__getitem__)[0]


@contextmanager
def silent_port() -> Iterator[str]:
    """A place that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def closed_port() -> str:
    """A place where nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def told(error: BaseException) -> str:
    """All that printing an error in any way may show, and what it carries along."""
    chain = [error, error.__cause__, error.__context__]
    texts = [f"{e} {e!r} {e.args}" for e in chain if e is not None]
    return "\n".join([*texts, *traceback.format_exception(error, chain=True)])


def logged(records: list[logging.LogRecord]) -> str:
    return "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in records)
