"""The SignalR codec: values of the trigger in, bodies of the REST API out.

The trigger hands a Python function PascalCase JSON. On its way there the SignalR extension reads
JSON with Newtonsoft.Json, which takes text that looks like a date for a date and writes it anew
(`.120Z` becomes `.12Z`); what reads the REST API's bodies may do the same. So an argument is never
JSON itself: it is one text that holds JSON, in both directions.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from signaling.errors import BadRequest, TooLarge
from signaling.messages import MAX_ENVELOPE_BYTES
from signaling.seats import CLAIM, Seat, read_seat

HUB = "signaling"
# JSON within JSON: at most six bytes for one, as in \u0000.
MAX_ARGUMENT_BYTES = 6 * MAX_ENVELOPE_BYTES + 2


class Invocation(Struct, frozen=True, rename="pascal"):
    """What a connection did: a hub call, `connected` or `disconnected`."""

    connection_id: str
    claims: dict[str, str] | None = None
    arguments: tuple[Raw, ...] | None = None

    @property
    def sender(self) -> Seat:
        """Whose connection this is, by its signed claim. Raises BadRequest (invalid_message)."""
        seat = read_seat((self.claims or {}).get(CLAIM, ""))
        if seat is None:
            raise BadRequest("invalid_message", "This connection has no seat.")
        return seat

    @property
    def argument(self) -> bytes:
        """The JSON in the only argument, as UTF-8.

        Raises BadRequest (invalid_message) or TooLarge.
        """
        if self.arguments is None or len(self.arguments) != 1:
            raise _no_envelope()
        text = bytes(self.arguments[0])
        if len(text) > MAX_ARGUMENT_BYTES:
            raise TooLarge("too_large", f"At most {MAX_ENVELOPE_BYTES} bytes are taken.")
        try:
            return _TEXT.decode(text).encode()
        except (msgspec.MsgspecError, UnicodeError):
            raise _no_envelope() from None


class _Message(Struct, frozen=True):
    target: str
    arguments: tuple[str]


_INVOCATION = msgspec.json.Decoder(Invocation)
_TEXT = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()


def parse_invocation(value: str) -> Invocation:
    """The value of a SignalR trigger. Raises BadRequest (invalid_json)."""
    try:
        return _INVOCATION.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRequest("invalid_json", "The message is not valid JSON.") from error


def encode_message(target: str, argument: Any) -> bytes:
    """The body of a `:send` of the REST API: `{"target", "arguments": ["<JSON of argument>"]}`."""
    return _ENCODER.encode(_Message(target, (_ENCODER.encode(argument).decode(),)))


def _no_envelope() -> BadRequest:
    return BadRequest("invalid_message", "One argument is taken: an envelope as JSON text.")
