"""Build what is deployed: `python -m scripts.package --out dist/heliograph.zip`.

    python -m scripts.package [--out ZIP] [--sbom JSON] [--installed]

The zip holds our own code as .funcignore names it, what requirements.txt locks, and a .pyc for
every module. Those are `unchecked-hash`: after zip and unzip no time stamp is what it was, and
Python would compile everything again at each cold start. The same sources make the same bytes.

With --installed the dependencies are taken from this interpreter's environment instead of an
index, and refused unless they are the locked versions: for machines without a network.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from pathspec import GitIgnoreSpec

from scripts.sbom import sbom

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "3.13"  # what the Functions app runs on
SITE = Path(".python_packages/lib/site-packages")  # where the worker looks
HOME = "/home/site/wwwroot"  # where Azure unpacks it: what tracebacks show
# Wheels for what Functions runs on, wherever this is built.
WHEELS = ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
KINDS = {".py", ".sql", ".toml"}  # of files in our packages
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


class CannotPackage(Exception):
    """Why there is no package, in one sentence."""


def main() -> int:
    """0 when the package is there, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.package", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, default=Path("dist/heliograph.zip"))
    parser.add_argument("--sbom", type=Path, help="default: beside the zip, .cdx.json")
    parser.add_argument("--installed", action="store_true", help="take what is installed here")
    args = parser.parse_args()
    bill = args.sbom or args.out.with_suffix(".cdx.json")
    try:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "package"
            assemble(ROOT, tree, installed=args.installed)
            for path in (args.out, bill):
                path.parent.mkdir(parents=True, exist_ok=True)
            bill.write_text(sbom(tree / SITE, ROOT / "pyproject.toml"))
            pack(tree, args.out)
    except CannotPackage as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.out} ({args.out.stat().st_size / 1e6:.1f} MB), {bill}")
    return 0


def assemble(source: Path, tree: Path, *, installed: bool) -> None:
    """Make in `tree` what the zip is to hold. Raises CannotPackage."""
    if not sys.version.startswith(f"{PYTHON}."):
        raise CannotPackage(f"The package needs .pyc files of Python {PYTHON}: run it with that.")
    copy_own_code(source, tree)
    site = tree / SITE
    site.mkdir(parents=True)
    lock = source / "requirements.txt"
    if installed:
        for found in _installed(lock.read_text()):
            _copy_distribution(found, site)
    else:
        _install(lock, site)
    _drop_traces(site)
    check_names(tree)
    compile_tree(tree)


def copy_own_code(source: Path, tree: Path) -> None:
    """What .funcignore names, of `source`; of packages, the kinds of files that code needs."""
    ignored = GitIgnoreSpec.from_lines((source / ".funcignore").read_text().splitlines())
    for path in sorted(_files(source, source, ignored)):
        target = tree / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _files(folder: Path, source: Path, ignored: GitIgnoreSpec) -> Iterator[Path]:
    for path in folder.iterdir():
        name = path.relative_to(source).as_posix()
        if path.is_dir() and not ignored.match_file(name + "/"):
            yield from _files(path, source, ignored)
        elif path.is_file() and not ignored.match_file(name) and _is_wanted(path, source):
            yield path


def _is_wanted(path: Path, source: Path) -> bool:
    return path.parent == source or path.suffix in KINDS


def _install(lock: Path, site: Path) -> None:
    """By pip, or by uv where an environment made by uv has no pip. Wheels only, by their hashes."""
    if importlib.util.find_spec("pip") is not None:
        tags = [f"--platform={tag}" for tag in WHEELS]
        version = f"--python-version={PYTHON}"
        tool = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-compile",
        ]
        tool += ["--no-deps", "--only-binary=:all:", "--implementation=cp", version, *tags]
    elif uv := shutil.which("uv"):
        tool = [uv, "pip", "install", "--no-deps", "--no-build", "--link-mode=copy"]
        tool += [f"--python-platform=x86_64-{WHEELS[0].removesuffix('_x86_64')}"]
        tool += [f"--python-version={PYTHON}"]
    else:
        raise CannotPackage("Neither pip nor uv is here to install requirements.txt.")
    done = subprocess.run(
        [*tool, "-q", "--require-hashes", f"--target={site}", f"--requirement={lock}"]
    )
    if done.returncode != 0:
        raise CannotPackage("requirements.txt could not be installed.")


def _installed(lock: str) -> Iterator[Distribution]:
    """The locked versions, where this interpreter has them. Raises CannotPackage if not."""
    for name, version, marker in re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+))?", lock):
        if "sys_platform == 'win32'" in marker:
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise CannotPackage(f"{name} {version} is locked and not installed.") from None
        if found.version != version:
            raise CannotPackage(f"{name} {version} is locked, {found.version} is installed.")
        yield found


def _copy_distribution(found: Distribution, site: Path) -> None:
    for file in found.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:  # a command, or compiled here
            continue
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), target)


def _drop_traces(site: Path) -> None:
    """What tells of this machine rather than of the packages, and commands nobody will run."""
    shutil.rmtree(site / "bin", ignore_errors=True)
    for name in ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"):
        for path in site.glob(f"*.dist-info/{name}"):
            path.unlink()
    (site / ".lock").unlink(missing_ok=True)  # uv's


def check_names(tree: Path) -> None:
    """Refuse a name that two would answer to. Raises CannotPackage.

    On Azure `sys.path` is the standard library, what is installed, the worker, and our code last
    (azure_functions_worker of Azure/azure-functions-python-worker): a dependency that ships a
    `stats` would be imported in place of ours.
    """
    ours = top_level_names(tree)
    taken = ours & (top_level_names(tree / SITE) | sys.stdlib_module_names)
    if taken:
        raise CannotPackage(f"A dependency has a module of our name: {', '.join(sorted(taken))}.")


def top_level_names(folder: Path) -> set[str]:
    """What can be imported from a folder by one word."""
    return {
        path.name.partition(".")[0]
        for path in folder.iterdir()
        if path.suffix in (".py", ".so") or (path.is_dir() and path.name.isidentifier())
    } - {"__pycache__"}


def compile_tree(tree: Path, home: str = HOME) -> None:
    """A .pyc beside every module, that Python takes without a look at the source."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    # Sets of constants are written in the order of their hashes.
    environ = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run([*command, "-s", str(tree), "-p", home, str(tree)], env=environ)
    if done.returncode != 0:
        raise CannotPackage("Something in the package does not compile.")


def pack(tree: Path, out: Path) -> None:
    """Zip `tree`: sorted, without dates, everything readable."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), DATE)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
