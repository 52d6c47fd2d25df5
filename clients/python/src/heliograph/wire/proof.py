"""Proof of work (docs/protocol.md §3): solves an ALTCHA v2 challenge (PBKDF2/SHA-256)."""

import base64
import hashlib
import re
import struct
import time
from typing import Any

from heliograph.errors import HeliographError
from heliograph.wire.shape import is_count, matches, record, to_json

SOLVE_SECONDS = 30.0  # about half a second is usual
MAX_ITERATIONS = 1_000_000  # of one try
MAX_COUNTER = 2**32
HEX = re.compile(r"(?:[0-9a-fA-F]{2}){1,64}")
PREFIX = re.compile(r"[0-9a-fA-F]{1,16}")


def prove(challenge: Any) -> str:
    """Base64 of `{"challenge", "solution"}`. It computes, so it belongs into a thread.

    Raises HeliographError (proof_required) if the challenge has another form, or no solution is
    found in 30 s.
    """
    fields = record(challenge) or {}
    parameters = record(fields.get("parameters")) or {}
    solution = _solve(parameters) if _is_known(parameters) else None
    if solution is None:
        raise HeliographError("proof_required", "The proof of work could not be made.")
    payload = to_json({"challenge": challenge, "solution": solution})
    return base64.b64encode(payload.encode()).decode()


def _is_known(parameters: dict[str, Any]) -> bool:
    """False if it has another form, or would keep this machine busy for too long."""
    cost, length = parameters.get("cost"), parameters.get("keyLength", 32)
    return (
        parameters.get("algorithm") == "PBKDF2/SHA-256"
        and (is_count(cost) and 0 < cost <= MAX_ITERATIONS)
        and (is_count(length) and 0 < length <= 64)
        and matches(parameters.get("keyPrefix"), PREFIX)
        and matches(parameters.get("nonce"), HEX)
        and matches(parameters.get("salt"), HEX)
    )


def _solve(parameters: dict[str, Any]) -> dict[str, Any] | None:
    nonce, salt = bytes.fromhex(parameters["nonce"]), bytes.fromhex(parameters["salt"])
    cost, length = parameters["cost"], parameters.get("keyLength", 32)
    prefix = parameters["keyPrefix"].lower()
    end = time.monotonic() + SOLVE_SECONDS
    for counter in range(MAX_COUNTER):
        password = nonce + struct.pack(">I", counter)
        key = hashlib.pbkdf2_hmac("sha256", password, salt, cost, length).hex()
        if key.startswith(prefix):
            return {"counter": counter, "derivedKey": key}
        if time.monotonic() > end:
            return None
    return None
