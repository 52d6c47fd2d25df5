"""The managed identity of the app, whose every failure is an AzureError.

azure-identity lets other errors through: an endpoint that answers with an empty body, as one that
throttles may, is a JSONDecodeError (azure-identity 1.27, msal's managed identity). Whoever catches
AzureError, as the code of each service does, would miss it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cloud.log_paths import hide_paths

if TYPE_CHECKING:
    from azure.identity import ManagedIdentityCredential


def managed_identity(client_id: str | None) -> "ManagedIdentityCredential":
    """Of the app, or the user-assigned one of this client id. Asks for nothing yet."""
    from azure.identity import ManagedIdentityCredential

    hide_paths()

    class Identity(ManagedIdentityCredential):
        """As its parent, but for its errors."""

        def get_token(self, *scopes: str, **options: Any) -> Any:
            """Raises AzureError."""
            with _azure_errors():
                return super().get_token(*scopes, **options)

        def get_token_info(self, *scopes: str, **options: Any) -> Any:
            """Raises AzureError."""
            with _azure_errors():
                return super().get_token_info(*scopes, **options)

    return Identity(client_id=client_id)


@contextmanager
def _azure_errors() -> Iterator[None]:
    from azure.core.exceptions import AzureError, ClientAuthenticationError

    try:
        yield
    except AzureError:
        raise
    except Exception as error:
        # Its text may hold what the endpoint said.
        raise ClientAuthenticationError(f"no token: {type(error).__name__}") from None
