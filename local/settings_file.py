"""`local.settings.json`, the file Core Tools users already have: settings and CORS. Pure parsing.

Source: "Code and test Azure Functions locally", local settings file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.functions.bindings import HostRefusal
from local.functions.cors import Cors


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """`Values` become environment variables; `Host` holds CORS."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold secrets
    cors: Cors = Cors()


def parse(text: str) -> LocalSettings:
    """Raises HostRefusal, in words, for anything that is not such a file."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise HostRefusal(f"local.settings.json is not JSON: {error}.") from error
    content = _object(content, "local.settings.json")
    if content.get("IsEncrypted"):
        raise HostRefusal("local.settings.json is encrypted. Run `func settings decrypt` first.")
    values = _object(content.get("Values", {}), "Values in local.settings.json")
    host = _object(content.get("Host", {}), "Host in local.settings.json")
    origins = tuple(filter(None, (part.strip() for part in str(host.get("CORS", "")).split(","))))
    cors = Cors(origins, bool(host.get("CORSCredentials", False)))
    return LocalSettings({name: str(value) for name, value in values.items()}, cors)


def _object(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise HostRefusal(f"{name} is not a JSON object.")
    return value
