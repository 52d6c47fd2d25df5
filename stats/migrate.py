"""Bring a database to the newest schema: `schema/<dialect>/NNN_*.sql`, each once, in order.

Everything happens in one transaction under one lock. So it may run twice, and from two places at
once, and it may be stopped at any moment. A script that has been released is never edited: what
changes later is a script of its own.
"""

import re
from pathlib import Path
from typing import Any

from stats.drivers import Driver
from stats.store import Store

SCHEMA = Path(__file__).parent / "schema"


def migrate(driver: Driver, schema: Path = SCHEMA) -> list[str]:
    """Apply what `schema` has and the database has not. Returns the names of those scripts.

    Raises StoreAway or StoreFailed; then nothing has changed.
    """
    sql = driver.sql
    scripts = _scripts(schema / sql.__name__.rpartition(".")[2])

    def work(cursor: Any) -> list[str]:
        for statement in sql.PREPARE:
            cursor.execute(statement)
        (version,) = cursor.execute(sql.READ_VERSION).fetchone()
        missing = {number: path for number, path in scripts.items() if number > version}
        for number, path in missing.items():
            for statement in statements(path.read_text()):
                cursor.execute(statement)
            cursor.execute(sql.WRITE_VERSION, (number, path.stem))
        return [path.stem for path in missing.values()]

    with Store(driver) as store:
        return store.transaction(work)


def _scripts(folder: Path) -> dict[int, Path]:
    return {int(path.name[:3]): path for path in sorted(folder.glob("[0-9][0-9][0-9]_*.sql"))}


def statements(text: str) -> list[str]:
    """The statements of a script. Each ends with a semicolon at the end of a line.

    A part that holds only comments is no statement.
    """
    parts = re.split(r";[ \t]*$", text, flags=re.MULTILINE)
    return [part.strip() for part in parts if re.sub(r"^\s*--.*$", "", part, flags=re.M).strip()]
