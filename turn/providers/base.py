"""What our providers have in common: name, weight, lifetime, secret; and for some an HTTP API."""

from collections.abc import Mapping

from turn.providers import Capabilities, Config, ProviderAway, ProviderRefused, Secrets
from turn.providers.session import Session


class BaseProvider[C: Config]:
    """A provider that can neither revoke nor tell usage. A subclass that can overrides it."""

    def __init__(self, config: C, capabilities: Capabilities, secrets: Secrets) -> None:
        self.name, self.weight = config.name or config.kind, config.weight
        self.capabilities = capabilities
        self._config = config
        self._secrets = secrets

    def lifetime(self, ttl: int) -> int:
        """The seconds that a credential lives for which `ttl` seconds are asked."""
        return self.capabilities.lifetime(ttl, self._config.ttl)

    def ready(self) -> None:
        """Get the secret. Raises ProviderAway or ProviderRefused."""
        self._secret()

    def revoke(self, username: str, label: str) -> None:
        """Raises ProviderRefused (unsupported)."""
        raise ProviderRefused("unsupported")

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        """Raises ProviderRefused (unsupported)."""
        raise ProviderRefused("unsupported")

    def _secret(self) -> str:
        return read_secret(self._secrets, self._config.secret)


class HttpProvider[C: Config](BaseProvider[C]):
    """A provider that is asked over HTTP, at `url`, by one session."""

    def __init__(self, config: C, url: str, capabilities: Capabilities, secrets: Secrets) -> None:
        super().__init__(config, capabilities, secrets)
        self._session = Session(url)

    def ready(self) -> None:
        """Get the secret and load the HTTP client. Raises ProviderAway or ProviderRefused."""
        self._secret()
        self._session.open()


def read_secret(secrets: Secrets, name: str) -> str:
    """Raises ProviderRefused (secret_missing) or ProviderAway (secret_away)."""
    value, code = _read_secret(secrets, name)
    if code == "secret_away":
        raise ProviderAway(code)
    if code or not value:
        raise ProviderRefused("secret_missing")
    return value


def _read_secret(secrets: Secrets, name: str) -> tuple[str, str]:
    # The error is raised outside: one raised in here would carry the vault's along.
    try:
        return secrets(name).strip(), ""
    except LookupError:
        return "", "secret_missing"
    except Exception:
        return "", "secret_away"
