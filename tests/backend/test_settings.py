import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.settings import DEFAULT_STUN, Settings
from cloud.connection_strings import SettingsError, SignalRConnection, read_signalr
from turn.ceilings import Ceilings

SECRET = "s3cretKeyOfTheService0123456789abcdef"
SIGNING = base64.urlsafe_b64encode(b"s3cret" * 6).decode()
STORE = f"DefaultEndpointsProtocol=https;AccountName=acc;AccountKey={SIGNING};EndpointSuffix=x.y"
GOOD = {
    "AzureSignalRConnectionString": f"Endpoint=https://x.example;AccessKey={SECRET};Version=1.0;",
    "HELIOGRAPH_SIGNING_KEYS": f"k1:{SIGNING}",
    "AzureWebJobsStorage": STORE,
}


def settings(**changes: str | None) -> Settings:
    environ = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return Settings.from_environ(environ)


def refusal(**changes: str | None) -> str:
    """The words of a refusal: they name the setting and show nothing of its value."""
    with pytest.raises(SettingsError) as error:
        settings(**changes)
    words = str(error.value)
    assert SECRET not in words and SIGNING not in words
    assert error.value.__cause__ is None
    *_, name = changes
    assert name.partition("__")[0] in words
    return words


def test_the_defaults() -> None:
    made = settings()
    assert (made.stamp, made.stun_urls) == ("local", tuple(DEFAULT_STUN.split(",")))
    assert made.signalr == SignalRConnection(
        "https://x.example", "https://x.example", "https://x.example", SECRET
    )
    assert made.storage is not None and made.storage.connection_string == STORE
    assert made.signing_keys.names == ("k1",)


def test_settings_print_no_secret() -> None:
    made = settings()
    for shown in (made, made.signalr, made.storage, made.signing_keys):
        assert SECRET not in f"{shown!r} {shown}" and SIGNING not in f"{shown!r} {shown}"


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_needed_and_not_set_is_named(name: str, value: str | None) -> None:
    assert "is not set" in refusal(**{name: value})


@pytest.mark.parametrize(
    ("text", "server", "client"),
    [
        ("endpoint=http://localhost;port=8888;ACCESSKEY=k", "http://localhost:8888", None),
        ("Endpoint=https://x.example/;AccessKey=k;Port=;", "https://x.example", None),
        (
            "Endpoint=https://x;AccessKey=k;ClientEndpoint=https://c/;ServerEndpoint=https://s",
            "https://s",
            "https://c",
        ),
    ],
)
def test_connection_strings_that_are_understood(text: str, server: str, client: str | None) -> None:
    parsed = read_signalr(text, "AzureSignalRConnectionString")
    assert (parsed.endpoint, parsed.client_endpoint) == (server, client or server)


def test_an_access_key_may_hold_equals_signs() -> None:
    assert read_signalr("Endpoint=https://x;AccessKey=a=b==", "S").access_key == "a=b=="


