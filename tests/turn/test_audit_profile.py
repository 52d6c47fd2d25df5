"""The hardened profile as text: no secret in it, and no special range left out."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest

PROFILE = Path(__file__).parents[2] / "infra" / "coturn" / "turnserver.conf"
LINES = [line for line in PROFILE.read_text().splitlines() if line and not line.startswith("#")]
OPTIONS = {line.partition("=")[0] for line in LINES}
Range = tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]

# RFC 6890 and what the IANA's registries of special addresses gained since, and IPv6 multicast.
SPECIAL = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
    224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32
    ::1/128 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64
    2001::/23 2001::/32 2001:2::/48 2001:10::/28 2001:20::/28 2001:db8::/32 2002::/16 3fff::/20
    5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
""".split()
PUBLIC = "1.1.1.1 9.9.9.9 100.128.0.1 172.32.0.1 192.0.1.1 2001:200::1 2001:db9::1 2003::1 2620::1"


def denied() -> list[Range]:
    texts = [line.partition("=")[2] for line in LINES if line.startswith("denied-peer-ip=")]
    pairs = [text.partition("-") for text in texts]
    return [(ip_address(first), ip_address(last or first)) for first, _, last in pairs]


def covered(address: IPv4Address | IPv6Address) -> bool:
    return any(
        first.packed <= address.packed <= last.packed
        for first, last in denied()
        if first.version == address.version
    )


@pytest.mark.parametrize("network", SPECIAL)
def test_special_ranges_are_denied(network: str) -> None:
    special = ip_network(network)
    middle = special[special.num_addresses // 2]
    assert all(covered(one) for one in (special[0], middle, special[-1]))


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_not(address: str) -> None:
    assert not covered(ip_address(address))


def test_ipv4_in_ipv6_is_denied_to_its_last_bit() -> None:
    """All of ::/96, but for :: itself, which coturn refuses by name."""
    assert not covered(ip_address("::"))
    for bit in range(32):
        assert covered(IPv6Address(1 << bit))
        assert covered(IPv6Address((1 << bit) | (1 << 31)))
        assert covered(IPv6Address((1 << 32) - 1 - (1 << bit)))


@pytest.mark.parametrize(("first", "last"), [pair for pair in denied() if pair[0].version == 6])
def test_ipv6_ranges_are_read_alike_by_every_coturn(first: IPv6Address, last: IPv6Address) -> None:
    """Up to 4.15 each byte is compared for itself; a range from :: holds all of IPv4."""
    assert first != IPv6Address("::")
    differing = [n for n in range(16) if first.packed[n] != last.packed[n]]
    for n in range(differing[0] + 1, 16):
        assert (first.packed[n], last.packed[n]) == (0x00, 0xFF)


def test_no_secret_is_in_it() -> None:
    assert "use-auth-secret" in OPTIONS
    assert not OPTIONS & {"static-auth-secret", "user", "cli-password", "no-auth"}


def test_every_option_has_a_reason() -> None:
    lines = PROFILE.read_text().splitlines()
    for number, line in enumerate(lines):
        if line and not line.startswith("#"):
            above = lines[number - 1]
            assert above, f"{line} stands without a word"
            assert not above.startswith("# ---"), f"{line} stands without a word"
