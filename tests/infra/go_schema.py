"""Finds the schema of a resource in a provider's Go source, and says in which file it was read.

Two forms: the plugin SDK (`map[string]*pluginsdk.Schema`) and the plugin framework
(`schema.Schema{Attributes: …}`). The answer has the form of `terraform providers schema -json`.
What a schema does not say in a form known here is an error (NotUnderstood), never a guess.
"""

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.infra.go_source import (
    OPAQUE,
    Call,
    Literal,
    Name,
    NotUnderstood,
    Reader,
    Token,
    Value,
    functions,
    matching,
    tokens,
)

PLAIN = {"TypeString": "string", "TypeBool": "bool", "TypeInt": "number", "TypeFloat": "number"}
MANY = {"TypeList": "list", "TypeSet": "set", "TypeMap": "map"}
FRAMEWORK = {
    "StringAttribute": "string",
    "BoolAttribute": "bool",
    "Int64Attribute": "number",
    "Int32Attribute": "number",
    "Float64Attribute": "number",
    "DynamicAttribute": "dynamic",
    "MapAttribute": "map",
    "ListAttribute": "list",
    "SetAttribute": "set",
}
ELEMENTS = {"StringType": "string", "BoolType": "bool", "Int64Type": "number"}
type Json = dict[str, Any]