@pytest.mark.parametrize(
    ("text", "client_id"),
    [
        ("Endpoint=https://x;AuthType=azure.msi;Version=1.0;", None),
        ("endpoint=https://x;authtype=Azure.MSI;clientId=one", "one"),
        ("Endpoint=https://x;AuthType=aad;ClientId=one;AccessKey=unused", "one"),
    ],
)
def test_a_connection_string_may_name_an_identity(text: str, client_id: str | None) -> None:
    parsed = read_signalr(text, "S")
    assert (parsed.access_key, parsed.client_id, parsed.endpoint) == (None, client_id, "https://x")


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"AccessKey={SECRET}",
        "Endpoint=https://x.example",
        f"Endpoint=x.example;AccessKey={SECRET}",
        f"Endpoint=https://x;endpoint=https://y;AccessKey={SECRET}",
        f"Endpoint=https://x;AccessKey={SECRET};Version=2.0",
        "Endpoint=https://x;AuthType=azure",
        "Endpoint=https://x;AuthType=azure.app;ClientId=i;TenantId=t;ClientSecret=s",
        "Endpoint=https://x;AuthType=aad;ClientId=i;TenantId=t;ClientSecret=s",
        "AuthType=azure.msi",
        f"Endpoint=ftp://x;AccessKey={SECRET}",
        f"Endpoint=https://;AccessKey={SECRET}",
        f"Endpoint=https://[x;AccessKey={SECRET}",
        f"Endpoint=https://x;Port=many;AccessKey={SECRET}",
        f"Endpoint=https://x;Port=700000;AccessKey={SECRET}",
        f"Endpoint=https://x?y=z;AccessKey={SECRET}",
        f"Endpoint=https://x;ClientEndpoint=javascript:x;AccessKey={SECRET}",
        f"Endpoint=https://x;ServerEndpoint=http://[;AccessKey={SECRET}",
        f"Endpoint=https://x;ClientEndpoint=https://y:99999;AccessKey={SECRET}",
        f"Endpoint=https://x;ServerEndpoint=https://y:0;AccessKey={SECRET}",
        f"Endpoint=https://a..b;AccessKey={SECRET}",
        f"Endpoint=https://[:::];AccessKey={SECRET}",
        f"Endpoint=https://x/é;AccessKey={SECRET}",
    ],
)
def test_connection_strings_that_are_not(text: str) -> None:
    refusal(AzureSignalRConnectionString=text)


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from(":/[]=;@?#%")))
def test_any_endpoint_is_taken_or_refused_in_words(text: str) -> None:
    try:
        read_signalr(f"Endpoint=https://{text};AccessKey={SECRET}", "AzureSignalRConnectionString")
    except SettingsError as error:
        assert SECRET not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        *(SIGNING, f"{SIGNING}:k1", "k1:short", f"k1:{SIGNING},", "k1:%%%", f"k1:{SIGNING} x"),
        # A token with this name would be no token.
        *(f"clé:{SIGNING}", f"k 1:{SIGNING}", f"{'k' * 65}:{SIGNING}"),
    ],
)
def test_signing_keys_that_are_none(text: str) -> None:
    refusal(HELIOGRAPH_SIGNING_KEYS=text)


def test_memory_has_to_be_asked_for() -> None:
    assert settings(HELIOGRAPH_STORAGE="memory", AzureWebJobsStorage=None).storage is None
    assert settings(HELIOGRAPH_STORAGE="table").storage is not None
    refusal(HELIOGRAPH_STORAGE="redis")


@pytest.mark.parametrize(
    "text",
    [
        *("junk", "AccountName", "a=b", "https://acc.example/?sig=s3cret"),
        # What the clients of the account could not use, and then every call failed.
        "AccountName=acc;AccountKey=abcde",
        "AccountName=acc;AccountKey=s3cret!!",
        "AccountName=a b;AccountKey=abcd",
        "AccountName=acc;AccountKey=abcd;EndpointSuffix=x y",
        "AccountName=acc;AccountKey=abcd;DefaultEndpointsProtocol=ftp",
        "AccountName=acc;AccountKey=abcd;TableEndpoint=acc.example",
        "AccountName=acc;AccountKey=abcd;TableEndpoint=http://acc.example:99999/acc",
        "AccountName=acc;AccountKey=abcd;QueueEndpoint=http://a..b",
        "QueueEndpoint=https://acc.example;SharedAccessSignature=sv=1&sig=s3cret",
        "TableEndpoint=https://acc.example;SharedAccessSignature=sv=1 sig=s3cret",
        "TableEndpoint=https://acc.example;SharedAccessSignature=s3cret#",
    ],
)
def test_a_storage_connection_string_that_is_none_is_refused_at_start(text: str) -> None:
    refusal(AzureWebJobsStorage=text)


@pytest.mark.parametrize(
    "text",
    [
        "UseDevelopmentStorage=true",
        STORE,
        f"AccountName=a;AccountKey={SIGNING};TableEndpoint=http://127.0.0.1:10002/a;",
        "TableEndpoint=https://a.table.core.windows.net/;SharedAccessSignature=sv=1&sig=x",
    ],
)
def test_storage_by_a_connection_string(text: str) -> None:
    storage = settings(AzureWebJobsStorage=text).storage
    assert storage is not None and storage.connection_string == text


