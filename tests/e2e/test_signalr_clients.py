"""Clients that we did not write, unmodified, against the whole stack."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.stack import Stack

CLIENTS = Path(__file__).parent / "clients"
PROTOCOLS = ["json", "messagepack"]


def run(script: str, stack: Stack, protocol: str) -> Any:
    """What a script has found out."""
    command = ["node", str(CLIENTS / script), stack.api, protocol]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_two_signalr_clients_exchange_signals(stack: Stack, protocol: str) -> None:
    heard = run("two_peers.mjs", stack, protocol)
    assert heard["name"] == "b"
    assert heard["sent"] == heard["acknowledged"] == {"ok": True}
    assert heard["atB"]["body"] == {"text": "hello b"}
    assert (heard["atA"]["kind"], heard["atA"]["body"]) == ("ack", {"seqs": [1]})
    assert heard["atA"]["from"] == heard["peerB"]
    assert heard["everyone"]["body"] == {"n": 1}
    assert heard["refused"]["code"] == "unknown_kind"
    assert heard["disconnected"] == {"peer": heard["peerB"]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_signalr_client_comes_back_by_its_secret_and_not_after_a_kick(
    stack: Stack, protocol: str
) -> None:
    heard = run("created_room.mjs", stack, protocol)
    before, after = heard["before"], heard["after"]
    assert (after["peer"], after["name"], after["joinedAt"]) == (
        *(before["peer"], "b", before["joinedAt"]),
    )
    assert after["visit"] >= before["visit"]
    assert (heard["kicked"]["status"], heard["kicked"]["ok"]) == (200, True)
    assert (heard["closed"]["code"], heard["ended"]) == ("kicked", True)
    assert heard["left"] == {"peer": after["peer"], "reason": "kicked", "visit": after["visit"]}
    assert heard["orders"] == {"orders": heard["kicked"]["orders"], "locked": False}
    assert (heard["refused"]["status"], heard["refused"]["error"]["code"]) == (403, "kicked")
