"""Stores of documents, and a vault."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from azure.keyvault.secrets import SecretClient

from cloud.combined import CombinedDocuments
from cloud.documents import Documents
from cloud.encryption import Cipher
from cloud.key_vault import KeyVault
from cloud.memory import MemoryDocuments
from cloud.table import TableDocuments
from tests.cloud.azurite import azurite
from tests.cloud.local_storage import local_storage
from tests.cloud.tables import Table, opened
from tests.cloud.vaults import SHORT, Clock, Credential, Vault

KEYS = {"k": b"k" * 32}


@pytest.fixture(scope="session")
def account() -> Iterator[str]:
    """The connection string of a storage account."""
    with azurite() as running:
        yield running.connection


@pytest.fixture(scope="session")
def local_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same, of the local stack's."""
    with local_storage(tmp_path_factory.mktemp("account") / "file") as running:
        yield running.connection


@pytest.fixture
def table(account: str, request: pytest.FixtureRequest) -> Iterator[Table]:
    """An empty table of this test's own."""
    with opened(account, "t" + str(abs(hash(request.node.nodeid)))) as table:
        table.sdk.create_table()
        yield table
        table.sdk.delete_table()


@pytest.fixture
def local_table(local_account: str, request: pytest.FixtureRequest) -> Iterator[Table]:
    """The same, in the local stack's storage, which deletes no table."""
    with opened(local_account, "t" + str(abs(hash(request.node.nodeid)))) as table:
        table.sdk.create_table()
        yield table


@pytest.fixture(params=["memory", "table", "local_table", "combined table"])
def documents(request: pytest.FixtureRequest) -> Documents:
    if request.param == "memory":
        return MemoryDocuments()
    table = request.getfixturevalue(request.param.removeprefix("combined "))
    documents = TableDocuments(table.ours, Cipher(lambda: KEYS))
    return CombinedDocuments(documents) if request.param.startswith("combined") else documents


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def vault(ca: trustme.CA) -> Iterator[Vault]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(tls)
    found = Vault(tls)
    with found.server:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


type Clients = Callable[..., KeyVault]


@pytest.fixture
def client(vault: Vault, ca_file: str) -> Clients:
    """Makes clients of the vault: `client(url=…, credential=…)`."""

    def make(url: str = "", credential: Any = None) -> KeyVault:
        def connect() -> SecretClient:
            return SecretClient(
                url or vault.server.url,
                credential or Credential(),
                verify_challenge_resource=False,
                connection_verify=ca_file,
            )

        return KeyVault(connect, SHORT)

    return make