def identity(**changes: str) -> Any:
    return settings(AzureWebJobsStorage=None, **changes).storage


def test_storage_by_the_identity_of_the_app() -> None:
    account = identity(AzureWebJobsStorage__accountName="acc1", AzureWebJobsStorage__clientId="id")
    assert account.endpoint == "https://acc1.table.core.windows.net"
    assert (account.client_id, account.connection_string) == ("id", None)
    uri = "https://acc1.table.core.windows.net/"
    assert identity(AzureWebJobsStorage__tableServiceUri=uri).endpoint == uri


@pytest.mark.parametrize("name", ["A", "ab", "acc/../x", "acc.evil.example", "a" * 25])
def test_an_account_name_cannot_name_another_place(name: str) -> None:
    refusal(AzureWebJobsStorage__accountName=name)


@pytest.mark.parametrize("uri", ["acc", "ftp://x", "https://", "https://[x", "https://x:99999"])
def test_a_table_service_uri_is_a_web_address(uri: str) -> None:
    refusal(AzureWebJobsStorage__tableServiceUri=uri)


@pytest.mark.parametrize(
    "uri", ["http://v.example", "https://v:99999", "https://v/x", "https://[:::]", "https://a..b"]
)
def test_what_is_no_vault(uri: str) -> None:
    refusal(KEY_VAULT_URI=uri)


@pytest.mark.parametrize("uri", ["https://v.vault.azure.net", "https://v.example:8443/"])
def test_a_vault(uri: str) -> None:
    assert settings(KEY_VAULT_URI=uri).vault_uri == uri


@pytest.mark.parametrize("stamp", ["weu-1", "a", "9" * 32])
def test_names_of_a_stamp(stamp: str) -> None:
    assert settings(HELIOGRAPH_STAMP=stamp).stamp == stamp


@pytest.mark.parametrize("stamp", ["", "West Europe", "A", "a" * 33, "a\n", "é"])
def test_what_names_no_stamp(stamp: str) -> None:
    refusal(HELIOGRAPH_STAMP=stamp)


# --- how many stamps, and each one's share of the money for relays -------------------------------

PROVIDERS = {
    "cloudflare": {"keyId": "0123456789abcdef0123456789abcdef", "secret": "TURN_KEY"},
    "metered": {"app": "yours", "secret": "TURN_KEY"},
    "twilio": {"accountSid": "AC0123456789abcdef0123456789abcdef", "secret": "TURN_KEY"},
    "coturn": {"urls": ["turn:relay.example"], "secret": "TURN_KEY", "pricePerGB": 0.08},
}
HELD = {"cloudflare": 0.009375, "metered": 0.2475, "twilio": 0.3, "coturn": 0.015}


def relays(*kinds: str, **more: Any) -> str:
    return json.dumps([{"kind": kind, **PROVIDERS[kind], **more} for kind in kinds])


def test_there_is_one_stamp_or_as_many_as_are_said() -> None:
    assert settings().stamps == 1
    assert settings(HELIOGRAPH_STAMPS="8").stamps == 8


@pytest.mark.parametrize("text", ["0", "9", "-1", "two", "1.5", "٣"])
def test_what_is_no_number_of_stamps(text: str) -> None:
    assert "from 1 to 8" in refusal(HELIOGRAPH_STAMPS=text)


@pytest.mark.parametrize("stamps", ["1", "2"])
@pytest.mark.parametrize("kinds", [*[(kind,) for kind in PROVIDERS], tuple(PROVIDERS)])
def test_the_default_ceilings_are_enough_for_every_vendor(
    kinds: tuple[str, ...], stamps: str
) -> None:
    turn = settings(TURN_PROVIDERS=relays(*kinds), HELIOGRAPH_STAMPS=stamps).turn
    assert turn is not None and turn.ceilings == Ceilings().of_stamp(int(stamps))


