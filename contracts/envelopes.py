"""Envelopes and pushes: what their `body` and `argument` hold, by their kind and target.

`signaling/messages.py` keeps a body in the bytes of its sender, so the types do not say it; its
table BODIES does.
"""

from typing import get_args

from msgspec import Struct

from backend.signal import Missed, Pushed
from contracts import schemas
from contracts.schemas import Schema, ref
from signaling.messages import (
    BODIES,
    MAX_DEPTH,
    MAX_ENVELOPE_BYTES,
    TO_EVERYONE,
    Closed,
    Delivery,
    Disconnected,
    Envelope,
    Joined,
    Left,
    Ordered,
    SocketKnown,
    Target,
)

PARKED = "offer"  # the only kind that waits in the room where nobody is named
# The arguments of the pushes that are no messages of peers.
NOTICES: dict[str, type[Struct]] = {
    "admitted": SocketKnown,
    "joined": Joined,
    "disconnected": Disconnected,
    "left": Left,
    "orders": Ordered,
    "closed": Closed,
}
KINDS = tuple(BODIES)
FOR_EVERYONE = tuple(kind for kind in KINDS if kind in TO_EVERYONE)
DELIVERIES = {"signal": KINDS, "message": FOR_EVERYONE}  # by target
# The methods of the hub, and what may be left out: `to`, where the message is for everyone.
METHODS = {"signal": KINDS, "broadcast": FOR_EVERYONE}
LIMITS = {"x-maxBytes": MAX_ENVELOPE_BYTES, "x-maxLevels": MAX_DEPTH}


def components() -> dict[str, Schema]:
    """The schemas of all envelopes, deliveries and notices, by name."""
    bodies = [form for kind in KINDS if (form := body(kind)) is not None]
    found = {**schemas.read(bodies), **schemas.written(NOTICES.values())}
    for kind in KINDS:
        found[envelope(kind)] = {**_envelope(kind), **LIMITS}
        found[delivery(kind)] = _of_kind(Delivery, kind)
    found["Envelope"] = _one_of("Any envelope.", {kind: envelope(kind) for kind in KINDS})
    found["Broadcast"] = _broadcast()
    for target, kinds in DELIVERIES.items():
        words = f"The argument of the push `{target}`."
        found[argument(target)] = _one_of(words, {kind: delivery(kind) for kind in kinds})
    found["Pushed"] = {"oneOf": [_pushed(target) for target in targets()]}
    pushes = {"type": "array", "items": ref("Pushed")}
    found["Missed"] = {
        "description": Missed.__doc__,
        "type": "object",
        "properties": {"pushes": pushes},
        "required": list(Missed.__struct_fields__),
    }
    return found


def body(kind: str) -> type[Struct] | None:
    """The form of a body; None: any JSON."""
    form = BODIES[kind].type
    return form if isinstance(form, type) and issubclass(form, Struct) else None


def envelope(kind: str) -> str:
    """The name of the schema of an envelope of this kind."""
    return f"{kind.capitalize()}Envelope"


def delivery(kind: str) -> str:
    """The name of the schema of what arrives of it."""
    return f"{kind.capitalize()}Delivery"


def argument(target: str) -> str:
    """The name of the schema of the argument of a push."""
    return NOTICES[target].__name__ if target in NOTICES else f"{target.capitalize()}Argument"


def targets() -> tuple[str, ...]:
    """Every target of a push."""
    found: tuple[str, ...] = get_args(Target.__value__)
    return found


def _pushed(target: str) -> Schema:
    """A push as `POST /api/poll` answers it."""
    return {
        "type": "object",
        "properties": {
            "target": {"type": "string", "const": target},
            "argument": ref(argument(target)),
        },
        "required": list(Pushed.__struct_fields__),
    }


def _of_kind(form: type[Struct], kind: str) -> Schema:
    """An Envelope or a Delivery of one kind."""
    schema = schemas.alone(form)
    of = body(kind)
    schema["title"] = f"{kind.capitalize()}{form.__name__}"
    schema["properties"]["kind"] = {"type": "string", "const": kind}
    schema["properties"]["body"] = {} if of is None else ref(of.__name__)
    return schema


def _envelope(kind: str) -> Schema:
    """Of this kind; `to` is required unless there is a meaning without (signaling/forward.py)."""
    schema = _of_kind(Envelope, kind)
    if kind not in TO_EVERYONE and kind != PARKED:
        schema["properties"]["to"] = next(
            each for each in schema["properties"]["to"]["anyOf"] if each != {"type": "null"}
        )
        schema["required"] = [*schema["required"], "to"]
    return schema


def _broadcast() -> Schema:
    """What is for everyone, and names nobody."""
    one_of = _one_of("An envelope for everyone.", {kind: envelope(kind) for kind in FOR_EVERYONE})
    return {**one_of, "properties": {"to": {"type": "null"}}}


def _one_of(description: str, names: dict[str, str]) -> Schema:
    """One of these schemas, by the member `kind`."""
    return {
        "description": description,
        "oneOf": [ref(name) for name in names.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: ref(name)["$ref"] for kind, name in names.items()},
        },
    }
