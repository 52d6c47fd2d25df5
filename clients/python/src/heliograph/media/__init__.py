"""Microphone, camera and screen (docs/protocol.md §5, Media)."""
