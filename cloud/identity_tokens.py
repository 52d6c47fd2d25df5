"""Tokens of Entra ID for one service, as a managed identity gets them.

azure-identity keeps tokens itself, but to ask it costs as much as a call of the service. A token is
good for more than five minutes when it gives it out (azure-core, TokenCredential).
"""

import logging
from collections.abc import Callable
from typing import Any

from cloud.secret_cache import Lifetimes
from cloud.secrets import VaultAway
from cloud.vault_secrets import VaultSecrets

OF_TOKENS = Lifetimes(fresh_ms=60_000, stale_ms=4 * 60_000)

log = logging.getLogger("heliograph")


class IdentityTokens:
    """One for each service and process; threads share it. A caller waits only while there is no
    token at all."""

    def __init__(
        self, service: str, scope: str, credential: Callable[[], Any], now: Callable[[], int]
    ) -> None:
        """`service` is its name in the log; `credential` makes an Azure credential at first use;
        `now` returns epoch ms."""
        self._service, self._scope = service, scope
        self._make_credential = credential
        self._credential: Any = None
        self._tokens = VaultSecrets(lambda _: self.read(), now, lifetimes=OF_TOKENS)

    def get(self) -> str:
        """The token now. Raises VaultError."""
        return self._tokens.get(self._service)

    def read(self) -> str:
        """A token as azure-identity has it. Raises VaultAway."""
        from azure.core.exceptions import AzureError

        if self._credential is None:
            self._credential = self._make_credential()
        try:
            return str(self._credential.get_token(self._scope).token)
        except AzureError as error:
            log.warning("no token for %s: %s", self._service, type(error).__name__)
            raise VaultAway("no_identity") from None