def test_what_the_owner_sets_is_for_all_stamps_together() -> None:
    turn = settings(
        TURN_PROVIDERS=relays("cloudflare"),
        HELIOGRAPH_STAMPS="3",
        TURN_CEILINGS='{"peer": 0.29, "day": 10, "exposure": 1}',
    ).turn
    assert turn is not None
    assert (turn.ceilings.peer, turn.ceilings.day) == (96_666, 3_333_333)
    assert turn.ceilings.exposure == 333_333
    assert turn.ceilings.room == Ceilings().room // 3


@pytest.mark.parametrize("stamps", [1, 2, 8])
@pytest.mark.parametrize(
    ("scope", "credentials"), [("peer", 1), ("room", 1), ("network", 1), ("day", 8), ("month", 8)]
)
@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_share_that_pays_for_no_credential_is_refused_with_the_least_that_does(
    kind: str, scope: str, credentials: int, stamps: int
) -> None:
    enough = dict.fromkeys(Ceilings.__struct_fields__, 1_000.0)
    kinds = dict.fromkeys(("cloudflare", kind))  # one that costs less is there too
    environ = {"TURN_PROVIDERS": relays(*kinds), "HELIOGRAPH_STAMPS": str(stamps)}
    least = round(HELD[kind] * credentials * stamps, 6)
    low = {**enough, scope: round(least - 0.000001, 6)}
    said = refusal(**environ, TURN_CEILINGS=json.dumps(low))
    assert said.endswith(f": it takes {scope} at least {least:g}")
    assert f"credential of {kind} ({HELD[kind]:g} US dollars)" in said
    assert f"HELIOGRAPH_STAMPS ({stamps})" in said
    assert settings(**environ, TURN_CEILINGS=json.dumps({**enough, scope: least})).turn


def test_the_share_of_a_network_is_half_unless_it_is_set() -> None:
    relaying = {"TURN_PROVIDERS": relays("cloudflare")}
    for text, share in (("", 50), ("1", 1), ("100", 100)):
        turn = settings(**relaying, TURN_NETWORK_SHARE=text).turn
        assert turn is not None and turn.network_share == share
    for text in ("0", "101", "-1", "half", "50 %"):
        assert "TURN_NETWORK_SHARE" in refusal(**relaying, TURN_NETWORK_SHARE=text)


FIGURES = {"accountId": "acc", "usageSecret": "TURN_USAGE"}


