"""What the application sends, checked against docs/protocol.md §1 before it is sent. Pure."""

import json
from typing import Any

from heliograph.errors import HeliographError
from heliograph.wire.protocol import (
    MAX_DEPTH,
    MAX_ENVELOPE_BYTES,
    MAX_TEXT,
    Envelope,
    Free,
    Message,
    Text,
    fits_servers,
)
from heliograph.wire.shape import is_not_deeper_than, parse_json


def text_message(text: str) -> Message:
    """Raises HeliographError: `invalid_message`, or `too_large` above 4,096 characters."""
    if not isinstance(text, str) or text == "":
        raise HeliographError("invalid_message", "The text is empty.")
    if len(text) > MAX_TEXT:
        raise HeliographError("too_large", f"A text has at most {MAX_TEXT} characters.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise HeliographError("invalid_message", "The text holds half a character.")
    return Message("text", Text(text))


def data_message(data: Any) -> Message:
    """A copy of the data as the receiver will read it from JSON.

    Raises HeliographError: `invalid_message` if it is no JSON, `too_large` if it is too deep.
    """
    try:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        raise HeliographError("invalid_message", "The data is no JSON.") from None
    copy = parse_json(text)
    if not is_not_deeper_than(copy, MAX_DEPTH - 1):
        raise HeliographError("too_large", f"Data is at most {MAX_DEPTH - 1} levels deep.")
    return Message("data", Free(copy))


def fit_for_server(envelope: Envelope) -> Envelope:
    """The envelope, if the servers take it. Raises HeliographError (too_large)."""
    if fits_servers(envelope):
        return envelope
    message = f"At most {MAX_ENVELOPE_BYTES} bytes go through the server."
    raise HeliographError("too_large", message)
