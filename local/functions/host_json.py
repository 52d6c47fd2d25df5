"""host.json, the settings of the Functions host.

Source: the host.json reference of the Azure Functions docs, with "Override host.json values".
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.functions.bindings import HostRefusal

# As in `AzureFunctionsJobHost__extensions__queues__maxDequeueCount`.
OVERRIDE = "AzureFunctionsJobHost"


def route_prefix(host_json: Mapping[str, Any]) -> str:
    """`extensions.http.routePrefix`, by default "api"."""
    return str(host_json.get("extensions", {}).get("http", {}).get("routePrefix", "api"))


def read_host_json(app_dir: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """host.json, or {} where there is none, with what the environment overrides.

    Raises HostRefusal if it is not a JSON object.
    """
    path = app_dir / "host.json"
    content = _read_object(path) if path.exists() else {}
    for name, value in environ.items():
        prefix, *places = name.split("__")
        if prefix == OVERRIDE and places:
            inner = content
            for place in places[:-1]:
                inner = inner.setdefault(place, {})
            inner[places[-1]] = value
    return content


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise HostRefusal(f"host.json is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise HostRefusal("host.json is not a JSON object.")
    return content
