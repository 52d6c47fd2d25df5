import hashlib
import hmac

from local.emulator import events
from local.emulator.upstream import IGNORED, UpstreamResponse

PLAIN = events.origin("c1", "chat", None, (), (), ("key",))


def test_every_header_of_a_message_is_there() -> None:
    claims = (("role", "host"), ("name", "x"))
    query = [("hub", "chat"), ("id", "t"), ("access_token", "secret"), ("note", "a b")]
    origin = events.origin("c1", "chat", "ann", claims, query, ("key",))
    event = events.message(origin, "json", "say", b"{}")
    assert (event.hub, event.category, event.event) == ("chat", "messages", "say")
    assert (event.content_type, event.body) == ("application/json", b"{}")
    signature = event.headers.pop("X-ASRS-Signature")
    assert signature.startswith("sha256=")
    assert event.headers == {
        "X-ASRS-Connection-Id": "c1",
        "X-ASRS-Hub": "chat",
        "X-ASRS-Category": "messages",
        "X-ASRS-Event": "say",
        "X-ASRS-User-Id": "ann",
        "X-ASRS-User-Claims": "role: host, name: x",
        "X-ASRS-Client-Query": "?hub=chat&id=t&note=a+b",
    }


def test_the_signature_covers_every_key_joined_by_a_bare_comma() -> None:
    parts = events.signature("c1", ("one", "two")).split(",")
    for key, part in zip((b"one", b"two"), parts, strict=True):
        digest = hmac.new(key, b"c1", hashlib.sha256).hexdigest()
        assert part.lower() == f"sha256={digest}"


def test_headers_that_would_be_empty_are_left_out() -> None:
    assert set(PLAIN.headers) == {"X-ASRS-Connection-Id", "X-ASRS-Hub", "X-ASRS-Signature"}


def test_a_target_cannot_start_another_header() -> None:
    event = events.message(PLAIN, "json", "a\r\nX-Evil: 1", b"")
    assert event.headers["X-ASRS-Event"] == "a  X-Evil: 1"
    assert event.event == "a\r\nX-Evil: 1"


def test_connection_events_have_the_bodies_of_the_service() -> None:
    assert events.connected(PLAIN).body == b'{"type":10}'
    assert events.disconnected(PLAIN, None).body == b'{"Type":11}'
    assert events.disconnected(PLAIN, "lost").body == b'{"Type":11,"Error":"lost"}'


def test_a_message_nobody_waits_for_gets_no_reply() -> None:
    for response in (UpstreamResponse(200, "", b"x"), UpstreamResponse(500), IGNORED):
        assert events.reply("json", None, response) == b""


def test_replies_follow_the_status() -> None:
    def reply(status: int, body: bytes = b"") -> bytes:
        return events.reply("json", "7", UpstreamResponse(status, "", body))

    void = b'{"type":3,"invocationId":"7"}\x1e'
    assert reply(200, b"verbatim") == b"verbatim"
    assert reply(200) == reply(204) == reply(204, b"ignored") == void
    assert b'"error":"Invocation failed, status code 404"' in reply(404, b"page")
    assert b"too large" in reply(200, bytes(events.MAX_RESPONSE_BYTES + 1))


def test_without_an_upstream_an_invocation_stays_unanswered() -> None:
    assert events.reply("json", "7", IGNORED) == b""