class Source:
    """A git directory at one tag."""

    def __init__(self, git: Path, tag: str) -> None:
        self.git, self.tag = git, tag

    def _run(self, *words: str) -> str:
        command = ["git", "-C", str(self.git), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @cache  # noqa: B019 - one object for each run of a command
    def files(self, folder: str) -> tuple[str, ...]:
        """The Go files of a package, without tests."""
        names = self._run("ls-tree", "--name-only", f"{self.tag}:{folder}").split()
        wanted = (n for n in names if n.endswith(".go") and not n.endswith("_test.go"))
        return tuple(f"{folder}/{name}" for name in wanted)

    @cache  # noqa: B019
    def text(self, path: str) -> str:
        """Of one file."""
        return self._run("show", f"{self.tag}:{path}")

    @cache  # noqa: B019
    def tokens(self, path: str) -> list[Token]:
        """Of one file."""
        return tokens(self.text(path))

    def grep(self, pattern: str, *paths: str) -> list[str]:
        """The files that have the pattern."""
        command = ["git", "-C", str(self.git), "grep", "-lE", pattern, self.tag, "--", *paths]
        found = subprocess.run(command, capture_output=True, text=True).stdout.split()
        return [line.partition(":")[2] for line in found if not line.endswith("_test.go")]


class Function:
    """What a function returns, as values; statements that build it are followed."""

    def __init__(self, source: Source, path: str, body: list[Token]) -> None:
        self.source, self.path, self.body = source, path, body
        self.known: dict[str, Value] = {}

    def result(self) -> Value:
        """Raises NotUnderstood."""
        found = self._block(self.body)
        if found is None:
            raise NotUnderstood(f"{self.path}: a function returns nothing that is a schema")
        return found

    def _block(self, body: list[Token]) -> Value | None:
        reader = Reader(body)
        while reader.at < len(body):
            found = self._statement(reader)
            if found is not None:
                return found
        return None

    def _statement(self, reader: Reader) -> Value | None:
        words = [t.text for t in reader.tokens[reader.at : reader.at + 2]]
        if words[0] == "return":
            reader.take()
            return self._value(reader.expression())
        if words[0] == "if":
            return self._if(reader)
        if words[1:] == [":="]:
            name = reader.take().text
            reader.take()
            self.known[name] = reader.expression()
            return None
        if words[1:] in (["["], ["."]) and self._assigns(reader):
            return None
        _skip_statement(reader)
        return None

    def _value(self, value: Value) -> Value:
        if isinstance(value, Call):
            return Call(value.function, tuple(map(self._value, value.arguments)))
        return self.known.get(value.text, value) if isinstance(value, Name) else value

    def _if(self, reader: Reader) -> Value | None:
        """What is for a major version below 6 is in; `features` says so. Others cannot be told."""
        begin = reader.at
        while reader.peek() != "{":
            reader.take()
        said = "".join(t.text for t in reader.tokens[begin : reader.at])
        end = matching(reader.tokens, reader.at)
        inside = reader.tokens[reader.at + 1 : end - 1]
        reader.at = end
        if said == "if!features.SixPointOh()":
            return self._block(inside)
        schemas = {n for n, v in self.known.items() if "Schema" in getattr(v, "kind", "")}
        if any(t.text in schemas for t in inside):
            raise NotUnderstood(f"{self.path}: a schema depends on `{said}`")
        return None

    def _assigns(self, reader: Reader) -> bool:
        """`known["key"] = value`, and resp.Schema = value"""
        begin = reader.at
        line = reader.tokens[begin].line
        texts = [t.text for t in reader.tokens[begin : begin + 6] if t.line == line]
        if texts[1:2] == ["["] and texts[3:5] == ["]", "="] and texts[0] in self.known:
            old = self.known[texts[0]]
            reader.at += 5
            value = reader.expression()
            assert isinstance(old, Literal)
            items = (*old.items, (texts[2].strip('"'), value))
            self.known[texts[0]] = Literal(old.kind, items)
            return True
        if texts[1:4] == [".", "Schema", "="]:
            reader.at += 4
            self.known["Schema"] = reader.expression()
            return True
        return False


def _skip_statement(reader: Reader) -> None:
    """To the next line outside of brackets."""
    while reader.at < len(reader.tokens):
        token = reader.take()
        if token.kind == "sign" and token.text in "([{":
            reader.at = matching(reader.tokens, reader.at - 1)
        last = reader.tokens[reader.at - 1]
        if reader.at < len(reader.tokens) and reader.tokens[reader.at].line > last.line:
            return


class Provider:
    """The schemas of one provider; each comes with the file that it was read in."""

    def __init__(self, source: Source, module: str) -> None:
        self.source, self.module = source, module

    def call(self, name: str, path: str) -> tuple[Value, str]:
        """What the function `name` returns, as seen from the file `path`, and where it stands."""
        package, _, function = name.rpartition(".")
        for file in self.source.files(self._folder(package, path)):
            if f"func {function}(" in self.source.text(file):
                return self._result(file, "", function), file
        raise NotUnderstood(f"{path}: there is no function {name}")

    def method(self, receiver: str, name: str, path: str) -> Value:
        """What a method returns, or for `Schema` of the framework what it sets."""
        return self._result(path, receiver, name)

    def base(self, call: Call, path: str) -> tuple[Value, str]:
        """`r.base.arguments(fields)`: what the base's method returns, with `fields` added to it."""
        kind = re.search(r"\bbase +(\w+)", self.source.text(path))
        name = call.function.rpartition(".")[2]
        for file in self.source.files(path.rpartition("/")[0]):
            if kind and re.search(rf"func \(\w+ {kind[1]}\) {name}\(", self.source.text(file)):
                found = self._result(file, kind[1], name)
                parts = [each for each in (found, *call.arguments) if isinstance(each, Literal)]
                items = tuple(item for part in parts for item in part.items)
                return Literal("map[string]*pluginsdk.Schema", items), file
        raise NotUnderstood(f"{path}: there is no {call.function}")

    def _result(self, path: str, receiver: str, name: str) -> Value:
        found = self.source.tokens(path)
        for whose, called, begin, end in functions(found):
            if (whose, called) == (receiver, name):
                function = Function(self.source, path, found[begin:end])
                if receiver and name == "Schema":
                    function._block(function.body)
                    return function.known["Schema"]
                return function.result()
        raise NotUnderstood(f"{path}: there is no {receiver}.{name}")

    def _folder(self, package: str, path: str) -> str:
        if not package:
            return path.rpartition("/")[0]
        for line in self.source.text(path).splitlines():
            words = line.split('"')
            if len(words) != 3:
                continue
            alias = words[0].removeprefix("import").strip()
            if package == (alias or words[1].rpartition("/")[2]):
                inside = words[1].removeprefix(self.module)
                return inside.strip("/") if inside != words[1] else f"vendor/{words[1]}"
        raise NotUnderstood(f"{path}: {package} is not imported")

    def sdk_block(self, schema: Value, path: str) -> Json:
        """A map of schemas of the plugin SDK as a block."""
        if isinstance(schema, Call) and ".base." in schema.function:
            schema, path = self.base(schema, path)
        elif isinstance(schema, Call):
            schema, path = self.call(schema.function, path)
        if not isinstance(schema, Literal):
            raise NotUnderstood(f"{path}: a schema is no literal")
        block: Json = {"attributes": {}, "block_types": {}}
        for key, value in schema.items:
            if not isinstance(key, str):
                raise NotUnderstood(f"{path}: a key is no string")
            self._sdk_member(block, key, value, path)
        return block

    def _sdk_member(self, block: Json, name: str, value: Value, path: str) -> None:
        if isinstance(value, Call):
            value, path = self.call(value.function, path)
        if not isinstance(value, Literal):
            raise NotUnderstood(f"{path}: {name} is no literal")
        kind, element = _last(value.get("Type")), value.get("Elem")
        flags = _flags(value, f"{path}: {name}")
        if isinstance(element, Call):
            element, path = self.call(element.function, path)
        if isinstance(element, Literal) and element.kind.endswith("Resource"):
            inner = self.sdk_block(element.get("Schema") or OPAQUE, path)
            if flags.get("computed") and not flags.get("optional"):
                block["attributes"][name] = {"type": [MANY[kind], _object(inner)], **flags}
            else:
                block["block_types"][name] = _nested(value, kind, inner, flags)
        else:
            block["attributes"][name] = {"type": _sdk_type(kind, element, path), **flags}

    def framework_block(self, schema: Value, path: str) -> Json:
        """A schema of the plugin framework as a block."""
        if not isinstance(schema, Literal):
            raise NotUnderstood(f"{path}: a schema is no literal")
        attributes, blocks = schema.get("Attributes"), schema.get("Blocks")
        block: Json = {"attributes": {}, "block_types": {}}
        for key, value in attributes.items if isinstance(attributes, Literal) else ():
            if isinstance(value, Call):
                value, _ = self.call(value.function, path)
            block["attributes"][key] = _framework_attribute(value, f"{path}: {key}")
        for key, value in blocks.items if isinstance(blocks, Literal) else ():
            if isinstance(value, Literal) and value.kind.endswith("ListNestedBlock"):
                inner = self.framework_block(value.get("NestedObject") or OPAQUE, path)
                block["block_types"][key] = {"nesting_mode": "list", "block": inner}
            elif key != "timeouts":
                raise NotUnderstood(f"{path}: {key} is a block of an unknown form")
        return block


def _last(value: Value | None) -> str:
    return value.text.rpartition(".")[2] if isinstance(value, Name) else ""


def _flags(value: Literal, place: str) -> dict[str, bool]:
    named = {
        "Required": "required",
        "Optional": "optional",
        "Computed": "computed",
        "Sensitive": "sensitive",
        "WriteOnly": "write_only",
    }
    found: dict[str, bool] = {}
    for go, json in named.items():
        said = value.get(go)
        if said not in (None, Name("true"), Name("false")):
            raise NotUnderstood(f"{place}: {go} is neither true nor false")
        if said == Name("true"):
            found[json] = True
    if not found.keys() & {"required", "optional", "computed"}:
        raise NotUnderstood(f"{place} is neither required nor optional nor computed")
    return found


def _sdk_type(kind: str, element: Value | None, path: str) -> Any:
    if kind in PLAIN:
        return PLAIN[kind]
    if kind == "TypeMap" and element is None:
        return ["map", "string"]
    if kind in MANY and isinstance(element, Literal):
        inner = _sdk_type(_last(element.get("Type")), element.get("Elem"), path)
        return [MANY[kind], inner]
    raise NotUnderstood(f"{path}: {kind or 'a type'} of {element} is not known")


def _nested(value: Literal, kind: str, inner: Json, flags: dict[str, bool]) -> Json:
    made: Json = {"nesting_mode": MANY[kind], "block": inner}
    for go, json in (("MinItems", "min_items"), ("MaxItems", "max_items")):
        if isinstance(bound := value.get(go), Name):
            made[json] = int(bound.text)
    # As the SDK does in coreConfigSchemaBlock: an optional block may be left out whole.
    made["min_items"] = max(1, made.get("min_items", 0)) if flags.get("required") else 0
    return made


def _object(block: Json) -> list[Any]:
    members = {name: said["type"] for name, said in block["attributes"].items()}
    for name, nested in block["block_types"].items():
        members[name] = [nested["nesting_mode"], _object(nested["block"])]
    return ["object", members]


def _element(value: Value | None, place: str) -> Any:
    """`types.StringType`, or `types.ListType{ElemType: types.StringType}`."""
    if isinstance(value, Literal) and value.kind.endswith(".ListType"):
        return ["list", _element(value.get("ElemType"), place)]
    if _last(value) not in ELEMENTS:
        raise NotUnderstood(f"{place}: elements of an unknown type")
    return ELEMENTS[_last(value)]


def _framework_attribute(value: Value, place: str) -> Json:
    if isinstance(value, Literal) and value.kind.endswith("SingleNestedAttribute"):
        inner = value.get("Attributes")
        assert isinstance(inner, Literal)
        members = {k: _framework_attribute(v, place) for k, v in inner.items if isinstance(k, str)}
        nested = {"attributes": members, "nesting_mode": "single"}
        return {"nested_type": nested, **_flags(value, place)}
    if not isinstance(value, Literal) or value.kind.rpartition(".")[2] not in FRAMEWORK:
        raise NotUnderstood(f"{place} is an attribute of an unknown form")
    kind: Any = FRAMEWORK[value.kind.rpartition(".")[2]]
    if kind in ("map", "list", "set"):
        kind = [kind, _element(value.get("ElementType"), place)]
    return {"type": kind, **_flags(value, place)}
