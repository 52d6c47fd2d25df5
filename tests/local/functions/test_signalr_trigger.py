"""SignalR functions, called by clients through the emulator and by the service over HTTP."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from local.emulator.protocol import Completion, Invocation, Protocol, unframe
from local.functions.service_settings import access_keys
from tests.local.stack import Stack, client, client_at, signature

BOTH: list[Protocol] = ["json", "messagepack"]


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_caller_gets_what_the_function_returns(stack: Stack, protocol: Protocol) -> None:
    async with client(stack, "red.anna", protocol) as anna:
        values: list[Any] = [{"a": [1, None, "ä"]}, [1, 2], "text", 7, None]
        for value in values:
            assert (await anna.invoke("give", value)).result == value
        assert (await anna.invoke("slow")).result == "slow and steady"
        # TypedData has no bool: True arrives as 1, as on Azure.
        assert (await anna.invoke("yes")).result == 1


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_caller_gets_the_text_of_an_exception(stack: Stack, protocol: Protocol) -> None:
    async with client(stack, "red.anna", protocol) as anna:
        failed = await anna.invoke("fail")
        assert failed.error is not None and "the reason" in failed.error
        assert "Traceback" in failed.error  # so does Azure: apps must catch everything
        assert "not JSON serializable" in ((await anna.invoke("unserializable")).error or "")


DATE = "2026-01-02T03:04:05.120Z"


@pytest.mark.parametrize(
    ("protocol", "seen"), [("json", "2026-01-02T03:04:05.12Z"), ("messagepack", DATE)]
)
async def test_dates_in_the_arguments_of_a_json_client_are_rewritten(
    stack: Stack, protocol: Protocol, seen: str
) -> None:
    async with client(stack, "date.anna", protocol) as anna:
        event = (await anna.invoke("context", DATE, {"at": [DATE]})).result
        assert event["Arguments"] == [seen, {"at": [seen]}]


async def test_dates_in_a_return_value_stay_and_those_in_an_output_do_not(stack: Stack) -> None:
    async with client(stack, "date.bert", "messagepack") as bert:
        await bert.receive()
        assert (await bert.invoke("give", {"at": DATE})).result == {"at": DATE}
        await bert.invoke("relay", "date.bert", {"at": DATE})
        expected = Invocation(target="signal", arguments=({"at": "2026-01-02T03:04:05.12Z"},))
        assert await bert.receive() == expected


async def test_a_function_sees_the_event_as_on_azure(stack: Stack) -> None:
    async with client(stack, "red.anna") as anna:
        event = (await anna.invoke("ConText", {"Any": "thing"}, 2)).result
    assert event["Arguments"] == [{"Any": "thing"}, 2]
    assert (event["Category"], event["Event"]) == ("messages", "ConText")
    assert (event["Hub"], event["UserId"], event["Error"]) == ("signaling", "red.anna", None)
    assert event["Claims"]["role"] == "guest"
    assert event["Query"]["colour"] == "blue"
    assert "access_token" not in event["Query"]
    assert event["ConnectionId"]
    assert list(event) == [
        *("Arguments", "Error", "Category", "Event", "Hub"),
        *("ConnectionId", "UserId", "Headers", "Query", "Claims"),
    ]


# Every character that a claim of ours may hold, and as long as one may be.
SEAT = f"{'0123456789abcdef' * 2}.{'AZaz09-_' * 2}.{'_-90zaZA' * 2}.999999999999.9999999999999999"


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_claim_of_our_own_arrives_whole_with_every_event(
    stack: Stack, protocol: Protocol
) -> None:
    user = f"claims.{protocol}"
    async with client_at(stack.signalr, user, protocol, seat=SEAT) as anna:
        await anna.receive()
        assert (await anna.invoke("context")).result["Claims"]["seat"] == SEAT
    async with httpx.AsyncClient() as http, asyncio.timeout(5):
        while True:
            seen = (await http.get(f"{stack.http}/api/seen")).json()
            mine = [entry for entry in seen if entry[1] == user]
            if len(mine) == 2:
                break
            await asyncio.sleep(0.02)
    assert mine == [["came", user, SEAT], ["left", user, None, SEAT]]


async def test_the_claims_of_the_service_arrive_beside_ours(stack: Stack) -> None:
    """All that the token holds: so does Microsoft's emulator (HttpUpstreamPropertiesFeature.cs).

    Its SDK takes `aud`, `exp`, `iat`, `nbf` and `asrs.s.*` out on its own side (ClaimsUtility.cs).
    """
    times = {"iat": 1_700_000_000, "nbf": 1_700_000_001}
    async with client_at(stack.signalr, "aud.anna", seat=SEAT, **times) as anna:
        event = (await anna.invoke("context")).result
    claims = {"aud": f"{stack.signalr}/client/?hub=signaling", "exp": "4000000000", "role": "guest"}
    claims |= {name: str(value) for name, value in times.items()}
    assert event["Claims"] == {**claims, "asrs.s.uid": "aud.anna", "seat": SEAT}


async def test_a_claim_is_cut_at_a_comma_and_lost_with_a_colon_and_a_space(stack: Stack) -> None:
    """The extension's SignalRTriggerUtils.cs, and issue 27225. The first of a name counts."""
    more = {"cut": "one,two", "lost": "one: two", "several": ["one", "two"], "seat": SEAT}
    async with client_at(stack.signalr, "odd.anna", **more) as anna:
        claims = (await anna.invoke("context")).result["Claims"]
    assert (claims["cut"], claims["several"], claims["seat"]) == ("one", "one", SEAT)
    assert "lost" not in claims


