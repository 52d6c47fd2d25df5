"""Puts the app, the local stack and the built page of this repository into the package.

They stay where they are: nothing is copied. In the wheel they are the folder `heliograph_dev/app`,
so that no module of ours is beside those of others; in the sdist the folder `app`, of which a wheel
can be built where there is no repository.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

IN_SDIST = "app"
IN_WHEEL = "heliograph_dev/app"
KINDS = {".py", ".sql", ".toml"}  # of files in our packages
# Beside what .funcignore says is deployed.
STACK = ("local", "scripts/__init__.py", "scripts/page_html.py", "web/staticwebapp.config.json")
PAGE = "web/dist"


class PageNotBuilt(Exception):
    """There is no page yet."""


class AppHook(BuildHookInterface[Any]):
    """hatchling calls it before it builds a wheel or an sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files. Raises PageNotBuilt."""
        if version == "editable":
            raise PageNotBuilt("In a clone use `make run`: this package is a copy of it.")
        target = IN_WHEEL if self.target_name == "wheel" else IN_SDIST
        unpacked = Path(self.root) / IN_SDIST
        if unpacked.is_dir():
            build_data["force_include"][str(unpacked)] = target
            return
        for name, path in app_files(Path(self.root).parents[1]):
            build_data["force_include"][str(path)] = f"{target}/{name}"


def app_files(repository: Path) -> Iterator[tuple[str, Path]]:
    """Every file of the app, by its place in it. Raises PageNotBuilt."""
    if not (repository / PAGE / "index.html").is_file():
        raise PageNotBuilt("The page is not built: run `make wheel`.")
    lines = (repository / ".funcignore").read_text().splitlines()
    deployed = [line.removeprefix("!/") for line in lines if line.startswith("!/")]
    for name in (*deployed, *STACK, PAGE):
        top = repository / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            inside = path.relative_to(repository)
            if path.is_file() and _is_wanted(inside, name):
                yield inside.as_posix(), path


def _is_wanted(inside: Path, name: str) -> bool:
    if inside.is_relative_to("local/package"):
        return False
    return name == PAGE or inside.as_posix() == name or inside.suffix in KINDS
