"""Secrets of a vault, cached, with threads and the real client of Key Vault."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cloud.key_vault import KeyVault
from cloud.secret_cache import LIFETIME_MS, MISSING_MS, STALE_MS
from cloud.secrets import SecretMissing, VaultAway, VaultHealth
from cloud.vault_secrets import VaultSecrets, open_secrets
from tests.cloud.vaults import (
    FAULTS,
    GONE,
    HUSH,
    NAME,
    SHORT,
    TOKEN,
    Clock,
    Vault,
    away,
    eventually,
    failure,
    refreshing,
)
from tests.turn.vendors import Call, Reply, Vendor, logged, told

ROOT = Path(__file__).parents[2]

type Opened = Callable[..., VaultSecrets]


@pytest.fixture
def opened(client: Callable[[], KeyVault], clock: Clock) -> Opened:
    def make(**options: Any) -> VaultSecrets:
        return VaultSecrets(client().read, clock, **options)

    return make


def try_to_refresh(secrets: VaultSecrets, clock: Clock, passed: int) -> None:
    """Let `passed` ms go by, ask, and wait for the fetch that this begins."""
    clock.now += passed
    secrets.get(NAME)
    eventually(refreshing, False)


def test_a_value_is_kept_for_its_lifetime(vault: Vault, opened: Opened, clock: Clock) -> None:
    secrets = opened()
    for passed in (0, 1, LIFETIME_MS - 2):
        clock.now += passed
        assert secrets.get(NAME) == "hush-1"
    assert len(vault.reads) == 1


def test_a_new_version_is_used_without_a_restart(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    assert secrets.get(NAME) == "hush-1"
    vault.secrets["TURN-METERED-KEY"] = "hush-2"
    clock.now += LIFETIME_MS
    assert secrets.get(NAME) == "hush-1", "who has a value does not wait"
    eventually(lambda: secrets.get(NAME), "hush-2")


def test_who_has_a_value_does_not_wait_for_a_slow_vault(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault = Reply(wait=30)
    clock.now += LIFETIME_MS
    for _ in range(50):
        assert secrets.get(NAME) == "hush-1"
    assert refreshing(), "nobody has waited for it"


def test_many_who_ask_first_make_one_call(vault: Vault, opened: Opened) -> None:
    secrets = opened()
    with ThreadPoolExecutor(16) as pool:
        values = set(pool.map(lambda _: secrets.get(NAME), range(64)))
    assert values == {"hush-1"}
    assert len(vault.reads) == 1


def test_a_missing_secret_is_remembered_only_briefly(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    for _ in range(5):
        failure(lambda: secrets.get("TURN_NONE"))
    assert len(vault.reads) == 1
    vault.secrets["TURN-NONE"] = "hush-late"
    clock.now += MISSING_MS
    assert secrets.get("TURN_NONE") == "hush-late"


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_a_secret_taken_away_is_not_used_any_longer(
    vault: Vault, opened: Opened, clock: Clock, gone: Reply
) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault = gone
    try_to_refresh(secrets, clock, LIFETIME_MS)
    assert isinstance(failure(lambda: secrets.get(NAME)), SecretMissing)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_failure_is_told_by_its_code_and_shows_nothing(
    vault: Vault, opened: Opened, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vault.fault, code = FAULTS[fault]
    secrets = opened()
    error = failure(lambda: secrets.get(NAME))
    assert isinstance(error, VaultAway)
    assert error.code == str(error) == code
    assert secrets.health() == VaultHealth("down", None, code)
    assert not HUSH.search(told(error) + logged(caplog.records) + repr(secrets))


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_known_is_served_while_the_vault_is_away(
    vault: Vault, opened: Opened, clock: Clock, fault: str
) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault, code = FAULTS[fault]
    try_to_refresh(secrets, clock, LIFETIME_MS)
    assert secrets.get(NAME) == "hush-1"
    assert secrets.health() == VaultHealth("stale", LIFETIME_MS // 1000, code)


def test_after_a_day_nothing_stale_is_served(vault: Vault, opened: Opened, clock: Clock) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault = Reply(500)
    try_to_refresh(secrets, clock, STALE_MS - 1)
    assert secrets.get(NAME) == "hush-1"
    clock.now += 1
    assert away(lambda: secrets.get(NAME)) == "server_error"
    assert secrets.health() == VaultHealth("down", None, "server_error")


def test_when_the_vault_is_back_so_is_health(vault: Vault, opened: Opened, clock: Clock) -> None:
    secrets = opened()
    assert secrets.health() == VaultHealth("ok")
    secrets.get(NAME)
    vault.fault = Reply(500)
    try_to_refresh(secrets, clock, LIFETIME_MS)
    assert secrets.health().state == "stale"
    vault.fault = None
    try_to_refresh(secrets, clock, 60_000)
    assert secrets.health() == VaultHealth("ok", 0)


def test_a_vault_that_failed_is_not_asked_by_everyone(vault: Vault, opened: Opened) -> None:
    secrets = opened()
    vault.fault = Reply(500)
    for _ in range(20):
        assert away(lambda: secrets.get(NAME)) == "server_error"
    assert len(vault.reads) == SHORT.tries


def test_a_vault_that_failed_is_asked_again_after_a_pause(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    vault.fault = Reply(500)
    away(lambda: secrets.get(NAME))
    vault.fault = None
    clock.now += 2_000
    assert secrets.get(NAME) == "hush-1"


def test_the_pauses_grow_and_are_spread(vault: Vault, opened: Opened, clock: Clock) -> None:
    def pauses(chance: float) -> list[int]:
        """How long the vault is left alone after each failure, in seconds."""
        secrets, found = opened(jitter=lambda: chance), []
        away(lambda: secrets.get(NAME))
        for _ in range(7):
            began, reads = clock.now, len(vault.reads)
            while len(vault.reads) == reads:
                clock.now += 1_000
                away(lambda: secrets.get(NAME))
            found.append((clock.now - began) // 1000)
        return found

    vault.fault = Reply(403)
    assert pauses(0) == [1, 2, 4, 8, 16, 30, 30]
    assert pauses(1) == [2, 4, 8, 16, 32, 60, 60]


def test_a_failure_that_passes_is_not_noticed(vault: Vault, opened: Opened) -> None:
    answers = iter([Reply(500), Reply(429, b"", {"Retry-After": "0"})])

    def fail_twice(call: Call) -> Reply:
        vault.fault = next(answers, None)
        return vault._play(call)

    vault.server._play = fail_twice
    secrets = opened()
    assert secrets.get(NAME) == "hush-1"
    assert secrets.health() == VaultHealth("ok", 0)


def test_a_vault_that_asks_for_a_long_wait_is_left_alone_for_so_long(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    vault.fault = Reply(429, b"", {"Retry-After": "30"})
    secrets = opened()
    began = time.monotonic()
    assert away(lambda: secrets.get(NAME)) == "rate_limited"
    assert time.monotonic() - began < 2
    clock.now += 29_000
    away(lambda: secrets.get(NAME))
    assert len(vault.reads) == 1
    clock.now += 2_000
    away(lambda: secrets.get(NAME))
    assert len(vault.reads) == 2


def test_who_has_no_value_waits_up_to_the_deadline(vault: Vault, opened: Opened) -> None:
    vault.fault = Reply(wait=30)
    secrets = opened(deadline=0.2)
    began = time.monotonic()
    assert away(lambda: secrets.get(NAME)) == "timeout"
    assert time.monotonic() - began < 1


def test_a_reader_that_hangs_is_given_up(clock: Clock) -> None:
    stuck = threading.Event()
    reads = []

    def read(name: str) -> str:
        reads.append(name)
        if len(reads) == 1:
            stuck.wait(10)
        return f"hush-{len(reads)}"

    secrets = VaultSecrets(read, clock, deadline=0.05)
    assert away(lambda: secrets.get(NAME)) == "timeout"
    clock.now += 60_000
    eventually(lambda: secrets.get(NAME), "hush-2")
    stuck.set()
    eventually(refreshing, False)
    assert secrets.get(NAME) == "hush-2", "what comes too late does not count"


def test_a_fault_of_ours_is_logged_by_its_type(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def read(name: str) -> str:
        raise ZeroDivisionError("hush-detail")

    assert away(lambda: VaultSecrets(read, clock).get(NAME)) == "broken_answer"
    assert "ZeroDivisionError" in caplog.text
    assert not HUSH.search(caplog.text)


def test_a_clock_that_steps_back_makes_no_value_last_longer(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.secrets["TURN-METERED-KEY"] = "hush-2"
    clock.now -= 3_600_000
    assert secrets.get(NAME) == "hush-1"
    eventually(lambda: secrets.get(NAME), "hush-2")


def test_secrets_that_work_are_not_shown_either(
    vault: Vault, opened: Opened, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = opened()
    secrets.get(NAME)
    try_to_refresh(secrets, clock, LIFETIME_MS)
    assert caplog.records, "the SDK writes about its calls"
    assert not HUSH.search(logged(caplog.records))
    assert repr(secrets) == f"VaultSecrets({NAME})"
    assert not HUSH.search(f"{vars(secrets)!r}")


def test_with_a_vault_secrets_are_read_by_the_managed_identity(
    vault: Vault, ca_file: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def identity(call: Call) -> Reply:
        """https://learn.microsoft.com/azure/app-service/overview-managed-identity"""
        expires = str(int(time.time()) + 3_600)
        return Reply(200, {"access_token": TOKEN, "expires_on": expires, "token_type": "Bearer"})

    with Vendor(identity) as endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "hush-header")
        secrets = open_secrets(
            vault.server.url,
            "client-1",
            {NAME: "hush-environment"},
            clock,
            verify_challenge_resource=False,
            connection_verify=ca_file,
        )
        assert secrets.get(NAME) == "hush-1"
        assert endpoint.calls[0].query["client_id"] == "client-1"
        assert endpoint.calls[0].query["resource"] == "https://vault.azure.net"


def test_importing_and_opening_loads_no_sdk() -> None:
    code = """
import sys
import cloud.vault_secrets, turn.broker, turn.configuration
secrets = cloud.vault_secrets.open_secrets("https://v.vault.azure.net", "id", {}, lambda: 0)
text = '[{"kind": "twilio", "accountSid": "AC1", "secret": "A"}]'
providers = turn.configuration.parse_providers(text)
turn.broker.Broker(turn.configuration.connect(providers, secrets.get)).health(0)
heavy = {"azure", "requests", "urllib3", "aiohttp", "msal"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
