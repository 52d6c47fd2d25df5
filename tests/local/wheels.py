"""Builds the packages, and installs them into an environment of their own, without a network."""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from lab.process import environment

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "local" / "package"
CLIENT = ROOT / "clients" / "python"


def build(project: Path, out: Path, *targets: str) -> list[Path]:
    """What hatchling makes of a project: `wheel`, `sdist`; in this order."""
    wanted = [word for target in targets for word in ("-t", target)]
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out), *wanted]
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)
    endings = {"wheel": "*.whl", "sdist": "*.tar.gz"}
    return [made for target in targets for made in out.glob(endings[target])]


def unpacked(sdist: Path, into: Path) -> Path:
    """The project that is in an sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    return into / sdist.name.removesuffix(".tar.gz")


def names_in(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def fresh_environment(folder: Path, wheels: Sequence[Path], *wanted: str) -> Path:
    """A new environment with these wheels, and what they say they need: its folder of commands.

    `wanted`: what is asked for, such as `heliograph[dev]`. What it needs is taken from this
    interpreter's environment, file by file: so nothing else is there.
    """
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    commands = folder / "bin"
    pip = [str(commands / "python"), "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, *map(str, wheels)], check=True, env=environment({}))
    (site,) = folder.glob("lib/python*/site-packages")
    ours = {"heliograph", "heliograph-dev"}
    asked: set[str] = set()
    for text in wanted:
        _link_needs(Requirement(text), site, ours, asked)
    return commands


def _link_needs(wanted: Requirement, site: Path, ours: set[str], asked: set[str]) -> None:
    if str(wanted) in asked:
        return
    asked.add(str(wanted))
    name = wanted.name.lower()
    if name in ours:
        (found,) = Distribution.discover(name=name, path=[str(site)])
    else:
        found = distribution(wanted.name)
        _link(found, site)
    assert wanted.specifier.contains(found.version, prereleases=True), (str(wanted), found.version)
    for need in _needs(found, wanted.extras):
        _link_needs(need, site, ours, asked)


def _needs(found: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for text in found.requires or ():
        need = Requirement(text)
        marker = need.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield need


def _link(found: Distribution, site: Path) -> None:
    for file in found.files or ():
        target = site / file
        if ".." in file.parts or "__pycache__" in file.parts or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(str(file.locate()))
