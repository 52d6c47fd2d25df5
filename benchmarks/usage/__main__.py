"""What does one call of two use: executions of functions, messages of SignalR, sockets, and bytes?

    python -m benchmarks.usage [--runs 3] [--seconds 6] [--scenes one two asleep]

Real Chromium pages with the built SDK, prepared, in a room for two; each call says three texts and
ends by `leave`. One stamp, two stamps, and two whose sockets sleep from the first second on. By
step: calls of functions at their doors, and messages of SignalR in units of 2 KB, to clients (as
the emulator bills them) and to functions; in brackets what costs/call.py counts for every call.
Then bytes: of bodies of HTTP both ways, of messages of the hub both ways, and of pushes to the
service with their tokens; by step, and by what they are made of. Storage is in memory and not
counted, nor are functions that a queue starts. Counts do not depend on the machine.
"""

import argparse
import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from benchmarks.usage.calls import Counts, count
from benchmarks.usage.traffic import DOWN, UP, WAYS, Piece
from costs.call import steps
from lab.chromium import chromium

SCENES = {"one": (1, False), "two": (2, False), "asleep": (2, True)}
TITLES = {"one": "one stamp", "two": "two stamps", "asleep": "two, asleep"}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage")
    parser.add_argument("--runs", type=int, default=3, help="calls in each scene")
    parser.add_argument("--seconds", type=float, default=6.0, help="that each call lasts")
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    arguments = parser.parse_args()
    asyncio.run(_measure(arguments.scenes, arguments.runs, arguments.seconds))


async def _measure(scenes: list[str], calls: int, seconds: float) -> None:
    print(f"One call of two, {calls} calls each: measured (and as costs/call.py counts it)")
    async with chromium() as browser:
        for scene in scenes:
            stamps, asleep = SCENES[scene]
            counts = await count(browser, stamps, asleep, calls, seconds)
            print(f"\n{TITLES[scene]}\n{_table_of_counts(counts, calls, stamps, asleep)}")
            for title, key in (("step", _step), ("made of", None)):
                print(f"\n{_table_of_bytes(counts.pieces, calls, title, key)}", flush=True)


def _step(piece: Piece) -> str:
    return piece.step


def _table_of_counts(counts: Counts, calls: int, stamps: int, asleep: bool) -> str:
    """By step: executions, and units of messages to clients and to functions."""
    to_clients, to_functions = _units(counts.pieces, DOWN), _units(counts.pieces, UP)
    to_functions["disconnected"] += counts.events["disconnected"]
    executions = counts.executions
    design = _design(stamps, asleep)
    names = list(dict.fromkeys([*design, *executions, *to_clients, *to_functions]))
    lines = [f"  {'':26}{'executions':>18}{'messages':>18}{'to clients':>14}{'to functions':>14}"]
    sums = [0.0] * 6
    for name in names:
        there, back = to_clients[name] / calls, to_functions[name] / calls
        counted = design.get(name, (0.0, 0.0))
        row = [executions[name] / calls, counted[0], there + back, counted[1], there, back]
        sums = [total + each for total, each in zip(sums, row, strict=True)]
        lines.append(_line(name, row))
    billed = f"billed by the emulator {counts.billed / calls:.2f}"
    held = f"sockets open during the call {counts.open_in_call / calls:.2f}"
    return "\n".join([*lines, _line("in all", sums), f"  {billed}, {held}"])


def _line(name: str, row: list[float]) -> str:
    executions, design, messages, design_messages, there, back = row
    pairs = f"{executions:9.2f} ({design:5.2f}) {messages:9.2f} ({design_messages:5.2f}) "
    return f"  {name:26}{pairs}{there:14.2f}{back:14.2f}"


def _units(pieces: list[Piece], way: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for piece in pieces:
        if piece.way == way:
            found[piece.step] += piece.units
    return found


def _design(stamps: int, asleep: bool) -> dict[str, tuple[float, float]]:
    """Executions and messages of each step that every call has."""
    found: dict[str, tuple[float, float]] = {}
    for step in steps(stamps, asleep=asleep):
        is_here = not (step.relayed or step.on_demand or step.sometimes or step.every_minutes)
        if is_here:
            found[step.name.partition(",")[0]] = step.executions, step.messages
    return found


def _table_of_bytes(
    pieces: list[Piece], calls: int, title: str, key: Callable[[Piece], str] | None
) -> str:
    """Bytes of a call by `key`, or by what they are made of; most first."""
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for piece in pieces:
        shares: Mapping[str, int] = piece.kinds if key is None else {key(piece): piece.size}
        for name, size in shares.items():
            rows[name][piece.way] += size
    ordered = sorted(rows.items(), key=lambda row: -row[1].total())
    whole = sum((row for _, row in ordered), Counter[str]())
    head = "".join(f"{way:>10}" for way in (*WAYS, "in all"))
    lines = [f"  {'bytes by ' + title:26}{head}"]
    for name, row in [*ordered, ("in all", whole)]:
        cells = [row[way] for way in WAYS] + [row.total()]
        lines.append(f"  {name:26}" + "".join(f"{cell / calls:10,.0f}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
