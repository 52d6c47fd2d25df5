"""Where a file that comes is written: a part beside its place, which is named when all is there.

The part is called after the file and its id, so whoever is offered the same file again goes on with
it. What is in it is read and hashed then, and nothing is believed that the sender does not confirm.
All functions block: they belong into a thread.
"""

import os
from pathlib import Path

from heliograph.errors import HeliographError
from heliograph.files.hashes import hash_of
from heliograph.files.messages import BLOCK_BYTES

MAX_NAMES = 1_000


class Part:
    """One file that is being written."""

    def __init__(self, folder: Path, name: str, id: str, exact: Path | None) -> None:
        """`exact`: where it goes; None: into the folder, under this name or a numbered one."""
        self._folder, self._name, self._exact = folder, name, exact
        self._path = folder / f".{name[:100]}.{id}.part"

    @classmethod
    def at(cls, to: Path, path: str, id: str, overwrite: bool) -> "Part":
        """`to`: a file, or a folder that is there. `path`: safe folders and a name.

        Raises HeliographError (file_unwritable) if a file is there and is not to be overwritten.
        """
        if to.is_dir():
            folders, _, name = path.rpartition("/")
            return cls(to / folders, name, id, None)
        if to.exists() and not overwrite:
            raise HeliographError("file_unwritable", f"{to} is there already.")
        return cls(to.parent, to.name, id, to)

    def open(self, size: int | None) -> list[str]:
        """The hashes of the blocks that are here already. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._file = os.fdopen(os.open(self._path, flags, 0o666), "r+b")
        hashes: list[str] = []
        while len(block := self._file.read(BLOCK_BYTES)) == BLOCK_BYTES:
            if size is not None and (len(hashes) + 1) * BLOCK_BYTES > size:
                break
            hashes.append(hash_of(block))
        self._file.seek(len(hashes) * BLOCK_BYTES)
        self._file.truncate()
        return hashes

    def restart(self) -> None:
        """What is here is not wanted."""
        self._file.seek(0)
        self._file.truncate()

    def write(self, at: int, data: bytes) -> None:
        """Raises OSError."""
        self._file.seek(at)
        self._file.write(data)

    def finish(self) -> Path:
        """All is here: give it its name. Raises OSError, HeliographError (file_unwritable)."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        place = self._exact or self._free_place()
        os.replace(self._path, place)
        return place

    def close(self, keep: bool) -> None:
        """It goes on some other time, or never."""
        if getattr(self, "_file", None) is not None:
            self._file.close()
        if not keep:
            self._path.unlink(missing_ok=True)

    def _free_place(self) -> Path:
        """The name, or one with a number; it is ours from here on."""
        stem, dot, extension = self._name.rpartition(".")
        if not stem:
            stem, dot, extension = self._name, "", ""
        for number in range(MAX_NAMES):
            name = self._name if number == 0 else f"{stem} ({number}){dot}{extension}"
            try:
                os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            except FileExistsError:
                continue
            return self._folder / name
        raise HeliographError("file_unwritable", f"There are too many files called {self._name}.")
