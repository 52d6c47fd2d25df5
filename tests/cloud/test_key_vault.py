"""The real SDK of Key Vault against an HTTPS server of this machine."""

import logging
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.keyvault.secrets import SecretClient

from cloud.key_vault import (
    LIFETIME,
    MISSING,
    STALE,
    EnvironmentSecrets,
    KeyVault,
    Patience,
    SecretMissing,
    VaultAway,
    VaultError,
    VaultHealth,
    VaultSecrets,
    open_secrets,
)
from tests.turn.vendors import Call, Reply, Vendor, closed_port, logged, told

ROOT = Path(__file__).parents[2]
T0 = 1_800_000_000_000
NAME = "TURN_METERED_KEY"
TOKEN = "hush-token-0123456789"
HUSH = re.compile(r"hush-")
CHALLENGE = (
    'Bearer authorization="https://login.microsoftonline.com/'
    '00000000-0000-0000-0000-000000000000", resource="https://vault.azure.net"'
)
HASTY = Patience(connect=0.5, read=0.3, total=1.5, tries=3, pause=0.02)


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> int:
        return self.now


class Credential:
    """A managed identity that got a token."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(TOKEN, int(time.time()) + 3_600)


class NoIdentity:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        raise ClientAuthenticationError("hush-: no managed identity endpoint")


class Vault:
    """Key Vault: `secrets` by name, `fault` instead while it is set."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.secrets = {"TURN-METERED-KEY": "hush-1"}
        self.server = Vendor(self._play, tls)
        self.fault: Reply | None = None

    @property
    def reads(self) -> list[str]:
        """The names asked for, with a token."""
        calls = [call for call in self.server.calls if "authorization" in call.headers]
        return [call.path.split("/")[2] for call in calls]

    def _play(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"error": {"code": "Unauthorized"}}, {"WWW-Authenticate": CHALLENGE})
        if self.fault:
            return self.fault
        name = call.path.split("/")[2]
        value = self.secrets.get(name)
        if value is None:
            return Reply(404, {"error": {"code": "SecretNotFound", "message": "hush-"}})
        return Reply(200, {"value": value, "id": f"{self.server.url}/secrets/{name}/1"})


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


Opened = Callable[..., VaultSecrets]


@pytest.fixture
def opened(vault: Vault, ca_file: str, clock: Clock) -> Opened:
    def make(url: str = "", credential: Any = None, **more: Any) -> VaultSecrets:
        def connect() -> SecretClient:
            return SecretClient(
                url or vault.server.url,
                credential or Credential(),
                verify_challenge_resource=False,
                connection_verify=ca_file,
            )

        return VaultSecrets(KeyVault(connect, HASTY).read, clock, **more)

    return make


def failure(call: Callable[[], object]) -> VaultError:
    with pytest.raises(VaultError) as caught:
        call()
    return caught.value


def away(call: Callable[[], object]) -> str:
    error = failure(call)
    assert isinstance(error, VaultAway)
    return error.code


def eventually(call: Callable[[], object], expected: object) -> None:
    """For what happens behind the callers' backs."""
    until = time.monotonic() + 5
    while call() != expected and time.monotonic() < until:
        time.sleep(0.01)
    assert call() == expected


def refreshing() -> bool:
    return any(thread.name == "vault" for thread in threading.enumerate())


def try_to_refresh(secrets: VaultSecrets, clock: Clock, passed: int) -> None:
    """Let `passed` ms go by, ask, and wait for what that set off."""
    clock.now += passed
    secrets.get(NAME)
    eventually(refreshing, False)


# Names and values.


def test_a_secret_is_read_after_the_challenge(vault: Vault, opened: Opened) -> None:
    assert opened().get(NAME) == "hush-1"
    assert [call.verb for call in vault.server.calls] == ["GET", "GET"]


def test_underscores_are_dashes_in_the_vault(vault: Vault, opened: Opened) -> None:
    vault.secrets["HELIOGRAPH-SIGNING-KEYS"] = "hush-k"
    assert opened().get("HELIOGRAPH_SIGNING_KEYS") == "hush-k"
    assert vault.reads == ["HELIOGRAPH-SIGNING-KEYS"]