async def test_connected_joins_a_group_and_greets_it(stack: Stack) -> None:
    async with client(stack, "green.anna") as anna, client(stack, "green.bert", "messagepack"):
        joined = [await anna.receive(), await anna.receive()]
    assert joined == [
        Invocation(target="joined", arguments=(user,)) for user in ("green.anna", "green.bert")
    ]


async def test_a_forwarded_message_reaches_the_other_in_its_own_protocol(stack: Stack) -> None:
    async with client(stack, "blue.anna") as anna, client(stack, "blue.bert", "messagepack") as b:
        while (await b.receive()) != Invocation(target="joined", arguments=("blue.bert",)):
            pass
        body = {"sdp": "v=0\r\n" * 100, "seq": 1}
        assert (await anna.invoke("relay", "blue.bert", body)).result == {"ok": True}
        assert await b.receive() == Invocation(target="signal", arguments=(body,))


async def test_nobody_waits_for_a_call_without_an_id(stack: Stack) -> None:
    async with client(stack, "grey.anna") as anna:
        await anna.receive()
        await anna.send("fail")
        await anna.send("give", 1)
        assert await anna.invoke("give", 2) == Completion(invocation_id="1", result=2)
        assert anna.waiting == []


async def test_a_returned_member_named_like_an_output_is_that_output(stack: Stack) -> None:
    async with client(stack, "pink.anna") as anna:
        await anna.receive()
        await anna.invoke("collide")
        assert await anna.receive() == Invocation(target="collided", arguments=())


async def test_a_function_runs_when_a_client_disconnects(stack: Stack) -> None:
    async with client(stack, "black.anna") as anna:
        await anna.receive()
    async with httpx.AsyncClient() as http, asyncio.timeout(5):
        while ["left", "black.anna", None] not in [
            entry[:3] for entry in (await http.get(f"{stack.http}/api/seen")).json()
        ]:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "output",
    [
        '{"target": "x", "arguments": [1]}',
        '[{"groupName": "out", "target": "x", "arguments": [1]}]',
        ' [ {"UserId": "out.anna", "TARGET": "x", "Arguments": [1]} ]',
        # The first of connectionId, userId, groupName wins.
        '{"groupName": "nobody", "userId": "out.anna", "target": "x", "arguments": [1]}',
    ],
)
async def test_messages_from_an_http_function_arrive(stack: Stack, output: str) -> None:
    async with client(stack, "out.anna") as anna, httpx.AsyncClient() as http:
        await anna.receive()
        assert (await http.post(f"{stack.http}/api/publish", content=output)).is_success
        assert await anna.receive() == Invocation(target="x", arguments=(1,))


