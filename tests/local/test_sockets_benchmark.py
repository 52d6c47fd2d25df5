"""The benchmark of sockets beside PeerServer, in form only: both take clients and relay."""

import re

from tests.benchmark import run_in_short

SECONDS = 120
SOCKETS = "1000"  # of fewer, what is freed meanwhile can be more memory than they take
# Of the emulator, of PeerServer: whether there is a figure.
ROWS = {
    "memory a socket, KB": (True, True),
    "connects/s": (True, True),
    "CPU a connect, µs": (True, True),
    "relays/s": (True, True),
    "CPU a relay, µs": (True, True),
    "REST sends/s": (True, False),
    "CPU a REST send, µs": (True, False),
}


def test_the_emulator_and_peer_server_connect_and_relay() -> None:
    said = run_in_short("sockets", "--sockets", SOCKETS, "--seconds", "0.5", seconds=SECONDS)
    lines = [re.split(r" *\| *", line)[1:-1] for line in said.splitlines() if "|" in line]
    assert lines[0] == ["", "emulator", "PeerServer"]
    figures = {
        row: tuple(bool(re.match(r"[\d,]+ \(", cell)) for cell in cells)
        for row, *cells in lines[2:]
    }
    assert figures == ROWS
