"""Let SignalR call a stamp's functions: `python -m scripts.upstream_key OUTPUTS STAMP`.

The functions' key `signalr_extension` exists only once code with SignalR triggers is deployed. It
goes from there into the stamp's vault, where SignalR reads it (every 30 minutes, so where it is
new SignalR is restarted, to read it now). The key is shown nowhere: not printed, not an argument
of a command. Run it again whenever you like; without a new key nothing changes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.deployment import NotADeployment, Stamp, read, stamp_of

KEY_WAIT_SECONDS = 180.0  # until the host has made the key, after the first deployment
KEY_POLL_SECONDS = 10.0  # between two looks


class AzureRefused(Exception):
    """What the Azure CLI could not do. The text holds no value."""


def main() -> int:
    """0 when the vault holds the key, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.upstream_key", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="what `terraform output -json` wrote")
    parser.add_argument("stamp", help="the stamp's name")
    args = parser.parse_args()
    try:
        stamp = stamp_of(read(args.outputs), args.stamp)
        key = _wait_for_key(stamp, time.monotonic() + KEY_WAIT_SECONDS)
        if key == _stored(stamp):
            print(f"{args.stamp}: the vault holds the key already")
            return 0
        _store(stamp, key)
        _az("signalr", "restart", "-g", stamp.resource_group, "-n", stamp.signalr)
    except (NotADeployment, AzureRefused) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    print(f"{args.stamp}: wrote the key to the vault and restarted SignalR")
    return 0


def _wait_for_key(stamp: Stamp, until: float) -> str:
    where = ("-g", stamp.resource_group, "-n", stamp.function_app)
    query = ("--query", "systemKeys.signalr_extension")
    while True:
        try:
            key = json.loads(_az("functionapp", "keys", "list", *where, *query) or "null")
        except AzureRefused:  # a host that is just starting answers with an error
            key = None
        if isinstance(key, str) and key:
            return key
        if time.monotonic() > until:
            raise AzureRefused(f"{stamp.function_app} has no key signalr_extension: did it start?")
        time.sleep(KEY_POLL_SECONDS)


def _stored(stamp: Stamp) -> str | None:
    where = ("--vault-name", stamp.key_vault, "-n", stamp.upstream_secret_name)
    try:
        value = json.loads(_az("keyvault", "secret", "show", *where, "--query", "value") or "null")
    except AzureRefused:  # there is none yet
        return None
    return value if isinstance(value, str) else None


def _store(stamp: Stamp, key: str) -> None:
    where = ("--vault-name", stamp.key_vault, "-n", stamp.upstream_secret_name)
    with tempfile.NamedTemporaryFile("w") as file:  # arguments are for all to see
        file.write(key)
        file.flush()
        _az("keyvault", "secret", "set", *where, "--file", file.name, "--encoding", "utf-8")


def _az(*arguments: str) -> str:
    """What the Azure CLI answers, in JSON. Its own words go nowhere: they may quote values."""
    command = ["az", *arguments, "-o", "json", "--only-show-errors"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AzureRefused(f"`az {' '.join(arguments[:3])}` failed with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
