import json
from typing import Any

import pytest

from local.emulator.templates import DEFAULT_TEMPLATES, BadSettings, Template, find, parse_templates

URL = "http://localhost:7071/runtime/webhooks/signalr"


def settings(*templates: dict[str, Any]) -> bytes:
    return json.dumps({"UpstreamSettings": {"Templates": templates}}).encode()


def test_the_settings_file_of_microsofts_emulator_is_read() -> None:
    star = {"EventPattern": "*", "HubPattern": "*", "CategoryPattern": "*"}
    assert parse_templates(settings({"UrlTemplate": URL, **star})) == DEFAULT_TEMPLATES


def test_patterns_left_out_match_everything_and_unknown_members_are_skipped() -> None:
    (template,) = parse_templates(b"\xef\xbb\xbf" + settings({"UrlTemplate": URL, "Auth": {}}))
    assert template.matches("any", "connections", "connected")


def test_the_first_template_that_matches_wins() -> None:
    first = Template(url_template="http://a/", event_pattern="connected, disconnected")
    second = Template(url_template="http://b/", category_pattern="messages", hub_pattern="Chat")
    third = Template(url_template="http://c/", hub_pattern="chat,news")
    templates = (first, second, third)
    assert find(templates, "chat", "connections", "connected") == "http://a/"
    assert find(templates, "chat", "messages", "disconnected") == "http://a/"
    assert find(templates, "chat", "messages", "say") == "http://b/"
    assert find(templates, "news", "messages", "say") == "http://c/"
    assert find(templates, "other", "messages", "say") is None


def test_event_names_differ_by_case() -> None:
    assert find((Template(url_template=URL, event_pattern="Say"),), "h", "messages", "say") is None


def test_placeholders_are_filled_in_escaped_and_once() -> None:
    template = Template(url_template="http://a/{hub}/api/{category}/{event}?e={event}&{other}")
    assert template.url("h", "messages", "a/b?{hub}") == (
        "http://a/h/api/messages/a%2Fb%3F%7Bhub%7D?e=a%2Fb%3F%7Bhub%7D&{other}"
    )


def test_settings_without_upstream_have_no_templates() -> None:
    assert parse_templates(b"{}") == ()
    assert parse_templates(settings()) == ()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"UpstreamSettings":[]}',
        settings({"HubPattern": "*"}),
        settings({"UrlTemplate": "localhost:7071"}),
        settings({"UrlTemplate": "/relative"}),
        settings({"UrlTemplate": "ftp://host/"}),
    ],
)
def test_wrong_settings_are_refused(text: bytes) -> None:
    with pytest.raises(BadSettings):
        parse_templates(text)
