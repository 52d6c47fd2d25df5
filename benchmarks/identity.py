"""What does it cost to sign for SignalR Service by Entra ID rather than by an access key?

    python -m benchmarks.identity [--calls 2000]

The negotiate call (`backend.admission.negotiate`) with documents in memory, by key and by
identity in turn, one call each. By identity the key comes from a service on loopback that hands
it out as SignalR Service does, after 40 ms; the clock is moved so that the key is renewed every
500 calls.
"""

import argparse
import json
import os
import platform
import statistics
import time
from types import SimpleNamespace

from backend import admission
from backend.admission import NegotiateRequest
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.signalr_keys import OF_KEYS
from lab.signalr_service import KEY, Call, Reply, faulty_service
from signaling.admission_rate import Network
from signaling.rate import Rate
from signaling.tokens import KeyRing

RENEW_EVERY = 500  # calls
HANDING_OUT_SECONDS = 0.04


class Clock:
    """The time now, and what was added to it. All in ms."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now(self) -> int:
        """Epoch ms."""
        return time.time_ns() // 1_000_000 + self.ahead_ms


def hand_out(call: Call) -> Reply | None:
    """The service's answer to `GET /api/v1/auth/accessKey`."""
    if call.verb != "GET":
        return None
    key = {"KeyId": "k", "AccessKey": KEY}
    return Reply(200, json.dumps(key).encode(), seconds=HANDING_OUT_SECONDS)


def services(url: str, access_key: str | None, clock: Clock) -> Services:
    """A backend in this process."""
    connection = SignalRConnection(url, url, url, access_key)
    ring, rate = KeyRing({"k": b"k" * 32}), Rate(10**9, 10**9)  # nobody is asked for a proof
    settings = Settings(connection, ring, None, "bench", (), network_rate=rate)
    made = Services(settings, clock.now)
    identity = SimpleNamespace(get_token=lambda scope: SimpleNamespace(token="t"))
    made._signalr_credential = lambda: identity  # type: ignore[method-assign]
    return made


def negotiate_ms(backend: Services, number: int) -> float:
    """One call, in ms."""
    ask = NegotiateRequest(f"room-{number}", "Ann")
    began = time.perf_counter()
    admission.negotiate(backend, ask, None, Network(f"network-{number}"))
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Print p50 and p99 of negotiate, by key and by identity."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--calls", type=int, default=2_000)
    calls = parser.parse_args().calls
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {calls} calls each")
    with faulty_service() as service:
        service.rule = hand_out
        clock = Clock()
        ways = {"by key": KEY, "by identity": None}
        backends = {name: services(service.url, key, clock) for name, key in ways.items()}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(calls):
            if number % RENEW_EVERY == 0:
                clock.ahead_ms += OF_KEYS.fresh_ms
            for name, backend in backends.items():
                times[name].append(negotiate_ms(backend, number))
    for name, spent in times.items():
        rest = sorted(spent[1:])  # the first call waits for the first key, and loads modules
        p50, p99 = statistics.median(rest), rest[int(len(rest) * 0.99)]
        print(f"{name:14} p50 {p50:6.3f} ms   p99 {p99:6.3f} ms   first call {spent[0]:8.1f} ms")


if __name__ == "__main__":
    main()
