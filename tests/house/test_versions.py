"""The version is said in pyproject.toml, and everywhere else it is the same."""

import json
import shutil
from pathlib import Path

import pytest

from backend.health import VERSION
from scripts.version import CHANGELOG, PLACES, NotSaid, disagreeing, rewritten, said, source
from tests.house.source import ROOT

FILES = sorted({place.file for place in PLACES} | {CHANGELOG, "pyproject.toml"})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that say a version, in a folder of their own."""
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_everything_says_the_version_of_pyproject() -> None:
    version = source(ROOT)
    assert disagreeing(ROOT, version) == [], "run `python3 scripts/version.py`"
    assert VERSION == version


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.file} {place.pattern[-12:]}")
def test_another_version_at_one_place_is_found_and_mended(copy: Path, place: object) -> None:
    (one,) = [each for each in PLACES if each is place]
    version, path = source(copy), copy / one.file
    before = path.read_text()
    path.write_text(rewritten(before, one, "9.9.9-rc.1"))
    assert disagreeing(copy, version) == [one.file]
    path.write_text(rewritten(path.read_text(), one, version))
    assert path.read_text() == before


def test_a_changelog_without_the_version_is_found(copy: Path) -> None:
    assert disagreeing(copy, "9.9.9") == sorted({CHANGELOG, *(place.file for place in PLACES)})
    for place in PLACES:
        path = copy / place.file
        path.write_text(rewritten(path.read_text(), place, "9.9.9"))
    assert disagreeing(copy, "9.9.9") == [CHANGELOG]


def test_a_place_that_says_no_version_is_an_error() -> None:
    with pytest.raises(NotSaid):
        said('{"name": "x"}', PLACES[0])


def test_npm_reads_the_same_versions() -> None:
    version = source(ROOT)
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert (packages["client"]["version"], packages["web"]["version"]) == (version, version)
    assert packages["web"]["dependencies"]["@heliograph/client"] == version
    example = json.loads((ROOT / "examples/react/package.json").read_text())
    assert example["dependencies"]["@heliograph/client"] == f"^{version}"
