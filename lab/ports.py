"""Ports for servers that have to be told theirs before they start.

They lie below those that a system gives to connections and to servers that ask for any (Linux:
32768 and above, Windows and macOS: 49152 and above). A port from there can be given to somebody
else between this question and the start.
"""

import random
import socket
from contextlib import ExitStack

FIRST, BEHIND = 20_000, 32_000
TRIES = 200


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody has now, for TCP and UDP."""
    return free_ports(1, host)


def free_ports(count: int, host: str = "127.0.0.1") -> int:
    """The first of so many in a row that nobody has now. Raises OSError if none is found."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(TRIES):
        first = random.randrange(FIRST, BEHIND - count)
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        probe = probes.enter_context(socket.socket(family, kind))
                        probe.bind((host, port))
            except OSError:
                continue
            return first
    raise OSError("no port is free")
