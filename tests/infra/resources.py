"""What a state of Terraform holds, as values. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct


class Resource(Struct, frozen=True):
    address: str
    kind: str
    stamp: str | None
    values: Mapping[str, Any]

    @property
    def body(self) -> Mapping[str, Any]:
        """Of azapi, what it sends."""
        found: Mapping[str, Any] = self.values["body"]["properties"]
        return found


type Resources = tuple[Resource, ...]


def resources(state: Mapping[str, Any]) -> Resources:
    """Of a state as `terraform show -json` has it, or of a plan's planned_values."""
    return tuple(_resources(state["root_module"]))


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    found = re.match(r'module\.stamp\["(\w+)"\]', module.get("address", ""))
    stamp = found[1] if found else None
    for each in module.get("resources", []):
        if each["mode"] == "managed":
            yield Resource(each["address"], each["type"], stamp, each["values"])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def of(all_of_them: Resources, kind: str, type_start: str = "") -> Resources:
    return tuple(
        r
        for r in all_of_them
        if r.kind == kind and str(r.values.get("type", "")).startswith(type_start)
    )


def sites(all_of_them: Resources) -> Resources:
    return of(all_of_them, "azapi_resource", "Microsoft.Web/sites@")


def signalrs(all_of_them: Resources) -> Resources:
    return of(all_of_them, "azapi_resource", "Microsoft.SignalRService/")


def app_settings(site: Resource) -> dict[str, str]:
    return {s["name"]: s["value"] for s in site.body["siteConfig"]["appSettings"]}
