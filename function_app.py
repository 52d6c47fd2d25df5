"""Heliograph on Azure Functions: every trigger and binding, one short handler each.

Calls of the hub are async and never block; whatever waits for a store or a service is sync and
runs on the worker's threads. No exception leaves a function: the SignalR extension would show
its text to the client. (`write_reports` is the exception: the queue brings its message again.)
"""

import asyncio
import logging
import os
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import azure.functions as func
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from backend import admission, expiry, http, presence, reports, rooms
from backend import signal as signals
from backend import turn as turns
from backend.health import HealthCheck
from backend.network import describe_caller, read_network
from backend.rooms import RoomOptions
from backend.settings import SIGNALR, STORAGE, Settings
from backend.wiring import Services
from signaling import signalr
from signaling.admission_rate import Network
from signaling.errors import Abuse, RoomEnded, Unseated
from signaling.signalr import Invocation

# At INFO the Azure SDK logs URLs, and those hold names of secrets.
logging.getLogger("azure").setLevel(logging.WARNING)
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
services = Services(Settings.from_environ(os.environ))
health_check = HealthCheck(services)
# JSON is never to be taken for a page or a script, whatever a name in it looks like.
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
service = {"hubName": signalr.HUB, "connectionStringSetting": SIGNALR}


class Post(Struct, frozen=True):
    """What a call takes and answers, by its own types. contracts/ makes the contract of it."""

    call: Callable[..., Struct | None]
    status: int
    takes: type[Struct] | None  # the form of its body; None: it reads its body itself


posts: dict[str, Post] = {}  # by route


def post(route: str, status: int = 200, takes: type[Struct] | None = None) -> Callable[..., Any]:
    """Bind a call to `POST /api/{route}`: its body in the form of `takes`, its answer in JSON."""

    def bind(call: Callable[..., Struct | None]) -> Any:
        def handler(req: func.HttpRequest) -> func.HttpResponse:
            try:
                sent = () if takes is None else (http.read_body(body(req), takes),)
                return respond(http.answer(status, call(req, *sent)))
            except Exception as error:
                return refuse(error, call.__name__)

        posts[route] = Post(call, status, takes)
        named = app.function_name(call.__name__)
        return named(app.route(route, methods=["POST"])(handler))

    return bind


def on_hub(category: str, event: str) -> Callable[..., Any]:
    """Bind a function to one event of the hub."""
    bind = app.generic_trigger
    return bind("call", type="signalRTrigger", category=category, event=event, **service)


def respond(answer: http.Answer) -> func.HttpResponse:
    """An answer as the worker takes it."""
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        headers={**HEADERS, **answer.headers},
        mimetype="application/json",
    )


def refuse(error: Exception, call: str) -> func.HttpResponse:
    """The answer to a call that failed or was refused."""
    return respond(http.refuse(http.to_refusal(error, call)))


def body(req: func.HttpRequest) -> bytes:
    """What was sent. Raises LengthRequired."""
    return http.read_sent(req.get_body(), req.headers.get("transfer-encoding"))


def token(req: func.HttpRequest) -> str | None:
    """The caller's token. Raises Unauthorized (bad_token) or BadRequest."""
    return http.read_token(req.headers.get("authorization"), body(req))


def network(req: func.HttpRequest) -> Network:
    """The caller's network, as keyed hashes."""
    return read_network(*way(req), services.key_for("network"), services.now())


def way(req: func.HttpRequest) -> tuple[str | None, int]:
    """By which addresses a call came, and how many of them are proxies of ours."""
    return req.headers.get("x-forwarded-for"), services.settings.trusted_hops


@post("rooms", 201, takes=RoomOptions)
def create_room(req: func.HttpRequest, options: RoomOptions) -> rooms.RoomCreated:
    """Create a room with options."""
    return rooms.create_room(services, options, network(req))


@post("negotiate", takes=admission.NegotiateRequest)
def negotiate(req: func.HttpRequest, ask: admission.NegotiateRequest) -> admission.Negotiated:
    """Admit a peer."""
    return admission.negotiate(services, ask.filled_from(req.params), token(req), network(req))


@post("signal")
def signal(req: func.HttpRequest) -> http.Ok:
    """Forward an envelope of a peer whose socket is not open."""
    return signals.signal_by_http(services, body(req), token(req), network(req))


@post("poll")
def poll(req: func.HttpRequest) -> signals.Missed:
    """Say what waits for a socket that is not open yet."""
    return signals.poll(services, token(req))


@post("turn", takes=turns.TurnRequest)
def turn(req: func.HttpRequest, ask: turns.TurnRequest) -> turns.TurnAnswer:
    """Mint TURN credentials."""
    return turns.mint(services, ask, http.require_token(token(req)), network(req).customer)


@post("leave", 204, takes=admission.LeaveRequest)
def leave(req: func.HttpRequest, ask: admission.LeaveRequest) -> None:
    """Give up a seat."""
    admission.leave(services, token(req), ask)


@post("sleep", 204)
def sleep(req: func.HttpRequest) -> None:
    """Keep a seat without a socket."""
    admission.sleep(services, http.require_token(token(req)))


@post("rooms/kick", takes=rooms.KickRequest)
def kick(req: func.HttpRequest, ask: rooms.KickRequest) -> rooms.Done:
    """Remove a member."""
    return rooms.kick(services, ask, token(req), network(req))