@pytest.mark.parametrize(
    ("kinds", "stamps", "exposure", "said"),
    [
        (relays("metered"), 1, 10, ["8 relays of metered", "14.85 US dollars"]),
        (relays("metered"), 1, 238, []),
        (relays("metered"), 2, 238, []),
        (relays("cloudflare", **FIGURES), 1, 10, []),
        (relays("cloudflare", **FIGURES), 1, 1, ["8 relays of cloudflare", "0.5625 US dollars"]),
        (relays("twilio"), 1, 10, []),
    ],
)
def test_a_start_warns_of_a_budget_that_holds_few_relays(
    kinds: str, stamps: int, exposure: int, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    ceilings = json.dumps({"exposure": exposure})
    assert settings(
        TURN_PROVIDERS=kinds, TURN_CEILINGS=ceilings, HELIOGRAPH_STAMPS=str(stamps)
    ).turn
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == bool(said)
    assert all(word in warned[0] for word in said)


def test_every_ceiling_that_is_too_low_is_named_at_once() -> None:
    said = refusal(TURN_PROVIDERS=relays("metered"), TURN_CEILINGS='{"day": 1, "month": 0}')
    assert said.endswith("day at least 1.98, month at least 1.98")


def test_a_ceiling_of_nothing_is_refused_also_where_relays_cost_nothing() -> None:
    free = relays("coturn", pricePerGB=0)
    said = refusal(TURN_PROVIDERS=free, TURN_CEILINGS='{"exposure": 0}')
    assert said.endswith("exposure at least 0.000008")
    assert settings(TURN_PROVIDERS=free, TURN_CEILINGS='{"peer": 0, "exposure": 0.000008}').turn


def test_a_higher_assumed_rate_needs_higher_ceilings() -> None:
    said = refusal(TURN_ASSUMED_KBPS="25000", TURN_PROVIDERS=relays("metered"), TURN_CEILINGS="{}")
    assert "peer at least 2.475" in said and "day at least 19.8" in said


@pytest.mark.parametrize(
    "text",
    ["[]", "{", '{"day": "5"}', '{"week": 5}', '{"day": -1}', '{"day": 1e7}', '{"day": NaN}'],
)
def test_what_are_no_ceilings(text: str) -> None:
    refusal(TURN_PROVIDERS=relays("cloudflare"), TURN_CEILINGS=text)


def test_without_relays_nobody_reads_their_ceilings() -> None:
    assert settings(TURN_CEILINGS='{"day": 0}').turn is None


def test_stun_urls() -> None:
    made = settings(HELIOGRAPH_STUN_URLS=" stun:a.example , stuns:b.example:5349,")
    assert made.stun_urls == ("stun:a.example", "stuns:b.example:5349")
    assert settings(HELIOGRAPH_STUN_URLS="").stun_urls == ()


@pytest.mark.parametrize(
    "text",
    [
        *("a.example", "turn:a", "stun:", "stun:a b", "stun:a?transport=udp", "stun:a,http://b"),
        # What a browser refuses, and then no page of ours connects.
        *(
            "stun://bad:3478",
            "stun:bad:",
            "stun:bad:0",
            "stun:bad:65536",
            "stun:bad:x",
            "stun:bad/",
        ),
        *(
            "stun:2001:db8::1",
            "stun:user@bad",
            "stun:bad#x",
            "stun:bad:53",
            "STUN:",
            "stun:é.example",
            "stun:a..b",
            "stun:[:::]",
            "stun:1.2.3.999",
        ),
    ],
)
def test_what_is_no_stun_url_is_refused_by_its_number(text: str) -> None:
    refusal(HELIOGRAPH_STUN_URLS=text)
    said = refusal(HELIOGRAPH_STUN_URLS=f"stun:good.example:3478,{text.rpartition(',')[2]}")
    assert "URL 2" in said


def test_stun_urls_that_browsers_take() -> None:
    urls = "stun:[2001:db8::1]:3478,STUN:a.example,stun:192.0.2.1,stuns:a:5349"
    assert len(settings(HELIOGRAPH_STUN_URLS=urls).stun_urls) == 4


@pytest.mark.parametrize("text", ["UseDevelopmentStorage=true;", "usedevelopmentstorage=True"])
def test_development_storage_is_spelled_as_the_sdk_takes_it(text: str) -> None:
    storage = settings(AzureWebJobsStorage=text).storage
    assert storage is not None and storage.connection_string == "UseDevelopmentStorage=true"


# --- SignalR by identity ----------------------------------------------------------------------

BY_IDENTITY = {
    "AzureSignalRConnectionString": None,
    "AzureSignalRConnectionString__serviceUri": "https://x.service.signalr.net",
}


def test_signalr_is_opened_by_the_identity_of_the_app() -> None:
    made = settings(
        **BY_IDENTITY,
        AzureSignalRConnectionString__credential="managedidentity",
        AzureSignalRConnectionString__clientId="id-1",
    ).signalr
    url = "https://x.service.signalr.net"
    assert made == SignalRConnection(url, url, url, None, "id-1")


def test_endpoints_beside_the_service_change_who_is_called_and_not_what_tokens_are_for() -> None:
    made = settings(
        **BY_IDENTITY,
        AzureSignalRConnectionString__serverEndpoint="https://private.example/",
        AzureSignalRConnectionString__clientEndpoint="https://custom.example",
    ).signalr
    assert (made.endpoint, made.client_endpoint) == (
        "https://private.example",
        "https://custom.example",
    )
    assert made.audience == "https://x.service.signalr.net"
    keyed = read_signalr("Endpoint=https://a;Port=8443;ClientEndpoint=https://b;AccessKey=k", "S")
    assert (keyed.endpoint, keyed.audience) == ("https://a:8443", "https://a")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("serviceUri", "x.service.signalr.net"),
        ("serviceUri", "ftp://x"),
        ("credential", "secret"),
        ("serverEndpoint", "//x"),
        ("clientEndpoint", "javascript:x"),
    ],
)
def test_an_identity_that_cannot_work_is_refused_at_start(name: str, value: str) -> None:
    refusal(**BY_IDENTITY | {f"AzureSignalRConnectionString__{name}": value})


