"""The lines between sites and the internet: as slow, and as lossy, as they are asked to be.

A line is a pair of TUN devices (Linux, tuntap). What is put into one comes out of the other after
its delay, or never. One thread carries the packets of all lines.
"""

import fcntl
import heapq
import itertools
import os
import random
import selectors
import struct
import threading
import time
from dataclasses import dataclass

from lab.networks.namespaces import TUN

_SET_DEVICE = 0x400454CA  # TUNSETIFF
_PACKETS_ONLY = 0x1001  # IFF_TUN | IFF_NO_PI
PACKET_BYTES = 2_048
MAX_WAITING = 10_000  # packets on the way; more are dropped, as by a router that is full


def tun(name: str) -> int:
    """A new TUN device in the namespace of this thread: its file descriptor."""
    device = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _SET_DEVICE, struct.pack("16sH14x", name.encode(), _PACKETS_ONLY))
    return device


@dataclass(eq=False, slots=True)
class Line:
    """Both ends of a line. Change what it does at any time."""

    ends: tuple[int, int]
    delay_ms: float = 0.0  # of each direction
    cut: bool = False  # nothing comes through
    loss: float = 0.0  # the part of the packets that is lost, in each direction


class Wires:
    """Carries what is on all lines, until it is closed."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._waiting: list[tuple[float, int, int, bytes]] = []  # due, number, to, packet
        self._numbers = itertools.count()
        self._wake, self._told = os.pipe()
        os.set_blocking(self._wake, False)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._lines: list[Line] = []
        self._chance = random.Random()
        self._ended = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def add(self, line: Line) -> None:
        """From now on it carries. Its descriptors are closed with the others."""
        self._lines.append(line)
        for here, there in (line.ends, line.ends[::-1]):
            self._selector.register(here, selectors.EVENT_READ, (line, there))
        os.write(self._told, b"+")

    def close(self) -> None:
        """Nothing is carried any more."""
        self._ended = True
        os.write(self._told, b".")
        self._thread.join()
        self._selector.close()
        for end in (self._wake, self._told, *(end for line in self._lines for end in line.ends)):
            os.close(end)

    def _carry(self) -> None:
        while not self._ended:
            due = self._waiting[0][0] - time.monotonic() if self._waiting else None
            for key, _ in self._selector.select(None if due is None else max(0.0, due)):
                if key.data is None:
                    os.read(self._wake, 64)
                else:
                    self._read(key.fd, *key.data)
            self._deliver()

    def _read(self, end: int, line: Line, to: int) -> None:
        for _ in range(64):
            try:
                packet = os.read(end, PACKET_BYTES)
            except OSError:  # nothing there, or the device is down
                return
            if line.cut or len(self._waiting) >= MAX_WAITING:
                continue
            if line.loss and self._chance.random() < line.loss:
                continue
            if line.delay_ms <= 0:
                _write(to, packet)
                continue
            at = time.monotonic() + line.delay_ms / 1000
            heapq.heappush(self._waiting, (at, next(self._numbers), to, packet))

    def _deliver(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, to, packet = heapq.heappop(self._waiting)
            _write(to, packet)


def _write(to: int, packet: bytes) -> None:
    try:
        os.write(to, packet)
    except OSError:
        pass  # the device is down, or full: the packet is lost
