"""Network namespaces (Linux, network_namespaces(7)), each held open by a process that only sleeps.

Nothing is left behind: the kernel ends the sleepers when the thread that started them ends, and a
namespace with the last process in it.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("ip", "nft", "conntrack", "nsenter", "setpriv", "unshare")
TUN = Path("/dev/net/tun")
HOLD_SECONDS = 5.0
COMMAND_SECONDS = 10.0


def missing() -> str | None:
    """In words what keeps this machine from it; None if nothing does."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f"there is no {program}"
    if not TUN.exists():
        return f"there is no {TUN}"
    tried = subprocess.run(["unshare", "--net", "nft", "list", "ruleset"], capture_output=True)
    return None if tried.returncode == 0 else "this kernel gives no namespaces with nftables"


@contextmanager
def own_network() -> Iterator[None]:
    """This thread, and what it starts, in a new namespace with only a loopback, until the end."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    os.unshare(os.CLONE_NEWNET)
    try:
        run("ip", "link", "set", "lo", "up")
        yield
    finally:
        os.setns(before, os.CLONE_NEWNET)
        os.close(before)


def run(*command: str, text: str | None = None) -> str:
    """What it says. Raises RuntimeError, with what it said instead."""
    done = subprocess.run(
        command, input=text, text=True, capture_output=True, timeout=COMMAND_SECONDS
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Namespace:
    """A namespace of its own."""

    def __init__(self) -> None:
        ours = os.readlink("/proc/thread-self/ns/net")
        self._holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"]
        )
        self.pid = self._holder.pid
        until = time.monotonic() + HOLD_SECONDS
        while os.readlink(f"/proc/{self.pid}/ns/net") == ours:
            if time.monotonic() > until:
                raise RuntimeError("no namespace was made")
            time.sleep(0.001)
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *command: str) -> list[str]:
        """The command that runs this one inside."""
        return ["nsenter", "--target", str(self.pid), "--net", *command]

    def run(self, *command: str, text: str | None = None) -> str:
        """What the command says that runs inside. Raises RuntimeError."""
        return run(*self.command(*command), text=text)

    def call[T](self, function: Callable[[], T]) -> T:
        """What it answers, called by a thread that is inside. Raises what it raises."""

        def inside() -> T:
            with open(f"/proc/{self.pid}/ns/net") as namespace:
                os.setns(namespace.fileno(), os.CLONE_NEWNET)
            return function()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(inside).result()

    def set_option(self, name: str, value: int) -> None:
        """A sysctl of the network: `ipv4/ip_forward`."""
        self.call(lambda: set_option(name, value))

    def close(self) -> None:
        """No process of ours keeps it open any more."""
        self._holder.kill()
        self._holder.wait()


def set_option(name: str, value: int) -> None:
    """A sysctl of the namespace that we are in: `ipv4/ip_forward`."""
    Path(f"/proc/sys/net/{name}").write_text(str(value))
