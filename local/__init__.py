"""The local stack: a Functions host and a SignalR emulator in one process. Never deployed."""
