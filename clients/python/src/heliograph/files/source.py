"""A file that is sent, block by block. All functions block: they belong into a thread."""

import mimetypes
import os
from pathlib import Path

from heliograph.errors import HeliographError
from heliograph.files.messages import BLOCK_BYTES


class Source:
    """Of one file and one receiver."""

    def __init__(self, path: Path) -> None:
        """Raises HeliographError (invalid_file) if it is no file, or cannot be read."""
        try:
            self._file = path.open("rb")
        except OSError as error:
            text = f"{path} cannot be read: {error.strerror}."
            raise HeliographError("invalid_file", text) from None
        self.size = os.fstat(self._file.fileno()).st_size
        self.type = mimetypes.guess_type(path.name)[0] or ""

    def read(self, at: int) -> bytes:
        """The block at this byte; empty at the end. Raises OSError."""
        self._file.seek(at)
        return self._file.read(BLOCK_BYTES)

    def close(self) -> None:
        """It is not needed any more."""
        self._file.close()
