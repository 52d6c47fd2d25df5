"""The page, built again beside the one that is served, with the Vite of the repository."""

import asyncio
import re
import shutil
from pathlib import Path

VITE = Path("node_modules") / "vite" / "bin" / "vite.js"
BUILD_SECONDS = 120.0
# Both pages, as `npm run build -w web` makes them.
MODES = ("production", "stats")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINES = 20  # of what a build that failed has said; the rest is Vite's own stack


class NotBuilt(Exception):
    """There is no new page. The text is what Vite says: the fault, its file and its line."""


def can_build(app_dir: Path) -> bool:
    """Whether Node and Vite are here."""
    return shutil.which("node") is not None and (app_dir / VITE).is_file()


async def build(app_dir: Path, out: Path) -> None:
    """Build both pages into `out`. Raises NotBuilt."""
    for mode in MODES:
        await _vite(app_dir, "build", "--mode", mode, "--outDir", str(out), "--logLevel", "warn")


async def _vite(app_dir: Path, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("node", str(app_dir / VITE), *words),
        cwd=app_dir / "web",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(BUILD_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        raise NotBuilt(f"Vite took longer than {BUILD_SECONDS:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = _COLOURS.sub("", said.decode(errors="replace")).strip().splitlines()
        raise NotBuilt("\n".join(_without_stack(lines)[:_LINES]))


def _without_stack(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith("at ")]
