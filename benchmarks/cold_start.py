"""How much does `import function_app` cost over `import azure.functions`? Target: 40 ms.

    python -m benchmarks.cold_start [--runs 9]

Each run is a fresh interpreter with compiled .pyc files, as in a package built by the pipeline.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import time
start = time.perf_counter()
import azure.functions
between = time.perf_counter()
import function_app
end = time.perf_counter()
print((between - start) * 1000, (end - between) * 1000)
"""
ENVIRONMENT = {
    "AzureSignalRConnectionString": "Endpoint=http://localhost;Port=8888;AccessKey=k;Version=1.0;",
    "HELIOGRAPH_SIGNING_KEYS": "bench:" + "a" * 43,
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start")
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    measure()  # writes the .pyc files
    pairs = [measure() for _ in range(runs)]
    bare = [pair[0] for pair in pairs]
    ours = [pair[1] for pair in pairs]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, median (min-max) of {runs}")
    print(f"import azure.functions           {spread(bare)} ms")
    print(f"import function_app, over that   {spread(ours)} ms   target 40")


def measure() -> tuple[float, float]:
    """Milliseconds of both imports in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, second = done.stdout.split()
    return float(first), float(second)


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):6.1f} ({min(values):.1f}-{max(values):.1f})"


if __name__ == "__main__":
    main()
