import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from signaling.tokens import KeyRing

NOWHERE = "http://127.0.0.1:1"
SETTINGS = Settings(
    signalr=SignalRConnection(
        "http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1", "k" * 44
    ),
    signing_keys=KeyRing({"k1": b"s" * 32}),
    storage=None,
    stamp="test",
    stun_urls=(),
)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_ask_at_once_for_the_first_time_share_their_documents() -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(100):
            services, start = Services(SETTINGS), Barrier(8)

            def ask(_: int, services: Services = services, start: Barrier = start) -> int:
                start.wait()
                return id(services.documents)

            assert len(set(pool.map(ask, range(8)))) == 1


def test_ids_are_16_characters_that_differ() -> None:
    services = Services(SETTINGS)
    ids = {services.new_id() for _ in range(1000)}
    assert len(ids) == 1000 and all(re.fullmatch(r"[A-Za-z0-9_-]{16}", made) for made in ids)


def test_now_is_in_milliseconds() -> None:
    assert 1_700_000_000_000 < Services(SETTINGS).now() < 10_000_000_000_000
