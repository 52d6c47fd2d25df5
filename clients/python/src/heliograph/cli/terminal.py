"""What is shown: texts of strangers made harmless, sizes and times, one line of progress."""

import asyncio
import sys
import threading
import time
import unicodedata
from typing import TextIO

from heliograph.files.transfer import Transfer

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # they could move the cursor, or turn text around
UNITS = ("bytes", "kB", "MB", "GB", "TB")
WIDTH = 20  # characters of a bar
SHOW_SECONDS = 0.1


def harmless(text: str) -> str:
    """Without what a terminal would obey instead of showing it."""
    return "".join(one if unicodedata.category(one) not in UNSEEN else " " for one in text)


def size_of(count: float) -> str:
    """`1.2 MB`."""
    for unit in UNITS[:-1]:
        if count < 1_000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1_000
    return f"{count:.1f} {UNITS[-1]}"


def progress_of(transfer: Transfer) -> str:
    """`film.mkv  [#####     ]  25 %  3.1 MB/s  12 s left`."""
    parts = [harmless(transfer.name)]
    if transfer.size:
        share = transfer.bytes / transfer.size
        done = int(share * WIDTH)
        parts += [f"[{'#' * done}{' ' * (WIDTH - done)}]", f"{int(share * 100)} %"]
    else:
        parts.append(size_of(transfer.bytes))
    if transfer.interrupted:
        parts.append("interrupted: it goes on by itself")
    elif transfer.state != "moving":
        parts.append(transfer.state)
    elif transfer.bytes_per_second > 0:
        parts.append(f"{size_of(transfer.bytes_per_second)}/s")
        left = transfer.seconds_left
        if left is not None:
            parts.append(f"{left:.0f} s left")
    return "  ".join(parts)


class Screen:
    """Lines, and below them one line of progress, where there is a terminal to show it."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stdout if out is None else out
        self._is_terminal = self._out.isatty()
        self._shown = 0  # characters of the line of progress
        self._shown_at = float("-inf")

    def say(self, text: str) -> None:
        """A line of its own."""
        self._clear()
        print(text, file=self._out, flush=True)

    def progress(self, transfer: Transfer) -> None:
        """In place of the line before; nothing where no terminal shows it."""
        now = time.monotonic()
        if not self._is_terminal or now - self._shown_at < SHOW_SECONDS:
            return
        self._clear()
        line = progress_of(transfer)
        self._out.write(line)
        self._out.flush()
        self._shown, self._shown_at = len(line), now

    def _clear(self) -> None:
        if self._shown:
            self._out.write("\r" + " " * self._shown + "\r")
            self._shown = 0


def lines_of(stream: TextIO) -> "asyncio.Queue[str | None]":
    """What is typed, line by line; None at the end. A thread reads, which ends with the program."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def put(line: str | None) -> None:
        try:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        except RuntimeError:
            pass  # the loop has ended, and nobody waits any more

    def read() -> None:
        for line in stream:
            put(line.rstrip("\n"))
        put(None)

    threading.Thread(target=read, daemon=True).start()
    return queue
