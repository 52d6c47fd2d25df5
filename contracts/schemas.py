"""JSON Schemas of the types that the service reads and writes.

                  a member with a default     null                     further members
 what is read     may be left out             where the type takes it  are ignored
 what is written  is there, unless the type   only where the type      may come from a newer
                  leaves defaults out         does not leave it out    service

`msgspec` makes the schemas, so every bound is the one that the reader holds. What it cannot know is
said here: what a member of type `Raw` holds (OPAQUE), and which members are always written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec
from msgspec import NODEFAULT, UNSET, Raw, Struct, structs

from signaling.messages import Candidate, Description
from signaling.offers import GivenOffer
from signaling.room_document import ParkedOffer

type Schema = dict[str, Any]

PLACE = "#/components/schemas/"
# What a member of type Raw holds. Its reader checks it later: offers are read as descriptions.
OPAQUE: Mapping[type[Struct], Mapping[str, type[Struct]]] = {
    ParkedOffer: {"body": Description},
    GivenOffer: {"body": Description},
}
# A peer has written them, and they are passed on as they are.
OF_PEERS = (Description, Candidate)
# Anchors of Python that ECMA-262, whose patterns JSON Schema takes, does not have.
ANCHORED = re.compile(r"\\A(.*)\\Z", re.DOTALL)
ONE_CLASS = re.compile(r"\[[^\]]+\]\{(\d+)(?:,(\d+))?\}")


class Unclear(ValueError):
    """A type says less than a contract has to: the message names it."""


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"{PLACE}{name}"}


def read(types: Iterable[type[Struct]]) -> dict[str, Schema]:
    """By name, the schemas of what is read, and of all that they refer to. Raises Unclear."""
    return _components(list(types))


def written(types: Iterable[type[Struct]]) -> dict[str, Schema]:
    """By name, the schemas of what is written, and of all that they refer to. Raises Unclear."""
    types = list(types)
    schemas = _components(types)
    for each in _structs(types):
        if each not in OF_PEERS:
            _settle(each, schemas[each.__name__])
    return schemas


def _components(types: list[type[Struct]]) -> dict[str, Schema]:
    found = _structs(types)
    _, schemas = msgspec.json.schema_components(found, ref_template=PLACE + "{name}")
    for each in found:
        schema = schemas[each.__name__]
        schema["description"] = _in_names_of_the_wire(each, schema.get("description", ""))
        for name, held in _raw_members(each):
            schema["properties"][name] = ref(held.__name__)
    return {name: _portable(schema) for name, schema in schemas.items()}


def _in_names_of_the_wire(each: type[Struct], description: str) -> str:
    """A docstring, which calls members as Python does."""
    for field in structs.fields(each):
        description = description.replace(f"`{field.name}`", f"`{field.encode_name}`")
    return description


def _structs(types: list[type[Struct]]) -> list[type[Struct]]:
    """These and all that they refer to, in the order in which they are met."""
    found: list[type[Struct]] = []
    waiting = list(types)
    while waiting:
        each = waiting.pop(0)
        if each not in found:
            found.append(each)
            held = [one for field in structs.fields(each) for one in _named(field.type)]
            waiting += [*held, *(of for _, of in _raw_members(each))]
    return found


def _named(annotation: Any) -> Iterator[type[Struct]]:
    """The structs in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
    value = getattr(annotation, "__value__", None)  # of `type X = …`
    for part in get_args(annotation) if value is None else (value,):
        yield from _named(part)


def _raw_members(each: type[Struct]) -> list[tuple[str, type[Struct]]]:
    """Names on the wire, and what is in them. Raises Unclear where nobody has said it."""
    members = []
    for field in structs.fields(each):
        if field.type is Raw or field.type is Struct:
            if field.name not in OPAQUE.get(each, {}):
                raise Unclear(f"what is in {each.__name__}.{field.name}?")
            members.append((field.encode_name, OPAQUE[each][field.name]))
    return members


def _settle(each: type[Struct], schema: Schema) -> None:
    """Say of every member whether it is written in any case."""
    required = []
    for field in structs.fields(each):
        said = schema["properties"][field.encode_name]
        said.pop("default", None)
        if field.default is UNSET:
            continue
        has_default = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
        if not (each.__struct_config__.omit_defaults and has_default):
            required.append(field.encode_name)
        elif field.default is None:
            schema["properties"][field.encode_name] = without_null(said)
    schema["required"] = required


def without_null(schema: Schema) -> Schema:
    """The schema of the same, where it is there."""
    rest = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return rest[0] if len(rest) == 1 else {**schema, "anyOf": rest}


def _portable(schema: Any) -> Any:
    """With patterns as ECMA-262 takes them, and the lengths that they imply.

    The lengths help who makes values, and who has an engine in which `$` is not the end alone.
    """
    if isinstance(schema, list):
        return [_portable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _portable(each) for name, each in schema.items()}
    values = found.get("enum")
    if isinstance(values, list) and "type" not in found:  # generators ask for it
        found["type"] = "string" if isinstance(values[0], str) else "integer"
    if found.get("default") in ([], ()) and found.get("minItems", 0) > 0:
        del found["default"]  # none at all; an empty list is refused
    if not isinstance(found.get("pattern"), str):
        return found
    anchored = ANCHORED.fullmatch(found["pattern"])
    one = anchored and ONE_CLASS.fullmatch(anchored[1])
    if anchored is None or (one is None and "maxLength" not in found):
        raise Unclear(f"how long is {found['pattern']}?")
    lengths = {"minLength": int(one[1]), "maxLength": int(one[2] or one[1])} if one else {}
    return {**found, "pattern": f"^{anchored[1]}$", **lengths}


def alone(form: type[Struct]) -> Schema:
    """The schema of one type, where a member of type Raw is anything: whoever asks knows more."""
    _, schemas = msgspec.json.schema_components([form], ref_template=PLACE + "{name}")
    schema: Schema = _portable(schemas[form.__name__])
    return schema
