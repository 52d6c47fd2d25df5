"""The client of Key Vault: Microsoft's SDK against an HTTPS server of this machine."""

import logging
import time
from collections.abc import Callable

import pytest
from azure.keyvault.secrets import SecretClient

from cloud.key_vault import KeyVault
from cloud.secrets import SecretMissing, VaultAway
from tests.cloud.vaults import (
    FAULTS,
    GONE,
    HUSH,
    NAME,
    SHORT,
    Credential,
    NoIdentity,
    Vault,
    away,
    failure,
)
from tests.turn.vendors import Call, Reply, closed_port, logged, told

type Clients = Callable[..., KeyVault]


def test_a_secret_is_read_after_the_challenge(vault: Vault, client: Clients) -> None:
    assert client().read(NAME) == "hush-1"
    assert [call.verb for call in vault.server.calls] == ["GET", "GET"]


def test_underscores_are_dashes_in_the_vault(vault: Vault, client: Clients) -> None:
    vault.secrets["HELIOGRAPH-SIGNING-KEYS"] = "hush-k"
    assert client().read("HELIOGRAPH_SIGNING_KEYS") == "hush-k"
    assert vault.reads == ["HELIOGRAPH-SIGNING-KEYS"]


@pytest.mark.parametrize("name", ["", "A/../B", "A-B", "1A", "A" * 200, "hush-x y"])
def test_what_can_be_no_name_is_not_asked_for(vault: Vault, client: Clients, name: str) -> None:
    error = failure(lambda: client().read(name))
    assert isinstance(error, SecretMissing)
    assert str(error) == "there is no secret of such a name"
    assert not vault.server.calls


def test_a_missing_secret_is_named(client: Clients) -> None:
    error = failure(lambda: client().read("TURN_NONE"))
    assert isinstance(error, SecretMissing) and isinstance(error, LookupError)
    assert str(error) == "there is no secret TURN_NONE"
    assert error.name == "TURN_NONE"


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_a_secret_that_was_taken_away_is_missing(
    vault: Vault, client: Clients, gone: Reply
) -> None:
    vault.fault = gone
    assert isinstance(failure(lambda: client().read(NAME)), SecretMissing)
    assert len(vault.reads) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_every_failure_has_its_code_and_shows_nothing(
    vault: Vault, client: Clients, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vault.fault, code = FAULTS[fault]
    error = failure(lambda: client().read(NAME))
    assert isinstance(error, VaultAway)
    assert error.code == str(error) == code
    assert error.__cause__ is None and error.__context__ is None
    assert not HUSH.search(told(error) + logged(caplog.records))


def test_a_vault_that_is_gone_is_away(client: Clients) -> None:
    url = closed_port().replace("http:", "https:")
    assert away(lambda: client(url).read(NAME)) == "connection"


def test_a_vault_that_cannot_prove_itself_is_away(vault: Vault) -> None:
    def connect() -> SecretClient:
        return SecretClient(vault.server.url, Credential(), verify_challenge_resource=False)

    assert away(lambda: KeyVault(connect, SHORT).read(NAME)) == "connection"
    assert not vault.server.calls


def test_without_an_identity_the_vault_is_away(
    client: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = failure(lambda: client(credential=NoIdentity()).read(NAME))
    assert str(error) == "no_identity"
    assert not HUSH.search(told(error) + logged(caplog.records))


def test_a_failure_that_passes_is_not_noticed(vault: Vault, client: Clients) -> None:
    answers = iter([Reply(500), Reply(429, b"", {"Retry-After": "0"})])

    def fail_twice(call: Call) -> Reply:
        vault.fault = next(answers, None)
        return vault._play(call)

    vault.server._play = fail_twice
    assert client().read(NAME) == "hush-1"


@pytest.mark.parametrize(("fault", "tries"), [("500", SHORT.tries), ("403", 1)])
def test_a_failure_is_tried_again_only_if_it_can_pass(
    vault: Vault, client: Clients, fault: str, tries: int
) -> None:
    vault.fault, code = FAULTS[fault]
    assert away(lambda: client().read(NAME)) == code
    assert len(vault.reads) == tries


def test_a_vault_that_asks_for_a_long_wait_is_not_waited_for(vault: Vault, client: Clients) -> None:
    vault.fault = Reply(429, b"", {"Retry-After": "30"})
    began = time.monotonic()
    error = failure(lambda: client().read(NAME))
    assert time.monotonic() - began < 2
    assert isinstance(error, VaultAway) and (error.code, error.retry_after) == ("rate_limited", 30)
    assert len(vault.reads) == 1


def test_secrets_that_are_read_are_not_logged(
    client: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client().read(NAME)
    assert caplog.records, "the SDK writes about its calls"
    assert not HUSH.search(logged(caplog.records))
