"""What the real host refuses at start, told in words."""

import re
from typing import Any

import pytest

from local.functions.bindings import Function, HostRefusal, parse_binding, resolve
from local.functions.rules import refusals

ENVIRON = {"AzureWebJobsStorage": "x", "AzureSignalRConnectionString": "y"}
HTTP = {"type": "httpTrigger", "direction": "IN", "name": "req", "authLevel": "ANONYMOUS"}
RETURN = {"type": "http", "direction": "OUT", "name": "$return"}
SIGNALR = {"type": "signalR", "direction": "OUT", "name": "out", "hubName": "hub"}
QUEUE = {"type": "queue", "direction": "OUT", "name": "jobs", "queueName": "jobs"}
TIMER = {"type": "timerTrigger", "direction": "IN", "name": "timer", "schedule": "0 * * * * *"}
MESSAGE = {
    "type": "signalRTrigger",
    "direction": "IN",
    "name": "call",
    "hubName": "hub",
    "category": "messages",
    "event": "signal",
}


def function(name: str, *bindings: dict[str, Any]) -> Function:
    return Function(name, name, tuple(map(parse_binding, bindings)))


def test_accepts_an_app_the_real_host_accepts() -> None:
    app = [
        function("negotiate", HTTP, RETURN, SIGNALR, QUEUE),
        function("on-signal_1", MESSAGE, SIGNALR),
        function("Tick", TIMER),
        function("kick", {**HTTP, "route": "rooms/{room}/kick", "methods": ["POST"]}, RETURN),
    ]
    assert refusals(app, ENVIRON) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (function("_hidden", HTTP), "refuses this function name"),
        (function("a" * 129, HTTP), "refuses this function name"),
        (function("f", HTTP, {**SIGNALR, "name": "my_out"}), "'my_out'.*no underscore"),
        (function("f", HTTP, {**SIGNALR, "name": "REQ"}), "two bindings are called 'req'"),
        (function("f", RETURN), "0 triggers"),
        (function("f", HTTP, TIMER), "2 triggers"),
        (function("f", {**HTTP, "type": "blobTrigger"}), "does not know .*'blobTrigger'"),
        (function("f", HTTP, {**SIGNALR, "direction": "IN"}), "Declare it as OUT"),
        (function("f", HTTP, {**SIGNALR, "connectionStringSetting": "Other"}), "setting Other"),
        (function("f", {**MESSAGE, "connectionStringSetting": "Other"}), "setting Other"),
        (function("f", {**TIMER, "schedule": "*/5 * * * *"}), "6 fields"),
        (function("f", {**TIMER, "schedule": "soon"}), "schedule 'soon' is not valid"),
        (function("f", HTTP, {**QUEUE, "queueName": "Big_Jobs"}), "refuses the queue name"),
        (function("f", {**HTTP, "route": "{a:regex(x)}"}), "not understood"),
        (function("f", {**HTTP, "route": "{a}/{a}"}), "redefinition"),
        (function("f", {**HTTP, "authLevel": "USER"}), "no auth level 'USER'"),
        (function("f", {**MESSAGE, "event": ""}), "needs hubName, category and event"),
        (function("f", {**MESSAGE, "category": "news"}), "no category 'news'"),
        (function("f", {**MESSAGE, "category": "connections"}), "no event 'signal'"),
    ],
)
def test_names_the_function_and_the_reason(bad: Function, reason: str) -> None:
    good = function("good", {**HTTP, "route": "good"}, RETURN)
    reasons = refusals([good, bad], ENVIRON)
    assert len(reasons) == 1
    assert reasons[0].startswith(f"{bad.name}: ")
    assert re.search(reason, reasons[0])


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ([function("Talk", HTTP), function("talk", {**HTTP, "route": "x"})], "talk: 2 functions"),
        (
            [
                function("a", {**HTTP, "route": "rooms/{room}"}),
                function("b", {**HTTP, "route": "Rooms/{id}"}),
            ],
            "b: its route /api/Rooms/{id} clashes with that of a",
        ),
        (
            [function("a", MESSAGE), function("b", {**MESSAGE, "hubName": "HUB"})],
            "b: a already handles hub/messages/signal",
        ),
    ],
)
def test_refuses_functions_that_get_in_each_others_way(app: list[Function], reason: str) -> None:
    reasons = refusals(app, ENVIRON)
    assert len(reasons) == 1
    assert reason in reasons[0]


def test_refuses_routes_the_host_keeps_for_itself() -> None:
    app = [function("f", {**HTTP, "route": "admin/things"})]
    assert refusals(app, ENVIRON) == []
    assert "conflicts with the host's own routes" in refusals(app, ENVIRON, prefix="")[0]


@pytest.mark.parametrize("trigger", [MESSAGE, TIMER])
def test_refuses_triggers_the_host_disables_without_storage(trigger: dict[str, Any]) -> None:
    environ = {"AzureSignalRConnectionString": "y"}
    assert "AzureWebJobsStorage is missing" in refusals([function("f", trigger)], environ)[0]


def test_takes_an_identity_instead_of_keys() -> None:
    environ = {"AzureSignalRConnectionString__serviceUri": "https://x", "AzureWebJobsStorage": "x"}
    assert refusals([function("f", MESSAGE)], environ) == []


def test_resolves_settings_in_bindings() -> None:
    resolved = resolve(function("f", {**MESSAGE, "hubName": "%HUB%"}), {"HUB": "signaling"})
    assert resolved.trigger.text("hubName") == "signaling"


def test_says_which_setting_a_binding_misses() -> None:
    with pytest.raises(HostRefusal, match="f: .*%HUB%.*Set HUB"):
        resolve(function("f", {**MESSAGE, "hubName": "%HUB%"}), {})
