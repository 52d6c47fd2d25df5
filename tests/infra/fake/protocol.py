"""Terraform's plugin protocol 6 as messages, with what the stubs of `tf` 1.2 are too old for.

Field numbers: docs/plugin-protocol/tfplugin6.proto (6.10) in hashicorp/terraform.
"""

from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from tf.gen import tfplugin_pb2

PACKAGE = "tfplugin6"
SERVICE = f"{PACKAGE}.Provider"


def _message(parent: FileDescriptorProto | DescriptorProto, name: str) -> DescriptorProto:
    file = isinstance(parent, FileDescriptorProto)
    inside = parent.message_type if file else parent.nested_type
    found: DescriptorProto | None = next((m for m in inside if m.name == name), None)
    return inside.add(name=name) if found is None else found


def _field(
    message: DescriptorProto, number: int, name: str, kind: str, *, many: bool = False
) -> None:
    """`kind` is bool, bytes, string, or a message of the package."""
    of = FieldDescriptorProto
    label = of.LABEL_REPEATED if many else of.LABEL_OPTIONAL
    plain = {"bool": of.TYPE_BOOL, "bytes": of.TYPE_BYTES, "string": of.TYPE_STRING}
    field = message.field.add(name=name, number=number, label=label)
    field.type = plain.get(kind, of.TYPE_MESSAGE)
    if kind not in plain:
        field.type_name = f".{PACKAGE}.{kind}"


def _write_only(file: FileDescriptorProto) -> None:
    _field(_message(_message(file, "Schema"), "Attribute"), 11, "write_only", "bool")


def _ephemeral_schemas(file: FileDescriptorProto) -> None:
    """map<string, Schema> ephemeral_resource_schemas = 8"""
    response = _message(_message(file, "GetProviderSchema"), "Response")
    entry = _message(response, "EphemeralResourceSchemasEntry")
    entry.options.map_entry = True
    _field(entry, 1, "key", "string")
    _field(entry, 2, "value", "Schema")
    place = "GetProviderSchema.Response.EphemeralResourceSchemasEntry"
    _field(response, 8, "ephemeral_resource_schemas", place, many=True)


def _ephemeral_calls(file: FileDescriptorProto) -> None:
    for call in ("ValidateEphemeralResourceConfig", "OpenEphemeralResource"):
        request = _message(_message(file, call), "Request")
        _field(request, 1, "type_name", "string")
        _field(request, 2, "config", "DynamicValue")
        response = _message(_message(file, call), "Response")
        _field(response, 1, "diagnostics", "Diagnostic", many=True)
    _field(
        _message(_message(file, "OpenEphemeralResource"), "Response"), 3, "result", "DynamicValue"
    )
    close = _message(file, "CloseEphemeralResource")
    _field(_message(close, "Request"), 1, "type_name", "string")
    _field(_message(close, "Response"), 1, "diagnostics", "Diagnostic", many=True)


def _pool() -> DescriptorPool:
    file = FileDescriptorProto.FromString(tfplugin_pb2.DESCRIPTOR.serialized_pb)
    _write_only(file)
    _ephemeral_schemas(file)
    _ephemeral_calls(file)
    pool = DescriptorPool()
    pool.Add(file)
    return pool


_POOL = _pool()


def message(name: str) -> Any:
    """The class of a message, such as `Schema.Attribute`."""
    return GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
