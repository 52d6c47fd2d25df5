"""Where events go: the `UpstreamSettings` of Microsoft's `settings.json`.

`{"UpstreamSettings": {"Templates": [{"UrlTemplate", "HubPattern", "CategoryPattern",
"EventPattern"}]}}`. The first template that matches wins. Names of members count in any case, as in
every settings file of .NET. Source: Azure/azure-signalr, `UpstreamOptions`. Pure.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec


class BadSettings(ValueError):
    """The settings file is not what it should be; the text says what is wrong."""


def _without_underscore(name: str) -> str:
    return name.replace("_", "")


class Template(msgspec.Struct, frozen=True, rename=_without_underscore, kw_only=True):
    """A pattern is `*`, a name, or several names with commas between them."""

    url_template: str
    hub_pattern: str = "*"
    category_pattern: str = "*"
    event_pattern: str = "*"

    def matches(self, hub: str, category: str, event: str) -> bool:
        """Whether events of this hub, category and name go to this URL."""
        # Hub names do not differ by case in Azure; events and categories do.
        return (
            _matches(self.hub_pattern.lower(), hub.lower())
            and _matches(self.category_pattern, category)
            and _matches(self.event_pattern, event)
        )

    def url(self, hub: str, category: str, event: str) -> str:
        """The URL for one event; `{hub}`, `{category}` and `{event}` are filled in, escaped."""
        values = {"{hub}": hub, "{category}": category, "{event}": event}
        return re.sub(
            r"\{(?:hub|category|event)\}",
            lambda match: quote(values[match[0]], safe=""),
            self.url_template,
        )


DEFAULT_TEMPLATES = (Template(url_template="http://localhost:7071/runtime/webhooks/signalr"),)


class _Upstream(msgspec.Struct, frozen=True):
    templates: tuple[Template, ...] = ()


class _Settings(msgspec.Struct, frozen=True, rename=_without_underscore):
    upstream_settings: _Upstream = _Upstream()


def parse_templates(text: bytes) -> tuple[Template, ...]:
    """The templates in a settings file, in their order. Raises BadSettings."""
    try:
        content = _lowered(msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf")))
        settings = msgspec.convert(content, _Settings)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadSettings(f"the settings are malformed: {error}") from error
    templates = settings.upstream_settings.templates
    for template in templates:
        url = urlsplit(template.url("hub", "category", "event"))
        if url.scheme not in ("http", "https") or not url.hostname:
            raise BadSettings(f"not an absolute URL: {template.url_template}")
    return templates


def find(templates: Sequence[Template], hub: str, category: str, event: str) -> str | None:
    """The URL this event is posted to; None when no template matches."""
    for template in templates:
        if template.matches(hub, category, event):
            return template.url(hub, category, event)
    return None


def _lowered(value: Any) -> Any:
    """The same content, every member's name in lower case."""
    if isinstance(value, dict):
        return {name.lower(): _lowered(member) for name, member in value.items()}
    return [_lowered(one) for one in value] if isinstance(value, list) else value


def _matches(pattern: str, name: str) -> bool:
    names = [one.strip() for one in pattern.split(",")]
    return "*" in names or name in names
