"""Who gets no relay because somebody else holds them and does not use them?

    python -m benchmarks.theft_idle [--hours 24]

The simulation is lab/theft_idle.py, with one stamp.
"""

import argparse

from lab.theft_idle import (
    AT_CLOUDFLARE,
    AT_METERED,
    ATTACKS,
    IN_BLOCKED_OFFICE,
    IN_OFFICE,
    NOBODY,
    WITH_MORE,
    Crowd,
    Denial,
    Scene,
    deny,
)

OFFICE_HOURS = 8


def main() -> None:
    """Print how many honest people are refused a relay under each attack, at each vendor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.theft_idle", description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    hours = max(1, parser.parse_args().hours)
    for scene in (AT_CLOUDFLARE, AT_METERED):
        print(_head(scene, hours))
        for attack in ATTACKS:
            print(f"  {attack.name:<36} {_row(deny(scene, attack, hours))}", flush=True)
    for scene in (IN_OFFICE, IN_BLOCKED_OFFICE, WITH_MORE):
        print(_head(scene, OFFICE_HOURS))
        print(f"  {NOBODY.name:<36} {_row(deny(scene, NOBODY, OFFICE_HOURS))}", flush=True)


def _head(scene: Scene, hours: int) -> str:
    ceilings = scene.ceilings
    return (
        f"\n{scene.case.name}, {hours} h. Honest: {_crowd(scene.crowd)}.\n"
        f"A network: {scene.share} %, ${ceilings.network / 1e6:g} a day. All:"
        f" ${ceilings.day / 1e6:g} a day, ${ceilings.exposure / 1e6:g} at risk at a time."
    )


def _crowd(crowd: Crowd) -> str:
    return (
        f"{crowd.an_hour:g} an hour need a relay, for {crowd.call_seconds / 60:g} minutes,"
        f" {crowd.known_part:.0%} from {crowd.known_networks} network(s)"
    )


def _row(found: Denial) -> str:
    return (
        f"refused: {found.refused_first_hour:6.1%} in the first hour, {found.refused:6.1%} of"
        f" {found.asked} in all; cut off {found.cut:5.1%}; attackers held {found.held:>2} and were"
        f" charged ${found.charged:.2f}"
    )


if __name__ == "__main__":
    main()
