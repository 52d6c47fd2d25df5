"""The package as the pipeline builds it, unpacked as Azure does."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the pipeline's own command, out of what is installed: the tests have no network."""
    path = tmp_path_factory.mktemp("package") / "heliograph.zip"
    command = [sys.executable, "-m", "scripts.package", "--installed", "--out", str(path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def package(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wwwroot")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder
