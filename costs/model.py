"""What the forecast counts with and what it answers: loads, designs and bills. Pure.

Units, where a name has none: money in the currency of the prices; GB are 10^9 bytes; a month
is 365/12 days; a call is two peers.
"""

import math

from msgspec import Struct, structs

DAYS_PER_MONTH = 365 / 12
HOURS_PER_MONTH = DAYS_PER_MONTH * 24  # 730, as Azure counts
MINUTES_PER_DAY = 24 * 60


class Load(Struct, frozen=True):
    """How much people call. Raises ValueError, which names the field, for impossible values."""

    calls_per_day: float
    minutes: float = 10  # a call
    relay_share: float = 0.20  # of the calls: 0.10-0.30; Twilio, Xirsys 15 %, callstats 22 %
    payload_gb: float = 0.1  # a call, both directions together: one file of 100 MB

    def __post_init__(self) -> None:
        for field in structs.fields(self):
            value = getattr(self, field.name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{field.name} has to be a number from 0 on, not {value}")
        if self.calls_per_day == 0:
            raise ValueError("calls_per_day has to be more than 0")
        if self.relay_share > 1:
            raise ValueError(f"relay_share is a share: 0 to 1, not {self.relay_share}")

    @property
    def connected(self) -> float:
        """Peers in a call at a time, on average (Little's law)."""
        return self.calls_per_day * 2 * self.minutes / MINUTES_PER_DAY


class Step(Struct, frozen=True):
    """One thing that happens in a call, for both peers together."""

    name: str
    executions: float = 0  # of functions
    messages: float = 0  # out of SignalR, to clients and upstream, in units of 2 KB
    transactions: float = 0  # of storage
    sql: float = 0  # statements; they use capacity and cost no money
    vault: float = 0  # Key Vault operations
    rows: float = 0  # that diagnostic settings log
    relayed: bool = False  # only in calls that need a relay
    on_demand: bool = False  # a trigger that always-ready instances of the group http do not serve
    sometimes: bool = False  # it is the mean over calls that have it and calls that do not
    every_minutes: float = 0  # it happens again after so many minutes of a call; 0: once


class Sleep(Struct, frozen=True):
    """When the sockets of a call close, and how long they are open again at its end."""

    after_minutes: float
    woken: int  # sockets that open again, in each stamp
    woken_minutes: float  # of each


class Routine(Struct, frozen=True):
    """What happens in each stamp without any call. Numbers are of a month."""

    name: str
    executions: float = 0
    transactions: float = 0
    blob_writes: float = 0  # which cost more than other transactions
    vault: float = 0
    rows: float = 0


class Design(Struct, frozen=True):
    """What one design does in a call, and how it is billed."""

    name: str
    steps: tuple[Step, ...]
    plan: str  # of Functions: flex | consumption
    seconds: float  # billed per execution
    memory: float  # GB billed while it runs
    two_sided: float  # of relayed calls: the share in which both sides hold a relay
    from_holder: float  # of the payload: the share that the only side with a relay sends
    turn: dict[str, float]  # share of the relayed bytes by provider
    broadcasts: float = 0  # a call; each goes to everyone who is connected, twice
    log_gb: float = 2e-6  # written per execution
    row_gb: float = 1e-6  # of a row that a diagnostic setting logs
    routines: tuple[Routine, ...] = ()
    stamps: int = 1  # that each call is in at once
    sleep: Sleep | None = None  # None: sockets are open as long as the call

    @property
    def sockets(self) -> int:
        """That are opened in a call, in all of its stamps."""
        return self.stamps * (2 + (self.sleep.woken if self.sleep else 0))

    def socket_minutes(self, minutes: float) -> float:
        """Minutes of all sockets of a call of `minutes`, in one of its stamps."""
        sleep = self.sleep
        if sleep is None:
            return 2 * minutes
        return 2 * min(minutes, sleep.after_minutes) + sleep.woken * sleep.woken_minutes


class Line(Struct, frozen=True):
    """The cost of one service."""

    service: str
    per_call: float  # grows with the calls
    per_month: float  # is there without any call


class Bill(Struct, frozen=True):
    """The cost of one design, by service."""

    design: str
    lines: tuple[Line, ...]

    @property
    def per_call(self) -> float:
        """What one call costs."""
        return sum(line.per_call for line in self.lines)

    @property
    def fixed(self) -> float:
        """What a month costs without any call."""
        return sum(line.per_month for line in self.lines)
