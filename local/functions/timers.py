"""Timer triggers: each function alone with its schedule, never two runs of it at once.

Sources: "Timer trigger for Azure Functions"; Azure/azure-webjobs-sdk-extensions, `TimerInfo` and
`ScheduleStatus` (the trigger value).
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from local.functions.bindings import Function
from local.functions.invoker import Invoker
from local.functions.schedule import Interval, Schedule, parse
from local.functions.worker import FunctionFailed, json_text


class Timers:
    """Every timerTrigger function of the app. `run` ends only when it is cancelled."""

    def __init__(self, functions: Sequence[Function], invoker: Invoker) -> None:
        self._functions = [f for f in functions if f.trigger.type.lower() == "timertrigger"]
        self._invoker = invoker

    async def run(self) -> None:
        """Run every timer function when it is due. Functions that fail run again when due."""
        async with asyncio.TaskGroup() as tasks:
            for function in self._functions:
                tasks.create_task(self._run_on_schedule(function))

    async def _run_on_schedule(self, function: Function) -> None:
        schedule = parse(function.trigger.text("schedule"))
        last: datetime | None = None
        if function.trigger.settings.get("runOnStartup"):
            last = await self._fire(function, schedule, last)
        while True:
            due = schedule.next(datetime.now(UTC))
            await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
            # A clock may be set back while we sleep; the loop then simply waits again.
            while (left := (due - datetime.now(UTC)).total_seconds()) > 0:
                await asyncio.sleep(left)
            last = await self._fire(function, schedule, last)

    async def _fire(
        self, function: Function, schedule: Schedule, last: datetime | None
    ) -> datetime:
        now = datetime.now(UTC)
        try:
            await self._invoker.run(function, json_text(timer_value(schedule, now, last)))
        except FunctionFailed:
            pass  # logged where it happened; the next run is due all the same
        return now


def timer_value(schedule: Schedule, now: datetime, last: datetime | None) -> str:
    """The trigger value, as the host writes its TimerInfo."""
    status = {
        "Last": (last or datetime(1, 1, 1, tzinfo=UTC)).isoformat(),
        "LastUpdated": now.isoformat(),
        "Next": schedule.next(now).isoformat(),
    }
    adjust = {"AdjustForDST": not isinstance(schedule, Interval)}
    return json.dumps({"Schedule": adjust, "ScheduleStatus": status, "IsPastDue": False})
