import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn.ice import MAX_URLS, IceServer, VendorServer, clean, has_relay, relays, usable


def turn(*urls: str, username: str | None = "u", credential: str | None = "c") -> VendorServer:
    return VendorServer(urls, username, credential)


@pytest.mark.parametrize(
    "url",
    [
        "stun:stun.example",
        "stun:stun.example:3478",
        "stuns:stun.example:5349",
        "turn:192.0.2.1:3478?transport=udp",
        "turn:[2001:db8::1]:3478",
        "turns:relay.example:443?transport=tcp",
        "TURN:Relay.Example:80?transport=TCP",
        "turn:relay.example:530",
        "stun:relay.example.",
        "stun:[::ffff:192.0.2.1]",
        "stun:3com.example",
        "stun:" + "a" * 63,
    ],
)
def test_urls_that_browsers_take_are_kept(url: str) -> None:
    assert usable(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "turn:",
        "http://relay.example",
        "javascript:alert(1)",
        "turn://relay.example",
        "turn:relay.example:53",
        "turn:relay.example:053",
        "stun:relay.example:53",
        "turn:relay.example:0",
        "turn:relay.example:65536",
        "turn:relay.example:99999999999",
        "turn:relay.example?transport=sctp",
        "stun:relay.example?transport=udp",
        "turn:user@relay.example",
        "turn:relay.example ",
        "turn:relay.example\n",
        "turn:relay example",
        "turn:rélay.example",
        "turn:[::1",
        "stun:[:::]",
        "stun:[1::2::3]",
        "stun:[::1.2.3]",
        "stun:a..b",
        "stun:.a",
        "stun:a-",
        "stun:-a",
        "stun:a.-b",
        "stun:999.1.1.1",
        "stun:1.2.3",
        "stun:" + "a" * 64,
        "stun:" + "a." * 127,
        "turn:" + "a" * 400,
        "sturn:relay.example",
    ],
)
def test_urls_that_browsers_refuse_are_dropped(url: str) -> None:
    assert not usable(url)


def test_servers_with_one_credential_become_one() -> None:
    found = clean([turn("turn:a"), turn("turn:b"), turn("turn:c", username="other")])
    assert found == (
        IceServer(("turn:a", "turn:b"), "u", "c"),
        IceServer(("turn:c",), "other", "c"),
    )


def test_no_url_comes_twice() -> None:
    assert clean([turn("turn:a", "TURN:A"), turn("turn:a", username="v")]) == (
        IceServer(("turn:a",), "u", "c"),
    )


def test_urls_come_as_text_or_as_a_list() -> None:
    assert clean([VendorServer("stun:a")]) == clean([VendorServer(("stun:a",))])


def test_stun_is_given_no_credentials() -> None:
    assert clean([turn("stun:a", "turn:b")]) == (
        IceServer(("stun:a",)),
        IceServer(("turn:b",), "u", "c"),
    )


@pytest.mark.parametrize("username", [None, "", "with space", "new\nline", "x" * 600])
def test_relays_without_a_fit_login_are_dropped(username: str | None) -> None:
    assert clean([turn("turn:a", "stun:b", username=username)]) == (IceServer(("stun:b",)),)
    assert clean([turn("turn:a", credential=username)]) == ()


def test_a_flood_of_urls_is_cut() -> None:
    found = clean([turn(*(f"turn:h{n}" for n in range(500))), turn("turn:last")])
    assert sum(len(server.urls) for server in found) == MAX_URLS


def test_stun_alone_is_no_relay() -> None:
    assert not has_relay(clean([turn("stun:a")]))
    assert has_relay(clean([turn("stun:a", "turns:b")]))


def test_on_the_wire_what_is_not_there_is_left_out() -> None:
    assert msgspec.json.encode(IceServer(("stun:a",))) == b'{"urls":["stun:a"]}'
    assert msgspec.json.decode(msgspec.json.encode(IceServer(("turn:a",), "u", "c"))) == {
        "urls": ["turn:a"],
        "username": "u",
        "credential": "c",
    }


def test_printing_a_server_hides_its_credential() -> None:
    vendor = turn("turn:a", credential="hush")
    assert "hush" not in f"{vendor!r} {clean([vendor])!r}"


texts = st.text(max_size=40) | st.from_regex(r"(stun|turn)s?:[a-z.:0-9?=\-]{1,30}", fullmatch=True)
logins = st.none() | st.text(max_size=20)


@given(st.lists(st.builds(VendorServer, texts | st.lists(texts).map(tuple), logins, logins)))
def test_whatever_vendors_send_browsers_can_use_what_is_left(servers: list[VendorServer]) -> None:
    found = clean(servers)
    urls = [url for server in found for url in server.urls]
    assert len(urls) == len(set(urls)) <= MAX_URLS
    assert all(map(usable, urls))
    assert all(server.urls for server in found)
    for server in found:
        needs_login = any(map(relays, server.urls))
        assert needs_login == bool(server.username and server.credential)
