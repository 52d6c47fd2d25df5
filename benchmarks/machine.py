"""Where figures come from."""

import os
import platform
from datetime import date


def how(runs: int) -> str:
    """On which machine, when, and what `median (least–most)` is of."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {date.today()}"
    return f"{machine}: median (least–most) of {runs} runs"
