"""The REST client of SignalR Service: what it sends, and what it makes of each answer."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator

import jwt
import pytest

from cloud.connection_strings import SignalRConnection
from cloud.http_pool import HttpPool
from cloud.signalr_keys import StaticKey
from cloud.signalr_rest import MAX_PAUSE_SECONDS, TRIES, ServiceAway, SignalRRest, Started
from lab.ports import free_port
from lab.signalr_service import KEY, Call, FaultyService, Reply, faulty_service
from signaling.effects import (
    AddToGroup,
    Close,
    CloseConnection,
    CloseGroup,
    ClosePeer,
    SendToPeer,
    SendToRoom,
)
from signaling.messages import Left
from signaling.seats import group_of, user_of
from signaling.tokens import AccessKey

LIFE, ANN = "secret-life", "ann"
PEER = SendToPeer(LIFE, ANN, "signal", Left("bob", "left", 7))
ROOM = SendToRoom(LIFE, "left", Left("bob", "left", 7))
GROUP = AddToGroup(LIFE, "c/1 +")
USER_PATH, GROUP_PATH = f"/users/{user_of(LIFE, ANN)}", f"/groups/{group_of(LIFE)}"
AUDIENCE = "https://name.example"
HUB = "/api/hubs/signaling"


@pytest.fixture
def service() -> Iterator[FaultyService]:
    with faulty_service() as running:
        yield running


def rest(url: str) -> SignalRRest:
    connection = SignalRConnection(url, url, AUDIENCE, KEY)
    return SignalRRest(connection, HttpPool(4), StaticKey(AccessKey(KEY)), jitter=lambda: 0.0)


def failing(status: int, times: int = 99, **headers: str) -> "Failing":
    return Failing(Reply(status, headers=headers), times)


class Failing:
    """The same reply so many times, then none."""

    def __init__(self, reply: Reply, times: int) -> None:
        self.reply, self.left = reply, times

    def __call__(self, _: Call) -> Reply | None:
        self.left -= 1
        return self.reply if self.left >= 0 else None


@pytest.mark.parametrize(
    ("push", "verb", "path", "body"),
    [
        (PEER, "POST", f"{USER_PATH}/:send", {"target": "signal"}),
        (ROOM, "POST", f"{GROUP_PATH}/:send", {"target": "left"}),
        (GROUP, "PUT", f"{GROUP_PATH}/connections/c%2F1%20%2B", None),
    ],
)
def test_each_push_is_one_call(
    service: FaultyService, push: object, verb: str, path: str, body: dict[str, str] | None
) -> None:
    rest(service.url).push(push)  # type: ignore[arg-type]
    (call,) = service.calls
    assert (call.verb, call.path, call.query) == (verb, HUB + path, "api-version=2022-06-01")
    if body is None:
        assert call.body == b""
    else:
        said = json.loads(call.body)
        assert said["target"] == body["target"]
        assert json.loads(said["arguments"][0]) == {"peer": "bob", "reason": "left", "visit": 7}


def test_a_token_is_for_the_endpoint_whoever_is_called_and_for_one_path(
    service: FaultyService,
) -> None:
    rest(service.url).push(PEER)
    (call,) = service.calls
    audience = f"{AUDIENCE}{HUB}{USER_PATH}/:send"
    claims = jwt.decode(call.token, KEY, ["HS256"], audience=audience)
    assert claims["exp"] > time.time()


@pytest.mark.parametrize("status", [429, 503])
def test_what_the_service_did_not_do_is_asked_for_once_more(
    service: FaultyService, status: int
) -> None:
    service.rule = failing(status, times=1)
    rest(service.url).push(PEER)
    assert len(service.calls) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_two_failures_are_the_end(service: FaultyService, status: int) -> None:
    service.rule = failing(status)
    with pytest.raises(ServiceAway, match=f"status {status}"):
        rest(service.url).push(PEER)
    assert len(service.calls) == 2


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 500, 502])
def test_any_other_answer_is_not_asked_for_again(service: FaultyService, status: int) -> None:
    service.rule = failing(status)
    with pytest.raises(ServiceAway, match=f"status {status}"):
        rest(service.url).push(ROOM)
    assert len(service.calls) == 1


def test_a_retry_after_is_waited_for_but_not_for_long(service: FaultyService) -> None:
    service.rule = failing(429, 1, **{"Retry-After": "60"})
    began = time.monotonic()
    rest(service.url).push(PEER)
    assert MAX_PAUSE_SECONDS <= time.monotonic() - began < MAX_PAUSE_SECONDS + 1.5


@pytest.mark.parametrize("text", ["soon", "-1", "", "1e9", "٣"])
def test_a_retry_after_that_is_no_number_gives_no_wait(service: FaultyService, text: str) -> None:
    service.rule = failing(503, 1, **({"Retry-After": text} if text.isascii() else {}))
    rest(service.url).push(PEER)


def test_an_answer_that_does_not_come_may_have_been_done_and_is_not_asked_for_again(
    service: FaultyService,
) -> None:
    service.rule = lambda call: Reply(202, seconds=3.0)
    with pytest.raises(ServiceAway, match="Timeout"):
        rest(service.url).push(PEER)
    assert len(service.calls) == 1


# --- pushes that are under way at once --------------------------------------------------------


def started(client: SignalRRest) -> Started:
    """A push on a connection that the question before it has opened."""
    client.is_open("c")
    begun = client.start(PEER)
    assert begun is not None
    return begun


def test_a_push_is_started_only_where_a_connection_is_open(service: FaultyService) -> None:
    assert rest(service.url).start(PEER) is None
    assert rest(f"http://127.0.0.1:{free_port()}").start(PEER) is None
    assert service.calls == []
    assert started(rest(service.url)).is_done()
    assert len(service.paths("POST")) == 1


@pytest.mark.parametrize(("times", "calls"), [(1, 2), (9, TRIES)])
def test_a_started_push_that_was_not_done_is_tried_as_often_as_any_other(
    service: FaultyService, times: int, calls: int
) -> None:
    failing_push = failing(503, times)
    service.rule = lambda call: failing_push(call) if call.verb == "POST" else None
    begun = started(rest(service.url))
    assert not begun.is_done()
    with contextlib.nullcontext() if times < TRIES else pytest.raises(ServiceAway):
        begun.finish()
    assert len(service.paths("POST")) == calls


def test_a_started_push_that_is_refused_or_not_answered_is_not_tried_again(
    service: FaultyService,
) -> None:
    free = threading.Event()

    def mute(_: Call) -> Reply:
        free.wait(5)
        return Reply(202)

    for rule, words in ((failing(400), "status 400"), (mute, "TimeoutError")):
        service.calls.clear()
        service.rule = lambda call, rule=rule: rule(call) if call.verb == "POST" else None
        begun = started(rest(service.url))
        assert not begun.is_done()
        with pytest.raises(ServiceAway, match=words):
            begun.finish()
        assert len(service.paths("POST")) == 1
    free.set()


def test_nobody_there_is_said_without_an_address() -> None:
    with pytest.raises(ServiceAway) as error:
        rest(f"http://127.0.0.1:{free_port()}").push(PEER)
    assert str(error.value) == "no connection" and error.value.__cause__ is None


def test_a_connection_that_has_ended_needs_no_group(service: FaultyService) -> None:
    service.rule = failing(404)
    rest(service.url).push(GROUP)


@pytest.mark.parametrize(("status", "present"), [(200, True), (404, False)])
def test_presence_is_a_question(service: FaultyService, status: int, present: bool) -> None:
    service.rule = failing(status)
    assert rest(service.url).is_present(LIFE, ANN) is present
    assert service.paths("HEAD") == [f"{HUB}{USER_PATH}"]


@pytest.mark.parametrize(
    ("effect", "verb", "path"),
    [
        (ClosePeer(LIFE, ANN, "kicked", "Out."), "POST", f"{USER_PATH}/:closeConnections"),
        (CloseConnection("c1", "replaced", "Out."), "DELETE", "/connections/c1"),
        (CloseGroup(LIFE, "room_not_found", "Over."), "POST", f"{GROUP_PATH}/:closeConnections"),
    ],
)
def test_closed_is_said_before_the_connection_ends(
    service: FaultyService, effect: Close, verb: str, path: str
) -> None:
    rest(service.url).close(effect)
    said, ended = service.calls
    assert json.loads(said.body)["target"] == "closed" and said.path.endswith("/:send")
    assert (ended.verb, ended.path) == (verb, HUB + path)
    assert f"reason={effect.code}" in ended.query


def test_a_silent_end_is_one_call(service: FaultyService) -> None:
    rest(service.url).close(ClosePeer(LIFE, ANN, "not_member", "Left.", silent=True))
    assert [call.path for call in service.calls] == [f"{HUB}{USER_PATH}/:closeConnections"]


@pytest.mark.parametrize("push", [PEER, ROOM, GROUP], ids=["peer", "room", "group"])
def test_no_url_says_who_is_in_which_room(service: FaultyService, push: object) -> None:
    client = rest(service.url)
    client.push(push)  # type: ignore[arg-type]
    client.is_present(LIFE, ANN)
    client.close(ClosePeer(LIFE, ANN, "kicked", "Out."))
    asked = [part for call in service.calls for part in call.path.split("/")]
    assert len(service.calls) == 4 and not {LIFE, ANN} & set(asked)
