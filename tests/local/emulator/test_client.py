"""The client endpoint, on bare sockets: what a client library would hide."""

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.emulator.options import Options
from local.emulator.protocol import Close, Completion, Invocation, Ping, Protocol, encode
from tests.local.emulator.support import HUB, Client, Emulator, emulating, token, until

ORIGIN = "http://localhost:5173"


async def test_negotiate_version_1_keeps_id_and_token_apart(emulator: Emulator) -> None:
    answer = (await emulator.negotiate("ann")).json()
    assert answer["negotiateVersion"] == 1
    assert answer["connectionToken"] != answer["connectionId"]
    assert answer["availableTransports"] == [
        {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},
        {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
        {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
    ]
    assert set(answer) == {
        "negotiateVersion",
        "connectionId",
        "connectionToken",
        "availableTransports",
    }


async def test_negotiate_version_0_connects_by_the_connection_id(emulator: Emulator) -> None:
    answer = (await emulator.negotiate("ann", version=0)).json()
    assert "connectionToken" not in answer
    async with emulator.socket(emulator.client_token(), f"&id={answer['connectionId']}") as socket:
        await Client(socket, "json", answer["connectionId"]).shake_hands()
        assert emulator.service.board.has_connection(HUB, answer["connectionId"])


async def test_a_client_may_skip_negotiation(emulator: Emulator) -> None:
    async with emulator.socket(emulator.client_token("ann")) as socket:
        await Client(socket, "json", "").shake_hands()
        assert emulator.service.board.has_user(HUB, "ann")


async def refused(emulator: Emulator, access: str, query: str = "", hub: str = HUB) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with emulator.socket(access, query, hub):
            pass
    return caught.value.response.status_code


async def test_a_second_socket_on_a_token_conflicts_and_a_used_one_is_unknown(
    emulator: Emulator,
) -> None:
    answer = (await emulator.negotiate("ann")).json()
    query = f"&id={answer['connectionToken']}"
    access = emulator.client_token("ann")
    async with emulator.socket(access, query) as socket:
        await Client(socket, "json", "").shake_hands()
        assert await refused(emulator, access, query) == 409
    await emulator.gone(answer["connectionId"])
    await asyncio.sleep(0)
    assert await refused(emulator, access, query) == 404


async def test_an_unknown_token_and_an_expired_one_are_not_found() -> None:
    async with emulating(options=Options(negotiate_lifetime_seconds=0)) as emulator:
        answer = (await emulator.negotiate("ann")).json()
        access = emulator.client_token("ann")
        assert await refused(emulator, access, "&id=guess") == 404
        assert await refused(emulator, access, f"&id={answer['connectionToken']}") == 404


async def test_a_socket_without_a_good_token_is_unauthorized(emulator: Emulator) -> None:
    assert await refused(emulator, "junk") == 401
    assert await refused(emulator, token("http://127.0.0.1/api/hubs/signaling")) == 401
    assert await refused(emulator, emulator.client_token(exp=1)) == 401


async def test_a_socket_without_a_good_hub_is_a_bad_request(emulator: Emulator) -> None:
    assert await refused(emulator, emulator.client_token(), hub="") == 400
    assert await refused(emulator, emulator.client_token(), hub="b-ad") == 400


@pytest.mark.parametrize(
    ("query", "access", "status"),
    [
        ("hub=signaling&negotiateVersion=x", True, 400),
        ("hub=b-ad&negotiateVersion=1", True, 400),
        ("negotiateVersion=1", True, 400),
        ("hub=signaling&negotiateVersion=1", False, 401),
        ("hub=signaling", True, 200),
        ("hub=signaling&negotiateVersion=7", True, 200),
    ],
)
async def test_negotiate_checks_what_it_is_asked(
    emulator: Emulator, query: str, access: bool, status: int
) -> None:
    headers = {"Authorization": f"Bearer {emulator.client_token()}"} if access else {}
    answer = await emulator.http.post(f"{emulator.url}/client/negotiate?{query}", headers=headers)
    assert answer.status_code == status


async def test_a_preflight_is_answered_for_the_exact_origin_with_credentials(
    emulator: Emulator,
) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-requested-with,x-signalr-user-agent",
    }
    url = f"{emulator.url}/client/negotiate?hub=signaling&negotiateVersion=1"
    answer = await emulator.http.options(url, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "POST" in answer.headers["access-control-allow-methods"]
    for header in headers["Access-Control-Request-Headers"].split(","):
        assert header in answer.headers["access-control-allow-headers"]


async def test_refusals_too_carry_the_origin(emulator: Emulator) -> None:
    url = f"{emulator.url}/client/negotiate?hub=signaling"
    answer = await emulator.http.post(url, headers={"Origin": ORIGIN})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == ORIGIN


async def test_a_client_that_does_not_shake_hands_is_sent_away() -> None:
    async with emulating(options=Options(handshake_timeout_seconds=0.05)) as emulator:
        async with emulator.socket(emulator.client_token()) as socket:
            assert await socket.recv() == '{"error":"Handshake was canceled."}\x1e'
            with pytest.raises(ConnectionClosed):
                await socket.recv()


@pytest.mark.parametrize(
    "handshake",
    ["junk\x1e", "\x1e", '{"protocol":"xml","version":1}\x1e', "x" * 5000 + "y" * 5000],
)
async def test_a_bad_handshake_is_answered_with_an_error(
    emulator: Emulator, handshake: str
) -> None:
    async with emulator.socket(emulator.client_token()) as socket:
        await socket.send(handshake[:5000])
        with contextlib.suppress(ConnectionClosed):
            await socket.send(handshake[5000:])
        answer = await socket.recv()
        assert str(answer).startswith('{"error":"') and "Traceback" not in str(answer)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert len(emulator.service.board) == 0


async def test_a_handshake_may_come_in_pieces_and_with_messages_behind_it(
    emulator: Emulator,
) -> None:
    async with emulator.socket(emulator.client_token("ann")) as socket:
        await socket.send('{"protocol":"json",')
        await socket.send('"version":1}\x1e{"type":7}\x1e')
        assert await socket.recv() == "{}\x1e"
        assert await Client(socket, "json", "").ended() == []
    await until(lambda: not emulator.service.board.has_user(HUB, "ann"))


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_pings_come_while_there_is_nothing_else_to_say(protocol: Protocol) -> None:
    async with emulating(options=Options(keep_alive_seconds=0.02)) as emulator:
        async with emulator.client("ann", protocol) as ann:
            assert [await ann.receive() for _ in range(3)] == [Ping()] * 3


async def test_a_silent_client_is_closed_and_told_it_may_come_back() -> None:
    async with emulating(options=Options(client_timeout_seconds=0.1)) as emulator:
        async with emulator.client("ann") as ann:
            (close,) = await ann.ended()
            assert isinstance(close, Close) and close.error and close.allow_reconnect
        assert not emulator.service.board.has_user(HUB, "ann")


async def test_a_client_that_pings_stays() -> None:
    async with emulating(
        options=Options(client_timeout_seconds=0.2, keep_alive_seconds=0.05)
    ) as emulator:
        async with emulator.client("ann") as ann:
            for _ in range(12):  # three times the timeout
                await ann.send(encode("json", Ping()))
                assert await ann.receive() == Ping()


@pytest.mark.parametrize(
    ("protocol", "frame"),
    [
        ("json", b"junk\x1e"),
        ("json", b"[]\x1e"),
        ("json", b'{"type":1,"target":"t"}\x1e'),
        ("json", b"[" * 100_000 + b"\x1e"),
        ("messagepack", b"\x01\xc1"),
        ("messagepack", b"\x05\x00"),
        ("messagepack", b"\x80\x80\x80\x80\x80\x01"),
    ],
)
async def test_a_bad_frame_ends_the_connection_with_an_error(
    emulator: Emulator, protocol: Protocol, frame: bytes
) -> None:
    async with emulator.client("ann", protocol) as ann:
        if frame == b"\x05\x00":  # whole only with what follows
            frame += b"\x00" * 4
        await ann.send(frame)
        (close,) = await ann.ended()
        assert isinstance(close, Close) and close.error and "Traceback" not in close.error
    await emulator.gone(ann.id)


async def test_a_message_over_the_limit_ends_the_connection() -> None:
    async with emulating(options=Options(message_bytes=1000)) as emulator:
        async with emulator.client("ann") as ann:
            await ann.send(b"x" * 1001)
            (close,) = await ann.ended()
            assert isinstance(close, Close) and "too large" in str(close.error)


async def test_a_frame_over_the_socket_limit_ends_the_connection(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        with contextlib.suppress(ConnectionClosed):
            await ann.send(b"x" * (3 << 20))
            await ann.ended()
        await emulator.gone(ann.id)


async def test_streaming_is_refused_and_the_connection_lives_on(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        await ann.send(b'{"type":4,"invocationId":"1","target":"s","arguments":[]}\x1e')
        refusal = await ann.receive()
        assert isinstance(refusal, Completion) and refusal.invocation_id == "1"
        assert "not supported" in str(refusal.error)
        emulator.service.board.send_to_user(HUB, "ann", "still", [])
        assert await ann.receive() == Invocation(target="still", arguments=())


async def test_messages_without_meaning_here_are_skipped(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        for record in (
            b'{"type":2,"invocationId":"1","item":1}',
            b'{"type":3,"invocationId":"1"}',
            b'{"type":5,"invocationId":"1"}',
            b'{"type":8,"sequenceId":1}',
            b'{"type":9,"sequenceId":1}',
            b'{"type":42}',
        ):
            await ann.send(record + b"\x1e")
        await ann.send(b'{"type":4,"invocationId":"9","target":"s","arguments":[]}\x1e')
        answer = await ann.receive()
        assert isinstance(answer, Completion) and answer.invocation_id == "9"


async def test_a_client_that_reads_too_slowly_is_cut_off_and_others_are_not() -> None:
    async with emulating(options=Options(outbox_bytes=1 << 20)) as emulator:
        board = emulator.service.board
        async with emulator.client("bob") as bob, emulator.client("slow") as slow:
            for _ in range(400):
                board.send_to_user(HUB, "slow", "flood", ["x" * 100_000])
                await asyncio.sleep(0)
            await emulator.gone(slow.id)
            board.send_to_user(HUB, "bob", "say", [])
            assert await bob.receive() == Invocation(target="say", arguments=())
