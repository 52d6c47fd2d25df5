"""What becomes of one transfer of a file, on either side. Pure.

    what happens                            offered     accepted    moving      ended
    accepted by the receiver                accepted    –           –           –
    declined by the receiver                declined    –           –           –
    the first block moves                   –           moving      –           –
    all is there, and the hashes agree      –           done        done        –
    cancelled by either side                cancelled   cancelled   cancelled   –
    failed                                  failed      failed      failed      –

Ended: done, failed, declined, cancelled. Nothing follows.
"""

from typing import Literal

Phase = Literal["offered", "accepted", "moving", "done", "failed", "declined", "cancelled"]
Step = Literal["accepted", "declined", "moved", "finished", "cancelled", "failed"]
NEXT: dict[Step, dict[Phase, Phase]] = {
    "accepted": {"offered": "accepted"},
    "declined": {"offered": "declined"},
    "moved": {"accepted": "moving"},
    "finished": {"accepted": "done", "moving": "done"},
    "cancelled": {"offered": "cancelled", "accepted": "cancelled", "moving": "cancelled"},
    "failed": {"offered": "failed", "accepted": "failed", "moving": "failed"},
}


def after(phase: Phase, step: Step) -> Phase:
    """The phase after it; the same one where the table has a dash."""
    return NEXT[step].get(phase, phase)


def is_active(phase: Phase) -> bool:
    """Blocks may move."""
    return phase in ("accepted", "moving")


def has_ended(phase: Phase) -> bool:
    """Nothing follows."""
    return phase != "offered" and not is_active(phase)
