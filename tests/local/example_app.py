"""The app the host's tests run: each function exercises one binding and shows what it got."""

import asyncio
import base64
import json
import os
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
SETTING = "AzureSignalRConnectionString"
seen: list[object] = []  # what queue, timer and disconnected functions were given


def signalr_out(function):
    return app.generic_output_binding(
        arg_name="out", type="signalR", hubName="signaling", connectionStringSetting=SETTING
    )(function)


def on(category, event):
    return app.generic_trigger(
        arg_name="call",
        type="signalRTrigger",
        hubName="signaling",
        category=category,
        event=event,
        connectionStringSetting=SETTING,
    )


def answer(value, **more):
    return func.HttpResponse(json.dumps(value), mimetype="application/json", **more)


@app.route(route="echo/{room}/{rest?}", methods=["GET", "POST"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return answer(
        {
            "method": req.method,
            "url": req.url,
            "headers": dict(req.headers),
            "query": dict(req.params),
            "route": dict(req.route_params),
            "body": base64.b64encode(req.get_body()).decode(),
        }
    )


@app.route(route="locked", auth_level=func.AuthLevel.FUNCTION)
async def locked(req: func.HttpRequest) -> func.HttpResponse:
    return answer("open")


@app.route(route="shaped")
async def shaped(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"\x00\x01", status_code=418, mimetype="image/png")
    response.headers["x-one"] = "1"
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "b=2")
    return response


@app.route(route="text")
def text(req: func.HttpRequest) -> str:  # synchronous, and no HttpResponse
    return "plain words"


@app.route(route="named", methods=["GET", "HEAD"])
async def named(req: func.HttpRequest) -> str:
    return "seen"


@app.route(route="instance")
async def instance(req: func.HttpRequest) -> func.HttpResponse:
    return answer(os.getpid())


@on("messages", "instance")
async def answering_instance(call: str):
    return os.getpid()


@app.route(route="hang")
def hang(req: func.HttpRequest) -> str:  # holds a thread of the worker
    time.sleep(20)
    return "at last"


@app.route(route="boom")
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("the exception quotes " + req.params["secret"])


@app.route(route="nothing")
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None


@app.route(route="setting/{name}")
async def setting(req: func.HttpRequest) -> func.HttpResponse:
    return answer(os.environ.get(req.route_params["name"]))


@app.route(route="seen")
async def show(req: func.HttpRequest) -> func.HttpResponse:
    return answer(seen)


@app.route(route="publish", methods=["POST"])
@signalr_out
async def publish(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set(req.get_body().decode())
    return answer("done")


@app.route(route="enqueue", methods=["POST"])
@app.queue_output(arg_name="jobs", queue_name="jobs", connection="AzureWebJobsStorage")
async def enqueue(req: func.HttpRequest, jobs: func.Out[str]) -> func.HttpResponse:
    jobs.set(req.get_body().decode())
    return answer("done")


@app.queue_trigger(arg_name="job", queue_name="jobs", connection="AzureWebJobsStorage")
async def work(job: func.QueueMessage) -> None:
    seen.append(["job", job.get_body().decode(), job.dequeue_count])
    assert job.id and job.pop_receipt and job.insertion_time < job.expiration_time
    if job.get_body() == b"bad":
        raise RuntimeError("a job quotes its body: " + job.get_body().decode())


@app.queue_trigger(arg_name="job", queue_name="jobs-poison", connection="AzureWebJobsStorage")
async def bury(job: func.QueueMessage) -> None:
    seen.append(["buried", job.get_body().decode(), job.dequeue_count])


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
async def at_start(timer: func.TimerRequest) -> None:
    seen.append(["started", timer.past_due, timer.schedule_status["Next"]])


@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
async def each_second(timer: func.TimerRequest) -> None:
    seen.append(["tick", timer.schedule_status["Last"]])


@on("connections", "connected")
@signalr_out
async def connected(call: str, out: func.Out[str]) -> None:
    event = json.loads(call)
    seen.append(["came", event["UserId"], (event["Claims"] or {}).get("seat")])
    room = event["UserId"].split(".")[0]
    out.set(
        json.dumps(
            [
                {"userId": event["UserId"], "groupName": room, "action": "add"},
                {"groupName": room, "target": "joined", "arguments": [event["UserId"]]},
            ]
        )
    )


@on("connections", "disconnected")
async def disconnected(call: str) -> None:
    event = json.loads(call)
    seen.append(["left", event["UserId"], event["Error"], (event["Claims"] or {}).get("seat")])


@on("messages", "context")
async def context(call: str) -> dict:
    return json.loads(call)


@on("messages", "give")
async def give(call: str):
    """Returns its argument as it is."""
    return json.loads(call)["Arguments"][0]


@on("messages", "yes")
async def yes(call: str):
    return True


@on("messages", "fail")
async def fail(call: str) -> None:
    raise ValueError("the reason")


@on("messages", "unserializable")
async def unserializable(call: str) -> dict:
    return {"set": {1, 2}}


@on("messages", "slow")
def slow(call: str) -> str:  # synchronous: runs in the worker's thread pool
    return "slow and steady"


@on("messages", "relay")
@signalr_out
async def relay(call: str, out: func.Out[str]) -> dict:
    event = json.loads(call)
    user, body = event["Arguments"]
    out.set(json.dumps({"userId": user, "target": "signal", "arguments": [body]}))
    await asyncio.sleep(0)
    return {"ok": True}


@on("messages", "collide")
@signalr_out
async def collide(call: str, out: func.Out[str]) -> dict:
    """A returned member called like an output is that output, as on Azure."""
    return {"out": {"target": "collided", "arguments": []}}
