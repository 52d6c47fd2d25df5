"""Names of files that strangers send, made fit to be shown and to be written to a disk. Pure.

A name can leave its folder (`../../.bashrc`), turn around what is read of it, mean a device
(`CON`), or be longer than a file system takes. What is left is always a name. The rules are those
of client/src/files/names.ts.
"""

import re
import unicodedata

MAX_BYTES = 255  # of UTF-8, that the usual file systems take for one name
MAX_FOLDERS = 32
MAX_PATH = 4_096
# Controls, what turns the direction of text around or is not seen, halves of characters.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
RESERVED = re.compile(r'[<>:"|?*\\/]')  # what Windows does not take in names
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)
UNNAMED = "file"


def safe_name(name: str) -> str:
    """A name without folders."""
    plain = RESERVED.sub("_", _seen(name[:MAX_PATH]))
    trimmed = plain.strip().rstrip(". ")
    usual = f"_{trimmed}" if DEVICES.match(trimmed) else trimmed
    return _shortened(usual) or UNNAMED


def safe_path(path: str) -> str:
    """Folders and name, joined by `/`; never absolute, and nothing leads out of it."""
    parts = re.split(r"[\\/]", path[:MAX_PATH])
    real = [part for part in parts if not re.fullmatch(r"[\s.]*", _seen(part))]
    name = real.pop() if real else ""
    return "/".join([*map(safe_name, real[:MAX_FOLDERS]), safe_name(name)])


def _seen(text: str) -> str:
    return "".join(one for one in text if unicodedata.category(one) not in UNSEEN)


def _shortened(name: str) -> str:
    """Cut before the extension, and never within a character."""
    if len(name.encode()) <= MAX_BYTES:
        return name
    dot = name.rfind(".")
    extension = name[dot:] if dot > 0 and len(name[dot:].encode()) <= 32 else ""
    room = MAX_BYTES - len(extension.encode())
    kept = name.encode()[:room].decode(errors="ignore")
    return kept.rstrip() + extension
