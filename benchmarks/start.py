"""From nothing to the page, in each way to start: seconds, and megabytes of what was installed.

    python -m benchmarks.start [--runs 3] [--ways clone pip uvx everything]

Each run begins in an empty folder, with empty caches of pip, uv and npm: what is installed comes
from the index that they are set up to use. It ends when the page is answered. `make wheel` first;
`uvx` needs uv, and is left out without it.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import how
from lab.ports import free_ports
from lab.process import environment

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "dist" / "python"
START_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Way:
    """`words`: for the table; `command`: what a shell is told in an empty folder."""

    words: str
    prepare: Callable[[Path], None]
    command: str


@dataclass(frozen=True, slots=True)
class Took:
    """One start."""

    seconds: float
    megabytes: float


def main() -> None:
    """Print a table: the median, least and most of each way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    print(f"{how(options.runs)}\n")
    print("| Start | Seconds to the page | MB installed |\n|---|---|---|")
    for name in options.ways:
        if name == "uvx" and shutil.which("uvx") is None:
            continue
        took = [start(WAYS[name]) for _ in range(options.runs)]
        seconds = spread([each.seconds for each in took])
        print(f"| {WAYS[name].words} | {seconds} | {took[-1].megabytes:.0f} |", flush=True)


def spread(values: Sequence[float]) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def start(way: Way) -> Took:
    """One start in a new folder, which is gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        work = home / "work"
        work.mkdir()
        way.prepare(work)
        before = size_of(home)
        port = free_ports(2)
        process = subprocess.Popen(
            ["sh", "-ec", way.command],
            cwd=work,
            env=_environment(home, port),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            began = time.monotonic()
            _until_answered(process, f"http://localhost:{port}/", began + START_SECONDS)
            seconds = time.monotonic() - began
            # Caches that hold what was fetched are not installed; uv runs out of its own.
            shutil.rmtree(home / "caches", ignore_errors=True)
            return Took(seconds, (size_of(home) - before) / 1e6)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _environment(home: Path, port: int) -> dict[str, str]:
    return environment(
        {
            "PORT": str(port),
            "SIGNALR_PORT": str(port + 1),
            "PIP_CACHE_DIR": str(home / "caches" / "pip"),
            "npm_config_cache": str(home / "caches" / "npm"),
            "UV_CACHE_DIR": str(home / "uv"),
            "XDG_DATA_HOME": str(home / "data"),
            "WHEELS": str(WHEELS),
            "PYTHON": sys._base_executable,  # type: ignore[attr-defined]
        }
    )


def _until_answered(process: "subprocess.Popen[bytes]", url: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"it has ended with status {process.returncode}")
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise SystemExit("it did not start in time")


def size_of(folder: Path) -> int:
    """Bytes on the disk below a folder; what has several names counts once."""
    files = (path.lstat() for path in folder.rglob("*") if not path.is_dir())
    return sum({(each.st_dev, each.st_ino): each.st_blocks * 512 for each in files}.values())


def _clone(work: Path) -> None:
    # No hard links into our own repository, and the commit that is checked out here.
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), "."], cwd=work, check=True)


def _nothing(work: Path) -> None:
    if not list(WHEELS.glob("heliograph_dev-*.whl")):
        raise SystemExit(f"there is no wheel in {WHEELS}: make wheel")


WAYS = {
    "clone": Way("`make run` in a fresh clone", _clone, "exec make run"),
    "pip": Way(
        "`pip install heliograph-dev`, `heliograph-dev`",
        _nothing,
        '"$PYTHON" -m venv venv; venv/bin/pip install -q --find-links "$WHEELS" heliograph-dev; '
        "exec venv/bin/heliograph-dev",
    ),
    "uvx": Way(
        "`uvx heliograph-dev`", _nothing, 'exec uvx -q --find-links "$WHEELS" heliograph-dev'
    ),
    "everything": Way(
        "`make install`, as for `make test`, then `make run`",
        _clone,
        "make install; exec make run",
    ),
}

if __name__ == "__main__":
    main()
