"""docs/design.md draws what is there, and everything that is there."""

import subprocess

from tests.house.drawing import arrows, rooms
from tests.house.source import ROOT, modules, package

# What every project has beside its rooms.
FURNITURE = {
    *("CHANGELOG.md", "LICENSE", "Makefile", "README.md", "azure-pipelines.yml", "biome.json"),
    *("host.json", "local.settings.example.json", "package-lock.json", "package.json"),
    *("pyproject.toml", "requirements-dev.txt", "requirements-run.txt", "requirements.txt"),
    *("CONTRIBUTING.md", "SECURITY.md", "mkdocs.yml"),
}
# Of these every module is named in the drawing.
NAMED = ("backend", "signaling")


def top_level() -> set[str]:
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    tops = {name.partition("/")[0] + ("/" if "/" in name else "") for name in paths}
    return {name for name in tops if not name.startswith(".")}


def test_every_room_is_drawn_and_every_drawn_room_is_there() -> None:
    assert rooms().keys() == top_level() - FURNITURE


def test_every_folder_that_is_named_in_a_room_is_there() -> None:
    for room, words in rooms().items():
        folders = [
            word.strip("(),;:") for word in words.split() if word.rstrip("(),;:").endswith("/")
        ]
        for folder in folders:
            places = [ROOT / room / folder, ROOT / room / "src" / folder]
            assert any(place.is_dir() for place in places), f"{room}{folder}"


def test_every_module_of_backend_and_signaling_is_named() -> None:
    for name in NAMED:
        words = set(rooms()[f"{name}/"].replace("(", " ").replace(")", " ").split())
        stems = {module.partition(".")[2] for module in modules() if module.startswith(f"{name}.")}
        assert stems <= words, stems - words


def test_every_python_package_has_arrows() -> None:
    assert arrows().keys() == {package(module) for module in modules()} - {"tests"}


def test_no_arrow_leads_up() -> None:
    """Whoever is imported imports nobody who imports it."""
    for one, others in arrows().items():
        for other in others:
            assert one not in arrows()[other], f"{one} and {other}"
