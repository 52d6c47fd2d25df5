"""The settings file, read again when it changes, as by Microsoft's emulator (`IOptionsMonitor`)."""

import logging
from collections.abc import Sequence
from pathlib import Path

from local.emulator.templates import DEFAULT_TEMPLATES, BadSettings, Template, parse_templates

_log = logging.getLogger(__name__)


class SettingsFile:
    """The templates in a file; those for `func start` while there is no file at all.

    Raises OSError or BadSettings if a file that was asked for cannot be used at the start.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path or Path("settings.json")
        self._stamp = self._stamp_now()
        self._templates: Sequence[Template] = DEFAULT_TEMPLATES
        if path is not None or self._stamp is not None:
            self._templates = parse_templates(self._path.read_bytes())

    def templates(self) -> Sequence[Template]:
        """Those of now. A file that has become wrong is reported, and changes nothing."""
        stamp = self._stamp_now()
        if stamp is not None and stamp != self._stamp:
            self._stamp = stamp
            try:
                self._templates = parse_templates(self._path.read_bytes())
            except (OSError, BadSettings) as error:
                _log.warning("The settings file has changed and cannot be used: %s", error)
        return self._templates

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
