"""Offers that wait in the room, and who gets them. Pure. docs/protocol.md §5.

A newcomer gets one offer of each member who has some. If it brings offers of its own:

 in the room                          of its offers
 an offer waits that makes a pair     both sides get the other's offer, to be read as the answer to
 with one of them                     their own: the newcomer in its list, the other by a push
 none does                            all wait for the next newcomers
 one waits that the newcomer has,     those that are left wait; that one is spent here too, and not
 by another stamp                     given
 the peer has a seat already          they wait in place of its older ones; one that may have been
                                      given away does not wait a second time
 TURN from the start (`eager`)        dropped: they were made without a relay

Two offers make a pair if each can be read as the answer to the other (RFC 8829 §5.3.1): one data
channel and nothing else, the same `mid`, and `a=setup:actpass`, of which one side makes `active`
and the other one `passive` (RFC 8842 §5). One of them has `a=ice-lite`, too: who offers is the
controlling ICE agent, two of these lose time until one gives way (RFC 8445 §7.3.1.1), and a lite
agent is never controlling (§6.1.1). Without that line the newcomer's waits like the others.

| `a=ice-lite` in | is the answer of the pair |
|---|---|
| one of them | that one |
| both | that of the greater peer id |

It does not matter who came first: two stamps that see two people come in another order make the
same pair of the same two offers. Which of several offers is given is drawn by lot from the names
(rendezvous hashing), to the same end.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, structs

from signaling import mail
from signaling.effects import SendToPeer
from signaling.errors import TooLarge
from signaling.messages import Delivery, Description, Seq
from signaling.room_document import Member, ParkedOffer, Room, seat_of, with_member

COMING_MS = 10_000  # from its admission, in which a member's first socket is awaited
MAX_OFFERS = 8  # of a member
MAX_PARKED_BYTES = 16_384  # of all offers of a member: a full room of them fits one document
SentOffers = Annotated[
    tuple[ParkedOffer, ...], Meta(extra_json_schema={"maxItems": MAX_OFFERS})
]  # `check` refuses more, as too large
OF_OFFERS = ("restart", "relay", "slots")  # members of a body that an answer does not have
ACTPASS = "a=setup:actpass"
LITE = "a=ice-lite"

_DESCRIPTION = msgspec.json.Decoder(Description)
_ANY = msgspec.json.Decoder(dict)


class GivenOffer(Struct, frozen=True, omit_defaults=True):
    """An offer of a member, for a newcomer. `answered`: the seq of that of the newcomer's own
    offers which makes a pair with it, and was sent to the member."""

    seq: Seq
    body: Raw
    answered: Seq | None = None


class Given(Struct, frozen=True):
    """The room without what was given, the offers by their peers, what has to be sent, and what is
    left of the newcomer's own."""

    room: Room
    left: tuple[ParkedOffer, ...] = ()
    offers: dict[str, GivenOffer] = {}
    sent: tuple[SendToPeer, ...] = ()


def check(offers: Sequence[ParkedOffer]) -> None:
    """Raises TooLarge."""
    size = sum(len(bytes(offer.body)) for offer in offers)
    if size > MAX_PARKED_BYTES or len(offers) > MAX_OFFERS:
        limits = f"{MAX_OFFERS} offers with {MAX_PARKED_BYTES} bytes"
        raise TooLarge("too_large", f"At most {limits} can wait for one member.")


def park(room: Room | None, peer: str, offer: ParkedOffer, now: int) -> Room:
    """Keep an offer of a member for the next newcomer, in place of what waits.

    Raises Forbidden (not_member) or TooLarge.
    """
    check((offer,))
    room, member = seat_of(room, peer, now)
    return with_member(room, structs.replace(member, offers=(offer,)))