# --- statistics -------------------------------------------------------------------------------

AZURE_SQL = "Server=tcp:x.database.example,1433;Database=d"


def test_without_a_database_there_are_no_statistics() -> None:
    assert settings().sql is None and settings(SQL_CONNECTION=" ").sql is None


@pytest.mark.parametrize(
    ("text", "path", "connection"),
    [
        ("sqlite:///stats.sqlite", "stats.sqlite", None),
        ("sqlite:////var/stats.sqlite", "/var/stats.sqlite", None),
        (AZURE_SQL, None, AZURE_SQL),
    ],
)
def test_where_statistics_are_kept(text: str, path: str | None, connection: str | None) -> None:
    made = settings(SQL_CONNECTION=text).sql
    assert made is not None and (made.path, made.connection) == (path, connection)
    assert (made.retention_days, made.k) == (90, 10)


@pytest.mark.parametrize(
    "text",
    [
        "sqlite",
        "sqlite:///",
        "sqlite:///folder/",
        "postgres://x",
        "Server=x",
        f"{AZURE_SQL};PWD={SECRET}",
        f"{AZURE_SQL}; Password = {SECRET}",
        f"{AZURE_SQL};Uid=ann",
        f"{AZURE_SQL};Authentication=ActiveDirectoryMsi",
    ],
)
def test_a_database_with_a_secret_in_its_name_is_refused(text: str) -> None:
    refusal(SQL_CONNECTION=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STATS_K", "1"),
        ("STATS_K", "ten"),
        ("STATS_RETENTION_DAYS", "29"),  # what the queue still holds would count twice
        ("STATS_RETENTION_DAYS", "3651"),
        ("STATS_WAKES_PER_DAY", "-1"),
        ("HELIOGRAPH_STATS_NETWORK_REPORTS", "0"),
        ("STATS_WAKES_PER_DAY", "97"),  # 96 is always: it sleeps after 15 minutes at the earliest
    ],
)
def test_limits_of_statistics(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} takes a whole number"):
        settings(SQL_CONNECTION=AZURE_SQL, **{name: value})


def test_a_day_of_messages_is_a_million_unless_it_is_set() -> None:
    for text, units in (("", 1_000_000), (" ", 1_000_000), ("1000", 1_000), ("20000", 20_000)):
        assert settings(HELIOGRAPH_MESSAGES_PER_DAY=text).messages_per_day == units
    assert settings().messages_per_day == 1_000_000
    for text in ("0", "999", "-1", "1e6", "1_000_000", "many", "1000000000001", "٣٣٣٣", "5000.5"):
        assert "HELIOGRAPH_MESSAGES_PER_DAY" in refusal(HELIOGRAPH_MESSAGES_PER_DAY=text)


@pytest.mark.parametrize(("text", "epsilon"), [("", 1), ("0", 0), ("0.1", 0.1), ("10", 10)])
def test_how_much_the_published_figures_may_tell(text: str, epsilon: float) -> None:
    found = settings(SQL_CONNECTION=AZURE_SQL, HELIOGRAPH_STATS_EPSILON=text).sql
    assert found is not None and found.epsilon == epsilon


@pytest.mark.parametrize("text", ["-1", "0.01", "11", "1e3", "one", "nan", "10.5"])
def test_an_epsilon_that_protects_nobody_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="^HELIOGRAPH_STATS_EPSILON takes 0, for no noise, or"):
        settings(SQL_CONNECTION=AZURE_SQL, HELIOGRAPH_STATS_EPSILON=text)
