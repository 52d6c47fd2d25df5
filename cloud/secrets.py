"""What a source of secrets promises, how it fails, and the source that is a mapping. Pure.

VaultError
├── VaultAway      the secret cannot be had now. Its codes:
│                  timeout connection rate_limited server_error forbidden no_identity broken_answer
└── SecretMissing  there is no secret of this name (also a LookupError)

Errors and reprs hold names and codes, and never a value.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct


class VaultError(Exception):
    """A secret could not be read."""


class VaultAway(VaultError):
    """The secret cannot be had now.

    `code` is one of those above. `retry_after`: seconds that the vault asked us to wait, or 0.
    """

    def __init__(self, code: str, retry_after: float = 0) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class SecretMissing(VaultError, LookupError):
    """There is no secret of this name, or it is empty or disabled."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no secret {name}")
        self.name = name


class VaultHealth(Struct, frozen=True, omit_defaults=True):
    """How well secrets can be read.

    `ok`: the last read of every secret worked. `stale`: one failed, and its last value is still
    served. `down`: one failed, and there is no value to serve.
    """

    state: Literal["ok", "stale", "down"]
    age: int | None = None  # seconds since the oldest value in use was fetched
    reason: str | None = None  # a code of VaultAway


class Secrets(Protocol):
    """A source of secrets. Names are those of environment variables."""

    def get(self, name: str) -> str:
        """A secret, never empty. Raises SecretMissing or VaultAway."""
        ...

    def health(self) -> VaultHealth:
        """What the last reads came to. Reads nothing."""
        ...


class EnvironmentSecrets:
    """Secrets out of the environment, or of any other mapping."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __repr__(self) -> str:
        return "EnvironmentSecrets()"

    def get(self, name: str) -> str:
        """A secret, never empty. Raises SecretMissing."""
        value = self._environ.get(name, "")
        if not value:
            raise SecretMissing(name)
        return value

    def health(self) -> VaultHealth:
        """Always `ok`."""
        return VaultHealth("ok")
