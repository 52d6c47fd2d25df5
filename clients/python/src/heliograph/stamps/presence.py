"""The union of what the stamps say of the members (docs/protocol.md §7). Pure.

    step(presence, event) → (presence, changes)

A *word* is what one stamp says of one member: `connected`, `asleep` or `disconnected`, or nothing.
A stamp *counts* from its list until our socket there has ended. A word counts if its visit is the
newest that any stamp has told of that member: an older one is of a page that is gone.

    event                        the word of that stamp           then
    Asked                        –                                what is pushed from here on is
                                                                  newer than the next list
    ListedHere                   as listed; of others: none       who is unknown is `Here`
    ListedHere, asked before     –                                nothing: that socket has ended
      ClosedHere
    JoinedHere                   connected                        who is unknown is `Here`
    Heard                        connected, if it was not there   who is unknown is `Here`
    DisconnectedHere             disconnected, or asleep          –
    LeftHere expired             none                             –
    LeftHere left, newest visit  of all stamps: none              `Gone`
    LeftHere left, older visit,  none, if it is of that visit     –
      or of a guessed member       or older
    LeftHere kicked, Kicked      of all stamps: none, for ever    `Gone`
    Opened                       –                                it can say that somebody is absent
    ClosedHere                   of all members: none             –
    Forgotten                    of all stamps: none              –

After each event, for each known member that it concerns:

    a word that counts is connected or asleep   a socket of ours is open   then the member is
    yes                                         any                        `Here`
    no                                          yes                        `Absent`
    no                                          no                         as before

News of a member who is gone counts if it is newer than what we know: after `left`, only a newer
visit or a message of a newer page; after `Forgotten` as expired, also a seat of the same visit.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from heliograph.stamps.presence_types import (
    STRANGER,
    Absent,
    Asked,
    Change,
    ClosedHere,
    DisconnectedHere,
    Forgotten,
    Gone,
    Heard,
    Here,
    JoinedHere,
    Kicked,
    LeftHere,
    ListedHere,
    Member,
    Opened,
    Past,
    Presence,
    PresenceEvent,
    PresenceStep,
    Profile,
    Renamed,
    Stamp,
    Word,
)
from heliograph.stamps.routes import Reach
from heliograph.wire.protocol import Listed

K = TypeVar("K")
V = TypeVar("V")
MAX_PAST = 256
MAX_KICKED = 1_024
NOBODY = Presence()


def step(presence: Presence, event: PresenceEvent) -> PresenceStep:
    """What is known after the event, and what the room does."""
    match event:
        case Asked(stamp):
            late = replace(presence, late=presence.late - {stamp})
            before = late.stamps.get(stamp)
            return (
                late if before is None else _with_stamp(late, stamp, pushed=frozenset()),
                [],
            )
        case ListedHere(stamp, members):
            return _listed(presence, stamp, members)
        case JoinedHere(stamp, peer):
            return _joined(_noted(presence, stamp, peer), event)
        case Heard():
            return _heard(presence, event)
        case DisconnectedHere(stamp, peer):
            return _disconnected(_noted(presence, stamp, peer), event)
        case LeftHere(stamp, peer):
            return _left(_noted(presence, stamp, peer), event)
        case Opened(stamp):
            return _judge_all(presence, _with_stamp(presence, stamp, open=True))
        case ClosedHere(stamp):
            return _judge_all(presence, _without_stamp(presence, stamp))
        case Kicked(peer):
            return _kicked(presence, peer)
        case Forgotten(peer, reason):
            return _ended(presence, peer, reason != "expired"), []


def reach(presence: Presence, stamp: int, peer: str) -> Reach:
    """Where a member is, as far as the stamp knows. A message for an absent one reaches nobody."""
    if stamp not in presence.stamps:
        return "unknown"
    member = presence.members.get(peer)
    word = _counting(presence, member, stamp)
    return "here" if word is not None and word.state == "connected" else "absent"


def is_kicked(presence: Presence, peer: str) -> bool:
    """Whether it was kicked: then nothing that comes from it counts."""
    return peer in presence.kicked


def _listed(before: Presence, stamp: int, members: tuple[Listed, ...]) -> PresenceStep:
    if stamp in before.late:
        return before, []  # no socket of ours follows it
    known = before.stamps.get(stamp, Stamp())
    pushed = known.pushed or frozenset()  # of whom we know something newer
    presence = replace(before, stamps={**before.stamps, stamp: Stamp(known.open)})
    names = {member.peer for member in members}
    for peer in before.members:
        if peer not in names and peer not in pushed:
            presence = _with_word(presence, peer, stamp, None)
    for member in members:
        if member.peer not in pushed:
            profile = Profile(member.name, member.role)
            presence = _told(presence, stamp, member.peer, profile, _word(member))
    return _judge_all(before, presence, stamp)


def _joined(before: Presence, event: JoinedHere) -> PresenceStep:
    known = before.members.get(event.peer)
    if known is not None and event.visit < known.visit:
        return before, []
    # Its socket is a new one, also if the end of the old one was not told: what only the old one
    # could receive may be lost.
    restarted = _with_word(before, event.peer, event.stamp, None)
    word = Word(event.visit, "connected")
    after = _told(restarted, event.stamp, event.peer, event.profile, word)
    return _judge(restarted, after, event.peer)


def _heard(before: Presence, event: Heard) -> PresenceStep:
    """The servers vouch for the sender: it is there, and its `joined` is on its way."""
    member = before.members.get(event.peer)
    word = _counting(before, member, event.stamp)
    if word is not None and word.is_there:
        return before, []
    past = before.past.get(event.peer)
    # Its visit will be told. Who was given up and not told to have left may still be the same page.
    guess = 0 if past is None else past.visit + (event.new_page and past.left)
    visit = guess if member is None else member.visit
    profile = STRANGER if member is None else member.profile
    guessed = member is None or member.guessed
    said = Word(visit, "connected")
    after = _told(before, event.stamp, event.peer, profile, said, guessed)
    return _judge(before, after, event.peer)


def _disconnected(before: Presence, event: DisconnectedHere) -> PresenceStep:
    member = before.members.get(event.peer)
    word = None if member is None else member.words.get(event.stamp)
    if word is None:
        return before, []
    now = replace(word, state="asleep" if event.asleep else "disconnected")
    return _judge(before, _with_word(before, event.peer, event.stamp, now), event.peer)


def _left(before: Presence, event: LeftHere) -> PresenceStep:
    peer, visit = event.peer, event.visit
    if event.reason == "kicked":
        return _kicked(before, peer)
    member = before.members.get(peer)
    # Of somebody who was only heard, it may be the page before the one that was heard.
    is_guessed = member is not None and member.guessed
    newest = 0 if member is None else member.visit
    if event.reason == "left" and not is_guessed and visit >= newest:
        changes: list[Change] = [] if member is None else [Gone(peer, "left")]
        return _ended(before, peer, True, visit), changes
    word = None if member is None else member.words.get(event.stamp)
    if word is None or word.visit > visit:
        return before, []
    given_up_at = event.stamp if event.reason == "expired" else None
    return _judge(before, _with_word(before, peer, event.stamp, None), peer, given_up_at)


def _kicked(before: Presence, peer: str) -> PresenceStep:
    if peer in before.kicked:
        return before, []
    kicked = (*before.kicked, peer)[-MAX_KICKED:]
    after = replace(_ended(before, peer, True), kicked=kicked)
    return after, [Gone(peer, "kicked")] if peer in before.members else []


def _told(
    presence: Presence, stamp: int, peer: str, profile: Profile, word: Word, guessed: bool = False
) -> Presence:
    """A stamp says that somebody has a seat. `guessed`: the visit is a guess of ours."""
    known = presence.members.get(peer)
    if stamp not in presence.stamps or (known is not None and word.visit < known.visit):
        return presence
    if known is None and not _is_news(presence, peer, word):
        return presence
    words = {**({} if known is None else known.words), stamp: word}
    here = known is not None and known.here
    member = Member(profile, word.visit, guessed, words, here)
    past = _without(presence.past, peer)
    return replace(presence, past=past, members={**presence.members, peer: member})


def _is_news(presence: Presence, peer: str, word: Word) -> bool:
    """Of somebody who is no member: is it newer than what we know?"""
    if peer in presence.kicked:
        return False
    before = presence.past.get(peer)
    if before is None or word.visit > before.visit:
        return True
    return not before.left and word.visit == before.visit and word.is_there


def _ended(presence: Presence, peer: str, left: bool, visit: int | None = None) -> Presence:
    """It is no member any more. `visit`: of the page that has ended, else the newest we know."""
    before, member = presence.past.get(peer), presence.members.get(peer)
    known = member.visit if member is not None else before.visit if before is not None else 0
    now = Past(known if visit is None else visit, left)
    if before is not None:
        now = _newest(before, now)
    past = {**_without(presence.past, peer), peer: now}
    kept = dict(list(past.items())[-MAX_PAST:])
    return replace(presence, members=_without(presence.members, peer), past=kept)


def _newest(one: Past, other: Past) -> Past:
    """Of the same page, what it said itself counts."""
    if one.visit != other.visit:
        return max(one, other, key=lambda past: past.visit)
    return one if one.left else other


def _judge_all(before: Presence, after: Presence, given_up_at: int | None = None) -> PresenceStep:
    presence, changes = after, []
    for peer in after.members:
        presence, own = _judge(before, presence, peer, given_up_at)
        changes += own
    return presence, changes


def _judge(
    before: Presence, after: Presence, peer: str, given_up_at: int | None = None
) -> PresenceStep:
    """The second table at the head. `given_up_at`: whoever has no seat there has expired."""
    member, known = after.members.get(peer), before.members.get(peer)
    if member is None:
        return after, []
    was_at, was_receiving = _standing(before, known)
    is_at, is_receiving = _standing(after, member)
    is_new_page = member.visit > (0 if known is None else known.visit)
    fresh = bool(is_receiving) and (not was_receiving or is_new_page)
    receives = fresh or bool(is_receiving - was_receiving)
    is_new = bool(is_at - was_at) or not member.here
    changes: list[Change] = []
    if known is None or (is_at and (is_new or receives)):
        changes.append(Here(peer, member.profile, fresh, receives))
    elif known.profile != member.profile:
        changes.append(Renamed(peer, member.profile))
    is_decided = bool(is_at) or any(stamp.open for stamp in after.stamps.values())
    here = bool(is_at) if is_decided else member.here or known is None
    if not here and (member.here or known is None):
        had_seat = known is not None and given_up_at in known.words
        has_seat = any(_counting(after, member, stamp) for stamp in member.words)
        changes.append(Absent(peer, had_seat and not has_seat))
    members = {**after.members, peer: replace(member, here=here)}
    return replace(after, members=members), changes


def _standing(presence: Presence, member: Member | None) -> tuple[set[int], set[int]]:
    """The stamps at which it is, and those of them that can deliver to it."""
    words = {} if member is None else member.words
    counting = {stamp: _counting(presence, member, stamp) for stamp in words}
    at = {stamp for stamp, word in counting.items() if word is not None and word.is_there}
    return at, {stamp for stamp in at if words[stamp].state == "connected"}


def _counting(presence: Presence, member: Member | None, stamp: int) -> Word | None:
    """The word of a stamp, if it counts."""
    word = None if member is None else member.words.get(stamp)
    if member is None or word is None or stamp not in presence.stamps:
        return None
    return word if word.visit == member.visit else None


def _word(member: Listed) -> Word:
    if member.connected:
        return Word(member.visit, "connected")
    return Word(member.visit, "asleep" if member.asleep else "disconnected")


def _noted(presence: Presence, stamp: int, peer: str) -> Presence:
    """Something was pushed: it is newer than a list that was asked for before."""
    known = presence.stamps.get(stamp)
    if known is None or known.pushed is None:
        return presence
    return _with_stamp(presence, stamp, pushed=known.pushed | {peer})


def _with_stamp(
    presence: Presence,
    stamp: int,
    open: bool | None = None,
    pushed: frozenset[str] | None = None,
) -> Presence:
    """Changes a stamp that counts; of another one nothing is known."""
    before = presence.stamps.get(stamp)
    if before is None:
        return presence
    after = Stamp(
        before.open if open is None else open, before.pushed if pushed is None else pushed
    )
    return replace(presence, stamps={**presence.stamps, stamp: after})


def _without_stamp(before: Presence, stamp: int) -> Presence:
    known = before.stamps.get(stamp)
    is_asked = known is not None and known.pushed is not None
    late = before.late | {stamp} if is_asked else before.late
    presence = replace(before, stamps=_without(before.stamps, stamp), late=late)
    for peer in before.members:
        presence = _with_word(presence, peer, stamp, None)
    return presence


def _with_word(presence: Presence, peer: str, stamp: int, word: Word | None) -> Presence:
    """Sets or removes a word."""
    member = presence.members.get(peer)
    if member is None:
        return presence
    words = _without(member.words, stamp)
    if word is not None:
        words = {**words, stamp: word}
    members = {**presence.members, peer: replace(member, words=words)}
    return replace(presence, members=members)


def _without(entries: Mapping[K, V], key: K) -> dict[K, V]:
    return {each: value for each, value in entries.items() if each != key}
