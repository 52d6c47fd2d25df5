"""The settings of statistics. The commands of statistics read no others."""

import re
from collections.abc import Mapping

from msgspec import Struct

from cloud.connection_strings import SettingsError, members
from stats.wakes import MOST_PER_DAY

WAKES_PER_DAY = 4
NETWORK_REPORTS = 100
EPSILON = 1.0
SECRETS = {"pwd", "password", "uid", "user", "user id", "authentication"}


class SqlSettings(Struct, frozen=True):
    """Where statistics are kept: a SQLite file, or Azure SQL opened by an Entra token."""

    path: str | None = None
    connection: str | None = None
    retention_days: int = 90
    k: int = 10  # groups with fewer members are not shown
    wakes_per_day: int = WAKES_PER_DAY  # of Azure SQL, by the page: see wakes.py
    network_reports: int = NETWORK_REPORTS  # of one network and day, in each instance
    epsilon: float = EPSILON  # of a report and a published day (noise.py); 0: no noise

    def __repr__(self) -> str:
        return f"SqlSettings({self.path or 'Azure SQL'!r})"


def read_sql(environ: Mapping[str, str]) -> SqlSettings | None:
    """SQL_CONNECTION and the settings of statistics. Raises SettingsError.

    None if SQL_CONNECTION is not set: there are no statistics.
    """
    text = environ.get("SQL_CONNECTION", "").strip()
    if not text:
        return None
    # A report can be a week old when it is sent. Then it can lie a week in the queue and a week in
    # the poison queue. A row has to stay longer than that, or its report would count twice.
    days = _whole(environ, "STATS_RETENTION_DAYS", 90, 30, 3_650)
    k = _whole(environ, "STATS_K", 10, 2, 1_000)
    wakes = _whole(environ, "STATS_WAKES_PER_DAY", WAKES_PER_DAY, 0, MOST_PER_DAY)
    reports = _whole(environ, "HELIOGRAPH_STATS_NETWORK_REPORTS", NETWORK_REPORTS, 1, 999_999)
    kept = (days, k, wakes, reports, _epsilon(environ))
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if not path or path.endswith("/") or "\0" in path:
            raise SettingsError("SQL_CONNECTION names no file: sqlite:///path, sqlite:////path")
        return SqlSettings(path, None, *kept)
    named = members(text).keys()
    if not named >= {"server", "database"}:
        raise SettingsError("SQL_CONNECTION is neither sqlite:///path nor Server=…;Database=…")
    if named & SECRETS:
        raise SettingsError("SQL_CONNECTION holds no user and no secret: an Entra token opens it")
    return SqlSettings(None, text, *kept)


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
        raise SettingsError(f"{name} takes a whole number from {least} to {most}")
    return int(text)


def _epsilon(environ: Mapping[str, str]) -> float:
    name = "HELIOGRAPH_STATS_EPSILON"
    text = environ.get(name, "").strip() or str(EPSILON)
    known = re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,4})?", text)
    if known is None or not (float(text) == 0 or 0.1 <= float(text) <= 10):
        raise SettingsError(f"{name} takes 0, for no noise, or a number from 0.1 to 10")
    return float(text)
