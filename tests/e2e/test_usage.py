"""What a call uses is what costs/call.py counts for every call."""

import re

import pytest

from tests.benchmark import run_in_short
from tests.long import usually

# A step: executions and messages, each as measured and as counted.
ROW = re.compile(r"  (\S.*?) +([\d.]+) \( *([\d.]+)\) +([\d.]+) \( *([\d.]+)\)")
SIGNALS_REPEATED = 0.011  # of a call, in the design
# Two who fall asleep: whoever is slower may hear of the other's socket, once in each stamp.
MAY_BE_MORE = {("asleep", "disconnected"): 2, ("asleep", "in all"): 2}


@pytest.mark.parametrize("scene", usually(["one", "two", "asleep"], "one", "asleep"))
def test_a_call_uses_what_the_design_counts_by_step(scene: str) -> None:
    said = run_in_short("usage", "--seconds", "2", "--scenes", scene, seconds=90)
    rows = ROW.findall(said)
    assert len(rows) >= 8 and rows[-1][0] == "in all"
    for step, executions, counted, messages, counted_messages in rows:
        assert float(executions) == float(counted), f"{step}\n{said}"
        more = float(messages) - float(counted_messages)
        most = MAY_BE_MORE.get((scene, step), 0) + SIGNALS_REPEATED
        assert -SIGNALS_REPEATED <= more <= most, f"{step}\n{said}"
