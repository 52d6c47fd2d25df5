"""What travels: HTTP, the hub of SignalR, and the messages."""
