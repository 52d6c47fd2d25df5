"""The internet of the lab, sites behind routers, and hosts in them.

Addresses: 198.18.0.0/15 is for such tests (RFC 2544). Servers that listen on loopback are
reached at `WEB`, the relay at `RELAY` and `SECOND`. Site n has 198.18.n.2 outside and
10.n.0.0/24 inside; between the two routers of a double site lies 172.16.n.0/30.
"""

import json
import os
import time
from pathlib import Path

from lab.networks.namespaces import Namespace, run, set_option
from lab.networks.sites import Kind, loopback_rules, rules, server_rules
from lab.networks.wire import Line, Wires, tun

PORT_SECONDS = 5.0
WEB, RELAY, SECOND = "198.18.0.1", "198.18.0.2", "198.18.0.3"


class Site:
    """A router with a network behind it; of a double site that is behind another one."""

    def __init__(self, number: int, kind: Kind, wires: Wires) -> None:
        self.number, self.kind = number, kind
        self.address = f"198.18.{number}.2"
        first = Namespace()
        self.line = Line((tun(f"site{number}"), first.call(lambda: tun("wan"))))
        self.hosts = 0
        run("ip", "addr", "add", f"198.18.{number}.1/30", "dev", f"site{number}")
        run("ip", "link", "set", f"site{number}", "up")
        out = (f"addr add {self.address}/30 dev wan", f"198.18.{number}.1")
        home = ("link add lan type bridge", f"addr add 10.{number}.0.1/24 dev lan")
        if kind is Kind.DOUBLE:
            self.routers: tuple[Namespace, ...] = (first, Namespace())
            self._join(first, self.routers[1])
            between = f"172.16.{number}"
            _route(first, kind, *out, f"addr add {between}.1/30 dev lan")
            _route(self.routers[1], kind, f"addr add {between}.2/30 dev wan", f"{between}.1", *home)
        else:
            self.routers = (first,)
            _route(first, kind, *out, *home)
        wires.add(self.line)

    @property
    def router(self) -> Namespace:
        """The one that its hosts are behind."""
        return self.routers[-1]

    @staticmethod
    def _join(outer: Namespace, inner: Namespace) -> None:
        """A cable from the network of one to the other."""
        peer = ("type", "veth", "peer", "name", "wan", "netns", str(inner.pid))
        outer.run("ip", "link", "add", "lan", *peer)

    def wait_for(self, port: str) -> None:
        """Until the router forwards what comes at the port: the kernel takes its time to see that
        a cable is in. Raises RuntimeError.
        """
        until = time.monotonic() + PORT_SECONDS
        while time.monotonic() < until:
            (link,) = json.loads(self.router.run("ip", "-j", "-d", "link", "show", "dev", port))
            slave = link.get("linkinfo", {}).get("info_slave_data", {})
            if link["operstate"] == "UP" and slave.get("state") == "forwarding":
                return
            time.sleep(0.02)
        raise RuntimeError(f"{port} of site {self.number} does not forward")

    def forget(self) -> None:
        """Its routers lose their mappings, as after a restart."""
        for router in self.routers:
            router.run("conntrack", "-F")

    def close(self) -> None:
        """Ends its routers."""
        for router in self.routers:
            router.close()


def _route(router: Namespace, kind: Kind, wan: str, gateway: str, *lan: str) -> None:
    """Let it translate and forward. `wan`, `lan`: the commands of `ip` that make its devices."""
    commands = (wan, "link set wan up", f"route add default via {gateway}", *lan, "link set lan up")
    router.run("ip", "-batch", "-", text="\n".join(commands))
    router.set_option("ipv4/ip_forward", 1)
    # A connection that began elsewhere is no connection of this router.
    router.set_option("netfilter/nf_conntrack_tcp_loose", 0)
    router.run("nft", "-f", "-", text=rules(kind, WEB))


class Host:
    """A machine in one or several sites, of which it uses one at a time."""

    def __init__(self, sites: tuple[Site, ...]) -> None:
        self.namespace = Namespace()
        self._ports: dict[int, str] = {}  # by site: of its router
        # A link that finds an address of its own a second later is a change of the network.
        self.namespace.set_option("ipv6/conf/all/disable_ipv6", 1)
        self.namespace.set_option("ipv6/conf/default/disable_ipv6", 1)
        self._sites = sites
        for site in sites:
            self._connect(site)
        self.namespace.set_option("ipv4/conf/all/route_localnet", 1)
        self.namespace.set_option("netfilter/nf_conntrack_tcp_loose", 0)
        self.namespace.run("nft", "-f", "-", text=loopback_rules(WEB))
        self.use(sites[0])

    def use(self, site: Site) -> None:
        """From now on it is in this site, and not in the others."""
        away = [f"link set net{each.number} down" for each in self._sites if each is not site]
        here = (
            f"link set net{site.number} up",
            f"route replace default via 10.{site.number}.0.1",
        )
        self.namespace.run("ip", "-batch", "-", text="\n".join([*away, *here]))
        site.wait_for(self._ports[site.number])

    def program(self, path: str, folder: Path) -> str:
        """A program in `folder` that runs this one here."""
        script = folder / f"in-{self.namespace.pid}"
        command = " ".join(self.namespace.command(path))
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        os.chmod(script, 0o755)
        return str(script)

    def close(self) -> None:
        """Ends it."""
        self.namespace.close()

    def _connect(self, site: Site) -> None:
        site.hosts += 1
        number, port = site.number, f"port{site.hosts}"
        self._ports[number] = port
        site.router.run(
            *("ip", "link", "add", port, "type", "veth", "peer", "name", f"net{number}"),
            *("netns", str(self.namespace.pid)),
        )
        site.router.run("ip", "link", "set", port, "master", "lan", "up")
        address = f"10.{number}.0.{site.hosts + 1}/24"
        self.namespace.run("ip", "addr", "add", address, "dev", f"net{number}")


class Internet:
    """In the namespace of this thread (own_network): routes between all sites, and the servers.

    Close it at the end (contextlib.closing).
    """

    def __init__(self) -> None:
        self._wires = Wires()
        self._sites: list[Site] = []
        self._hosts: list[Host] = []
        for address in (WEB, RELAY, SECOND):
            run("ip", "addr", "add", f"{address}/32", "dev", "lo")
        set_option("ipv4/ip_forward", 1)
        set_option("ipv4/conf/all/route_localnet", 1)
        run("nft", "-f", "-", text=server_rules(WEB))

    def close(self) -> None:
        """Ends all hosts and sites."""
        for host in self._hosts:
            host.close()
        for site in self._sites:
            site.close()
        self._wires.close()

    def site(self, kind: Kind, *, delay_ms: float = 0.0, loss: float = 0.0) -> Site:
        """A new site. Of each direction of its line, `delay_ms` and the part that is lost."""
        site = Site(len(self._sites) + 1, kind, self._wires)
        site.line.delay_ms, site.line.loss = delay_ms, loss
        self._sites.append(site)
        return site

    def host(self, *sites: Site) -> Host:
        """A new host, which uses the first of the sites."""
        host = Host(sites)
        self._hosts.append(host)
        return host