@post("rooms/lock", takes=rooms.LockRequest)
def lock(req: func.HttpRequest, ask: rooms.LockRequest) -> rooms.Locked:
    """Admit nobody new, or again everybody."""
    return rooms.lock(services, ask, token(req), network(req))


@post("rooms/invite", 201, takes=rooms.InviteRequest)
def invite(req: func.HttpRequest, ask: rooms.InviteRequest) -> rooms.Invited:
    """Make an invite."""
    return rooms.invite(services, ask, token(req), network(req))


@post("rooms/revoke", takes=rooms.RevokeRequest)
def revoke(req: func.HttpRequest, ask: rooms.RevokeRequest) -> rooms.Done:
    """End an invite."""
    return rooms.revoke(services, ask, token(req), network(req))


@app.function_name("health")
@app.route("health", methods=["GET", "HEAD"])
def get_health(req: func.HttpRequest) -> func.HttpResponse:
    """Say what works."""
    try:
        found = replace(health_check.look(), caller=describe_caller(*way(req)))
        return respond(http.answer(found.http_status, found))
    except Exception as error:
        return refuse(error, "health")


@app.function_name("ice")
@app.route("ice", methods=["GET", "HEAD"])
def get_ice(req: func.HttpRequest) -> func.HttpResponse:
    """Name the STUN servers."""
    try:
        answer = http.answer(200, turns.stun(services))
        return respond(replace(answer, headers={"Cache-Control": "public, max-age=3600"}))
    except Exception as error:
        return refuse(error, "ice")


@app.function_name("report")
@app.route("report", methods=["POST"])
@app.queue_output("queued", reports.QUEUE, STORAGE)
def report(req: func.HttpRequest, queued: func.Out[str]) -> func.HttpResponse:
    """Take an anonymous report of a call."""
    try:
        queued.set(reports.report(services, body(req), token(req), network(req)))
        return respond(http.answer(202, http.Ok()))
    except Exception as error:
        return refuse(error, "report")


@app.function_name("write_reports")
@app.queue_trigger("message", reports.QUEUE, STORAGE)
async def write_reports(message: func.QueueMessage) -> None:
    """Write a report. Raises if that cannot be done now: it stays in the queue."""
    await reports.write(services, message.get_body())


@app.function_name("stats")
@app.route("stats", methods=["GET", "HEAD"])
def get_stats(req: func.HttpRequest) -> func.HttpResponse:
    """Show what the reports add up to."""
    try:
        page = reports.stats(services, req.params.get("days"), req.headers.get("if-none-match"))
        read = formatdate(page.read_at / 1000, usegmt=True)
        headers = {"ETag": page.tag, "Last-Modified": read, "Cache-Control": "public, max-age=60"}
        status = 304 if page.body is None else 200
        return respond(http.Answer(status, page.body or b"", headers))
    except Exception as error:
        return refuse(error, "stats")


@app.function_name("retain")
@app.timer_trigger("timer", schedule="0 43 3 * * *")
def retain(timer: func.TimerRequest) -> None:
    """Delete reports that are too old."""
    try:
        reports.retain(services)
    except Exception as error:
        http.to_refusal(error, "retain")


@on_hub("messages", "signal")
async def on_signal(call: str) -> dict:  # type: ignore[type-arg]
    """The hub method `signal`."""
    return await hub_call(call, everyone=False)


@on_hub("messages", "broadcast")
async def on_broadcast(call: str) -> dict:  # type: ignore[type-arg]
    """The hub method `broadcast`."""
    return await hub_call(call, everyone=True)


async def hub_call(value: str, *, everyone: bool) -> dict[str, Any]:
    """`{ok: true}`, or `{ok: false, code, message}`. What waits for a service has its threads."""
    try:
        call = signalr.parse_invocation(value)
        try:
            forwarded = signals.on_hub_call(services, call, everyone=everyone)
            sent = services.push_threads.submit(signals.send_checked, services, call, forwarded)
            await asyncio.wrap_future(sent)
        except (Abuse, RoomEnded, Unseated) as error:
            await asyncio.to_thread(signals.close, services, call, error)
            raise
        return {"ok": True}
    except Exception as error:
        answer = http.refuse_hub_call(http.to_refusal(error, "a hub call"))
        refused: dict[str, Any] = msgspec.to_builtins(answer)
        return refused


@on_hub("connections", "connected")
def on_connected(call: str) -> None:
    """A socket has opened."""
    hub_event(call, presence.connected)


@on_hub("connections", "disconnected")
def on_disconnected(call: str) -> None:
    """A socket has closed."""
    hub_event(call, presence.disconnected)


def hub_event(value: str, event: Callable[[Services, Invocation], None]) -> None:
    """Carry out an event of the hub. There is nobody to tell of a failure."""
    try:
        event(services, signalr.parse_invocation(value))
    except Exception as error:
        http.to_refusal(error, event.__name__)


@app.function_name("sweep")
@app.timer_trigger("timer", schedule="0 17 * * * *")
def sweep(timer: func.TimerRequest) -> None:
    """Delete rooms that have expired, and close what has outlived them."""
    try:
        expiry.sweep(services)
    except Exception as error:
        http.to_refusal(error, "sweep")


@app.function_name("settle")
@app.timer_trigger("timer", schedule="30 * * * * *")
def settle(timer: func.TimerRequest) -> None:
    """Read what TURN credentials have used, revoke and settle."""
    try:
        if services.minting is not None:
            services.minting.poll(services.now())
    except Exception as error:
        http.to_refusal(error, "settle")
