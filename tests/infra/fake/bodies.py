"""Checks the bodies that azapi sends, as azapi itself does with schemas it carries. Pure.

`schemas/bodies.json` has the members that we use, from Microsoft's reference of templates; a leaf
says the type, a list of strings what is allowed, a list of one object what each member holds.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.infra.fake.values import is_unknown

PLAIN: dict[str, Any] = {"string": str, "bool": bool, "number": (int, float)}


def faults(shape: Any, value: Any, place: str = "body") -> Iterator[str]:
    """One sentence for each member that the shape does not know or that has another type."""
    if value is None or is_unknown(value):
        return
    if shape == "tags":
        if not all(isinstance(each, str) or is_unknown(each) for each in value.values()):
            yield f"{place} has values that are no text"
    elif isinstance(shape, str):
        if not isinstance(value, PLAIN[shape]):
            yield f"{place} is no {shape}"
    elif isinstance(shape, dict):
        yield from _members(shape, value, place)
    elif isinstance(shape[0], str) and len(shape) > 1:
        if value not in shape:
            yield f"{place} is none of {', '.join(shape)}"
    elif not isinstance(value, list):
        yield f"{place} is no list"
    else:
        for number, each in enumerate(value):
            yield from faults(shape[0], each, f"{place}[{number}]")


def _members(shape: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    for name, inner in value.items():
        if name not in shape:
            yield f"{place}.{name} is not known"
        else:
            yield from faults(shape[name], inner, f"{place}.{name}")


# What azurerm reads whatever was configured, at the tag of its schemas.
READ: dict[str, dict[str, Any]] = {
    # internal/services/mssql/mssql_database_resource.go: only a data warehouse says otherwise.
    "azurerm_mssql_database": {"geo_backup_enabled": True},
}
FLAGS = ("EnableConnectivityLogs", "EnableLiveTrace", "EnableMessagingLogs", "ServiceMode")


def answered(dynamic: Any) -> Any:
    """A body as Azure answers with it, where that differs from what was sent.

    A plan's id comes with `serverfarms`, whatever its capitals were; SignalR answers with all of
    its flags. `dynamic` is a pair of a type in JSON and a value, as azapi's state has it.
    """
    if not isinstance(dynamic, list):
        return dynamic
    kind, value = json.loads(dynamic[0]), dynamic[1]
    properties = value.get("properties") or {}
    if "serverFarmId" in properties:
        plan = properties["serverFarmId"]
        properties["serverFarmId"] = plan.replace("/serverFarms/", "/serverfarms/")
    if "features" in properties:
        _add_flags(kind[1]["properties"][1], properties)
    return [json.dumps(kind).encode(), value]


def _add_flags(kinds: Any, properties: Any) -> None:
    there = {feature["flag"] for feature in properties["features"]}
    for flag in FLAGS:
        if flag not in there:
            properties["features"].append({"flag": flag, "value": "False"})
            kinds["features"][1].append(kinds["features"][1][0])
