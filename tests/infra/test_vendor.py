"""Schemas are read out of Go source; what cannot be read is said, and nothing is guessed."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.fake.provider import read_schema
from tests.infra.go_source import OPAQUE, Call, Literal, Name, NotUnderstood, Reader, tokens
from tests.infra.terraform import PROVIDERS
from tests.infra.vendor import MODULES, used, vendor

GROUPS = ("resource_schemas", "data_source_schemas", "ephemeral_resource_schemas")
# A provider of our own, in the two forms that HashiCorp's have: what is listed, and what is typed.
REGISTRATION = """
package things
func (r Registration) SupportedResources() map[string]*pluginsdk.Resource {
	return map[string]*pluginsdk.Resource{
		"azurerm_subnet": resourceSubnet(),
	}
}
"""
LISTED = """
package things
import (
	"github.com/hashicorp/terraform-provider-azurerm/internal/common"
)
func resourceSubnet() *pluginsdk.Resource {
	return &pluginsdk.Resource{
		Create: func(d *pluginsdk.ResourceData, meta interface{}) error { return nil },
		Schema: map[string]*pluginsdk.Schema{
			"name": {Type: pluginsdk.TypeString, Required: true, ForceNew: true},
			"tags": common.Tags(),
			"size": {Type: pluginsdk.TypeInt, Optional: true, Default: 1 + 2},
			"key":  {Type: pluginsdk.TypeString, Optional: true, WriteOnly: true, Sensitive: true},
			"rule": {
				Type: pluginsdk.TypeSet, Required: true, MaxItems: 3,
				Elem: &pluginsdk.Resource{Schema: map[string]*pluginsdk.Schema{
					"on": {Type: pluginsdk.TypeBool, Optional: true}, // a comment, with "quotes" {
				}},
			},
		},
	}
}
"""
TYPED = """
package things
func (r PlanResource) ResourceType() string { return "azurerm_service_plan" }
func (r PlanResource) Arguments() map[string]*pluginsdk.Schema {
	schema := map[string]*pluginsdk.Schema{
		"name": {Type: pluginsdk.TypeString, Required: true},
	}
	if !features.SixPointOh() {
		schema["old"] = &pluginsdk.Schema{Type: pluginsdk.TypeString, Optional: true}
	}
	return schema
}
func (r PlanResource) Attributes() map[string]*pluginsdk.Schema {
	return map[string]*pluginsdk.Schema{
		"kind": {Type: pluginsdk.TypeString, Computed: true},
	}
}
"""
COMMON = """
package common
func Tags() *schema.Schema {
	return &schema.Schema{
		Type: schema.TypeMap, Optional: true, Elem: &schema.Schema{Type: schema.TypeString},
	}
}
"""
BUILT = TYPED.replace("!features.SixPointOh()", "somethingElse()")


def repository(folder: Path, **files: str) -> Path:
    """A git directory with these files, tagged v5.9.0."""
    things = folder / "internal" / "services" / "things"
    things.mkdir(parents=True)
    (folder / "internal" / "common").mkdir()
    (folder / "internal" / "common" / "tags.go").write_text(COMMON)
    for name, text in files.items():
        (things / f"{name}.go").write_text(text)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "x"], ["tag", "v5.9.0"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def made_of(folder: Path, **files: str) -> dict[str, Any]:
    old = read_schema(PROVIDERS["hashicorp/azurerm"])
    return vendor("azurerm", "v5.9.0", repository(folder, **files), old)


def test_a_listed_resource_is_read_with_its_blocks_and_common_parts(tmp_path: Path) -> None:
    made = made_of(tmp_path, registration=REGISTRATION, subnet_resource=LISTED)
    block = made["resource_schemas"]["azurerm_subnet"]["block"]
    assert block["attributes"] == {
        "id": {"type": "string", "computed": True},
        "name": {"type": "string", "required": True},
        "tags": {"type": ["map", "string"], "optional": True},
        "size": {"type": "number", "optional": True},
        "key": {"type": "string", "optional": True, "sensitive": True, "write_only": True},
    }
    (rule,) = block["block_types"].values()
    assert (rule["nesting_mode"], rule["min_items"], rule["max_items"]) == ("set", 1, 3)
    assert rule["block"]["attributes"] == {"on": {"type": "bool", "optional": True}}


def test_a_typed_resource_is_read_with_what_is_deprecated(tmp_path: Path) -> None:
    made = made_of(tmp_path, plan=TYPED)
    block = made["resource_schemas"]["azurerm_service_plan"]["block"]
    assert block["attributes"].keys() == {"id", "name", "old", "kind"}


def test_each_schema_names_the_tag_and_the_file_that_it_was_read_in(tmp_path: Path) -> None:
    made = made_of(tmp_path, plan=TYPED)
    where = made["read_from"]["resource azurerm_service_plan"]
    assert where == f"{MODULES['azurerm']}@v5.9.0/internal/services/things/plan.go"


def test_what_cannot_be_read_is_unverified_and_keeps_what_was_there(tmp_path: Path) -> None:
    made = made_of(tmp_path, plan=BUILT)
    key = "resource azurerm_service_plan"
    assert "depends on `ifsomethingElse()`" in made["unverified"][key]
    assert key not in made["read_from"]
    old = read_schema(PROVIDERS["hashicorp/azurerm"])["resource_schemas"]
    assert made["resource_schemas"]["azurerm_service_plan"] == old["azurerm_service_plan"]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"a\\"b"', 'a\\"b'),
        ("x.Y", Name("x.Y")),
        ("&x.Y{A: 1}", Literal("x.Y", ((Name("A"), Name("1")),))),
        ('[]string{"a"}', Literal("[]string", ((OPAQUE, "a"),))),
        ("f(1, g())", Call("f", (Name("1"), Call("g", ())))),
        ("func(a interface{}) (b, c []string) { return a }", OPAQUE),
        ("a || b == c", OPAQUE),
    ],
    ids=lambda value: str(value)[:20],
)
def test_expressions_of_go_are_read(source: str, value: object) -> None:
    assert Reader(tokens(source)).expression() == value


def test_a_bracket_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(NotUnderstood):
        Reader(tokens("f((1)")).expression()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_schema_in_use_says_where_it_was_read_or_that_it_is_unverified(provider: str) -> None:
    name, schema = provider.partition("/")[2], read_schema(PROVIDERS[provider])
    read, unverified = schema["read_from"], schema["unverified"]
    wanted = {
        f"{kind} {one}"
        for kind, types in used().items()
        for one in types
        if one.startswith(f"{name}_")
    }
    assert wanted == (read.keys() | unverified.keys()) - {"provider"}
    assert not read.keys() & unverified.keys()
    place = re.compile(rf"{MODULES[name]}@v{schema['provider_version']}/internal/\S+\.go")
    assert all(place.fullmatch(where) for where in read.values())
    there = {one for group in GROUPS for one in schema[group]}
    assert there == {key.partition(" ")[2] for key in wanted}


BASED = TYPED.replace("return schema\n", "return r.base.arguments(schema)\n").replace(
    "package things\n",
    "package things\ntype PlanResource struct {\n\tbase planBase\n}\n",
)
BASE = """
package things
func (b planBase) arguments(fields map[string]*pluginsdk.Schema) map[string]*pluginsdk.Schema {
	output := map[string]*pluginsdk.Schema{
		"amount": {Type: pluginsdk.TypeFloat, Required: true},
	}
	for k, v := range fields {
		output[k] = v
	}
	return output
}
"""


def test_a_resource_with_a_base_has_the_fields_of_both(tmp_path: Path) -> None:
    made = made_of(tmp_path, plan=BASED, base=BASE)
    block = made["resource_schemas"]["azurerm_service_plan"]["block"]
    assert block["attributes"].keys() == {"id", "name", "old", "kind", "amount"}


def test_what_is_unverified_is_known_to_us() -> None:
    """A longer list would let the tests claim more than they know."""
    found = {key for path in PROVIDERS.values() for key in read_schema(path)["unverified"]} - {
        "provider"
    }
    assert found == set()


def test_names_that_changed_in_azurerm_5_are_those_of_5() -> None:
    """A zone link by id alone, the audit's endpoint, and the endpoints of a subnet as blocks."""
    known = read_schema(PROVIDERS["hashicorp/azurerm"])["resource_schemas"]
    link = known["azurerm_private_dns_zone_virtual_network_link"]["block"]["attributes"]
    assert "private_dns_zone_id" in link and "private_dns_zone_name" not in link
    audit = known["azurerm_mssql_server_extended_auditing_policy"]["block"]["attributes"]
    assert "blob_storage_endpoint" in audit and "storage_endpoint" not in audit
    subnet = known["azurerm_subnet"]["block"]
    assert "service_endpoint" in subnet["block_types"]
    assert "service_endpoints" not in subnet["attributes"]
