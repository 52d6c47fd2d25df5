"""The four sources of media, in the order of their slots (docs/protocol.md §5, Media). Pure."""

from typing import Any, Literal

from heliograph.wire.shape import record

Source = Literal["microphone", "camera", "screen", "screen-audio"]
SOURCES: tuple[Source, ...] = ("microphone", "camera", "screen", "screen-audio")
KINDS: dict[Source, Literal["audio", "video"]] = {
    "microphone": "audio",
    "camera": "video",
    "screen": "video",
    "screen-audio": "audio",
}


def parse_media(body: Any) -> dict[Source, bool] | None:
    """The body of `media`: by source that is sent, whether it is muted. None on junk.

    A source of a newer version is left out.
    """
    fields = record(body)
    if fields is None or not all(isinstance(muted, bool) for muted in fields.values()):
        return None
    return {source: fields[source] for source in SOURCES if source in fields}
