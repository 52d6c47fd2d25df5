"""What a cold start loads: a call that only relays never pays for the Azure SDK or TLS."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = """
azure.identity azure.keyvault azure.data azure.storage azure.core requests pyodbc sqlite3 aiohttp
jwt cryptography hypothesis starlette local tests
""".split()
ENVIRON = {
    "AzureSignalRConnectionString": "Endpoint=http://127.0.0.1:1;AccessKey=k;Version=1.0;",
    "HELIOGRAPH_SIGNING_KEYS": "k1:" + "A" * 43,
    "HELIOGRAPH_STORAGE": "table",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}


def loaded_by(code: str) -> set[str]:
    """Every module in a fresh interpreter after `code`, unmeasured: coverage loads sqlite3."""
    inherited = {name: text for name, text in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT,
        env={**inherited, **ENVIRON, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def heavy(modules: set[str]) -> set[str]:
    return {name for name in HEAVY if name in modules}


def test_importing_the_app_loads_nothing_heavy() -> None:
    assert heavy(loaded_by("import function_app")) == set()


def test_forwarding_a_message_loads_an_http_client_and_no_sdk() -> None:
    forward = """
import asyncio, json, function_app as app
envelope = {"v": 1, "seq": 1, "kind": "text", "to": "B" * 16, "body": {"text": "hi"}}
claims = {"seat": ".".join(["a" * 32, "L" * 16, "A" * 16, "0", "0"])}
call = {"ConnectionId": "c", "Claims": claims, "Arguments": [json.dumps(envelope)]}
said = asyncio.run(app.hub_call(json.dumps(call), everyone=False))
assert said["code"] == "unavailable"  # nobody listens there
"""
    assert heavy(loaded_by(forward)) <= {"requests", "jwt", "cryptography"}
