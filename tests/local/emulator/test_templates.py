import json
from pathlib import Path
from typing import Any

import pytest

from local.emulator.settings_file import SettingsFile
from local.emulator.templates import DEFAULT_TEMPLATES, BadSettings, Template, find, parse_templates

URL = "http://localhost:7071/runtime/webhooks/signalr"


def settings(*templates: dict[str, Any]) -> bytes:
    return json.dumps({"UpstreamSettings": {"Templates": templates}}).encode()


def test_the_settings_file_of_microsofts_emulator_is_read() -> None:
    star = {"EventPattern": "*", "HubPattern": "*", "CategoryPattern": "*"}
    assert parse_templates(settings({"UrlTemplate": URL, **star})) == DEFAULT_TEMPLATES


def test_names_of_members_count_in_any_case() -> None:
    text = b'{"upstreamSettings": {"TEMPLATES": [{"urlTemplate": "http://a/", "hubpattern": "b"}]}}'
    assert parse_templates(text) == (Template(url_template="http://a/", hub_pattern="b"),)


def urls(file: SettingsFile) -> list[str]:
    return [template.url_template for template in file.templates()]


def test_a_changed_file_is_read_again_and_a_wrong_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(settings({"UrlTemplate": "http://a/"}))
    file = SettingsFile(path)
    assert urls(file) == ["http://a/"]
    path.write_bytes(settings({"UrlTemplate": "http://longer/"}))
    assert urls(file) == ["http://longer/"]
    path.write_bytes(b"{")
    assert urls(file) == urls(file) == ["http://longer/"]
    assert len(caplog.records) == 1
    path.unlink()
    assert urls(file) == ["http://longer/"]


def test_without_a_file_events_go_to_func_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = SettingsFile(None)
    assert tuple(file.templates()) == DEFAULT_TEMPLATES
    (tmp_path / "settings.json").write_bytes(settings({"UrlTemplate": "http://a/"}))
    assert urls(file) == ["http://a/"]  # it may come later


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
