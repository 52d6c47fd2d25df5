"""Clients that we did not write, unmodified, against the whole stack."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.stack import Stack

SCRIPT = Path(__file__).parent / "clients" / "two_peers.mjs"


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
def test_two_signalr_clients_exchange_signals(stack: Stack, protocol: str) -> None:
    done = subprocess.run(
        ["node", str(SCRIPT), stack.api, protocol], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    assert heard["name"] == "b"
    assert heard["sent"] == heard["answered"] == {"ok": True}
    assert heard["atB"]["body"] == {"text": "hello b"}
    assert heard["atA"]["body"] == {"text": "hello a"}
    assert heard["atA"]["from"] == heard["peerB"]
    assert heard["everyone"]["body"] == {"n": 1}
    assert heard["refused"]["code"] == "unknown_kind"
    assert heard["disconnected"] == {"peer": heard["peerB"]}
