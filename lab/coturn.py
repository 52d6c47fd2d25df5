"""Where coturn is, and whether it answers."""

import os
import shutil
import socket
import time

from turn import stun
from turn.stun import Kind, Message, Method

_PING = stun.encode(Message(Method.BINDING, Kind.REQUEST, b"is it there?"))
_WAIT_SECONDS = 0.1


def program() -> str | None:
    """The path of turnserver: COTURN, or the system's."""
    return os.environ.get("COTURN") or shutil.which("turnserver")


def answers(host: str, port: int) -> bool:
    """Whether a STUN server answers there by UDP, now or within a moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(_WAIT_SECONDS)
        udp.connect((host, port))
        try:
            udp.send(_PING)
            udp.recv(2048)
        except TimeoutError:
            return False
        except ConnectionRefusedError:
            time.sleep(0.02)
            return False
    return True
