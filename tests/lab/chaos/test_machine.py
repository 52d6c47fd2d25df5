"""What share of the machine's time was left."""

import pytest

from lab.chaos.machine import idle_share

# proc(5): user nice system idle iowait irq softirq steal guest guest_nice
BEFORE = "cpu  100 0 50 1000 10 0 0 0 40 0"


@pytest.mark.parametrize(
    ("after", "share"),
    [
        ("cpu  175 0 75 1000 10 0 0 0 40 0", 0.0),
        ("cpu  100 0 50 1080 30 0 0 0 40 0", 1.0),
        ("cpu  130 0 50 1010 10 0 0 0 70 0", 0.25),  # a guest's time is user time, too
        ("cpu  100 0 50 1025 10 0 0 75 40 0", 0.25),  # another machine had our core
        (BEFORE, 1.0),
    ],
)
def test_idle_is_what_is_left_of_all_ticks(after: str, share: float) -> None:
    assert idle_share(BEFORE, after) == pytest.approx(share)
