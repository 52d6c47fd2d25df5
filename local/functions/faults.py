"""Faults of SignalR Service on request: what the `signalR` output meets while a fault is set.

A test sets a list of faults; each effect of an output meets the first one that fits it. Pure: who
asks also waits (`delay_seconds`) and fails (`status`).
"""

from collections.abc import Sequence

import msgspec

from local.functions.outputs import Send, SignalREffect


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One fault. `{}` fits every effect and does nothing; the members below change that.

    `status`: what the service answers (429, 503, …) instead of doing it; 0 lets it do it.
    `delaySeconds` passes first. `kind` and `target` say
    which effects are meant: "send" or "group", and the client method of a send; empty fits all.
    The first `skip` that fit pass unharmed (a failure in the middle of a list); after `times` it is
    over (0: never).
    """

    status: int = 0
    delay_seconds: float = 0
    kind: str = ""
    target: str = ""
    skip: int = 0
    times: int = 0

    def fits(self, effect: SignalREffect) -> bool:
        """Whether this effect is meant."""
        kind = "send" if isinstance(effect, Send) else "group"
        target = effect.target if isinstance(effect, Send) else ""
        return self.kind in ("", kind) and self.target in ("", target)


class Faults:
    """The faults that are set, and how often each was met."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._set: list[tuple[Fault, int]] = []
        self.set(faults)

    def set(self, faults: Sequence[Fault]) -> None:
        """Replace every fault; an empty list ends them.

        Raises ValueError for a status that is no error.
        """
        for fault in faults:
            if fault.status and not 400 <= fault.status <= 599:
                raise ValueError("a fault's status is 400 to 599")
        self._set = [(fault, 0) for fault in faults]

    def meet(self, effect: SignalREffect) -> Fault | None:
        """The fault this effect meets now; it is counted."""
        for at, (fault, met) in enumerate(self._set):
            if not fault.fits(effect) or fault.times and met >= fault.skip + fault.times:
                continue
            self._set[at] = (fault, met + 1)
            if met >= fault.skip:
                return fault
        return None


def parse_faults(body: bytes) -> list[Fault]:
    """Faults as JSON: a list of objects. Raises ValueError for anything else."""
    return msgspec.json.decode(body, type=list[Fault])
