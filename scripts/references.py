"""Are the Key Vault references of an app resolved? `python -m scripts.references OUTPUTS STAMP`.

A reference that Azure cannot resolve stays in the setting as it was written, and the app then
starts with that text or not at all. A role counts some minutes after it was given, so a reference
of a new stamp may have been tried too early: it is tried again, and the app is restarted, until all
are resolved. An app without references (SignalR by identity) is ready at once.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from scripts.azure import AzureRefused, az
from scripts.deployment import NotADeployment, Stamp, read_stamp

VERSION = "2024-04-01"
WAIT_SECONDS = 900.0  # a role may take ten minutes
PAUSE_SECONDS = 60.0


def main() -> int:
    """0 when every reference is resolved, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.references", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="the folder of scripts/infra outputs")
    parser.add_argument("stamp", help="the stamp's name")
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="seconds between tries")
    parser.add_argument("--wait", type=float, default=WAIT_SECONDS, help="seconds in all")
    args = parser.parse_args()
    try:
        count = wait(read_stamp(args.outputs, args.stamp), args.pause, args.wait)
    except (NotADeployment, AzureRefused) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    print(f"{args.stamp}: {count} references, all resolved")
    return 0


def wait(stamp: Stamp, pause: float, seconds: float) -> int:
    """How many references there are, once all are resolved. Raises AzureRefused."""
    until = time.monotonic() + seconds
    while True:
        statuses = _statuses(stamp)
        bad = {name: said for name, said in statuses.items() if said != "Resolved"}
        if not bad:
            return len(statuses)
        if time.monotonic() >= until:
            said = ", ".join(f"{name} ({status})" for name, status in sorted(bad.items()))
            raise AzureRefused(f"{stamp.function_app} cannot read {said}")
        az("rest", "--method", "post", "--url", _url(stamp, "/refresh"))
        az("functionapp", "restart", "-g", stamp.resource_group, "-n", stamp.function_app)
        time.sleep(pause)


def _statuses(stamp: Stamp) -> dict[str, str]:
    answer: Any = az("rest", "--method", "get", "--url", _url(stamp)) or {}
    return {each["name"]: each["properties"]["status"] for each in answer.get("value") or ()}


def _url(stamp: Stamp, more: str = "") -> str:
    """https://learn.microsoft.com/rest/api/appservice/web-apps/get-app-settings-key-vault-references"""
    path = f"{stamp.function_app_id}/config/configreferences/appsettings{more}"
    return f"https://management.azure.com{path}?api-version={VERSION}"


if __name__ == "__main__":
    sys.exit(main())
