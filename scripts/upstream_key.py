"""Let SignalR call a stamp's functions: `python -m scripts.upstream_key OUTPUTS STAMP`.

The functions' key `signalr_extension` exists only once code with SignalR triggers is deployed. It
goes from there into the stamp's vault. SignalR reads it there every 30 minutes, and at once when
its upstream is changed, so where the key is new the upstream is taken away and put back. (A restart
of SignalR does not make it read: https://learn.microsoft.com/azure/azure-signalr/concept-upstream.)

Where SignalR takes keys (`signalr_keys`), its connection string goes into the vault too.

Nothing is shown: not printed, not an argument of a command. Run it again whenever you like; without
a new key nothing changes.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from scripts.azure import AzureRefused, az
from scripts.deployment import NotADeployment, Stamp, read_stamp

KEY_WAIT_SECONDS = 180.0  # until the host has made the key, after the first deployment
KEY_POLL_SECONDS = 10.0
MEMBERS = ("urlTemplate", "hubPattern", "categoryPattern", "eventPattern")
WORDS = ("url-template", "hub-pattern", "category-pattern", "event-pattern")


def main() -> int:
    """0 when the vault holds the key, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.upstream_key", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="the folder of scripts/infra outputs")
    parser.add_argument("stamp", help="the stamp's name")
    args = parser.parse_args()
    try:
        stamp = read_stamp(args.outputs, args.stamp)
        if stamp.signalr_secret_name:
            put(stamp, stamp.signalr_secret_name, _connection_string(stamp))
        key = _wait_for_key(stamp, time.monotonic() + KEY_WAIT_SECONDS)
        is_new = put(stamp, stamp.upstream_secret_name, key)
        if is_new:
            _read_upstream_again(stamp)
    except (NotADeployment, AzureRefused) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    said = "wrote the key to the vault, and SignalR reads it" if is_new else "holds the key already"
    print(f"{args.stamp}: {said}")
    return 0


def _wait_for_key(stamp: Stamp, until: float) -> str:
    where = ("-g", stamp.resource_group, "-n", stamp.function_app)
    query = ("--query", "systemKeys.signalr_extension")
    while True:
        try:
            key = az("functionapp", "keys", "list", *where, *query)
        except AzureRefused:  # a host that is just starting answers with an error
            key = None
        if isinstance(key, str) and key:
            return key
        if time.monotonic() > until:
            raise AzureRefused(f"{stamp.function_app} has no key signalr_extension: did it start?")
        time.sleep(KEY_POLL_SECONDS)


def _connection_string(stamp: Stamp) -> str:
    where = ("-g", stamp.resource_group, "-n", stamp.signalr)
    value = az("signalr", "key", "list", *where, "--query", "primaryConnectionString")
    if not isinstance(value, str):
        raise AzureRefused(f"{stamp.signalr} has no key")
    return value


def put(stamp: Stamp, name: str, value: str) -> bool:
    """Write a secret where it is new; whether it was. Raises AzureRefused."""
    where = ("--vault-name", stamp.key_vault, "-n", name)
    try:
        if az("keyvault", "secret", "show", *where, "--query", "value") == value:
            return False
    except AzureRefused:  # there is none yet
        pass
    with tempfile.NamedTemporaryFile("w") as file:  # arguments are for all to see
        file.write(value)
        file.flush()
        az("keyvault", "secret", "set", *where, "--file", file.name, "--encoding", "utf-8")
    return True


def _read_upstream_again(stamp: Stamp) -> None:
    """Take the upstream away and put it back as it was: events of a few seconds are lost."""
    where = ("-g", stamp.resource_group, "-n", stamp.signalr)
    there = az("signalr", "upstream", "list", *where) or {}
    templates = [
        [f"{word}={template[member]}" for member, word in zip(MEMBERS, WORDS, strict=True)]
        for template in there.get("templates") or ()
    ]
    if not templates:
        raise AzureRefused(f"{stamp.signalr} has no upstream: apply Terraform")
    az("signalr", "upstream", "clear", *where)
    again = [word for template in templates for word in ("--template", *template)]
    az("signalr", "upstream", "update", *where, *again)


if __name__ == "__main__":
    sys.exit(main())
