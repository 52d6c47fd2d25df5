"""Secrets this machine makes for itself, once: files readable by the owner only.

They are in the folder of what a stack keeps: `.heliograph/` beside the app, which is gitignored, or
where it was told. Nothing here is for use in Azure.
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from local.functions.bindings import HostRefusal

DIRECTORY = ".heliograph"


def beside(app_dir: Path) -> Path:
    """The folder of what a stack keeps, where nobody named another."""
    return app_dir / DIRECTORY


def signing_keys(state: Path) -> str:
    """The value of HELIOGRAPH_SIGNING_KEYS: `<kid>:<base64url of 32 random bytes>`."""
    return _read_or_create(state / "signing-keys", lambda: f"local-{_random(6)}:{_random(32)}")


def host_key(state: Path, stamp: str | None = None) -> str:
    """The key that opens functions with auth level `function` or `admin`, and the webhook.

    Each stamp has one of its own, as each app in Azure.
    """
    name = "host-key" if stamp is None else f"host-key-{stamp}"
    return _read_or_create(state / name, lambda: _random(32))


def _random(size: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()


def _read_or_create(path: Path, make: Callable[[], str]) -> str:
    """The file's content; made and written with mode 0600 if there is none yet.

    Raises HostRefusal if it can be neither read nor written.
    """
    try:
        return _made(path, make)
    except OSError as error:
        raise HostRefusal(f"{path} cannot be written: {error.strerror}.", "cannot_write") from error


def _made(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # O_EXCL: of two hosts starting at once, one writes and the other reads.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with open(file, "w") as stream:
        content = make()
        stream.write(content + "\n")
    return content
