"""Faults of SignalR Service that a test sets, and the failures the extension makes of them."""

import asyncio

import pytest
from msgspec import Raw

from local.functions.faults import Fault, Faults, parse_faults
from local.functions.outputs import ChangeGroup, Send, SignalREffect
from local.functions.service_settings import http_timeout_seconds, service_endpoint
from local.functions.signalr_rest import OutputFailed, rest_call
from local.functions.signalr_sink import WithFaults

SAY = Send("user", "red.anna", "say", Raw(b"[1]"))
OTHER = Send("group", "red", "other", Raw(b"[]"))
JOIN = ChangeGroup("user", "red.anna", "red", "add")


class Kept:
    """Outputs that keep what was carried out."""

    def __init__(self) -> None:
        self.done: list[SignalREffect] = []

    async def carry_out(self, effect: SignalREffect, hub: str) -> None:
        self.done.append(effect)


async def carry_out(faults: list[Fault], *effects: SignalREffect, timeout: float = 100) -> list:
    """What was carried out, and then the failure that ended it, if one did."""
    kept = Kept()
    outputs = WithFaults(kept, Faults(faults), "https://x.service.signalr.net", timeout)
    try:
        for effect in effects:
            await outputs.carry_out(effect, "signaling")
    except OutputFailed as failed:
        return [*kept.done, failed.kind]
    return kept.done


async def test_without_faults_everything_is_carried_out() -> None:
    assert await carry_out([], SAY, JOIN) == [SAY, JOIN]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_status_fails_as_a_runtime_error_that_names_the_url(status: int) -> None:
    outputs = WithFaults(Kept(), Faults([Fault(status=status)]), "https://x.net", 100)
    with pytest.raises(OutputFailed) as failed:
        await outputs.carry_out(SAY, "Signaling")
    assert str(failed.value) == (
        "Azure SignalR service runtime error. Request Uri: https://x.net/api/hubs/signaling/"
        "users/red.anna/:send?api-version=2022-06-01"
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "AzureSignalRInvalidArgumentException"),
        (401, "AzureSignalRUnauthorizedException"),
        (404, "AzureSignalRInaccessibleEndpointException"),
    ],
)
async def test_other_statuses_have_exceptions_of_their_own(status: int, kind: str) -> None:
    assert await carry_out([Fault(status=status)], SAY) == [kind]


async def test_a_failure_in_the_middle_of_a_list_leaves_the_first_done() -> None:
    done = await carry_out([Fault(status=503, skip=1)], JOIN, SAY, OTHER)
    assert done == [JOIN, "AzureSignalRRuntimeException"]


async def test_a_fault_is_over_after_its_times() -> None:
    faults = Faults([Fault(status=429, skip=1, times=2)])
    met = [faults.meet(SAY) is not None for _ in range(5)]
    assert met == [False, True, True, False, False]


async def test_a_fault_fits_by_kind_and_target() -> None:
    assert await carry_out([Fault(status=429, kind="group")], SAY) == [SAY]
    assert len(await carry_out([Fault(status=429, kind="group")], JOIN)) == 1
    assert await carry_out([Fault(status=429, target="say")], JOIN, OTHER) == [JOIN, OTHER]
    assert await carry_out([Fault(status=429, target="say")], OTHER, SAY) != [OTHER, SAY]


async def test_a_slow_service_is_waited_for_until_the_clients_timeout() -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await carry_out([Fault(delay_seconds=0.05)], SAY) == [SAY]
    assert loop.time() - started >= 0.05
    slow = await carry_out([Fault(delay_seconds=60)], SAY, timeout=0.05)
    assert slow == ["TaskCanceledException"]


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"status": "x"}]', b'[{"other": 1}]'])
def test_malformed_faults_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_faults(body)


@pytest.mark.parametrize("status", [200, 302, 999])
def test_a_status_that_is_no_error_is_refused(status: int) -> None:
    with pytest.raises(ValueError):
        Faults([Fault(status=status)])


@pytest.mark.parametrize(
    ("effect", "verb", "path"),
    [
        (Send("all", "", "t", Raw(b"[]")), "POST", "/:send"),
        (Send("connection", "c", "t", Raw(b"[]")), "POST", "/connections/c/:send"),
        (Send("group", "a/b", "t", Raw(b"[]")), "POST", "/groups/a%2Fb/:send"),
        (ChangeGroup("connection", "c", "g", "add"), "PUT", "/groups/g/connections/c"),
        (ChangeGroup("connection", "c", "g", "remove"), "DELETE", "/groups/g/connections/c"),
        (ChangeGroup("user", "u", "g", "add"), "PUT", "/users/u/groups/g"),
        (ChangeGroup("user", "u", "g", "remove"), "DELETE", "/users/u/groups/g"),
        (ChangeGroup("user", "u", "", "removeAll"), "DELETE", "/users/u/groups"),
    ],
)
def test_each_effect_is_one_call_of_the_rest_api(
    effect: SignalREffect, verb: str, path: str
) -> None:
    call = rest_call(effect, "Hub")
    assert (call.verb, call.path) == (verb, f"/api/hubs/hub{path}")
    assert (call.body is not None) == (verb == "POST")


@pytest.mark.parametrize(
    ("environ", "endpoint"),
    [
        (
            {"AzureSignalRConnectionString": "Endpoint=http://localhost;Port=8888;AccessKey=k;"},
            "http://localhost:8888",
        ),
        ({"AzureSignalRConnectionString": "Endpoint=https://x.net/;AccessKey=k"}, "https://x.net"),
        ({"AzureSignalRConnectionString__serviceUri": "https://x.net/"}, "https://x.net"),
        ({}, ""),
    ],
)
def test_the_endpoint_comes_from_either_setting(environ: dict[str, str], endpoint: str) -> None:
    assert service_endpoint(environ) == endpoint


def test_the_timeout_of_the_http_client_can_be_set() -> None:
    assert http_timeout_seconds({}) == 100
    assert http_timeout_seconds({"AzureSignalRHttpClientTimeout": "00:01:02.500"}) == 62.5
