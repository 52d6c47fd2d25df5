"""Keys for SignalR Service by Entra ID: a service that hands them out, and a fake identity.

The service as AadAccessKey.cs of Azure/azure-signalr asks it; the credential as azure-identity's.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from azure.core.exceptions import ClientAuthenticationError

from cloud.connection_strings import SignalRConnection
from cloud.http_pool import HttpPool
from cloud.identity_tokens import OF_TOKENS
from cloud.signalr_keys import OF_KEYS, SCOPE, EntraKeys, KeyAway, StaticKey
from cloud.vault_secrets import DEADLINE_SECONDS
from lab.ports import free_port
from lab.signalr_service import Call, FaultyService, Reply, faulty_service
from signaling.tokens import AccessKey

NOW = 1_800_000_000_000


class Token(NamedTuple):
    token: str
    expires_on: int


class Identity:
    """A managed identity. `fails`: IMDS gives nobody a token."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.fails = False

    def get_token(self, scope: str) -> Token:
        self.scopes.append(scope)
        if self.fails:
            raise ClientAuthenticationError("no identity here")
        return Token("an entra token", 2_000_000_000)

    def wait(self, asked: int) -> None:
        """Return once tokens were asked for so often."""
        deadline = time.monotonic() + 10
        while len(self.scopes) < asked:
            assert time.monotonic() < deadline, "no token was asked for"
            time.sleep(0.005)


class World:
    """A clock, an identity, a service that hands out numbered keys, and what asks for them."""

    def __init__(self, service: FaultyService) -> None:
        self.now = NOW
        self.identity = Identity()
        self.service = service
        self.handed_out = 0
        self.fault: Reply | None = None
        service.rule = self.answer
        connection = SignalRConnection(service.url, service.url, "https://x.example")
        self.keys = EntraKeys(connection, HttpPool(4), lambda: self.identity, lambda: self.now)

    def answer(self, call: Call) -> Reply | None:
        if self.fault is not None:
            return self.fault
        self.handed_out += 1
        return Reply(200, json.dumps(key(self.handed_out)).encode())

    def refreshed(self) -> AccessKey:
        """The key once the service has been asked again, in the background."""
        calls, old = len(self.service.calls), self.keys.get()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            got = self.keys.get()
            asked = len(self.service.calls) > calls
            if got != old or asked and self.fault is not None:
                return got
            time.sleep(0.005)
        raise AssertionError("the service was not asked again")


def key(number: int) -> dict[str, str]:
    return {"KeyId": f"kid-{number}", "AccessKey": f"handed-out-{number}" + "x" * 32}


@pytest.fixture
def world() -> Iterator[World]:
    with faulty_service() as service:
        yield World(service)


def test_a_key_is_handed_out_for_a_token_of_the_services_scope(world: World) -> None:
    got = world.keys.get()
    assert got == AccessKey(key(1)["AccessKey"], "kid-1")
    (call,) = world.service.calls
    assert (call.verb, call.path, call.token) == ("GET", "/api/v1/auth/accessKey", "an entra token")
    assert world.identity.scopes == [SCOPE]


def test_no_call_is_made_for_as_long_as_a_key_is_fresh(world: World) -> None:
    for _ in range(100):
        world.keys.get()
    world.now += OF_KEYS.fresh_ms - 1
    world.keys.get()
    assert len(world.service.calls) == 1


def test_a_key_is_renewed_behind_the_callers_back(world: World) -> None:
    world.keys.get()
    world.now += OF_KEYS.fresh_ms
    assert world.refreshed().kid == "kid-2"


def test_a_rest_call_carries_the_token_of_the_identity_and_asks_no_service(world: World) -> None:
    for path in ("/api/hubs/signaling/:send", "/api/health"):
        assert world.keys.bearer(f"{world.service.url}{path}", world.now) == "an entra token"
    assert world.identity.scopes == [SCOPE]
    assert world.service.calls == []


def test_the_identity_is_asked_for_a_new_token_behind_the_callers_back(world: World) -> None:
    world.keys.bearer("", world.now)
    world.now += OF_TOKENS.fresh_ms
    assert world.keys.bearer("", world.now) == "an entra token"
    world.identity.wait(2)


def test_an_identity_that_is_away_does_not_stop_calls_while_its_token_is_good(
    world: World,
) -> None:
    world.keys.bearer("", world.now)
    world.identity.fails = True
    world.now += OF_TOKENS.stale_ms - 1
    assert world.keys.bearer("", world.now) == "an entra token"
    world.now += 1
    with pytest.raises(KeyAway, match="no_identity"):
        world.keys.bearer("", world.now)


def test_a_service_that_is_away_does_not_stop_tokens_until_the_key_has_expired(
    world: World,
) -> None:
    world.keys.get()
    world.fault = Reply(503)
    world.now += OF_KEYS.stale_ms - 1
    assert world.refreshed().kid == "kid-1"
    world.now += 1
    with pytest.raises(KeyAway, match="server_error"):
        world.keys.get()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Reply(401), "forbidden"),
        (Reply(403, b'{"code":"Forbidden"}'), "forbidden"),
        (Reply(404), "forbidden"),
        (Reply(429), "rate_limited"),
        (Reply(500), "server_error"),
        (Reply(200, b""), "broken_answer"),
        (Reply(200, b"<html>"), "broken_answer"),
        (Reply(200, b'{"KeyId": "k"}'), "broken_answer"),
        (Reply(200, b'{"KeyId": 1, "AccessKey": "x"}'), "broken_answer"),
        (Reply(302, headers={"Location": "http://127.0.0.1:9/"}), "broken_answer"),
    ],
)
def test_each_failure_has_its_code_and_shows_nothing_of_the_answer(
    world: World, fault: Reply, code: str
) -> None:
    world.fault = fault
    with pytest.raises(KeyAway) as error:
        world.keys.get()
    assert str(error.value) == code


def test_an_app_without_an_identity_says_so_and_asks_the_service_for_nothing(world: World) -> None:
    world.identity.fails = True
    with pytest.raises(KeyAway, match="no_identity"):
        world.keys.get()
    assert world.service.calls == []


def test_a_caller_without_a_key_does_not_wait_for_ever(world: World) -> None:
    world.fault = Reply(200, json.dumps(key(1)).encode(), seconds=8.0)
    began = time.monotonic()
    with pytest.raises(KeyAway, match="timeout"):
        world.keys.get()
    assert time.monotonic() - began < DEADLINE_SECONDS + 1


def test_nobody_there_is_a_failed_connection() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    connection = SignalRConnection(url, url, "https://x.example")
    keys = EntraKeys(connection, HttpPool(4), Identity, lambda: NOW)
    with pytest.raises(KeyAway, match="connection"):
        keys.get()


def test_a_key_does_not_print() -> None:
    static: Any = StaticKey(AccessKey("hush", "k"))
    assert "hush" not in repr(static.get()) + repr(static)