@pytest.mark.parametrize("name", ["", "A/../B", "A-B", "1A", "A" * 200, "hush-x y"])
def test_what_can_be_no_name_is_not_asked_for(vault: Vault, opened: Opened, name: str) -> None:
    error = failure(lambda: opened().get(name))
    assert isinstance(error, SecretMissing)
    assert not vault.server.calls


def test_a_value_is_kept_for_its_lifetime(vault: Vault, opened: Opened, clock: Clock) -> None:
    secrets = opened()
    for passed in (0, 1, LIFETIME - 2):
        clock.now += passed
        assert secrets.get(NAME) == "hush-1"
    assert len(vault.reads) == 1


def test_a_new_version_is_used_without_a_restart(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    assert secrets.get(NAME) == "hush-1"
    vault.secrets["TURN-METERED-KEY"] = "hush-2"
    clock.now += LIFETIME
    assert secrets.get(NAME) == "hush-1", "who has a value does not wait"
    eventually(lambda: secrets.get(NAME), "hush-2")


def test_who_has_a_value_does_not_wait_for_a_slow_vault(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault = Reply(wait=30)
    clock.now += LIFETIME
    for _ in range(50):
        assert secrets.get(NAME) == "hush-1"
    assert refreshing(), "nobody has waited for it"


def test_many_who_ask_first_make_one_call(vault: Vault, opened: Opened) -> None:
    secrets = opened()
    with ThreadPoolExecutor(16) as pool:
        values = set(pool.map(lambda _: secrets.get(NAME), range(64)))
    assert values == {"hush-1"}
    assert len(vault.reads) == 1


# Missing.


def test_a_missing_secret_is_named(opened: Opened) -> None:
    error = failure(lambda: opened().get("TURN_NONE"))
    assert isinstance(error, SecretMissing) and isinstance(error, LookupError)
    assert str(error) == "there is no secret TURN_NONE"


def test_a_missing_secret_is_remembered_only_briefly(
    vault: Vault, opened: Opened, clock: Clock
) -> None:
    secrets = opened()
    for _ in range(5):
        failure(lambda: secrets.get("TURN_NONE"))
    assert len(vault.reads) == 1
    vault.secrets["TURN-NONE"] = "hush-late"
    clock.now += MISSING
    assert secrets.get("TURN_NONE") == "hush-late"


@pytest.mark.parametrize(
    "gone",
    [
        Reply(404, {"error": {"code": "SecretNotFound"}}),
        Reply(403, {"error": {"code": "Forbidden", "innererror": {"code": "SecretDisabled"}}}),
        Reply(200, {"value": ""}),
        Reply(200, {"value": None}),
    ],
    ids=["deleted", "disabled", "empty", "null"],
)
def test_a_secret_taken_away_is_not_used_any_longer(
    vault: Vault, opened: Opened, clock: Clock, gone: Reply
) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault = gone
    try_to_refresh(secrets, clock, LIFETIME)
    assert isinstance(failure(lambda: secrets.get(NAME)), SecretMissing)


# The vault is away.

FAULTS = {
    "403": (
        Reply(403, {"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByRbac"}}}),
        "forbidden",
    ),
    "401": (Reply(401, {"error": {"code": "hush-"}}), "forbidden"),
    "429": (Reply(429, {"error": {"code": "Throttled"}}, {"Retry-After": "0"}), "rate_limited"),
    "500": (Reply(500, b"hush-body"), "server_error"),
    "503": (Reply(503, b"hush-body", {"Retry-After": "soon"}), "server_error"),
    "another 404": (Reply(404, b"<html>hush-body</html>"), "broken_answer"),
    "broken JSON": (Reply(200, b'{"value": "hush-'), "broken_answer"),
    "slow": (Reply(wait=30), "timeout"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_failure_has_its_code_and_shows_nothing(
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
    try_to_refresh(secrets, clock, LIFETIME)
    assert secrets.get(NAME) == "hush-1"
    assert secrets.health() == VaultHealth("stale", LIFETIME // 1000, code)


def test_a_vault_that_is_gone_is_away(opened: Opened) -> None:
    url = closed_port().replace("http:", "https:")
    assert away(lambda: opened(url).get(NAME)) == "connection"


def test_a_vault_that_cannot_prove_itself_is_away(vault: Vault, clock: Clock) -> None:
    def connect() -> SecretClient:
        return SecretClient(vault.server.url, Credential(), verify_challenge_resource=False)

    secrets = VaultSecrets(KeyVault(connect, HASTY).read, clock)
    assert away(lambda: secrets.get(NAME)) == "connection"
    assert not vault.server.calls


def test_without_an_identity_the_vault_is_away(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = failure(lambda: opened(credential=NoIdentity()).get(NAME))
    assert str(error) == "no_identity"
    assert not HUSH.search(told(error) + logged(caplog.records))


def test_after_a_day_nothing_stale_is_served(vault: Vault, opened: Opened, clock: Clock) -> None:
    secrets = opened()
    secrets.get(NAME)
    vault.fault = Reply(500)
    try_to_refresh(secrets, clock, STALE - 1)
    assert secrets.get(NAME) == "hush-1"
    clock.now += 1
    assert away(lambda: secrets.get(NAME)) == "server_error"
    assert secrets.health() == VaultHealth("down", None, "server_error")


def test_when_the_vault_is_back_so_is_health(vault: Vault, opened: Opened, clock: Clock) -> None:
    secrets = opened()
    assert secrets.health() == VaultHealth("ok")
    secrets.get(NAME)
    vault.fault = Reply(500)
    try_to_refresh(secrets, clock, LIFETIME)
    assert secrets.health().state == "stale"
    vault.fault = None
    try_to_refresh(secrets, clock, 60_000)
    assert secrets.health() == VaultHealth("ok", 0)


def test_a_vault_that_failed_is_not_asked_by_everyone(vault: Vault, opened: Opened) -> None:
    secrets = opened()
    vault.fault = Reply(500)
    for _ in range(20):
        assert away(lambda: secrets.get(NAME)) == "server_error"
    assert len(vault.reads) == HASTY.tries


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


def test_a_hiccup_is_not_noticed(vault: Vault, opened: Opened) -> None:
    answers = iter([Reply(500), Reply(429, b"", {"Retry-After": "0"})])

    def hiccup(call: Call) -> Reply:
        vault.fault = next(answers, None)
        return vault._play(call)

    vault.server._play = hiccup
    secrets = opened()
    assert secrets.get(NAME) == "hush-1"
    assert secrets.health() == VaultHealth("ok", 0)


def test_a_vault_that_asks_for_a_long_wait_is_not_waited_for(
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


# Nothing shows.


def test_secrets_that_work_are_not_shown_either(
    vault: Vault, opened: Opened, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = opened()
    secrets.get(NAME)
    try_to_refresh(secrets, clock, LIFETIME)
    assert caplog.records, "the SDK writes about its calls"
    assert not HUSH.search(logged(caplog.records))
    assert repr(secrets) == f"VaultSecrets({NAME})"
    assert not HUSH.search(f"{vars(secrets)!r}")


# The choice.


def test_without_a_vault_secrets_are_those_of_the_environment() -> None:
    environ = {NAME: "hush-1", "EMPTY": ""}
    secrets = open_secrets(None, None, environ, Clock())
    assert secrets.get(NAME) == "hush-1"
    for name in ("EMPTY", "NONE"):
        assert isinstance(failure(partial(secrets.get, name)), SecretMissing)
    assert secrets.health() == VaultHealth("ok")
    assert repr(secrets) == "EnvironmentSecrets()"
    assert isinstance(secrets, EnvironmentSecrets)


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
import cloud.key_vault, turn.broker, turn.configuration
secrets = cloud.key_vault.open_secrets("https://v.vault.azure.net", "id", {}, lambda: 0)
text = '[{"kind": "twilio", "accountSid": "AC1", "secret": "A"}]'
providers = turn.configuration.parse_providers(text)
turn.broker.Broker(turn.configuration.connect(providers, secrets.get)).health(0)
heavy = {"azure", "requests", "urllib3", "aiohttp", "msal"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
