"""Connections at a time, connections a second, messages a day."""

import pytest
from websockets.exceptions import InvalidStatus

from local.emulator.options import Options
from local.emulator.protocol import Close, Invocation
from local.emulator.quotas import FREE, Meter, OverQuota, Quotas, standard
from tests.local.emulator.support import emulating


def refused(meter: Meter, now: float, open_connections: int = 0) -> int | None:
    """When to come back, 0 for no time, None if not refused."""
    try:
        meter.connect(open_connections, now)
    except OverQuota as error:
        return error.retry_after_seconds or 0
    return None


def test_connections_beyond_the_number_are_refused() -> None:
    meter = Meter(Quotas(connections=2))
    assert [refused(meter, 0, count) for count in range(4)] == [None, None, 0, 0]


def test_connections_beyond_the_rate_are_refused_until_time_has_passed() -> None:
    meter = Meter(Quotas(connections_per_second=2))
    assert [refused(meter, 100) for _ in range(3)] == [None, None, 1]
    assert [refused(meter, 100.5) for _ in range(2)] == [None, 1]
    assert [refused(meter, 1000) for _ in range(3)] == [None, None, 1]  # no more than a second's
    slow = Meter(Quotas(connections_per_second=0.1))
    assert [refused(slow, 0), refused(slow, 0)] == [None, 10]


def test_messages_count_by_two_kilobytes_and_start_anew_each_day() -> None:
    meter = Meter(Quotas(messages_per_day=4))
    for size in (1, 2048, 2049):
        meter.check_messages(day=1)
        meter.send(size, day=1)
    assert meter.messages == 4
    with pytest.raises(OverQuota):
        meter.check_messages(day=1)
    meter.check_messages(day=2)
    assert meter.messages == 0


def test_the_tiers_have_the_published_limits() -> None:
    assert (FREE.connections, FREE.messages_per_day) == (20, 20_000)
    assert standard(3).connections == 3000
    with pytest.raises(ValueError):
        standard(0)


async def test_negotiate_and_socket_are_429_when_the_service_is_full() -> None:
    async with emulating(options=Options(quotas=Quotas(connections=1))) as emulator:
        late = (await emulator.negotiate("bob")).json()["connectionToken"]
        async with emulator.client("ann"):
            answer = await emulator.negotiate("bob")
            assert answer.status_code == 429
            assert "retry-after" not in answer.headers
            for query in ("", f"&id={late}"):
                with pytest.raises(InvalidStatus) as status:
                    await emulator.socket(emulator.client_token("bob"), query)
                assert status.value.response.status_code == 429
        assert (await emulator.negotiate("bob")).status_code == 200


async def test_too_many_at_once_are_429_with_a_time_to_come_back() -> None:
    async with emulating(options=Options(quotas=Quotas(connections_per_second=1))) as emulator:
        answers = [await emulator.negotiate("ann") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 429, 429]
        assert int(answers[1].headers["retry-after"]) >= 1


async def test_a_used_up_message_quota_closes_everybody_and_refuses_the_rest() -> None:
    async with emulating(options=Options(quotas=Quotas(messages_per_day=2))) as emulator:
        async with emulator.client("ann") as ann, emulator.client("bob") as bob:
            body = {"target": "say", "arguments": []}
            assert (await emulator.rest("POST", "/:send", json=body)).status_code == 202
            for client in (ann, bob):
                said, close = await client.ended()
                assert isinstance(said, Invocation)
                assert close == Close(error="Message count reaches limit.")
        answer = await emulator.rest("POST", "/:send", json=body)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (
            429,
            "Error.TooManyRequests",
        )
        assert (await emulator.negotiate("ann")).status_code == 429
        assert (await emulator.rest("HEAD", "/users/ann")).status_code == 404
