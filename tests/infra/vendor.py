"""Cuts the schemas of whole providers down to what infra/ uses.

    python -m tests.infra.vendor azurerm.json azuread.json

takes schemas as `terraform providers schema -json` has them for one provider (plain or .xz), or as
extracted from the provider's published bindings, and writes schemas/<provider>.json.gz.
"""

import gzip
import json
import lzma
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INFRA = HERE.parent.parent / "infra"
# Bindings do not say which attributes are secret: these are, by the provider's documents.
SECRET = re.compile(r"key$|connection_string$|password$|^api_key$|^value$|_wo$")
PUBLIC = re.compile(r"enabled|type$|_version$")


def used() -> dict[str, set[str]]:
    """Types by kind of block: resource, data, ephemeral."""
    text = "".join(path.read_text() for path in INFRA.rglob("*.tf"))
    found: dict[str, set[str]] = {"resource": set(), "data": set(), "ephemeral": set()}
    for kind, name in re.findall(r'(?m)^(resource|data|ephemeral) "(\w+)"', text):
        found[kind].add(name)
    return found


def cut(schema: dict[str, Any], wanted: dict[str, set[str]]) -> dict[str, Any]:
    def some(group: str, names: set[str]) -> dict[str, Any]:
        return {name: said for name, said in schema[group].items() if name in names}

    made = {
        "provider_version": schema.get("provider_version"),
        "provider": schema["provider"],
        "resource_schemas": some("resource_schemas", wanted["resource"]),
        "data_source_schemas": some("data_source_schemas", wanted["data"]),
        # The bindings have no ephemeral resources; azurerm's have the form of its data sources.
        "ephemeral_resource_schemas": some("data_source_schemas", wanted["ephemeral"]),
    }
    for group in list(made)[2:]:
        for said in made[group].values():
            mark(said["block"])
    return made


def mark(block: dict[str, Any]) -> None:
    """Write what is write-only and what is secret beside the attributes."""
    block["block_types"].pop("timeouts", None)
    for name, attribute in block["attributes"].items():
        if attribute["type"] != "string":
            continue
        if name.endswith("_wo"):
            attribute.update(write_only=True, computed=False)
        if SECRET.search(name) and not PUBLIC.search(name):
            attribute["sensitive"] = True
    for nested in block["block_types"].values():
        mark(nested["block"])


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        raw = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        text = json.dumps(cut(json.loads(raw), used()), separators=(",", ":"), sort_keys=True)
        target = HERE / "schemas" / f"{path.name.partition('-')[0].partition('.')[0]}.json.gz"
        target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(target.name, target.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1:])
