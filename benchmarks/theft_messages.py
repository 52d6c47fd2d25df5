"""What do messages cost us that somebody sends on purpose, and who is refused meanwhile?

    python -m benchmarks.theft --messages [--hours 24] [--attacks 7]

The simulation is lab/message_theft.py, with the default settings and one stamp.
"""

from pathlib import Path

from costs.prices import Prices, parse
from lab.message_theft import ATTACKS, MEETINGS_AN_HOUR, Attack, Theft, before, steal
from signaling.day_budget import MESSAGES_PER_DAY

PRICES = Path(__file__).parents[1] / "costs" / "prices.toml"


def report(hours: int, attacks: int) -> None:
    """Print a row for each of the first `attacks`, as docs/cost.md has them."""
    prices = parse(PRICES.read_text())
    print(
        f"{hours} h, {MESSAGES_PER_DAY:,} units a day, {MEETINGS_AN_HOUR} honest meetings an hour;"
        f" {prices.currency} without the messages that are free"
    )
    print(
        f"  {'':24} {'before':>9} {'now':>9} {'thousand':>9} {'honest':>6} {'of them':>8}"
        f" {'calls of':>10} {'their':>7}\n"
        f"  {'':24} {'USD':>9} {'USD':>9} {'units':>9} {'people':>6} {'refused':>8}"
        f" {'attackers':>10} {'proofs':>7}"
    )
    for attack in ATTACKS[:attacks]:
        print(_row(attack, steal(attack, hours), prices, hours), flush=True)


def _row(attack: Attack, theft: Theft, prices: Prices, hours: int) -> str:
    each = prices.each("signalr_messages")
    return (
        f"  {attack.name:<24} {before(attack, hours) * each:>9,.0f} {theft.units * each:>9.2f}"
        f" {theft.units / 1000:>9,.0f} {theft.asked:>6,} {theft.refused / theft.asked:>8.2%}"
        f" {theft.calls:>10,} {theft.proofs:>7,}"
    )
