"""The room: joining, members, messages."""
