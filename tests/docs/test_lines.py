"""The lines of the same program with ours and with other systems, by benchmarks/rivals/lines."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from lab.stack import ROOT

FOLDER = ROOT / "benchmarks" / "rivals" / "lines"
SECONDS = 60


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "benchmarks.rivals.lines", *arguments]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def rows(printed: str) -> dict[str, list[str]]:
    """The cells of each row, by its first one."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed.splitlines()]
    return {first: others for first, *others in filter(None, cells)}


def test_the_docs_say_what_is_counted() -> None:
    assert command("--check").returncode == 0


def test_a_line_of_code_counts_in_its_part_and_other_lines_do_not(tmp_path: Path) -> None:
    before = rows(command().stdout)
    _check_totals(before)
    folder = shutil.copytree(FOLDER, tmp_path / "lines", ignore=shutil.ignore_patterns("dist"))
    program = folder / "heliograph.ts"
    added = "\n\n// part: loss\n/**\n * of several lines\n */\n// a comment\n\n  code();  \n"
    program.write_text(program.read_text() + added)
    assert command("--check", "--folder", str(folder)).returncode == 1
    after = rows(command("--folder", str(folder)).stdout)
    changed = {title for title in before if before[title] != after[title]}
    [loss] = changed - {"**together**"}
    assert "loss" in loss and changed == {loss, "**together**"}
    assert (before[loss][0], after[loss][0]) == ("–", "1")
    assert int(after["**together**"][0].strip("*")) == int(before["**together**"][0].strip("*")) + 1


def test_a_line_that_is_in_no_part_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "lines", ignore=shutil.ignore_patterns("dist"))
    program = folder / "peerjs.ts"
    program.write_text("code();\n" + program.read_text())
    done = command("--folder", str(folder))
    assert done.returncode != 0 and "Unmarked" in done.stderr


def _check_totals(printed: dict[str, list[str]]) -> None:
    """Of each program, counted here by another rule."""
    for column, system in enumerate(("heliograph", "peerjs", "trystero", "livekit")):
        text = (FOLDER / f"{system}.ts").read_text()
        code = re.sub(r"/\*.*?\*/|^\s*//[^\n]*$", "", text, flags=re.DOTALL | re.MULTILINE)
        total = sum(1 for line in code.splitlines() if line.strip())
        assert printed["**together**"][column] == f"**{total}**", system
