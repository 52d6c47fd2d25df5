"""A screen that nobody sees (Xvfb), for a browser that shares one: without a window Firefox has
none to share."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = "1280x720x24"
STOP_SECONDS = 5.0


def program() -> str | None:
    """The path of Xvfb, if the system has it."""
    return shutil.which("Xvfb")


@contextmanager
def display() -> Iterator[str]:
    """Its name for DISPLAY, such as ":1", for the whole block. Raises RuntimeError without Xvfb."""
    path = program()
    if path is None:
        raise RuntimeError("no Xvfb: install the package xvfb")
    reading, writing = os.pipe()
    command = [path, "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp"]
    process = subprocess.Popen(
        command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            number = said.readline().strip()
        if not number:
            raise RuntimeError("Xvfb has ended before it had a screen")
        yield f":{number}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
