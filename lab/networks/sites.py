"""What the routers of people let through: rules for nftables by the kind of a site.

| Kind | Address and port translation (RFC 4787) | What it lets out |
|---|---|---|
| `PORT_RESTRICTED` | endpoint-independent mapping, filtering by address and port | everything |
| `SYMMETRIC` | another random port for each destination | everything |
| `DOUBLE` | two routers one behind the other, each as PORT_RESTRICTED | everything |
| `NO_UDP` | as PORT_RESTRICTED | everything but UDP |
| `WEB_ONLY` | as PORT_RESTRICTED | TCP to ports 80 and 443; the rest is refused |
| `TLS_ONLY` | as PORT_RESTRICTED | TCP to port 443; the rest is swallowed |

The servers of the lab listen on ports that nobody chose; what goes to their address counts as port
443 (`{web}`).
"""

from enum import Enum


class Kind(Enum):
    """The kind of a site."""

    PORT_RESTRICTED = "port-restricted"
    SYMMETRIC = "symmetric"
    DOUBLE = "two routers"
    NO_UDP = "no UDP"
    WEB_ONLY = "80 and 443"
    TLS_ONLY = "443 only"


TO_SERVERS = "ip daddr {web} meta l4proto tcp accept"
_OUT: dict[Kind, tuple[str, ...]] = {
    Kind.NO_UDP: ("meta l4proto udp drop",),
    Kind.WEB_ONLY: (
        TO_SERVERS,
        "tcp dport {{ 80, 443 }} accept",
        "reject with icmp admin-prohibited",
    ),
    Kind.TLS_ONLY: (
        TO_SERVERS,
        "tcp dport 443 accept",
        "drop",
    ),
}


def rules(kind: Kind, web: str) -> str:
    """For `nft -f` in the router of such a site, whose devices are `lan` and `wan`."""
    out = "\n".join(rule.format(web=web) for rule in _OUT.get(kind, ()))
    port = " random,fully-random" if kind is Kind.SYMMETRIC else ""
    # A packet that nobody asked for must leave no trace: it would take the port that a packet
    # out of the site is about to use, and the translation would choose another one.
    unasked = 'iifname "wan" ct state new drop'
    return f"""
table ip site {{
  chain translate {{
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade{port}
  }}
  chain to_router {{
    type filter hook input priority filter;
    {unasked}
  }}
  chain through {{
    type filter hook forward priority filter;
    ct state invalid drop
    ct state established,related accept
    {unasked}
    {out}
  }}
}}
"""


def loopback_rules(web: str) -> str:
    """For a host: what goes to 127.0.0.1 by TCP goes to the servers, as if they ran beside it.

    So addresses in pages and answers are the same for everybody, and a page counts as secure. A
    connection from before a change of network is swallowed: nobody resets it.
    """
    return f"""
table ip host {{
  chain outgoing {{
    type nat hook output priority -100;
    ip daddr 127.0.0.1 tcp dport 1-65535 dnat to {web}
  }}
  chain translate {{
    type nat hook postrouting priority srcnat;
    ip saddr 127.0.0.1 oifname != "lo" masquerade
  }}
  chain lost {{
    type filter hook output priority filter;
    ip daddr 127.0.0.1 meta l4proto tcp drop
  }}
}}
"""


def server_rules(web: str) -> str:
    """For the internet: what comes for the servers is for those that listen on loopback."""
    return f"""
table ip servers {{
  chain incoming {{
    type nat hook prerouting priority dstnat;
    ip daddr {web} tcp dport 1-65535 dnat to 127.0.0.1
  }}
}}
"""
