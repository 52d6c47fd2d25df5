"""What a provider answers where Azure would: values that were not known before. Pure.

Unknown values are msgpack extensions; a value of type `dynamic` is a pair of its type and itself.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgpack

UNKNOWN = msgpack.ExtType(0, b"\x00")
SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
DEPLOYER = "00000000-0000-4000-8000-000000000003"
SECRET = "LEAKED"  # in every value that is one: a test looks for it

type Block = Mapping[str, Any]
type Fill = Callable[[str, Mapping[str, Any], Any], Any]


def unpack(raw: bytes) -> Any:
    return msgpack.unpackb(raw, raw=False, strict_map_key=False)


def pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


def is_unknown(value: Any) -> bool:
    return isinstance(value, msgpack.ExtType)


def walk(block: Block, value: Any, fill: Fill) -> Any:
    """`value` with each attribute as `fill(name, schema, old)` says, in nested blocks too."""
    if not isinstance(value, dict):
        return value
    made = dict(value)
    for name, attribute in block["attributes"].items():
        made[name] = fill(name, attribute, value.get(name))
    for name, nested in block["block_types"].items():
        inside, inner = value.get(name), nested["block"]
        if isinstance(inside, list):
            made[name] = [walk(inner, each, fill) for each in inside]
        elif isinstance(inside, dict):
            made[name] = walk(inner, inside, fill)
    return made


def planned(name: str, attribute: Mapping[str, Any], old: Any) -> Any:
    if attribute.get("write_only"):
        return None
    computed_only = attribute.get("computed") and not attribute.get("optional")
    return UNKNOWN if old is None and (computed_only or name == "id") else old


def applied(kind: str, config: Mapping[str, Any]) -> Fill:
    """Fills what was unknown when `kind` with `config` was planned."""

    def fill(name: str, attribute: Mapping[str, Any], old: Any) -> Any:
        if attribute.get("write_only"):
            return None
        if not is_unknown(old):
            return old
        if attribute["type"] == "dynamic":
            return exported(kind, config)
        if attribute["type"] == "string":
            text = _text(kind, config, name)
            return f"{SECRET}-{kind}-{name}" if attribute.get("sensitive") else text
        return _empty(attribute["type"])

    return fill


def exported(kind: str, config: Mapping[str, Any]) -> Any:
    """`output` of azapi: what `response_export_values` names, as a dynamic value."""
    paths = (config.get("response_export_values") or [None, []])[1]
    types: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for path in paths:
        at_type, at_value = types, values
        *parents, last = path.split(".")
        for parent in parents:
            at_type = at_type.setdefault(parent, ["object", {}])[1]
            at_value = at_value.setdefault(parent, {})
        at_type[last] = "string"
        at_value[last] = _host(config, last) or f"{SECRET}-{kind}-{last}"
    return [json.dumps(["object", types]).encode(), values]


def _host(config: Mapping[str, Any], name: str) -> str:
    """The host that Azure gives to a page, an app, a SignalR."""
    domains = {
        "defaultHostname": "example",
        "defaultHostName": "azurewebsites.net",
        "hostName": "service.signalr.net",
    }
    return f"{config['name']}.{domains[name]}" if name in domains else ""


def _text(kind: str, config: Mapping[str, Any], name: str) -> str:
    called = config.get("name") or kind
    if kind == "azurerm_resource_group" and name == "id":
        return f"{SUBSCRIPTION}/resourceGroups/{called}"
    if kind == "azurerm_service_plan" and name == "id":
        # With capitals, as go-azure-helpers writes it: commonids/app_service_plan.go.
        return f"{_place(config)}/Microsoft.Web/serverFarms/{called}"
    known = {
        "client_id": f"client-of-{called}",
        "fully_qualified_domain_name": f"{called}.database.windows.net",
        "object_id": DEPLOYER,
        "primary_blob_endpoint": f"https://{called}.blob.core.windows.net/",
        "principal_id": f"principal-of-{called}",
        "subscription_id": SUBSCRIPTION.rpartition("/")[2],
        "tenant_id": TENANT,
        "vault_uri": f"https://{called}.vault.azure.net/",
    }
    return known.get(
        name, f"{_place(config)}/{kind}/{called}" + ("" if name == "id" else f"/{name}")
    )


def _place(config: Mapping[str, Any]) -> str:
    """What a resource id begins with; that of a group of resources is as in Azure."""
    for parent in ("parent_id", "storage_account_id", "key_vault_id", "server_id", "resource_id"):
        if config.get(parent):
            return str(config[parent])
    group = config.get("resource_group_name")
    return f"{SUBSCRIPTION}/resourceGroups/{group}/providers" if group else SUBSCRIPTION


def _empty(kind: Any) -> Any:
    if isinstance(kind, str):
        return {"bool": False, "number": 0}.get(kind)
    if kind[0] == "object":
        return {name: _empty(inner) for name, inner in kind[1].items()}
    return {} if kind[0] == "map" else []
