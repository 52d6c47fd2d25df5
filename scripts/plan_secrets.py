"""The secrets that a plan is going to write, as TF_VAR_secrets takes them.

    terraform show -json PLAN | python3 scripts/plan_secrets.py

What TF_VAR_secrets holds already goes first; what is missing is copied from the vault that the
plan's variable azure_key_vault_id names. A secret that the plan does not write is not read. It runs
with nothing but Python and the Azure CLI, and prints secrets: into a variable, not onto a screen.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

SECRETS = "azapi_resource_action"  # infra/stamp/vault.tf says why not azurerm_key_vault_secret


class Missing(Exception):
    """Which secret nobody has given, in one sentence."""


def main() -> int:
    """0 with JSON on stdout, or 1 with one sentence on stderr."""
    try:
        plan = json.load(sys.stdin)
        given = json.loads(os.environ.get("TF_VAR_secrets") or "{}")
        print(json.dumps(collect(plan, given, read_from_vault)))
    except (Missing, ValueError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


def written(plan: Mapping[str, Any]) -> list[str]:
    """Names of the app's secrets that the plan makes or changes; of a plan in Terraform's JSON."""
    return sorted(
        change["index"]
        for change in plan.get("resource_changes", ())
        if change["type"] == SECRETS
        and change["name"] == "app"
        and {"create", "update"} & set(change["change"]["actions"])
    )


def collect(
    plan: Mapping[str, Any], given: Mapping[str, str], read: Callable[[str, str], str]
) -> dict[str, str]:
    """A value for each secret that is written: the given one, else what `read(vault, name)` says.

    Raises Missing.
    """
    vault = (plan.get("variables", {}).get("azure_key_vault_id") or {}).get("value")
    found = dict(given)
    for name in written(plan):
        if name in found:
            continue
        if not vault:
            raise Missing(f"{name} is neither in TF_VAR_secrets nor is there an azure_key_vault_id")
        found[name] = read(vault.rpartition("/")[2], name)
    return found


def read_from_vault(vault: str, name: str) -> str:
    """By the Azure CLI. Raises Missing; the CLI's own words go nowhere, they may quote values."""
    command = ["az", "keyvault", "secret", "show", "--vault-name", vault, "-n", name]
    command += ["--query", "value", "-o", "json", "--only-show-errors"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"{name} is not in TF_VAR_secrets, and {vault} does not give it")
    value: str = json.loads(done.stdout)
    return value


if __name__ == "__main__":
    sys.exit(main())
