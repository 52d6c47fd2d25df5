"""Does the same program run with ours and with other systems?

    python -m benchmarks.rivals.lines.run [--systems heliograph,peerjs,trystero,livekit]

Three people use each program in Chromium, on two machines made of network namespaces, and one of
these loses its network for 10 s (scene.py). LiveKit's server is not on npm or PyPI and not in
Debian: its program gets a token from its own token server and asks for the server, no more. Needs
root and what lab/networks names, Chromium, Node, and `make rivals`.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.arguments import names
from benchmarks.rivals.lines import scene
from benchmarks.rivals.lines.counting import FOLDER, SYSTEMS
from benchmarks.rivals.lines.servers import browsers_in, machines, serving
from lab.networks import Host, missing

LIVEKIT_SECRET = b"secret"  # servers.mjs


def main() -> int:
    """Say of each program what it has done. Raises what it has not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals.lines.run")
    parser.add_argument("--systems", type=names(SYSTEMS), default=list(SYSTEMS))
    return _run(parser.parse_args().systems)


def _run(systems: Sequence[str]) -> int:
    if reason := missing():
        raise SystemExit(f"benchmarks.rivals.lines: {reason}")
    if not (FOLDER / "dist").exists():
        raise SystemExit("benchmarks.rivals.lines: first `make rivals`")
    with machines() as hosts, TemporaryDirectory() as folder:
        asyncio.run(_run_all(systems, hosts, Path(folder)))
    return 0


async def _run_all(systems: Sequence[str], hosts: Sequence[Host], folder: Path) -> None:
    async with serving(folder) as served, browsers_in(hosts, folder) as browsers:
        for system in systems:
            room = f"lines-{time.time_ns()}"
            async with scene.visitors(served, system, room, browsers) as come:
                if system == "livekit":
                    url = await scene.as_far_as_livekit(come)
                    assert url.startswith(served.livekit), "another server was asked"
                    _check_token(url, room)
                    print("livekit: a token, and the server is asked", flush=True)
                else:
                    await scene.everything(come, hosts[0])
                    print(f"{system}: room, text, media, channel, file, loss", flush=True)


def _check_token(url: str, room: str) -> None:
    """The token lets Ann into this room (RFC 7515, HS256). Raises AssertionError."""
    [token] = parse_qs(urlsplit(url).query)["access_token"]
    signed, _, signature = token.rpartition(".")
    right = hmac.new(LIVEKIT_SECRET, signed.encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(_decoded(signature), right), "the signature is wrong"
    claims: dict[str, Any] = json.loads(_decoded(signed.partition(".")[2]))
    assert claims["name"] == "Ann", "another name"
    assert claims["video"] == {"roomJoin": True, "room": room}, "other grants"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


if __name__ == "__main__":
    sys.exit(main())
