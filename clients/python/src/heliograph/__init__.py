"""Python peers for Heliograph: rooms over WebRTC with text, files, data channels and media."""
