"""Offers that wait in the room, and who gets them. Pure. docs/protocol.md §5.

A newcomer gets the offers that wait. If it brings one of its own:

 in the room                          its offer
 an offer waits that makes a pair     both sides get the other's offer as if it were the answer:
 with it                              the newcomer in its list (`answered`), the other by a push
 none does                            waits for the next newcomer
 the peer has a seat already          waits in place of its older one; one that has been given
                                      away does not wait a second time
 TURN from the start (`eager`)        dropped: it was made without a relay

Two offers make a pair if each can be read as the answer to the other (RFC 8829 §5.3.1): one data
channel and nothing else, the same `mid`, and `a=setup:actpass`, of which one side makes `active`
and the other one `passive` (RFC 8842 §5). Both then act as the controlling ICE agent, which ICE
settles by itself (RFC 8445 §7.3.1.1).
"""

import msgspec
from msgspec import Raw, Struct, structs

from signaling import mail
from signaling.effects import SendToPeer
from signaling.errors import Forbidden, TooLarge
from signaling.messages import Delivery, Description
from signaling.room_document import Member, ParkedOffer, Room, alive, member_of

COMING_MS = 10_000  # from its admission, in which a member's first socket is awaited
MAX_PARKED_BYTES = 16_384  # of one offer: a full room of them still fits one document
OF_OFFERS = ("restart", "relay")  # members of a body that an answer does not have
ACTPASS = "a=setup:actpass"

_DESCRIPTION = msgspec.json.Decoder(Description)
_ANY = msgspec.json.Decoder(dict)


class GivenOffer(Struct, frozen=True, omit_defaults=True):
    """The offer of a member, for a newcomer. `answered`: it was sent the newcomer's own offer."""

    seq: int
    body: Raw
    answered: bool = False


class Given(Struct, frozen=True):
    """The room without what was given, the offers by their peers, and what has to be sent."""

    room: Room
    offers: dict[str, GivenOffer] = {}
    sent: tuple[SendToPeer, ...] = ()


def check(offer: ParkedOffer) -> None:
    """Raises TooLarge."""
    if len(bytes(offer.body)) > MAX_PARKED_BYTES:
        raise TooLarge("too_large", f"An offer to be parked has at most {MAX_PARKED_BYTES} bytes.")


def park(room: Room | None, peer: str, offer: ParkedOffer, now: int) -> Room:
    """Keep a member's offer for the next newcomer. Raises Forbidden (not_member) or TooLarge."""
    check(offer)
    member = member_of(alive(room, now), peer)
    if room is None or member is None:
        raise Forbidden("not_member", "You are not in this room.")
    return _with(room, structs.replace(member, offer=offer))


def give(room: Room, newcomer: Member, brought: ParkedOffer | None, now: int) -> Given:
    """Give the newcomer, who is not in the room yet, the offers that wait; and its own to one."""
    given = Given(room)
    for member in room.members:
        if member.offer is None or not hears(member, now):
            continue
        paired = None
        if brought is not None and not given.sent:
            paired = _pair(given.room, newcomer.peer, brought, member, now)
        offer = GivenOffer(member.offer.seq, member.offer.body, paired is not None)
        given = structs.replace(
            paired or given,
            room=_without_offer((paired or given).room, member.peer),
            offers={**given.offers, member.peer: offer},
        )
    return given


def keep(member: Member, brought: ParkedOffer | None) -> Member:
    """The member with the offer that it brings. One that it has brought before is not new."""
    if brought is None or brought.seq <= member.offered:
        return member
    return structs.replace(member, offer=brought, offered=brought.seq)


def hears(member: Member, now: int) -> bool:
    """An answer reaches it: its socket is open, or about to be, and mail waits for it."""
    is_new = not member.asleep_until and now - member.joined_at < COMING_MS
    return bool(member.connection) or is_new


def _pair(
    room: Room, newcomer: str, brought: ParkedOffer, member: Member, now: int
) -> Given | None:
    """The newcomer's offer goes to the member as an answer; None if that cannot be."""
    assert member.offer is not None
    theirs = _DESCRIPTION.decode(member.offer.body)
    if not _fit(_DESCRIPTION.decode(brought.body).sdp, theirs.sdp):
        return None
    body = _as_answer(brought, theirs.pc)
    answer = Delivery(1, newcomer, brought.seq, "answer", body)
    if mail.waits(room, member.peer, now):
        kept = mail.keep(room, member.peer, answer, now)
        if kept is None or kept is room:
            return None  # there is no space for it
        room = kept
    return Given(room, sent=(SendToPeer(room.life, member.peer, "signal", answer),))


def _as_answer(offer: ParkedOffer, pc: str) -> Raw:
    """The body of the offer as that of the answer for the pair `pc`."""
    body = _ANY.decode(offer.body)
    sdp = str(body["sdp"]).replace(ACTPASS, "a=setup:active")
    rest = {name: value for name, value in body.items() if name not in OF_OFFERS}
    return Raw(msgspec.json.encode({**rest, "pc": pc, "sdp": sdp}))


def _fit(one: str, other: str) -> bool:
    mid = _mid_of_channel(one)
    return mid is not None and mid == _mid_of_channel(other)


def _mid_of_channel(sdp: str) -> str | None:
    """The line `a=mid:…` of an offer of a data channel and nothing else; None of any other."""
    lines = sdp.splitlines()
    media = [line for line in lines if line.startswith("m=")]
    mids = [line for line in lines if line.startswith("a=mid:")]
    setups = [line for line in lines if line.startswith("a=setup:")]
    is_one = len(media) == len(mids) == 1 and media[0].startswith("m=application ")
    return mids[0] if is_one and setups == [ACTPASS] else None


def _without_offer(room: Room, peer: str) -> Room:
    member = member_of(room, peer)
    assert member is not None
    return _with(room, structs.replace(member, offer=None))


def _with(room: Room, member: Member) -> Room:
    members = tuple(member if m.peer == member.peer else m for m in room.members)
    return structs.replace(room, members=members)
