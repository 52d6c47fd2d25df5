"""How much does `import function_app` cost over `import azure.functions`? Target: 40 ms.

    python -m benchmarks.cold_start [--runs 9]

Each run is a fresh interpreter over a copy that was compiled as a deployed package is: with
`unchecked-hash` .pyc files, so that nothing is compiled or compared at start.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.package import compile_tree, copy_own_code

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
    """Print the median, least and most of both imports, in milliseconds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start")
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        package = build(Path(folder) / "app")
        measure(package)  # fills the disk cache
        pairs = [measure(package) for _ in range(runs)]
    bare = [pair[0] for pair in pairs]
    ours = [pair[1] for pair in pairs]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, median (min-max) of {runs}")
    print(f"import azure.functions           {spread(bare)} ms")
    print(f"import function_app, over that   {spread(ours)} ms   target 40")


def build(target: Path) -> Path:
    """What is deployed of our own code, compiled."""
    copy_own_code(ROOT, target)
    compile_tree(target, str(target))
    return target


def measure(package: Path) -> tuple[float, float]:
    """Milliseconds of both imports in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=package,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, second = done.stdout.split()
    return float(first), float(second)


def spread(values: list[float]) -> str:
    """`median (least-most)` of milliseconds."""
    return f"{statistics.median(values):6.1f} ({min(values):.1f}-{max(values):.1f})"


if __name__ == "__main__":
    main()
