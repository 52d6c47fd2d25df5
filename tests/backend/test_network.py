import pytest

from backend.network import UNKNOWN, Caller, describe_caller, read_network
from signaling.admission_rate import Network

KEY = b"k" * 32
NOW = 1_800_000_000_000
DAY = 86_400_000
ANN, BOB, PROXY = "203.0.113.9", "198.51.100.7", "192.0.2.1"


def network(forwarded: str | None, hops: int = 0, now: int = NOW, key: bytes = KEY) -> Network:
    return read_network(forwarded, hops, key, now)


@pytest.mark.parametrize(
    ("forwarded", "hops"),
    [
        (ANN, 0),
        (f"{ANN}:50000", 0),
        (f" {BOB} , {ANN}:1 ", 0),  # what stands on the left is the caller's word
        (f"{ANN}, 10.0.0.4", 0),
        (f"{ANN}:1, 10.1.2.3:2, 100.64.0.1, 169.254.1.1:3, 172.20.0.1", 0),
        (f"{ANN}, fd00::1, fe80::1, ::1", 0),
        (f"::ffff:{ANN}", 0),
        (f"[::ffff:{ANN}]:443", 0),
        (f"{ANN}, {PROXY}", 1),
        (f"{BOB}, {ANN}, 10.0.0.1, {PROXY}:80, 192.168.0.1", 1),
        (f"{ANN}, {PROXY}, {PROXY}", 2),
    ],
)
def test_the_caller_is_found_behind_proxies(forwarded: str, hops: int) -> None:
    assert network(forwarded, hops) == network(ANN)


def test_networks_differ_by_address_and_by_64_bits_of_ipv6() -> None:
    assert network(ANN) != network(BOB)
    assert network("2001:db8:1:2::1") == network("[2001:db8:1:2:ffff::9]:443")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")


def test_a_network_of_ipv6_lies_in_a_56_and_a_48_and_one_of_ipv4_in_none() -> None:
    assert network(ANN).wider == ()
    home = network("2001:db8:1:200::1").wider
    assert len({*home, network("2001:db8:1:200::1").own}) == 3
    assert network("2001:db8:1:2ff::1").wider == home, "the same /56"
    assert network("2001:db8:1:300::1").wider[0] != home[0]
    assert network("2001:db8:1:300::1").wider[1] == home[1], "the same /48"
    assert network("2001:db8:2:200::1").wider[1] != home[1]


def test_a_customer_is_a_56_of_ipv6_and_an_address_of_ipv4() -> None:
    home = {network(f"2001:db8:1:2{number:02x}::1").customer for number in range(256)}
    assert home == {network("2001:db8:1:200::1").wider[0]}
    assert network("2001:db8:1:300::1").customer not in home
    assert network(ANN).customer == network(ANN).own != network(BOB).customer
    assert UNKNOWN.customer == ""


def test_fourteen_people_behind_one_trusted_proxy_are_fourteen_networks() -> None:
    people = {network(f"203.0.113.{number}, {PROXY}", 1) for number in range(14)}
    assert len(people) == 14
    assert len({network(f"203.0.113.{number}, {PROXY}") for number in range(14)}) == 1


@pytest.mark.parametrize("forwarded", ["127.0.0.1:5000", "10.0.0.1", "10.0.0.2, 10.0.0.1", "::1"])
def test_where_all_are_of_our_side_the_last_one_is_the_caller(forwarded: str) -> None:
    last = forwarded.rpartition(",")[2].strip().partition(":5000")[0]
    assert network(forwarded) == network(last) != UNKNOWN


@pytest.mark.parametrize(
    "forwarded",
    [None, "", " ", ",", "unknown", f"{ANN}, unknown", "1.2.3", "1.2.3.4.5", "[::1", f"{ANN}:x"],
)
def test_an_entry_that_is_no_address_names_no_network(forwarded: str | None) -> None:
    assert network(forwarded) == UNKNOWN


def test_a_list_that_is_shorter_than_its_proxies_names_the_last_entry() -> None:
    assert network(PROXY, 1) == network(PROXY)


def test_a_network_has_another_name_tomorrow_and_under_another_key_and_shows_no_address() -> None:
    assert network(ANN) == network(ANN, now=NOW + DAY // 2 - 1)
    names = {network(ANN), network(ANN, now=NOW + DAY), network(ANN, key=b"x" * 32)}
    assert len(names) == 3 and all(len(name.own) == 24 for name in names)


@pytest.mark.parametrize(
    ("forwarded", "hops", "kind", "skipped", "left"),
    [
        (ANN, 0, "public", 0, 0),
        (f"{ANN}, 10.0.0.4:1", 0, "public", 1, 0),
        (f"{ANN}, {PROXY}", 0, "public", 0, 1),  # a proxy that nobody told us of
        (f"{ANN}, {PROXY}, 10.0.0.4", 1, "public", 2, 0),
        ("127.0.0.1", 0, "private", 0, 0),
        ("10.0.0.9, 10.0.0.4", 0, "private", 0, 1),
        (f"{ANN}, {PROXY}", 2, "public", 0, 1),  # more hops than there are
        (f"{ANN}, junk", 0, "unknown", 0, 1),
        ("", 0, "unknown", 0, 0),
        (None, 0, "unknown", 0, 0),
    ],
)
def test_a_caller_is_described_without_its_address(
    forwarded: str | None, hops: int, kind: str, skipped: int, left: int
) -> None:
    assert describe_caller(forwarded, hops) == Caller(kind, skipped, left)
