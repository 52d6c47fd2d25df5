"""A provider with the schema of a real one and nothing behind it: it plans and applies anything
that fits the schema, and makes up what Azure would have answered.

    python -m tests.infra.fake.provider AWAY SCHEMA SOCKET [SCHEMA SOCKET …]

serves each schema at its socket until standard input ends; prints `ready` first. Terraform comes
there by TF_REATTACH_PROVIDERS, so that providers start once and not for each command. AWAY is a
file; while it exists, each of its lines is a name, and no call about something of that name is
answered: a region that is away.
"""

import gzip
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from tests.infra.fake.bodies import READ, answered, faults
from tests.infra.fake.protocol import SERVICE, message
from tests.infra.fake.values import applied, pack, planned, unpack, walk

NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
ERROR = 1
BODIES = Path(__file__).parent.parent / "schemas" / "bodies.json"


def read_schema(path: Path) -> dict[str, Any]:
    """A schema as `terraform providers schema -json` has it for one provider."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    schema: dict[str, Any] = json.loads(text)
    return schema


def _attribute(name: str, said: dict[str, Any]) -> Any:
    flags = ("required", "optional", "computed", "sensitive", "write_only")
    made = message("Schema.Attribute")(name=name)
    if "nested_type" in said:
        inner = said["nested_type"]
        made.nested_type.nesting = NESTING[inner["nesting_mode"]]
        made.nested_type.attributes.extend(
            _attribute(name, each) for name, each in inner["attributes"].items()
        )
    else:
        made.type = json.dumps(said["type"]).encode()
    for flag in flags:
        setattr(made, flag, bool(said.get(flag)))
    return made


def _block(said: dict[str, Any]) -> Any:
    nested = [
        message("Schema.NestedBlock")(
            type_name=name,
            block=_block(inner["block"]),
            nesting=NESTING[inner["nesting_mode"]],
            min_items=inner.get("min_items", 0),
            max_items=inner.get("max_items", 0),
        )
        for name, inner in said["block_types"].items()
    ]
    attributes = [_attribute(name, inner) for name, inner in said["attributes"].items()]
    return message("Schema.Block")(attributes=attributes, block_types=nested)


def _schema(said: dict[str, Any]) -> Any:
    return message("Schema")(version=0, block=_block(said["block"]))


class Provider:
    """One method for each call of the protocol that we answer; others are unimplemented."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._all = schema
        self._said = self._schemas().SerializeToString()
        self._bodies = json.loads(BODIES.read_text())["bodies"]

    def _kind(self, group: str, name: str) -> Any:
        return self._all[group][name]["block"]

    def GetProviderSchema(self, request: Any) -> Any:
        return self._said  # several times for each command, so it is made once

    def _schemas(self) -> Any:
        groups = ("resource_schemas", "data_source_schemas", "ephemeral_resource_schemas")
        return message("GetProviderSchema.Response")(
            provider=_schema(self._all["provider"]),
            **{g: {n: _schema(s) for n, s in self._all.get(g, {}).items()} for g in groups},
        )

    def ValidateResourceConfig(self, request: Any) -> Any:
        response = message("ValidateResourceConfig.Response")()
        for fault in self._faults(unpack(request.config.msgpack)):
            response.diagnostics.add(severity=ERROR, summary="Invalid body", detail=fault)
        return response

    def _faults(self, config: Any) -> list[str]:
        """Of the body of azapi; other resources have a schema that Terraform checks."""
        body = config.get("body")
        if not isinstance(body, list) or not isinstance(config.get("type"), str):
            return []
        if config["type"] not in self._bodies:
            return [f"{config['type']} is not in bodies.json"]
        return list(faults(self._bodies[config["type"]], body[1]))

    def UpgradeResourceState(self, request: Any) -> Any:
        state = message("DynamicValue")(json=request.raw_state.json)
        return message("UpgradeResourceState.Response")(upgraded_state=state)

    def ReadResource(self, request: Any) -> Any:
        if request.type_name != "azapi_resource" and request.type_name not in READ:
            return message("ReadResource.Response")(new_state=request.current_state)
        there = unpack(request.current_state.msgpack)
        if there is not None:
            there |= _read_anyway(request.type_name, there)
            if "body" in there:
                there["body"] = answered(there["body"])
        return message("ReadResource.Response")(
            new_state=message("DynamicValue")(msgpack=pack(there))
        )

    def PlanResourceChange(self, request: Any) -> Any:
        wanted = unpack(request.proposed_new_state.msgpack)
        if wanted is not None:
            wanted = walk(self._kind("resource_schemas", request.type_name), wanted, planned)
        state = message("DynamicValue")(msgpack=pack(wanted))
        return message("PlanResourceChange.Response")(planned_state=state)

    def ApplyResourceChange(self, request: Any) -> Any:
        wanted = unpack(request.planned_state.msgpack)
        if wanted is not None:
            fill = applied(request.type_name, unpack(request.config.msgpack))
            wanted = walk(self._kind("resource_schemas", request.type_name), wanted, fill)
        state = message("DynamicValue")(msgpack=pack(wanted))
        return message("ApplyResourceChange.Response")(new_state=state)

    def _read(self, group: str, request: Any) -> Any:
        block, config = self._kind(group, request.type_name), unpack(request.config.msgpack)
        fill = applied(request.type_name, config)
        value = walk(block, walk(block, config, planned), fill)
        return message("DynamicValue")(msgpack=pack(value))

    def ReadDataSource(self, request: Any) -> Any:
        return message("ReadDataSource.Response")(state=self._read("data_source_schemas", request))

    def OpenEphemeralResource(self, request: Any) -> Any:
        result = self._read("ephemeral_resource_schemas", request)
        return message("OpenEphemeralResource.Response")(result=result)


