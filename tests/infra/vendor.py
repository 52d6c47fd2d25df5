"""Writes the schemas that the tests use, out of the providers' own Go sources.

    git clone --depth 1 --branch v5.2.0 https://github.com/hashicorp/terraform-provider-azurerm
    python -m tests.infra.vendor azurerm=v5.2.0:terraform-provider-azurerm [NAME=TAG:FOLDER …]

NAME is azurerm, azuread, azapi or time; FOLDER is a git directory (a clone, or a bare one) that
holds TAG. Writes schemas/NAME.json.gz with the types that infra/ uses. For each type `read_from`
has the tag and the file that its schema was read in. A type that could not be read keeps the
schema that was there, and stands in `unverified` with the reason; the tests say so.
"""

import argparse
import gzip
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.infra.go_schema import Json, Provider, Source
from tests.infra.go_source import Call, Literal, NotUnderstood, functions

HERE = Path(__file__).parent
INFRA = HERE.parent.parent / "infra"
SCHEMAS = HERE / "schemas"
MODULES = {
    "azurerm": "github.com/hashicorp/terraform-provider-azurerm",
    "azuread": "github.com/hashicorp/terraform-provider-azuread",
    "azapi": "github.com/Azure/terraform-provider-azapi",
    "time": "github.com/hashicorp/terraform-provider-time",
}
# Where a provider lists its resources, and where its own arguments stand.
GROUPS = {
    "resource": ("resource_schemas", "SupportedResources"),
    "data": ("data_source_schemas", "SupportedDataSources"),
    "ephemeral": ("ephemeral_resource_schemas", ""),
}


class Read(Struct, frozen=True):
    """One schema, and where it was read."""

    block: Json
    file: str


# Not used, and there is a mutation that uses each.
ALSO = {"resource": {"azurerm_key_vault_secret", "azurerm_storage_table"}}


def used() -> dict[str, set[str]]:
    """Types by kind of block: resource, data, ephemeral."""
    text = "".join(path.read_text() for path in INFRA.rglob("*.tf"))
    found: dict[str, set[str]] = {kind: set(ALSO.get(kind, ())) for kind in GROUPS}
    for kind, name in re.findall(r'(?m)^(resource|data|ephemeral) "(\w+)"', text):
        found[kind].add(name)
    return found


def registered(provider: Provider, kind: str, name: str) -> Read | None:
    """A resource of the plugin SDK that a list names: `"azurerm_x": resourceX(),`."""
    wanted = GROUPS[kind][1]
    for path in provider.source.grep(
        f'"{name}": +\\w+\\(\\)', "internal/services/**registration.go"
    ):
        for receiver, called, _, _ in functions(provider.source.tokens(path)):
            if not wanted or called != wanted:
                continue
            listed = provider.method(receiver, called, path)
            entry = listed.get(name) if isinstance(listed, Literal) else None
            if isinstance(entry, Call):
                made, file = provider.call(entry.function, path)
                assert isinstance(made, Literal)
                return Read(provider.sdk_block(made.get("Schema") or made, file), file)
    return None


def typed(provider: Provider, kind: str, name: str) -> Read | None:
    """A resource of azurerm's typed SDK: Arguments and Attributes are two methods."""
    for path in provider.source.grep(f'return "{name}"', "internal/services"):
        found = list(functions(provider.source.tokens(path)))
        types = [receiver for receiver, called, _, _ in found if called == "ResourceType"]
        if not types or types[0].endswith("DataSource") != (kind == "data"):
            continue
        block: Json = {"attributes": {}, "block_types": {}}
        for method in ("Arguments", "Attributes"):
            part = provider.sdk_block(provider.method(types[0], method, path), path)
            for group in block:
                block[group] |= part[group]
        return Read(block, path)
    return None


def framework(provider: Provider, kind: str, name: str) -> Read | None:
    """A resource of the plugin framework: Metadata says its name, Schema its schema."""
    short = name.partition("_")[2]
    said = f'TypeName = ("{name}"|req\\w*\\.ProviderTypeName \\+ "_{short}")'
    for path in provider.source.grep(said, "internal"):
        text = provider.source.text(path)
        if (kind == "ephemeral") != ("ephemeral.SchemaRe" in text) or (
            kind == "resource" and "resource.SchemaRe" not in text
        ):
            continue
        receivers = [r for r, c, _, _ in functions(provider.source.tokens(path)) if c == "Schema"]
        schema = provider.method(receivers[0], "Schema", path)
        return Read(provider.framework_block(schema, path), path)
    return None


def find(provider: Provider, kind: str, name: str) -> Read:
    """Raises NotUnderstood."""
    ways: list[Callable[[Provider, str, str], Read | None]] = [registered, typed, framework]
    for way in ways:
        if (found := way(provider, kind, name)) is not None:
            found.block["block_types"].pop("timeouts", None)
            if kind != "ephemeral":
                found.block["attributes"].setdefault("id", {"type": "string", "computed": True})
            return found
    raise NotUnderstood(f"no file names {name}")


def vendor(name: str, tag: str, git: Path, old: dict[str, Any]) -> dict[str, Any]:
    """The new content of schemas/NAME.json.gz. `old` is the present one."""
    provider = Provider(Source(git, tag), MODULES[name])
    made: dict[str, Any] = {
        "provider_version": tag.removeprefix("v"),
        "provider": old["provider"],
        "read_from": {},
        "unverified": {"provider": "the provider's own arguments are built by code, not literals"},
    }
    for kind, types in used().items():
        group = made[GROUPS[kind][0]] = {}
        for wanted in sorted(t for t in types if t.startswith(f"{name}_")):
            key = f"{kind} {wanted}"
            try:
                found = find(provider, kind, wanted)
            except NotUnderstood as reason:
                made["unverified"][key] = str(reason)
                group[wanted] = old[GROUPS[kind][0]][wanted]
            else:
                group[wanted] = {"block": found.block}
                made["read_from"][key] = f"{MODULES[name]}@{tag}/{found.file}"
    return made


def main() -> int:
    """0 when every schema was written; prints what could not be verified."""
    parser = argparse.ArgumentParser(prog="python -m tests.infra.vendor", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("providers", nargs="+", metavar="NAME=TAG:FOLDER")
    for word in parser.parse_args().providers:
        name, _, rest = word.partition("=")
        tag, _, folder = rest.partition(":")
        target = SCHEMAS / f"{name}.json.gz"
        old = json.loads(gzip.decompress(target.read_bytes()))
        made = vendor(name, tag, Path(folder), old)
        text = json.dumps(made, separators=(",", ":"), sort_keys=True)
        target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(f"{target.name}: {len(made['read_from'])} read, {target.stat().st_size} bytes")
        for key, reason in made["unverified"].items():
            print(f"  unverified: {key}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
