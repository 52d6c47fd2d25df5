"""How long `join` takes with every stamp alive, and with one of them away."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from playwright.async_api import Browser, Page

from lab.chaos.faults import Faults
from lab.chaos.schedule import DEADLY, STAMP, Event, What
from lab.stamps import Lab

ALIVE = "both alive"
WARM_UPS = 3
JOIN_SECONDS = 15

# The rooms are made before: every other one is open, the others were created, so that their home
# stamp is the one that is away as often as not.
JOIN = """
async ({ backends, room, most }) => {
  const start = performance.now();
  const joining = heliograph.join({ backends, room, name: "Ann", report: false });
  const late = new Promise((_, reject) => setTimeout(reject, most, new Error("late")));
  const joined = await Promise.race([joining, late]);
  const ms = performance.now() - start;
  void joined.leave();
  return ms;
}
"""


@dataclass(slots=True)
class Joins:
    """ms that each join took, by what was so: ALIVE, or the fault of one stamp."""

    ms: dict[str, list[float]] = field(default_factory=dict)

    @property
    def one_dead(self) -> list[float]:
        """Those with one stamp away, whatever the fault was."""
        return [ms for name, found in self.ms.items() if name != ALIVE for ms in found]


async def joins(lab: Lab, browser: Browser, count: int) -> Joins:
    """`count` joins for each: both alive, and each fault of each stamp in turn.

    Raises playwright's Error if a join fails.
    """
    found, faults = Joins(), Faults(lab)
    page = await browser.new_page()
    await page.goto(lab.page)
    await page.wait_for_function("() => window.heliograph")
    await _several(lab, page, WARM_UPS)
    for what in DEADLY:
        for stamp in range(len(lab.stamps)):
            each = max(1, count // len(lab.stamps))
            found.ms.setdefault(ALIVE, []).extend(await _several(lab, page, each))
            rooms = await _rooms(lab, each)
            await faults.carry_out(Event(0, what, stamp, STAMP))
            found.ms.setdefault(_named(what), []).extend(await _join(lab, page, rooms))
            await faults.repair()
    await page.close()
    return found


def _named(what: What) -> str:
    names: Mapping[What, str] = {
        What.KILL: "one killed",
        What.FREEZE: "one frozen",
        What.BLACKHOLE: "one cut off",
    }
    return names[what]


async def _several(lab: Lab, page: Page, count: int) -> list[float]:
    return await _join(lab, page, await _rooms(lab, count))


async def _join(lab: Lab, page: Page, rooms: list[str]) -> list[float]:
    """One after another, each in a room of its own."""
    most = JOIN_SECONDS * 1000
    told = [{"backends": lab.backends, "room": room, "most": most} for room in rooms]
    return [float(await page.evaluate(JOIN, one)) for one in told]


async def _rooms(lab: Lab, count: int) -> list[str]:
    async with httpx.AsyncClient(trust_env=False) as http:
        answers = [await http.post(f"{lab.backends[0]}/rooms", json={}) for _ in range(count)]
    created = [str(answer.json()["room"]) for answer in answers]
    return [room if number % 2 else f"join-{room[1:]}" for number, room in enumerate(created)]