def _read_anyway(kind: str, there: dict[str, Any]) -> dict[str, Any]:
    """Of READ, what was configured; where nothing was, the provider's default is the same."""
    return {n: v for n, v in READ.get(kind, {}).items() if there.get(n) is not None}


REACHES_AZURE = ("ReadResource", "ApplyResourceChange", "ReadDataSource", "OpenEphemeralResource")
EMPTY = (
    "ValidateProviderConfig",
    "ValidateDataResourceConfig",
    "ValidateEphemeralResourceConfig",
    "ConfigureProvider",
    "CloseEphemeralResource",
    "GetFunctions",
    "StopProvider",
)


def _serialize(response: Any) -> bytes:
    made: bytes = response if isinstance(response, bytes) else response.SerializeToString()
    return made


class Calls(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Brings calls to the provider's methods."""

    def __init__(self, provider: Provider, away: Path) -> None:
        self._provider, self._away = provider, away

    def service(self, details: Any) -> Any:
        service, _, call = details.method.lstrip("/").partition("/")
        if service != SERVICE:
            return None
        if call in EMPTY:
            answer = message(f"{call}.Response")
            return self._handler(call, lambda request: answer())
        found = getattr(self._provider, call, None)
        return None if found is None else self._handler(call, found)

    def _names_away(self) -> list[bytes]:
        return self._away.read_bytes().split() if self._away.exists() else []

    def _handler(self, call: str, answer: Any) -> Any:
        def reply(request: Any, context: Any) -> Any:
            said = request.SerializeToString()
            if call in REACHES_AZURE and any(name in said for name in self._names_away()):
                context.abort(grpc.StatusCode.UNAVAILABLE, "no answer")
            return answer(request)

        return grpc.unary_unary_rpc_method_handler(
            reply,
            request_deserializer=message(f"{call}.Request").FromString,
            response_serializer=_serialize,
        )


def serve(schema: Path, socket: str, away: Path) -> Any:
    # Schemas and plans are larger than the 4 MB that gRPC takes by itself.
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(16), options=options)
    server.add_generic_rpc_handlers((Calls(Provider(read_schema(schema)), away),))
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    return server


def main(arguments: list[str]) -> None:
    away, *words = arguments
    pairs = zip(words[::2], words[1::2], strict=True)
    servers = [serve(Path(schema), socket, Path(away)) for schema, socket in pairs]
    print("ready", flush=True)
    sys.stdin.read()
    for server in servers:
        server.stop(grace=0)


if __name__ == "__main__":
    main(sys.argv[1:])
