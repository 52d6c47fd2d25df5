from collections.abc import Iterator

import pytest
from azure.data.tables import TableClient

from cloud.documents import Documents
from cloud.encryption import Seal
from cloud.memory import MemoryDocuments
from cloud.table import TableDocuments
from tests.cloud.azurite import azurite

KEYS = {"k": b"k" * 32}


@pytest.fixture(scope="session")
def account() -> Iterator[str]:
    """The connection string of a storage account."""
    with azurite() as running:
        yield running.connection


@pytest.fixture
def table(account: str, request: pytest.FixtureRequest) -> Iterator[TableClient]:
    """An empty table of this test's own."""
    name = "t" + str(abs(hash(request.node.nodeid)))
    with TableClient.from_connection_string(account, name) as client:
        client.create_table()
        yield client
        client.delete_table()


@pytest.fixture(params=["memory", "table"])
def documents(request: pytest.FixtureRequest) -> Documents:
    if request.param == "memory":
        return MemoryDocuments()
    return TableDocuments(request.getfixturevalue("table"), Seal(lambda: KEYS))