async def test_outputs_of_one_function_apply_in_order(stack: Stack) -> None:
    def message(number: int) -> dict[str, Any]:
        return {"groupName": "late", "target": "n", "arguments": [number]}

    def change(action: str) -> dict[str, Any]:
        return {"userId": "own.anna", "groupName": "late", "action": action}

    everything = {"userId": "own.anna", "action": "removeAll"}
    outputs = [message(1), change("add"), message(2), change("remove"), message(3)]
    outputs += [change("add"), message(4), everything, message(5)]
    last = {"userId": "own.anna", "target": "end", "arguments": []}
    async with client(stack, "own.anna") as anna, httpx.AsyncClient() as http:
        await anna.receive()
        await http.post(f"{stack.http}/api/publish", json=[*outputs, last])
        got = [await anna.receive() for _ in range(3)]
    assert [(m.target, m.arguments) for m in got if isinstance(m, Invocation)] == [
        ("n", (2,)),
        ("n", (4,)),
        ("end", ()),
    ]


async def test_outputs_may_name_a_connection(stack: Stack) -> None:
    async with client(stack, "one.anna") as anna, httpx.AsyncClient() as http:
        await anna.receive()
        id = (await anna.invoke("context")).result["ConnectionId"]
        to_group = {"groupName": "ones", "target": "group", "arguments": []}
        change = {"connectionId": id, "groupName": "ones"}
        direct = {"connectionId": id, "target": "direct", "arguments": []}
        outputs = [{**change, "action": "add"}, to_group, {**change, "action": "remove"}, to_group]
        await http.post(f"{stack.http}/api/publish", json=[*outputs, direct])
        got = [await anna.receive(), await anna.receive()]
    assert [m.target for m in got if isinstance(m, Invocation)] == ["group", "direct"]


async def test_a_message_without_an_address_reaches_everybody(stack: Stack) -> None:
    async with client(stack, "every.a") as one, client(stack, "body.b", "messagepack") as other:
        everybody = Invocation(target="everybody", arguments=(1,))
        message = '{"target": "everybody", "arguments": [1]}'
        async with httpx.AsyncClient() as http:
            await http.post(f"{stack.http}/api/publish", content=message)
        for each in (one, other):
            while await each.receive() != everybody:
                pass


@pytest.mark.parametrize(
    "output",
    ['{"target": "x"}', '{"target": "x", "arguments": 1}', "words", '{"action": "add"}', "[1]"],
)
async def test_a_malformed_output_fails_the_function(stack: Stack, output: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{stack.http}/api/publish", content=output)
    assert answer.status_code == 500


# --- the webhook, as the real service calls it ------------------------------------------------

CONNECTION = "the-connection"


def event(**changes: str | None) -> dict[str, str]:
    """Headers of an invocation of `give`; a None leaves that header out."""
    headers: dict[str, str | None] = {
        "content-type": "application/json",
        "x-asrs-hub": "signaling",
        "x-asrs-category": "messages",
        "x-asrs-event": "give",
        "x-asrs-connection-id": CONNECTION,
        "x-asrs-user-id": "red.anna",
        "x-asrs-signature": signature(CONNECTION),
    }
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in (headers | changed).items() if value is not None}


def post(stack: Stack, headers: dict[str, str], body: bytes, code: str = "") -> httpx.Response:
    url = f"{stack.http}/runtime/webhooks/signalr"
    return httpx.post(url, params={"code": code or stack.key}, headers=headers, content=body)


CALL = b'{"type":1,"invocationId":"9","target":"give","arguments":["back"]}'


def test_the_webhook_answers_with_a_framed_completion(stack: Stack) -> None:
    answer = post(stack, event(), CALL)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    completion = {"type": 3, "invocationId": "9", "result": "back"}
    assert msgspec.json.decode(unframe("json", answer.content)) == completion


def test_the_webhook_answers_messagepack_with_messagepack(stack: Stack) -> None:
    body = msgspec.msgpack.encode([1, {}, "9", "give", ["back"], []])
    answer = post(stack, event(content_type="application/x-msgpack"), body)
    completion = [3, {}, "9", 3, "back"]
    assert msgspec.msgpack.decode(unframe("messagepack", answer.content)) == completion


