import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme

from tests.turn.coturn import Coturn
from tests.turn.vendors import (
    ACCOUNT,
    API_KEY,
    CLOUDFLARE_SERVERS,
    CONFIGS,
    HUSH,
    KEY_ID,
    LABEL,
    NOW,
    PASSWORD,
    PLAYS,
    SECRETS,
    SID,
    Reply,
    Vendor,
    closed_port,
    logged,
    metered,
    metered_free,
    provider,
    silent_port,
    told,
)
from turn.audit.client import Client, Credential
from turn.audit.findings import Target
from turn.configuration import connect, parse_providers
from turn.credentials import password
from turn.ice import usable
from turn.providers import (
    ConfigurationError,
    Minted,
    Provider,
    ProviderAway,
    ProviderError,
    ProviderRefused,
)
from turn.providers.session import MAX_IDLE_SECONDS, Session

KINDS = list(CONFIGS)
REMOTE = list(PLAYS)


@pytest.fixture
def vendor(request: pytest.FixtureRequest) -> Iterator[Vendor]:
    with Vendor(PLAYS[request.param]) as running:
        yield running


def vendors(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("kind", "vendor"), [(kind, kind) for kind in kinds], indirect=["vendor"], ids=kinds
    )


def mint(provider: Provider, ttl: int = 600, **more: Any) -> Minted:
    asked = {"region": None, "now": NOW, "timeout": 2.0} | more
    return provider.mint(LABEL, ttl, **asked)


