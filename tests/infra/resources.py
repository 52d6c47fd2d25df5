"""What a state of Terraform holds, as values. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Resource(Struct, frozen=True):
    address: str
    kind: str
    stamp: str | None
    values: Mapping[str, Any]
    needs: frozenset[str] = frozenset()  # addresses of what has to be there first

    @property
    def body(self) -> Mapping[str, Any]:
        """Of azapi, what it sends."""
        found: Mapping[str, Any] = self.values["body"]["properties"]
        return found


type Resources = tuple[Resource, ...]


def resources(state: Mapping[str, Any], stamp: str | None = None) -> Resources:
    """Of a state as `terraform show -json` has it, of a stamp or (None) of what exists once."""
    return tuple(
        Resource(
            each["address"],
            each["type"],
            stamp,
            each["values"],
            frozenset(each.get("depends_on", ())),
        )
        for each in state["root_module"].get("resources", [])
        if each["mode"] == "managed"
    )


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


def secrets(all_of_them: Resources) -> Resources:
    """What is written into vaults, without the values."""
    return of(all_of_them, "azapi_resource_action", "Microsoft.KeyVault/vaults/secrets@")


def secret_name(secret: Resource) -> str:
    """As the vault has it."""
    return str(secret.values["resource_id"]).rpartition("/")[2]
