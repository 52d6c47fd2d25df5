"""Heliograph on Azure Functions: every trigger and binding, one short handler each.

Calls of the hub are async and never block; whatever waits for a store or a service is sync and
runs on the worker's threads. No exception leaves a function: the SignalR extension would show
its text to the client. (`write_reports` is the exception: the queue brings its message again.)
"""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any

import azure.functions as func

from backend import calls, health, http, reports
from backend import turn as turn_calls
from backend.settings import SIGNALR, STORAGE, Settings
from backend.wiring import Services
from signaling import signalr
from signaling.effects import Push
from signaling.errors import Abuse
from signaling.room import ParkedOffer, RoomOptions
from signaling.signalr import Invocation

# At INFO the Azure SDK logs URLs, and those hold names of secrets.
logging.getLogger("azure").setLevel(logging.WARNING)
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
services = Services(Settings.from_environ(os.environ))
service = {"hubName": signalr.HUB, "connectionStringSetting": SIGNALR}
pushing = app.generic_output_binding("pushes", type="signalR", **service)


def post(route: str, status: int = 200) -> Callable[..., Any]:
    """Bind a call to `POST /api/{route}`: its answer in JSON, its pushes through SignalR."""

    def bind(call: Callable[[func.HttpRequest], calls.Outcome]) -> Any:
        def handler(req: func.HttpRequest, pushes: func.Out[str]) -> func.HttpResponse:
            try:
                said, going = call(req)
                if going:
                    pushes.set(signalr.encode_pushes(going))
                return respond(http.answer(status, said))
            except Exception as error:
                return respond(http.refuse(http.foreseen(error, call.__name__)))

        named = app.function_name(call.__name__)
        return named(app.route(route, methods=["POST"])(pushing(handler)))

    return bind


def hears(category: str, event: str) -> Callable[..., Any]:
    """Bind a function to one event of the hub."""
    bind = app.generic_trigger
    return bind("call", type="signalRTrigger", category=category, event=event, **service)


def respond(answer: http.Answer) -> func.HttpResponse:
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        headers={"Cache-Control": "no-store", **answer.headers},
        mimetype="application/json",
    )


def bearer(req: func.HttpRequest) -> str | None:
    return http.read_bearer(req.headers.get("authorization"))


def network(req: func.HttpRequest) -> str:
    key, day = services.key_for("network"), http.day_of(services.now())
    return http.read_network(req.headers.get("x-forwarded-for"), key, day)


@post("rooms", 201)
def create_room(req: func.HttpRequest) -> calls.Outcome:
    return calls.create_room(services, http.read_body(req.get_body(), RoomOptions), network(req))


@post("negotiate")
def negotiate(req: func.HttpRequest) -> calls.Outcome:
    ask = http.read_body(req.get_body(), calls.NegotiateRequest)
    return calls.negotiate(services, ask.filled_from(req.params), bearer(req), network(req))


@post("relay")
def relay(req: func.HttpRequest) -> calls.Outcome:
    return calls.relay_for(services, req.get_body(), bearer(req))


@post("turn")
def turn(req: func.HttpRequest) -> calls.Outcome:
    ask = http.read_body(req.get_body(), turn_calls.TurnRequest)
    return turn_calls.turn(services, ask, calls.given(bearer(req)), network(req)), []


@post("leave", 204)
def leave(req: func.HttpRequest) -> calls.Outcome:
    ask = http.read_body(req.get_body(), calls.LeaveRequest)
    return calls.leave(services, ask, bearer(req))


@post("rooms/{room}/kick")
def kick(req: func.HttpRequest) -> calls.Outcome:
    ask = http.read_body(req.get_body(), calls.KickRequest)
    return calls.kick(services, req.route_params["room"], ask, bearer(req))


@post("rooms/{room}/lock")
def lock(req: func.HttpRequest) -> calls.Outcome:
    ask = http.read_body(req.get_body(), calls.LockRequest)
    return calls.lock(services, req.route_params["room"], ask, bearer(req))


@post("rooms/{room}/invite", 201)
def invite(req: func.HttpRequest) -> calls.Outcome:
    ask = http.read_body(req.get_body(), calls.InviteRequest)
    return calls.invite(services, req.route_params["room"], ask, bearer(req))


