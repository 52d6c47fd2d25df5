"""Where several stamps are, and which numbers leave no room for them."""

import pytest

from local.functions.bindings import HostRefusal
from local.layout import MAX_STAMPS, Layout, Ports, check_storage


def test_stamps_are_on_ports_in_a_row_and_all_know_all() -> None:
    layout = Layout(3, 7071, 8888)
    assert layout.names == "abc"
    assert [layout.ports(name) for name in layout.names] == [
        Ports(7071, 8888),
        Ports(7072, 8889),
        Ports(7073, 8890),
    ]
    assert layout.backends == [f"http://localhost:{port}/api" for port in (7071, 7072, 7073)]
    assert {"http://localhost:7073", "http://127.0.0.1:7071"} <= set(layout.origins)
    assert set(layout.sources) == {
        f"http://localhost:{port}" for port in (7071, 7072, 7073, 8888, 8889, 8890)
    }
    assert layout.settings("b") == {"HELIOGRAPH_STAMP": "b", "HELIOGRAPH_STAMPS": "3"}


@pytest.mark.parametrize(
    ("count", "port", "signalr_port", "words"),
    [
        (2, 0, 8888, "not 0"),
        (2, 7071, 0, "not 0"),
        (2, 65_535, 8888, "end after 65535"),
        (4, 7071, 65_533, "end after 65535"),
        (2, 7071, 7071, "overlap"),
        (2, 7071, 7072, "overlap"),
        (4, 7074, 7071, "overlap"),
    ],
)
def test_numbers_without_room_for_them_are_refused(
    count: int, port: int, signalr_port: int, words: str
) -> None:
    with pytest.raises(HostRefusal, match=words):
        Layout(count, port, signalr_port)


@pytest.mark.parametrize(
    ("count", "port", "signalr_port"), [(2, 65_534, 8888), (2, 7071, 7073), (4, 7071, 7067)]
)
def test_numbers_with_just_enough_room_are_taken(count: int, port: int, signalr_port: int) -> None:
    layout = Layout(count, port, signalr_port)
    taken = [one for name in layout.names for one in _numbers(layout.ports(name))]
    assert len(set(taken)) == 2 * count and max(taken) <= 65_535


def _numbers(ports: Ports) -> tuple[int, int]:
    return ports.page, ports.signalr


@pytest.mark.parametrize("name", ["", "c", "ab", "A", "e"])
def test_a_stamp_that_is_none_of_them_is_refused(name: str) -> None:
    with pytest.raises(HostRefusal, match="There is no stamp"):
        Layout(2, 7071, 8888).ports(name)


def test_there_is_a_letter_for_each() -> None:
    assert len(Layout(MAX_STAMPS, 7071, 8888).names) == MAX_STAMPS


@pytest.mark.parametrize("environ", [{}, {"HELIOGRAPH_STORAGE": "table"}])
def test_stamps_that_would_share_tables_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(HostRefusal, match="must not share tables"):
        check_storage(environ)
    check_storage({"HELIOGRAPH_STORAGE": "memory"})
