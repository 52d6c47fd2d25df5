"""SignalR by Microsoft's own credential, and an identity endpoint as App Service has it.

https://learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference":
GET IDENTITY_ENDPOINT?resource=…&api-version=2019-08-01&client_id=… with X-IDENTITY-HEADER answers
access_token, expires_on, resource, token_type. An identity that the app has not is a 400.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import AzureError

from cloud.connection_strings import SignalRConnection
from cloud.http_pool import HttpPool
from cloud.identity import managed_identity
from cloud.signalr_keys import EntraKeys, KeyAway
from cloud.signalr_rest import ServiceAway, SignalRRest
from cloud.vault_secrets import DEADLINE_SECONDS
from lab.signalr_service import FaultyService, faulty_service
from lab.signalr_service import Reply as ServiceReply
from signaling.effects import SendToRoom
from signaling.messages import Left
from tests.turn.vendors import Call, Reply, Vendor

HEADER = "hush-header"
TOKEN = "hush-token-0123456789"
NOT_ASSIGNED = {
    "statusCode": 400,
    "message": "No User Assigned or Delegated Managed Identity found for hush-client.",
}
FAULTS = {
    "no such identity": Reply(400, NOT_ASSIGNED),
    "the wrong header": Reply(401, {"message": "hush-header"}),
    "forbidden": Reply(403, b"hush-body"),
    "an error": Reply(500, b"hush-body"),
    "throttled": Reply(429, b"", {"Retry-After": "1"}),
    "junk": Reply(200, b"<html>hush-body"),
    "no token": Reply(200, {"token_type": "Bearer"}),
    "slow": Reply(wait=30),
}
SLOW = ("slow", "an error")  # the SDK tries again for some seconds
PUSH = SendToRoom("life", "left", Left("bob", "left", 1))


def give_token(call: Call) -> Reply:
    """The endpoint's answer."""
    expires = str(int(time.time()) + 86_400)
    resource = call.query["resource"]
    answer = {"access_token": TOKEN, "expires_on": expires, "token_type": "Bearer"}
    return Reply(200, answer | {"resource": resource, "client_id": call.query["client_id"]})


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    with Vendor(give_token) as made:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{made.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        yield made


@pytest.fixture
def service() -> Iterator[FaultyService]:
    with faulty_service() as made:
        key = {"KeyId": "kid-1", "AccessKey": "handed-out" + "x" * 32}
        made.rule = lambda call: (
            ServiceReply(200, json.dumps(key).encode()) if call.verb == "GET" else None
        )
        yield made


def keys_of(service: FaultyService, credential: Callable[[], Any]) -> EntraKeys:
    connection = SignalRConnection(service.url, service.url, service.url)
    return EntraKeys(connection, HttpPool(4), credential, lambda: time.time_ns() // 1_000_000)


def managed() -> Any:
    return managed_identity("client-1")


def test_the_identity_of_the_app_opens_the_service(
    endpoint: Vendor, service: FaultyService
) -> None:
    keys = keys_of(service, managed)
    connection = SignalRConnection(service.url, service.url, service.url)
    SignalRRest(connection, HttpPool(4), keys).push(PUSH)
    assert keys.get().kid == "kid-1"
    for _ in range(20):
        SignalRRest(connection, HttpPool(4), keys).push(PUSH)
    assert {call.token for call in service.calls} == {TOKEN}
    assert service.paths("GET") == ["/api/v1/auth/accessKey"]
    (asked,) = endpoint.calls  # one token for both, kept by the SDK
    assert asked.query == {
        "api-version": "2019-08-01",
        "resource": "https://signalr.azure.com",
        "client_id": "client-1",
    }
    assert {name.lower(): v for name, v in asked.headers.items()}["x-identity-header"] == HEADER


@pytest.mark.parametrize("fault", FAULTS)
def test_without_a_token_nothing_is_asked_of_the_service_and_nothing_is_told(
    endpoint: Vendor,
    service: FaultyService,
    fault: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint.fault = FAULTS[fault]
    keys = keys_of(service, managed)
    connection = SignalRConnection(service.url, service.url, service.url)
    began = time.monotonic()
    with pytest.raises(KeyAway, match="^(no_identity|timeout)$"):
        keys.get()
    assert time.monotonic() - began < DEADLINE_SECONDS + 1
    if fault not in SLOW:
        with pytest.raises(ServiceAway, match="^no access to the service: no_identity$"):
            SignalRRest(connection, HttpPool(4), keys).push(PUSH)
    assert service.calls == []
    ours = [record.getMessage() for record in caplog.records if record.name == "heliograph"]
    assert not any("hush-" in message for message in ours)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in SLOW])
@pytest.mark.parametrize("method", ["get_token", "get_token_info"])
def test_every_failure_of_the_identity_is_an_error_of_azure(
    endpoint: Vendor, fault: str, method: str
) -> None:
    """So that tables, vault and statistics say that a service is away, and by its code."""
    endpoint.fault = FAULTS[fault]
    with pytest.raises(AzureError) as error:
        getattr(managed_identity("client-1"), method)("https://storage.azure.com/.default")
    if fault == "throttled":  # which the SDK lets through as a JSONDecodeError
        assert str(error.value).startswith("no token: ")
