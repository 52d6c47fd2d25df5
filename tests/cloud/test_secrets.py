"""Secrets of the environment."""

from functools import partial

from cloud.secrets import EnvironmentSecrets, SecretMissing, VaultHealth
from cloud.vault_secrets import open_secrets
from tests.cloud.vaults import NAME, Clock, failure


def test_without_a_vault_secrets_are_those_of_the_environment() -> None:
    environ = {NAME: "hush-1", "EMPTY": ""}
    secrets = open_secrets(None, None, environ, Clock())
    assert secrets.get(NAME) == "hush-1"
    for name in ("EMPTY", "NONE"):
        assert isinstance(failure(partial(secrets.get, name)), SecretMissing)
    assert secrets.health() == VaultHealth("ok")
    assert repr(secrets) == "EnvironmentSecrets()"
    assert isinstance(secrets, EnvironmentSecrets)
