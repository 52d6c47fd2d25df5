"""What does a thief of relays cost us, with and without the ledger? And a thief of messages?

    python -m benchmarks.theft [--hours 24] [--stamps 2]
    python -m benchmarks.theft --messages [--hours 24] [--attacks 7]

The simulation is lab/theft.py, with the default ceilings. They are for all stamps together.
That of messages is lab/message_theft.py.
"""

import argparse
from collections.abc import Iterator

from backend.settings import MAX_STAMPS
from benchmarks import theft_messages
from lab.theft import (
    ASSUMED_KBPS,
    ATTACKS,
    CASES,
    HOUR_SECONDS,
    Case,
    Theft,
    ceiling,
    with_ledger,
    without_ledger,
)
from turn.ceilings import Ceilings
from turn.plan import TTL_SECONDS


def main() -> None:
    """Print what each attack costs at each kind of vendor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.theft", description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--stamps", type=int, default=1, choices=range(1, MAX_STAMPS + 1))
    parser.add_argument("--messages", action="store_true", help="of messages, at one stamp")
    parser.add_argument("--attacks", type=int, default=99, help="of messages: the first so many")
    args = parser.parse_args()
    hours, stamps = max(1, args.hours), args.stamps
    if args.messages:
        return theft_messages.report(hours, args.attacks)
    ceilings = Ceilings()
    print(
        f"Ceilings by the day: peer ${ceilings.peer / 1e6:.2f}, room ${ceilings.room / 1e6:.2f}, "
        f"network ${ceilings.network / 1e6:.2f}, all ${ceilings.day / 1e6:.2f}, at risk at a time "
        f"${ceilings.exposure / 1e6:.2f}. Stamps: {stamps}. "
        f"Assumed {ASSUMED_KBPS} kbit/s for {TTL_SECONDS} s."
    )
    for case in CASES:
        print(f"\n{case.name}. One credential loses ${case.loss(HOUR_SECONDS):,.2f} an hour.")
        for attack in ATTACKS:
            print(f"  {attack.name}")
            if attack.leaves_after is None:
                print(f"    without  {_row(without_ledger(case, attack, hours), hours)}")
            theft = with_ledger(case, attack, hours, ceilings, stamps=stamps)
            print(f"    with     {_row(theft, hours)}{_times(theft)}")
        print("\n".join(f"  {line}" for line in _verdict(case, ceilings, stamps)))


def _row(theft: Theft, hours: int) -> str:
    return (
        f"${theft.first_hour:>12,.2f} in the first hour ${theft.total:>14,.2f} in {hours} h "
        f"{theft.minted:>7,} minted {theft.live:>5,} at a time"
    )


def _times(theft: Theft) -> str:
    moments = {
        "first revoked": theft.revoked_after,
        "guests out": theft.guests_out_after,
        "closed": theft.closed_after,
    }
    said = [f"{what} after {s:.0f} s" for what, s in moments.items() if s is not None]
    return "  " + (", ".join(said) or "nothing revoked, nothing closed")


def _verdict(case: Case, ceilings: Ceilings, stamps: int) -> Iterator[str]:
    most = ceiling(case, ceilings, stamps)
    if most is not None:
        yield (
            f"Bounded by figures: at most ${most:,.2f} a day (day + at risk + one more per shard"
            " of each stamp)."
        )
        return
    yield "Bounded by reservation only: the ceiling bounds what is reserved at the assumed rate."
    yield f"A thief takes {case.kbps / ASSUMED_KBPS:,.0f} times that rate."
    if case.room is not None:
        each = case.loss(24 * HOUR_SECONDS)
        yield (
            "A relay in use outlives its credential until coturn restarts: "
            f"${each:,.2f} a day for each, and with total-quota and max-bps "
            f"${case.room * each:,.2f} for all. No ceiling of ours changes that."
        )
        return
    yield (
        f"Each credential loses up to ${case.loss(TTL_SECONDS):,.2f} until it expires, "
        "if expiry ends a relay: such vendors do not document it."
    )


if __name__ == "__main__":
    main()