def test_arguments_that_do_not_fit_json_are_refused(stack: Stack) -> None:
    extension = msgspec.msgpack.Ext(5, b"x")
    body = msgspec.msgpack.encode([1, {}, "9", "give", [extension], []])
    assert post(stack, event(content_type="application/x-msgpack"), body).status_code == 500


@pytest.mark.parametrize(("levels", "status"), [(62, 200), (63, 500)])
def test_arguments_nested_too_deeply_are_refused(stack: Stack, levels: int, status: int) -> None:
    # The message and its list of arguments are two levels more.
    body = CALL.replace(b'"back"', b"[" * levels + b"]" * levels)
    assert post(stack, event(), body).status_code == status


def test_bytes_arrive_as_base64(stack: Stack) -> None:
    body = msgspec.msgpack.encode([1, {}, "9", "give", [b"\x00\xff"], []])
    answer = post(stack, event(content_type="application/x-msgpack"), body)
    assert msgspec.msgpack.decode(unframe("messagepack", answer.content))[4] == "AP8="


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"content_type": "text/plain"}, 415),
        ({"content_type": None}, 415),
        ({"content_type": "application/json; charset=utf-8"}, 200),
        ({"x_asrs_hub": ""}, 400),
        ({"x_asrs_category": None}, 400),
        ({"x_asrs_event": ""}, 400),
        ({"x_asrs_hub": "other"}, 404),
        ({"x_asrs_event": "unknown"}, 404),
        ({"x_asrs_hub": "SignalING", "x_asrs_event": "GIVE", "x_asrs_category": "Messages"}, 200),
        ({"x_asrs_signature": None}, 401),
        ({"x_asrs_signature": signature("another")}, 401),
        ({"x_asrs_signature": signature(CONNECTION, "other key")}, 401),
        ({"x_asrs_signature": f"{signature('x')},{signature(CONNECTION).upper()}"}, 200),
        ({"x_asrs_event": "fail"}, 500),  # the event and the body's target differ
        ({"x_asrs_connection_id": None}, 500),
    ],
)
def test_the_webhook_has_the_extensions_statuses(
    stack: Stack, changes: dict[str, str | None], status: int
) -> None:
    assert post(stack, event(**changes), CALL).status_code == status


def test_the_webhook_needs_the_hosts_key(stack: Stack) -> None:
    assert post(stack, event(), CALL, code="wrong").status_code == 401


@pytest.mark.parametrize(
    ("name", "user", "body", "status"),
    [
        ("connected", "red.anna", b'{"type":10}', 200),
        ("connected", None, b'{"type":10}', 403),  # the example app needs a user id, and raises
        ("disconnected", "red.anna", b'{"Type":11,"Error":"gone"}', 200),
        ("disconnected", "red.anna", b"junk", 500),
    ],
)
def test_connection_events_over_the_webhook(
    stack: Stack, name: str, user: str | None, body: bytes, status: int
) -> None:
    headers = event(x_asrs_category="connections", x_asrs_event=name, x_asrs_user_id=user)
    assert post(stack, headers, body).status_code == status


def test_a_failed_call_is_200_with_an_error_or_nothing(stack: Stack) -> None:
    call = b'{"type":1,"invocationId":"9","target":"fail","arguments":[]}'
    answer = post(stack, event(x_asrs_event="fail"), call)
    assert answer.status_code == 200
    assert "the reason" in msgspec.json.decode(unframe("json", answer.content))["error"]
    silent = post(stack, event(x_asrs_event="fail"), b'{"type":1,"target":"fail","arguments":[]}')
    assert (silent.status_code, silent.content) == (200, b"")


def test_a_connection_string_gives_its_key_as_text() -> None:
    assert access_keys("Endpoint=http://x;accesskey=QUJD==;Version=1.0;") == (b"QUJD==",)
    assert access_keys("Endpoint=https://x;AuthType=azure.msi;Version=1.0;") == ()
