"""Emulator, HTTP and a real app on loopback, which checks every signature by itself."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from starlette.responses import Response

from local.emulator import events
from local.emulator.delivery import Upstream
from local.emulator.http_upstream import http_upstream
from local.emulator.options import Options
from local.emulator.protocol import (
    Completion,
    Invocation,
    Ping,
    Protocol,
    decode_body,
    encode,
)
from local.emulator.templates import Template
from local.emulator.upstream import UpstreamRequest, UpstreamResponse
from tests.local.emulator.support import (
    DEFAULTS,
    HUB,
    App,
    Client,
    Emulator,
    emulating,
    running_app,
    until,
)

PATH = "/runtime/webhooks/signalr"


@contextlib.asynccontextmanager
async def pair(
    options: Options = DEFAULTS, templates: Sequence[Template] | None = None
) -> AsyncIterator[tuple[App, Emulator]]:
    async with running_app() as app, httpx.AsyncClient(trust_env=False) as http:
        if templates is None:
            templates = [Template(url_template=f"http://127.0.0.1:{app.port}{PATH}?code=k")]
        async with emulating(http_upstream(http, lambda: templates), options) as emulator:
            yield app, emulator


async def invoke(client: Client, target: str, *arguments: object, id: str | None = "1") -> None:
    call = Invocation(target=target, arguments=arguments, invocation_id=id)
    await client.send(encode(client.protocol, call))


async def test_a_connection_is_announced_with_all_its_headers() -> None:
    async with pair() as (app, emulator):
        async with emulator.client("ann", name="Ann", role="host") as ann:
            await until(lambda: app.events == ["connected"])
            headers, body, path = app.seen[0]
            assert path == PATH
            assert json.loads(body) == {"type": 10}
            assert headers["content-type"] == "application/json"
            assert headers["x-asrs-connection-id"] == ann.id
            assert headers["x-asrs-hub"] == HUB
            assert headers["x-asrs-category"] == "connections"
            assert headers["x-asrs-user-id"] == "ann"
            assert "name: Ann, role: host" in headers["x-asrs-user-claims"]
            assert headers["x-asrs-client-query"].startswith(f"?hub={HUB}&id=")
            assert "access_token" not in str(headers)


async def test_a_user_id_of_any_characters_arrives_as_utf8() -> None:
    async with pair() as (app, emulator), emulator.client("änn ☺"):
        await until(lambda: app.events)
        raw = app.header("connected", "x-asrs-user-id")
        assert raw.encode("latin-1").decode() == "änn ☺"


async def test_leaving_is_announced_after_everything_else() -> None:
    async with pair() as (app, emulator):
        async with emulator.client("ann") as ann:
            await invoke(ann, "say", id=None)
        await until(lambda: app.events == ["connected", "say", "disconnected"])
        assert json.loads(app.body("disconnected")) == {"Type": 11}
        assert app.header("disconnected", "x-asrs-connection-id") == ann.id


async def test_a_failure_is_announced_with_its_error() -> None:
    async with pair() as (app, emulator):
        async with emulator.client("ann") as ann:
            await ann.send(b"junk\x1e")
            await ann.ended()
        await until(lambda: "disconnected" in app.events)
        assert json.loads(app.body("disconnected"))["Error"]


async def test_being_cut_off_for_slowness_is_announced() -> None:
    async with pair(Options(outbox_bytes=1 << 20)) as (app, emulator):
        async with emulator.client("slow"):
            for _ in range(400):
                emulator.service.board.send_to_user(HUB, "slow", "flood", ["x" * 100_000])
                await asyncio.sleep(0)
            await until(lambda: "disconnected" in app.events)
        assert "slowly" in json.loads(app.body("disconnected"))["Error"]


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_message_arrives_as_sent_without_its_framing(protocol: Protocol) -> None:
    async with pair() as (app, emulator), emulator.client("ann", protocol) as ann:
        await invoke(ann, "say", "hi", {"n": [1, None]}, id=None)
        await until(lambda: "say" in app.events)
        assert app.header("say", "x-asrs-category") == "messages"
        content_type = app.header("say", "content-type")
        call = decode_body(content_type, app.body("say"))
        assert call == Invocation(target="say", arguments=("hi", {"n": [1, None]}))
        expected = {"json": "application/json", "messagepack": "application/x-msgpack"}
        assert content_type == expected[protocol]


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_the_app_answers_an_invocation(protocol: Protocol) -> None:
    async with pair() as (app, emulator), emulator.client("ann", protocol) as ann:
        answer = Completion(invocation_id="7", result={"ok": True})
        app.answers["ask"] = Response(encode(protocol, answer))
        await invoke(ann, "ask", id="7")
        assert await ann.receive() == answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response(), None),
        (Response(status_code=204), None),
        (Response(status_code=401), "Invocation failed, status code 401"),
        (Response("page", status_code=500), "Invocation failed, status code 500"),
        (
            Response(status_code=302, headers={"Location": "/"}),
            "Invocation failed, status code 302",
        ),
    ],
)
@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_every_other_answer_completes_the_invocation(
    protocol: Protocol, answer: Response, error: str | None
) -> None:
    async with pair() as (app, emulator), emulator.client("ann", protocol) as ann:
        app.answers["ask"] = answer
        await invoke(ann, "ask", id="7")
        assert await ann.receive() == Completion(invocation_id="7", error=error)


async def test_messages_nobody_waits_for_get_no_answer() -> None:
    async with pair() as (app, emulator), emulator.client("ann") as ann:
        app.answers["tell"] = Response(status_code=500)
        await invoke(ann, "tell", id=None)
        await invoke(ann, "ask", id="2")
        assert await ann.receive() == Completion(invocation_id="2")


async def test_a_failing_connected_event_leaves_the_connection_up() -> None:
    async with pair() as (app, emulator):
        app.answers["connected"] = Response(status_code=403)
        async with emulator.client("ann") as ann:
            await invoke(ann, "ask", id="1")
            assert await ann.receive() == Completion(invocation_id="1")


async def test_an_app_that_is_not_there_fails_the_invocation_only() -> None:
    nobody = [Template(url_template="http://127.0.0.1:9/")]
    async with pair(templates=nobody) as (_, emulator), emulator.client("ann") as ann:
        await invoke(ann, "ask")
        failed = Completion(invocation_id="1", error="Invocation failed, status code 500")
        assert await ann.receive() == failed


async def test_an_app_that_does_not_answer_in_time_fails_the_invocation() -> None:
    async with pair(Options(upstream_timeout_seconds=0.1)) as (app, emulator):
        app.hold = asyncio.Event()
        async with emulator.client("ann") as ann:
            await invoke(ann, "ask")
            answer = await ann.receive()
            assert isinstance(answer, Completion) and "status code 500" in str(answer.error)
        app.hold.set()


async def test_one_connection_waits_for_its_answers_and_others_do_not() -> None:
    async with pair() as (app, emulator):
        async with emulator.client("ann") as ann, emulator.client("bob") as bob:
            app.hold = asyncio.Event()
            await invoke(ann, "first")
            await invoke(ann, "second")
            await invoke(bob, "other")
            await until(lambda: {"first", "other"} <= set(app.events))
            assert "second" not in app.events
            app.hold.set()
            assert await bob.receive() == Completion(invocation_id="1")
            await ann.receive()
            await ann.receive()
            assert app.events.index("first") < app.events.index("second")


async def test_waiting_for_the_app_is_not_the_clients_silence() -> None:
    options = Options(client_timeout_seconds=0.1, keep_alive_seconds=0.05)
    async with pair(options) as (app, emulator):
        app.hold = asyncio.Event()
        async with emulator.client("ann") as ann:
            await invoke(ann, "slow")
            for _ in range(6):  # three times the client timeout
                assert await ann.receive() == Ping()
            app.hold.set()
            while (answer := await ann.receive()) == Ping():
                pass
            assert answer == Completion(invocation_id="1")


async def test_a_client_that_leaves_while_the_app_works_is_reported_afterwards() -> None:
    async with pair() as (app, emulator):
        app.hold = asyncio.Event()
        async with emulator.client("ann") as ann:
            await invoke(ann, "slow")
            await until(lambda: "slow" in app.events)
        assert "disconnected" not in app.events
        app.hold.set()
        await until(lambda: app.events[-1] == "disconnected")


async def test_templates_choose_where_an_event_goes_and_the_rest_is_ignored() -> None:
    async with running_app() as app, httpx.AsyncClient(trust_env=False) as http:
        base = f"http://127.0.0.1:{app.port}"
        templates = [
            Template(url_template=base + "/{hub}/{category}/{event}", event_pattern="a,b c"),
            Template(url_template=base + "/rest", category_pattern="messages", event_pattern="d"),
        ]
        async with emulating(http_upstream(http, lambda: templates)) as emulator:
            async with emulator.client("ann") as ann:
                for number, target in enumerate(("unlisted", "a", "b c", "d")):
                    await invoke(ann, target, id=str(number))
                # The event without a template stays unanswered; the others are answered.
                for number in (1, 2, 3):
                    assert await ann.receive() == Completion(invocation_id=str(number))
        paths = [path for _, _, path in app.seen]
        assert paths == [f"/{HUB}/messages/a", f"/{HUB}/messages/b c", "/rest"]


async def test_without_an_app_events_are_ignored(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        await invoke(ann, "ask")
        emulator.service.board.send_to_user(HUB, "ann", "say", ["hi"])
        assert await ann.receive() == Invocation(target="say", arguments=("hi",))


async def test_a_host_in_the_same_process_forwards_between_clients() -> None:
    emulator: Emulator

    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        board = emulator.service.board
        if event.category == "connections":
            board.add_connection_to_group(HUB, event.headers["X-ASRS-Connection-Id"], "room")
            return UpstreamResponse(200)
        call = decode_body(event.content_type, event.body)
        assert isinstance(call, Invocation) and call.invocation_id is not None
        sender = event.headers["X-ASRS-Connection-Id"]
        board.send_to_group(HUB, "room", "said", call.arguments, excluded=[sender])
        done = Completion(invocation_id=call.invocation_id, result="ok")
        return UpstreamResponse(200, event.content_type, encode("json", done))

    async with emulating() as emulator:
        emulator.service.upstream.deliver = deliver
        async with emulator.client("ann") as ann, emulator.client("bob", "messagepack") as bob:
            await until(lambda: emulator.service.board.has_group(HUB, "room"))
            await invoke(ann, "say", "hi", id="1")
            assert await bob.receive() == Invocation(target="said", arguments=("hi",))
            assert await ann.receive() == Completion(invocation_id="1", result="ok")


async def test_an_exception_of_the_host_reaches_the_client_as_a_status_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        raise RuntimeError("the secret of " + event.headers["X-ASRS-User-Id"])

    async with emulating(deliver) as emulator, emulator.client("ann") as ann:
        await invoke(ann, "ask")
        failed = Completion(invocation_id="1", error="Invocation failed, status code 500")
        assert await ann.receive() == failed
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text and "ann" not in caplog.text


async def test_frames_the_app_answers_are_forwarded_verbatim() -> None:
    async with pair() as (app, emulator), emulator.client("ann") as ann:
        frames = [Completion(invocation_id="1", result=1.0), Ping()]
        app.answers["ask"] = Response(b"".join(encode("json", frame) for frame in frames))
        await invoke(ann, "ask")
        assert [await ann.receive(), await ann.receive()] == frames


async def test_any_number_of_messages_in_one_frame_is_handled_in_order() -> None:
    seen: list[bytes] = []

    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        seen.append(event.body)
        return UpstreamResponse(204)

    bodies = [b'{"type":1,"target":"say","arguments":[%d]}' % number for number in range(5_000)]
    async with emulating(deliver) as emulator, emulator.client("ann") as ann:
        await ann.send(b"".join(body + b"\x1e" for body in bodies))
        await until(lambda: len(seen) > len(bodies))
    assert seen[1 : len(bodies) + 1] == bodies  # the first one is `connected`


async def test_a_call_that_ends_with_the_event_loop_is_no_failure_of_the_app(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[UpstreamResponse] = []

    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        await asyncio.Event().wait()
        return UpstreamResponse(200)

    before = asyncio.all_tasks()
    origin = events.origin("1", HUB, None, [], [], ["key"])
    Upstream(deliver, 60).call(events.connected(origin), answers.append)
    (call,) = asyncio.all_tasks() - before
    call.cancel()  # as `asyncio.run` does
    await asyncio.wait([call])
    await asyncio.sleep(0)
    assert not answers and not caplog.records
