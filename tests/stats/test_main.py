"""`python -m stats`: the commands that look after the database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from stats.__main__ import COMMANDS
from stats.drivers import Sqlite
from stats.store import Store
from tests.stats.databases import tables
from tests.stats.reports import row

ROOT = Path(__file__).parents[2]
NAMES = ("001_events_and_sums", "002_candidate_type", "003_released", "004_relay_bytes")
APPLIED = "".join(f"applied {name}\n" for name in NAMES)
CLIENT = "11112222-3333-4444-5555-666677778888"


def run(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "stats", *words],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0 and COMMANDS[command] in " ".join(done.stdout.lower().split())


def test_migrate_makes_the_file_and_then_nothing_more(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'new' / 'stats.sqlite'}"
    assert run("migrate", SQL_CONNECTION=place).stdout == APPLIED
    assert run("migrate", SQL_CONNECTION=place).stdout == "up to date\n"


def test_retain_deletes_what_is_old(tmp_path: Path) -> None:
    path = str(tmp_path / "stats.sqlite")
    assert run("migrate", SQL_CONNECTION=f"sqlite:///{path}").returncode == 0
    with Store(Sqlite(path)) as store:
        store.write([structs.replace(row(), hour=0)])
    assert run("retain", SQL_CONNECTION=f"sqlite:///{path}").stdout == "1 deleted\n"
    assert tables(Sqlite(path))[0] == []


def test_grant_prints_what_it_would_do() -> None:
    done = run("grant", "app", CLIENT, "--print")
    assert done.returncode == 0 and "CREATE USER [app] WITH SID = 0x2222" in done.stdout


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["grant", "app", CLIENT], {"SQL_CONNECTION": "sqlite:///x"}, "SQLite has no users"),
        (["grant", "a\nb", CLIENT], {}, "NAME has"),
        (["grant", "app", "app"], {}, "invalid UUID value"),
        (["migrate"], {"SQL_CONNECTION": "Server=x"}, "SQL_CONNECTION is neither"),
        (["replay"], {"AzureWebJobsStorage": ""}, "AzureWebJobsStorage is not set"),
        (["nonsense"], {}, "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: list[str], environ: dict[str, str], said: str
) -> None:
    done = run(*words, **environ)
    assert done.returncode in (1, 2) and said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"nothing of that kind" * 100)
    done = run("migrate", SQL_CONNECTION=f"sqlite:///{tmp_path / 'db'}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The database cannot do this now (SQLite 26).\n"
