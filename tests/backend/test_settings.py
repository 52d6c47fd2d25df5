import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.settings import DEFAULT_STUN, Settings
from cloud.connection_strings import SettingsError, SignalRConnection, read_signalr

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
    assert (made.stamp, made.stun_urls) == ("local", (DEFAULT_STUN,))
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
    "text",
    [
        SECRET,
        f"AccessKey={SECRET}",
        "Endpoint=https://x.example",
        f"Endpoint=https://x.example;AuthType=azure.msi;Key={SECRET}",
        f"Endpoint=x.example;AccessKey={SECRET}",
        f"Endpoint=ftp://x;AccessKey={SECRET}",
        f"Endpoint=https://;AccessKey={SECRET}",
        f"Endpoint=https://[x;AccessKey={SECRET}",
        f"Endpoint=https://x;Port=many;AccessKey={SECRET}",
        f"Endpoint=https://x;Port=700000;AccessKey={SECRET}",
        f"Endpoint=https://x?y=z;AccessKey={SECRET}",
        f"Endpoint=https://x;ClientEndpoint=javascript:x;AccessKey={SECRET}",
        f"Endpoint=https://x;ServerEndpoint=http://[;AccessKey={SECRET}",
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
    "text", [SIGNING, f"{SIGNING}:k1", "k1:short", f"k1:{SIGNING},", "k1:%%%", f"k1:{SIGNING} x"]
)
def test_signing_keys_that_are_none(text: str) -> None:
    refusal(HELIOGRAPH_SIGNING_KEYS=text)


def test_memory_has_to_be_asked_for() -> None:
    assert settings(HELIOGRAPH_STORAGE="memory", AzureWebJobsStorage=None).storage is None
    assert settings(HELIOGRAPH_STORAGE="table").storage is not None
    refusal(HELIOGRAPH_STORAGE="redis")


@pytest.mark.parametrize("text", ["junk", "AccountName", "a=b", "https://acc.example/?sig=s3cret"])
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


@pytest.mark.parametrize("uri", ["acc", "ftp://x", "https://", "https://[x"])
def test_a_table_service_uri_is_a_web_address(uri: str) -> None:
    refusal(AzureWebJobsStorage__tableServiceUri=uri)


@pytest.mark.parametrize("stamp", ["weu-1", "a", "9" * 32])
def test_names_of_a_stamp(stamp: str) -> None:
    assert settings(HELIOGRAPH_STAMP=stamp).stamp == stamp


@pytest.mark.parametrize("stamp", ["", "West Europe", "A", "a" * 33, "a\n", "é"])
def test_what_names_no_stamp(stamp: str) -> None:
    refusal(HELIOGRAPH_STAMP=stamp)


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
    ],
)
def test_limits_of_statistics(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} takes a whole number"):
        settings(SQL_CONNECTION=AZURE_SQL, **{name: value})