@app.function_name("health")
@app.route("health", methods=["GET"])
def get_health(req: func.HttpRequest) -> func.HttpResponse:
    try:
        return respond(http.answer(*health.health(services)))
    except Exception as error:
        return respond(http.refuse(http.foreseen(error, "health")))


@app.function_name("report")
@app.route("report", methods=["POST"])
@app.queue_output("queued", reports.QUEUE, STORAGE)
def report(req: func.HttpRequest, queued: func.Out[str]) -> func.HttpResponse:
    try:
        queued.set(reports.report(services, req.get_body(), bearer(req)))
        return respond(http.answer(202, {"ok": True}))
    except Exception as error:
        return respond(http.refuse(http.foreseen(error, "report")))


@app.function_name("write_reports")
@app.queue_trigger("message", reports.QUEUE, STORAGE)
async def write_reports(message: func.QueueMessage) -> None:
    """Raises if the report could not be written now: it stays in the queue."""
    await reports.write(services, message.get_body())


@app.function_name("stats")
@app.route("stats", methods=["GET"])
def get_stats(req: func.HttpRequest) -> func.HttpResponse:
    try:
        page = reports.stats(services, req.params.get("days"), req.headers.get("if-none-match"))
        headers = {"ETag": page.tag, "Cache-Control": "public, max-age=60"}
        status = 304 if page.body is None else 200
        return respond(http.Answer(status, page.body or b"", headers))
    except Exception as error:
        return respond(http.refuse(http.foreseen(error, "stats")))


@app.function_name("retain")
@app.timer_trigger("timer", schedule="0 43 3 * * *")
def retain(timer: func.TimerRequest) -> None:
    """Delete reports that are too old."""
    try:
        reports.retain(services)
    except Exception as error:
        http.foreseen(error, "retain")


@hears("messages", "signal")
@pushing
async def on_signal(call: str, pushes: func.Out[str]) -> dict:  # type: ignore[type-arg]
    return await hub_call(call, pushes, everyone=False)


@hears("messages", "broadcast")
@pushing
async def on_broadcast(call: str, pushes: func.Out[str]) -> dict:  # type: ignore[type-arg]
    return await hub_call(call, pushes, everyone=True)


async def hub_call(value: str, pushes: func.Out[str], *, everyone: bool) -> dict[str, Any]:
    """`{ok: true}`, or `{ok: false, code, message}`; only the rare cases wait for I/O."""
    try:
        call = signalr.parse_invocation(value)
        try:
            going = calls.hub_call(services, call, everyone=everyone)
        except Abuse:
            await asyncio.to_thread(calls.close_abuser, services, call)
            raise
        if isinstance(going, ParkedOffer):
            await asyncio.to_thread(calls.park, services, call.sender, going)
        else:
            pushes.set(signalr.encode_pushes([going]))
        return {"ok": True}
    except Exception as error:
        return {"ok": False, **http.describe(http.foreseen(error, "a hub call"))}


@hears("connections", "connected")
@pushing
def on_connected(call: str, pushes: func.Out[str]) -> None:
    hub_event(call, pushes, calls.connected)


@hears("connections", "disconnected")
@pushing
def on_disconnected(call: str, pushes: func.Out[str]) -> None:
    hub_event(call, pushes, calls.disconnected)


def hub_event(
    value: str, pushes: func.Out[str], event: Callable[[Services, Invocation], list[Push]]
) -> None:
    try:
        if going := event(services, signalr.parse_invocation(value)):
            pushes.set(signalr.encode_pushes(going))
    except Exception as error:
        http.foreseen(error, event.__name__)


@app.timer_trigger("timer", schedule="0 17 * * * *")
def sweep(timer: func.TimerRequest) -> None:
    """Delete rooms that have expired; they count as gone before that."""
    try:
        services.documents.sweep(services.now())
    except Exception as error:
        http.foreseen(error, "sweep")


@app.function_name("settle")
@app.timer_trigger("timer", schedule="30 * * * * *")
def settle(timer: func.TimerRequest) -> None:
    """Read what relays have used, revoke what is overdrawn, settle what is over."""
    try:
        if services.minting is not None:
            services.minting.poll(services.now())
    except Exception as error:
        http.foreseen(error, "settle")