def give(
    room: Room,
    newcomer: str,
    brought: tuple[ParkedOffer, ...],
    now: int,
    have: Sequence[int] = (),
) -> Given:
    """Give the newcomer, who is not in the room yet, an offer of each who has some; and each of
    these an offer of the newcomer. What it has already, by its seq, is spent and not given."""
    given = Given(room, brought)
    for member in sorted(room.members, key=lambda each: each.peer):
        if not (member.offers and hears(member, now)):
            continue
        theirs = _drawn(member.offers, newcomer)
        spent = structs.replace(given, room=with_member(given.room, _without(member, theirs)))
        given = spent if theirs.seq in have else _give(spent, newcomer, member, theirs, now)
    return given


def keep(member: Member, brought: tuple[ParkedOffer, ...]) -> Member:
    """The member with the offers that it brings. Those that it has brought before are not new."""
    fresh = tuple(offer for offer in brought if offer.seq > member.offered)
    return structs.replace(member, offers=fresh, offered=newest(fresh)) if fresh else member


def newest(offers: tuple[ParkedOffer, ...]) -> int:
    """The highest seq; 0 of none."""
    return max((offer.seq for offer in offers), default=0)


def hears(member: Member, now: int) -> bool:
    """An answer reaches it: its socket is open, or about to be, and mail waits for it."""
    is_new = not member.asleep_until and now - member.joined_at < COMING_MS
    return bool(member.connection) or is_new


def _give(given: Given, newcomer: str, member: Member, theirs: ParkedOffer, now: int) -> Given:
    """The member's offer to the newcomer, and if they make a pair one in return."""
    room = given.room
    ours = _drawn(given.left, member.peer) if given.left else None
    paired = None if ours is None else _pair(room, newcomer, ours, member, theirs, now)
    offers = {**given.offers, member.peer: GivenOffer(theirs.seq, theirs.body)}
    if ours is None or paired is None:
        return structs.replace(given, room=room, offers=offers)
    room, push = paired
    offers[member.peer] = GivenOffer(theirs.seq, theirs.body, ours.seq)
    left = tuple(offer for offer in given.left if offer is not ours)
    return Given(room, left, offers, (*given.sent, push))


def _drawn(offers: tuple[ParkedOffer, ...], peer: str) -> ParkedOffer:
    """The one for this peer."""
    return max(offers, key=lambda each: hashlib.blake2b(f"{peer} {each.seq}".encode()).digest())


def _pair(
    room: Room, newcomer: str, ours: ParkedOffer, member: Member, theirs: ParkedOffer, now: int
) -> tuple[Room, SendToPeer] | None:
    """The newcomer's offer goes to the member; None if they make no pair, or it has no space."""
    there, brought = _DESCRIPTION.decode(theirs.body), _DESCRIPTION.decode(ours.body)
    lite = [LITE in each.sdp.splitlines() for each in (there, brought)]
    if not any(lite) or not _fit(brought.sdp, there.sdp):
        return None
    is_answer = member.peer < newcomer if all(lite) else lite[1]
    if is_answer:
        push = Delivery(1, newcomer, ours.seq, "answer", _as_answer(ours, there.pc, theirs.seq))
    else:
        push = Delivery(1, newcomer, ours.seq, "offer", _as_offer(ours, theirs.seq))
    if mail.waits(room, member.peer, now):
        kept = mail.keep(room, member.peer, push, now)
        if kept is None or kept is room:
            return None  # there is no space for it
        room = kept
    return room, SendToPeer(room.life, member.peer, "signal", push)


def _as_answer(offer: ParkedOffer, pc: str, answered: int) -> Raw:
    """The body of the offer as that of the answer to one with this `pc` and seq."""
    body = _ANY.decode(offer.body)
    sdp = str(body["sdp"]).replace(ACTPASS, "a=setup:passive")
    rest = {name: value for name, value in body.items() if name not in OF_OFFERS}
    return Raw(msgspec.json.encode({**rest, "pc": pc, "sdp": sdp, "answered": answered}))


def _as_offer(offer: ParkedOffer, answered: int) -> Raw:
    """The body of the offer, which the receiver's offer of this seq answers."""
    return Raw(msgspec.json.encode({**_ANY.decode(offer.body), "answered": answered}))


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


def _without(member: Member, offer: ParkedOffer) -> Member:
    offers = tuple(each for each in member.offers if each is not offer)
    return structs.replace(member, offers=offers)
