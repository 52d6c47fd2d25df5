"""TURN: when a connection gets a relay."""
