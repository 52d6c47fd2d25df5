"""People behind routers, on one machine: network namespaces, address translation, a real relay.

    with own_network():  # this thread and what it starts are the internet
        with closing(Internet()) as internet:
            site = internet.site(Kind.SYMMETRIC)
            host = internet.host(site)
            host.command("chromium")  # runs there

Needs root, `ip` (iproute2), `nft` (nftables), `conntrack`, `nsenter` and `setpriv` (util-linux),
and /dev/net/tun. `missing()` says which of them is not there.
"""

from lab.networks.internet import Host, Internet, Site
from lab.networks.namespaces import missing, own_network
from lab.networks.sites import Kind

__all__ = ["Host", "Internet", "Kind", "Site", "missing", "own_network"]