def failure(call: Callable[[], object]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call()
    return caught.value


# What every provider promises.


@vendors(*KINDS[:3])
def test_minted_servers_relay_and_browsers_take_them(kind: str, vendor: Vendor) -> None:
    minted = mint(provider(kind, vendor.url))
    urls = [url for server in minted.servers for url in server.urls]
    assert any(url.startswith("turn") for url in urls)
    assert all(map(usable, urls))
    assert {s.credential for s in minted.servers} == {None, PASSWORD}
    assert minted.username in {s.username for s in minted.servers}
    assert minted.provider == kind


@vendors(*KINDS[:3])
def test_a_credential_expires_when_it_was_asked_to(kind: str, vendor: Vendor) -> None:
    assert mint(provider(kind, vendor.url), ttl=600).expires_at == NOW + 600_000


@vendors(*KINDS[:3])
def test_no_credential_lives_longer_than_is_configured(kind: str, vendor: Vendor) -> None:
    minted = mint(provider(kind, vendor.url, ttl=900), ttl=10**9)
    assert minted.expires_at == NOW + 900_000


@vendors(*KINDS[:3])
def test_one_connection_serves_many_mints(kind: str, vendor: Vendor) -> None:
    asking = provider(kind, vendor.url)
    for _ in range(5):
        mint(asking)
    assert vendor.connections == 1


@vendors("twilio")
def test_a_connection_that_was_idle_for_long_is_not_trusted(kind: str, vendor: Vendor) -> None:
    session = Session(vendor.url)
    session.call("GET", "/", 2.0)
    session._used -= MAX_IDLE_SECONDS + 1
    session.call("GET", "/", 2.0)
    assert vendor.connections == 2


@pytest.mark.parametrize("kind", KINDS)
def test_capabilities_are_those_of_the_documents(kind: str) -> None:
    told = provider(kind).capabilities
    assert {
        "coturn": (False, "none", False, 600, "egress"),
        "cloudflare": (True, "since", True, 172_800, "egress"),
        "metered": (True, "cycle", None, 86_400, "both"),
        "twilio": (False, "none", None, 86_400, "both"),
    }[kind] == (told.revoke, told.usage, told.ends_on_expiry, told.max_ttl, told.billed)


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_secret_a_provider_refuses(kind: str) -> None:
    config = [{"kind": kind, **CONFIGS[kind]}]

    def nothing(name: str) -> str:
        raise LookupError(name)

    asking = connect(parse_providers(json.dumps(config)), nothing)[0]
    for call in (asking.ready, lambda: mint(asking)):
        refused = failure(call)
        assert isinstance(refused, ProviderRefused)
        assert refused.code == "secret_missing"


@pytest.mark.parametrize("kind", KINDS)
def test_while_the_vault_is_away_so_is_a_provider(kind: str) -> None:
    config = [{"kind": kind, **CONFIGS[kind]}]

    def away(name: str) -> str:
        raise OSError("hush-vault")

    asking = connect(parse_providers(json.dumps(config)), away)[0]
    for call in (asking.ready, lambda: mint(asking)):
        error = failure(call)
        assert isinstance(error, ProviderAway)
        assert error.code == "secret_away"
        assert not HUSH.search(told(error))


def test_a_new_secret_is_used_without_a_restart() -> None:
    vault = dict(SECRETS, CLOUDFLARE_TOKEN="old")
    with Vendor(PLAYS["cloudflare"]) as vendor:
        config = [{"kind": "cloudflare", **CONFIGS["cloudflare"], "url": vendor.url}]
        asking = connect(parse_providers(json.dumps(config)), vault.__getitem__)[0]
        assert failure(lambda: mint(asking)).code == "unauthorized"
        vault.update(SECRETS)
        assert mint(asking).username == "cf-user"


# How they fail.

FAULTS = {
    "429": (Reply(429, b"", {"Retry-After": "7"}), ProviderAway, "rate_limited"),
    "500": (Reply(500, b"hush-body"), ProviderAway, "server_error"),
    "503": (Reply(503, b"<html>hush-body</html>"), ProviderAway, "server_error"),
    "401": (Reply(401, {"error": "hush-body"}), ProviderRefused, "unauthorized"),
    "403": (Reply(403, {"error": "hush-body"}), ProviderRefused, "forbidden"),
    "404": (Reply(404, b"hush-body"), ProviderRefused, "not_found"),
    "400": (Reply(400, b"hush-body"), ProviderRefused, "bad_request"),
    "302": (Reply(302, b"", {"Location": "/elsewhere"}), ProviderAway, "unexpected_status"),
    "broken JSON": (Reply(201, b'{"iceServers": [hush-body'), ProviderAway, "broken_answer"),
    "not UTF-8": (Reply(201, b"\xff\xfe"), ProviderAway, "broken_answer"),
    "deep": (Reply(201, b"[" * 100_000), ProviderAway, "broken_answer"),
    "empty": (Reply(201, b""), ProviderAway, "broken_answer"),
    "another shape": (Reply(201, {"iceServers": "hush-body"}), ProviderAway, "broken_answer"),
    "no relay": (
        Reply(
            201,
            {
                "iceServers": [{"urls": "stun:a"}],
                "ice_servers": [{"urls": "stun:a"}],
                "username": "u",
                "password": "hush-body",
                "ttl": "600",
            },
        ),
        ProviderAway,
        "broken_answer",
    ),
    "huge": (Reply(201, b"[" + b" " * 2_000_000 + b"]"), ProviderAway, "broken_answer"),
    "gzip": (Reply(201, b"\x1f\x8b", {"Content-Encoding": "gzip"}), ProviderAway, "broken_answer"),
}


@pytest.mark.parametrize("fault", FAULTS)
@vendors(*REMOTE)
def test_every_failure_has_its_code_and_shows_nothing(
    kind: str, vendor: Vendor, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.fault, form, code = FAULTS[fault]
    error = failure(lambda: mint(provider(kind, vendor.url)))
    assert (type(error), error.code) == (form, code)
    assert str(error) == code
    assert not HUSH.search(told(error) + logged(caplog.records))
    assert vendor.url not in told(error)


@vendors("cloudflare")
def test_a_vendor_that_limits_says_for_how_long(kind: str, vendor: Vendor) -> None:
    asking = provider(kind, vendor.url)
    for said, meant in {"7": 7, "999999": 3_600, "Fri, 31 Dec 1999 23:59:59 GMT": 0}.items():
        vendor.fault = Reply(429, b"", {"Retry-After": said})
        error = failure(lambda: mint(asking))
        assert isinstance(error, ProviderAway)
        assert error.retry_after == meant


@pytest.mark.parametrize("kind", REMOTE)
def test_who_is_not_there_is_away(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = failure(lambda: mint(provider(kind, closed_port())))
    assert (type(error), error.code) == (ProviderAway, "connection")
    assert not HUSH.search(told(error) + logged(caplog.records))


def test_no_key_is_sent_to_who_cannot_prove_to_be_the_vendor() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with Vendor(metered, tls) as vendor:
        error = failure(lambda: mint(provider("metered", vendor.url)))
    assert (type(error), error.code) == (ProviderAway, "tls")
    assert not vendor.calls


@pytest.mark.parametrize("kind", REMOTE)
def test_silence_is_a_timeout(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with silent_port() as url:
        began = time.monotonic()
        error = failure(lambda: mint(provider(kind, url), timeout=0.2))
        assert time.monotonic() - began < 2
    assert (type(error), error.code) == (ProviderAway, "timeout")
    assert not HUSH.search(told(error) + logged(caplog.records))


@vendors(*REMOTE)
def test_an_answer_that_trickles_in_is_a_timeout(kind: str, vendor: Vendor) -> None:
    vendor.fault = Reply(201, b"[" + b" " * 500 + b"]", drip=0.05)
    began = time.monotonic()
    error = failure(lambda: mint(provider(kind, vendor.url), timeout=0.3))
    assert (type(error), error.code) == (ProviderAway, "timeout")
    assert time.monotonic() - began < 3


@vendors(*REMOTE)
def test_a_connection_that_breaks_off_is_no_answer(kind: str, vendor: Vendor) -> None:
    vendor.fault = Reply(201, b"{}", {"Content-Length": "900", "Connection": "close"})
    error = failure(lambda: mint(provider(kind, vendor.url)))
    assert (type(error), error.code) == (ProviderAway, "connection")


@vendors(*REMOTE)
@pytest.mark.parametrize("lengths", ["x", "2\r\nContent-Length: 3"])
def test_an_answer_that_is_no_http_is_broken(kind: str, vendor: Vendor, lengths: str) -> None:
    vendor.fault = Reply(201, b"{}", {"Content-Length": lengths, "Connection": "close"})
    error = failure(lambda: mint(provider(kind, vendor.url)))
    assert (type(error), error.code) == (ProviderAway, "broken_answer")


@vendors("cloudflare")
def test_a_secret_that_no_header_can_hold_is_refused(kind: str, vendor: Vendor) -> None:
    for value in ("hush-\nX: y", "hush-\u2603"):
        config = [{"kind": kind, **CONFIGS[kind], "url": vendor.url}]
        vault = {"CLOUDFLARE_TOKEN": value}
        asking = connect(parse_providers(json.dumps(config)), vault.__getitem__)[0]
        error = failure(partial(mint, asking))
        assert (type(error), error.code) == (ProviderRefused, "bad_secret")
        assert not HUSH.search(told(error))


@vendors(*REMOTE)
def test_nothing_that_works_is_logged_with_a_secret_either(
    kind: str, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asking = provider(kind, vendor.url)
    minted = mint(asking)
    if asking.capabilities.revoke:
        asking.revoke(minted.revocation if kind == "metered" else "cf user/1", LABEL)
        asking.usage(NOW - 60_000, NOW)
    assert caplog.records, "urllib3 writes about its connections"
    assert not HUSH.search(logged(caplog.records))
    assert LABEL not in logged(caplog.records)
    assert not HUSH.search(f"{minted!r} {asking!r} {vars(asking)!r}")


@vendors("cloudflare")
def test_the_environment_can_neither_redirect_nor_replace_a_key(
    kind: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", closed_port())
    monkeypatch.setenv("NO_PROXY", "")
    assert mint(provider(kind, vendor.url)).username == "cf-user"


# Cloudflare.


@vendors("cloudflare")
def test_cloudflare_is_asked_with_lifetime_and_label(kind: str, vendor: Vendor) -> None:
    minted = mint(provider(kind, vendor.url), ttl=900)
    assert vendor.calls[0].json == {"ttl": 900, "customIdentifier": LABEL}
    assert minted.revocation == minted.username == "cf-user"


@vendors("cloudflare")
def test_cloudflare_urls_on_the_port_of_dns_are_dropped(kind: str, vendor: Vendor) -> None:
    assert ":53" in str(CLOUDFLARE_SERVERS)
    minted = mint(provider(kind, vendor.url))
    urls = [url for server in minted.servers for url in server.urls]
    assert len(urls) == 6
    assert not [url for url in urls if ":53?" in url or url.endswith(":53")]


@vendors("cloudflare")
def test_cloudflare_credentials_are_revoked_whatever_their_name(kind: str, vendor: Vendor) -> None:
    asking = provider(kind, vendor.url)
    asking.revoke("cf user/1", LABEL)
    assert vendor.calls[-1].path == f"/v1/turn/keys/{KEY_ID}/credentials/cf user/1/revoke"
    asking.revoke("expired long ago", LABEL)  # 404


@vendors("cloudflare")
def test_cloudflare_tells_bytes_by_label(kind: str, vendor: Vendor) -> None:
    used = provider(kind, vendor.url).usage(NOW - 3_600_000, NOW)
    assert used[LABEL] == 502_614_982
    query = vendor.calls[-1].json["query"]
    assert 'datetimeMinute_geq: "2027-01-15T07:00:00Z"' in query
    assert ACCOUNT in query


@vendors("cloudflare")
def test_cloudflare_tells_no_usage_without_the_account(kind: str, vendor: Vendor) -> None:
    asking = provider(kind, vendor.url, usageSecret=None)
    assert asking.capabilities.usage == "none"
    assert failure(lambda: asking.usage(0, NOW)).code == "unsupported"


@vendors("cloudflare")
def test_a_graphql_error_is_no_usage_of_zero(kind: str, vendor: Vendor) -> None:
    asking = provider(kind, vendor.url, accountId="another")
    assert failure(lambda: asking.usage(0, NOW)).code == "broken_answer"


# Metered.


@vendors("metered")
def test_metered_is_always_asked_for_an_expiry_and_a_label(kind: str, vendor: Vendor) -> None:
    mint(provider(kind, vendor.url), ttl=900)
    assert vendor.calls[0].json == {"expiryInSeconds": 900, "label": LABEL}


@vendors("metered")
def test_the_key_of_a_metered_credential_stays_here(kind: str, vendor: Vendor) -> None:
    minted = mint(provider(kind, vendor.url))
    assert vendor.calls[1].query["apiKey"] == API_KEY
    shown = [minted.username, minted.revocation, *map(str, minted.servers)]
    assert API_KEY not in "".join(shown + [s.credential or "" for s in minted.servers])


def test_a_free_metered_plan_is_told_apart() -> None:
    with Vendor(metered_free) as vendor:
        error = failure(lambda: mint(provider("metered", vendor.url)))
    assert (type(error), error.code) == (ProviderRefused, "no_expiring_credentials")
    assert all("expiryInSeconds" in call.json for call in vendor.calls), "no permanent one instead"


@pytest.mark.parametrize("expiry", [None, 0, -1, 10**9])
def test_a_metered_credential_without_the_expiry_is_disabled_and_not_handed_out(
    expiry: int | None,
) -> None:
    def forgetful(call: Any) -> Reply:
        reply = metered(call)
        if call.path == "/api/v1/turn/credential":
            return Reply(200, reply.body | {"expiryInSeconds": expiry})
        return reply

    with Vendor(forgetful) as vendor:
        error = failure(lambda: mint(provider("metered", vendor.url)))
    assert (type(error), error.code) == (ProviderRefused, "no_expiring_credentials")
    assert vendor.calls[-1].path.endswith("/disable")
    assert vendor.calls[-1].json == {"username": "m-user"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("api not available under free plan", "no_expiring_credentials"),
        ("Invalid request. Not subscribed to any turn server plan", "no_plan"),
        ("invalid secretKey", "unauthorized"),
        ("hush-body", "bad_request"),
    ],
)
def test_metered_refusals_are_told_apart_by_their_words(message: str, code: str) -> None:
    with Vendor(metered) as vendor:
        vendor.fault = Reply(400, {"message": message})
        error = failure(lambda: mint(provider("metered", vendor.url)))
    assert (type(error), error.code) == (ProviderRefused, code)


@vendors("metered")
@pytest.mark.parametrize(
    ("region", "asked"), [("eu", "europe"), ("asia", "asia"), ("mars", None), (None, None)]
)
def test_metered_is_asked_for_a_region_that_it_has(
    kind: str, vendor: Vendor, region: str | None, asked: str | None
) -> None:
    mint(provider(kind, vendor.url), region=region)
    assert vendor.calls[1].query.get("region") == asked


@vendors("metered")
def test_metered_credentials_are_revoked_once_or_twice(kind: str, vendor: Vendor) -> None:
    asking = provider(kind, vendor.url)
    for username in ("m-user", "disabled", "unknown"):
        asking.revoke(username, LABEL)
        assert vendor.calls[-1].json == {"username": username}
    asking.revoke("", LABEL)
    assert (vendor.calls[-1].verb, vendor.calls[-1].query["label"]) == ("DELETE", LABEL)


@vendors("metered")
def test_a_revocation_that_failed_is_no_success(kind: str, vendor: Vendor) -> None:
    for status, code in ((401, "unauthorized"), (400, "bad_request"), (500, "server_error")):
        vendor.fault = Reply(status, {"message": "no"})
        error = failure(lambda: provider(kind, vendor.url).revoke("m-user", LABEL))
        assert error.code == code


@vendors("metered")
def test_metered_usage_is_summed_by_label_over_all_pages(kind: str, vendor: Vendor) -> None:
    assert provider(kind, vendor.url).usage(0, NOW) == {LABEL: 2 * 2**30}
    assert [call.query["page"] for call in vendor.calls] == ["1", "2", "3"]


def test_usage_without_an_end_is_read_to_a_bound() -> None:
    with Vendor(lambda call: Reply(200, {"data": [], "has_more": True})) as vendor:
        assert provider("metered", vendor.url).usage(0, NOW) == {}
        assert len(vendor.calls) <= 100


# Twilio.


@vendors("twilio")
def test_twilio_is_asked_with_a_form(kind: str, vendor: Vendor) -> None:
    mint(provider(kind, vendor.url), ttl=900)
    assert parse_qs(vendor.calls[0].body.decode()) == {"Ttl": ["900"]}
    assert vendor.calls[0].headers["content-type"] == "application/x-www-form-urlencoded"


@vendors("twilio")
def test_an_api_key_signs_in_at_twilio_for_the_account(kind: str, vendor: Vendor) -> None:
    error = failure(lambda: mint(provider(kind, vendor.url, apiKeySid="SK1")))
    assert error.code == "unauthorized"  # the vendor played here knows the account's token only
    assert vendor.calls[0].path == f"/2010-04-01/Accounts/{SID}/Tokens.json"
    assert vendor.calls[0].headers["authorization"].startswith("Basic U0sx")


@pytest.mark.parametrize("kind", ["twilio", "coturn"])
def test_what_a_provider_cannot_do_it_refuses(kind: str) -> None:
    asking = provider(kind, closed_port())
    for call in (lambda: asking.revoke("u", LABEL), lambda: asking.usage(0, NOW)):
        assert failure(call).code == "unsupported"


# coturn.


def test_coturn_credentials_are_signed_with_the_first_secret() -> None:
    minted = mint(provider("coturn"), ttl=300)
    relay = minted.servers[-1]
    assert minted.username == relay.username == f"{NOW // 1000 + 300}:{LABEL}"
    assert relay.credential == password("hush-coturn-new", minted.username)
    assert minted.revocation == ""


def test_a_real_coturn_takes_what_is_minted_before_and_after_a_rotation() -> None:
    now = time.time_ns() // 1_000_000
    with Coturn("old", extra=["--static-auth-secret=new"]) as server:
        for secrets, minted_at, expected in (
            ("old", now, 200),
            ("new,old", now, 200),
            ("never", now, 401),
            ("new", now - 3_600_000, 401),  # expired
        ):
            config = {"kind": "coturn", **CONFIGS["coturn"], "urls": [f"turn:{server.host}"]}
            text = json.dumps([config])
            asking = connect(parse_providers(text), {"COTURN_SECRETS": secrets}.__getitem__)[0]
            relay = mint(asking, now=minted_at).servers[0]
            login = Credential(relay.username or "", relay.credential or "")
            target = Target(server.host, server.host, server.port)
            with Client(target, login, time.monotonic() + 5) as client:
                assert client.allocate()[0] == expected, secrets


@pytest.mark.parametrize(("wanted", "lives"), [(1, 120), (300, 300), (86_400, 300)])
def test_coturn_credentials_live_as_long_as_a_join_takes(wanted: int, lives: int) -> None:
    assert mint(provider("coturn"), ttl=wanted).expires_at == NOW + lives * 1000


def test_coturn_has_servers_by_region() -> None:
    asking = provider("coturn")
    assert mint(asking, region="eu").servers[0].urls == ("turn:eu.relay.example",)
    assert mint(asking, region="mars").servers[-1].urls == ("turn:relay.example:3478",)
    assert mint(asking).servers[0].urls == ("stun:relay.example",)


def test_a_list_of_empty_secrets_is_no_secret() -> None:
    config = [{"kind": "coturn", **CONFIGS["coturn"]}]
    asking = connect(parse_providers(json.dumps(config)), lambda name: " , ")[0]
    assert failure(lambda: mint(asking)).code == "secret_missing"


# The configuration.


def test_no_text_is_no_providers() -> None:
    assert parse_providers("") == parse_providers(" \n") == parse_providers("[]") == ()


def test_providers_keep_their_order_and_are_named_by_kind_unless_named() -> None:
    text = json.dumps(
        [
            {"kind": "twilio", **CONFIGS["twilio"], "weight": 0},
            {"kind": "coturn", **CONFIGS["coturn"], "name": "eu-1"},
        ]
    )
    found = connect(parse_providers(text), SECRETS.__getitem__)
    assert [(p.name, p.weight) for p in found] == [("twilio", 0), ("eu-1", 1)]


def test_prices_are_configured_as_they_change() -> None:
    assert provider("cloudflare", pricePerGB=0.07).capabilities.price_per_gb == 0.07


BROKEN: list[tuple[Any, str]] = [
    ("hush-text", "the list of providers is not valid JSON"),
    ({"kind": "hush-kind"}, "[0].kind does not fit"),
    ({}, "[0].kind is missing"),
    ({"kind": "twilio", "accountSid": SID}, "[0].secret is missing"),
    (
        {"kind": "twilio", "accountSid": SID, "secret": "hush-secret"},
        "[0].secret does not fit: expected `str` matching regex",
    ),
    ({"kind": "twilio", **CONFIGS["twilio"], "ttl": 10**6}, "[0].ttl does not fit: expected"),
    ({"kind": "twilio", **CONFIGS["twilio"], "ttl": "hush-ttl"}, "[0].ttl does not fit: expected"),
    ({"kind": "twilio", **CONFIGS["twilio"], "weight": -1}, "[0].weight does not fit: expected"),
    ({"kind": "twilio", **CONFIGS["twilio"], "token": "hush-x"}, "[0].token is not known"),
    ({"kind": "twilio", **CONFIGS["twilio"], "name": "Hush hush-"}, "[0].name does not fit"),
    (
        {"kind": "twilio", **CONFIGS["twilio"], "url": "http://hush-host.example"},
        "[0].url is not a plain https URL",
    ),
    (
        {"kind": "twilio", **CONFIGS["twilio"], "url": "https://hush-u:hush-p@a.example"},
        "[0].url is not a plain https URL",
    ),
    ({"kind": "metered", **CONFIGS["metered"], "url": "https://[hush-"}, "[0].url is not a plain"),
    (
        {"kind": "metered", **CONFIGS["metered"], "regions": {"hush-a": "hush-b"}},
        "[0].regions names one that Metered does not have",
    ),
    ({"kind": "coturn", **CONFIGS["coturn"], "urls": []}, "[0].urls is not a list of stun and"),
    (
        {"kind": "coturn", **CONFIGS["coturn"], "urls": ["stun:hush-host"]},
        "[0].urls is not a list of stun and turn URLs",
    ),
    (
        {"kind": "coturn", **CONFIGS["coturn"], "regions": {"eu": ["hush-url"]}},
        "[0].regions is not a list of stun and turn URLs",
    ),
    (
        {"kind": "coturn", **CONFIGS["coturn"], "regions": {"hush-a": "hush-b"}},
        "[0].regions[...] does not fit: expected `array`",
    ),
    ({"kind": "coturn", "urls": ["turn:a"], "secret": "A"}, "[0].pricePerGB is missing"),
]


@pytest.mark.parametrize(("broken", "words"), BROKEN, ids=[words for _, words in BROKEN])
def test_a_broken_configuration_is_explained_without_its_values(broken: Any, words: str) -> None:
    text = broken if isinstance(broken, str) else json.dumps([broken])
    with pytest.raises(ConfigurationError) as caught:
        parse_providers(text)
    assert str(caught.value).startswith(words)
    assert not HUSH.search(str(caught.value))
    assert not HUSH.search(f"{caught.value!r}")


def test_two_providers_of_one_name_are_refused() -> None:
    text = json.dumps([{"kind": "twilio", **CONFIGS["twilio"]}] * 2)
    with pytest.raises(ConfigurationError, match=r"\[1\].name is that of another provider"):
        parse_providers(text)


def test_too_many_providers_are_refused() -> None:
    text = json.dumps([{"kind": "twilio", **CONFIGS["twilio"], "name": f"t{n}"} for n in range(9)])
    with pytest.raises(ConfigurationError, match="more than 8"):
        parse_providers(text)
