"""The Azure CLI, for the commands that deploy. Its own words may quote values: none is shown."""

import json
import subprocess
from typing import Any


class AzureRefused(Exception):
    """What the Azure CLI could not do. The text holds no value."""


def az(*arguments: str) -> Any:
    """What it answers, out of JSON; None for nothing. Raises AzureRefused."""
    command = ["az", *arguments, "-o", "json", "--only-show-errors"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        words = " ".join(word for word in arguments[:4] if not word.startswith("-"))
        raise AzureRefused(f"`az {words}` failed with {done.returncode}")
    return json.loads(done.stdout or "null")
