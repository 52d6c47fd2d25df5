"""`POST /api/leave` gives back what the peer held, also where nobody hears of it."""

import random

from backend import admission, rooms, turn
from backend.admission import LeaveRequest, NegotiateRequest
from backend.rooms import RoomOptions
from backend.turn import TurnRequest
from lab.theft import MIDNIGHT_MS
from lab.vendor import Vendor
from tests.fuzz.stamp import Stamp
from turn.providers import Capabilities

FOLLOWED = Capabilities(True, "since", True, 60, 86_400, 0.05, "egress")


def test_the_relay_of_two_who_slept_and_said_goodbye_to_each_other_ends() -> None:
    """Neither has a socket to end, and the other has heard it: nothing is sent."""
    vendor, wrong = Vendor("followed", FOLLOWED), list[str]()
    stamp = Stamp("a", lambda: MIDNIGHT_MS, [vendor], random.Random(1), wrong.append)
    services = stamp.services
    vendor.now = MIDNIGHT_MS
    made = rooms.create_room(services, RoomOptions(capacity=2))
    ann, bob = (
        admission.negotiate(services, NegotiateRequest(made.room, name), None)
        for name in ("Ann", "Bob")
    )
    assert turn.mint(services, TurnRequest(bob.peer), ann.token, "network").granted
    stamp.service.calls = 0
    admission.leave(services, ann.token, LeaveRequest(told=(bob.peer,)))
    assert (stamp.service.calls, len(vendor.revocations), wrong) == (0, 1, [])
