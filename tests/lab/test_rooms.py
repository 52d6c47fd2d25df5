"""The short form of benchmarks/rooms.py: its shape, and what does not depend on the machine."""

from pathlib import Path

import pytest

from lab.crowd import DidNotAnswer, crowd
from lab.ports import free_port
from lab.rooms import Person, meeting, percentile
from lab.stamps import running

FREE = {"HELIOGRAPH_NETWORK_RATE": "1000/1000"}  # all of them come from one machine


def people() -> list[Person]:
    """A room of twelve who all come in a tenth of a second, and three pairs."""
    many = [Person("room", number / 120) for number in range(12)]
    return [*many, *(Person(f"pair-{n % 3}", n / 30) for n in range(6))]


async def test_many_who_come_at_once_are_all_let_in_and_know_each_other(tmp_path: Path) -> None:
    async with running(1, tmp_path, FREE) as lab:
        stamp = lab.stamps[0]
        stamp.storage.proxy.delay_ms = 5
        before = stamp.storage.proxy.requests, stamp.signalr.proxy.requests
        async with meeting([stamp.api], people()) as outcome:
            trips = stamp.storage.proxy.requests - before[0]
            pushes = stamp.signalr.proxy.requests - before[1]
        assert list(outcome.refused) == [] and outcome.strangers == 0
        assert len(outcome.negotiate_ms) == 18 and len(outcome.known_ms) == 12 * 11 + 3 * 2
        assert 18 <= trips <= 18 * 5
        # The sockets of clients come by the same door: one request each.
        assert 18 * 3 <= pushes <= 18 * 12


async def test_an_offer_to_each_who_is_there_reaches_a_socket_that_opens_later(
    tmp_path: Path,
) -> None:
    async with running(1, tmp_path, FREE) as lab:
        both = [Person("pair", 0.0), Person("pair", 0.0)]
        async with meeting([lab.stamps[0].api], both, offers=True) as outcome:
            assert (outcome.strangers, list(outcome.refused)) == (0, [])


async def test_people_in_a_process_of_their_own_do_the_same_and_leave_with_it(
    tmp_path: Path,
) -> None:
    async with running(1, tmp_path, FREE) as lab:
        stamp = lab.stamps[0]
        async with crowd([stamp.api], [Person("pair", 0.0), Person("pair", 0.1)]) as there:
            made = stamp.storage.proxy.requests
            assert Path(f"/proc/{there.pid}").exists()
            outcome = await there.join()
            assert (outcome.strangers, list(outcome.refused)) == (0, [])
            assert len(outcome.negotiate_ms) == 2 and min(outcome.negotiate_ms) > 0
            assert stamp.storage.proxy.requests > made
        assert not Path(f"/proc/{there.pid}").exists()


async def test_people_who_find_nobody_are_told_of() -> None:
    with pytest.raises(DidNotAnswer):
        async with crowd([f"http://127.0.0.1:{free_port()}/api"], [Person("pair", 0.0)]):
            pass


def test_a_percentile_is_one_of_the_values_and_infinite_of_none() -> None:
    assert percentile([1, 2, 3, 4], 50) == 2 and percentile([1, 2, 3, 4], 99) == 4
    assert percentile([], 50) == float("inf")
