"""Offers that wait in the room, and two of them as one pair."""

import msgspec
import pytest
from msgspec import Raw, structs

from signaling import mail, offers
from signaling import room as rooms
from signaling import room_document as document
from signaling.effects import SendToPeer
from signaling.mail import MAX_MESSAGES
from signaling.messages import Delivery, Description
from signaling.offers import COMING_MS, MAX_PARKED_BYTES, GivenOffer
from signaling.room import Admitted
from signaling.room_document import ParkedOffer, Room
from tests.signaling.seating import (
    ANN,
    BOB,
    CYD,
    DAN,
    DAY,
    LIFE,
    NOW,
    VISIT,
    code,
    connected,
    disconnected,
    enter,
    made,
    seated,
)

OFFER = ParkedOffer(5, Raw(b'{"pc":"p","sdp":"v=0"}'))
GIVEN = GivenOffer(OFFER.seq, OFFER.body)


def test_a_parked_offer_goes_to_the_next_newcomer_only() -> None:
    room = offers.park(seated(ANN), ANN, OFFER, NOW)
    room, first = enter(room, BOB)
    assert first.others[0].offer == GIVEN
    room, second = enter(room, CYD)
    assert [other.offer for other in second.others] == [None, None]


def test_the_newest_offer_of_a_member_counts() -> None:
    newer = ParkedOffer(6, Raw(b'{"pc":"q","sdp":"v=0"}'))
    room = offers.park(offers.park(seated(ANN), ANN, OFFER, NOW), ANN, newer, NOW)
    assert enter(room, BOB)[1].others[0].offer == GivenOffer(6, newer.body)


def test_who_comes_again_takes_no_offer_from_the_next_newcomer() -> None:
    room = offers.park(seated(ANN, BOB), ANN, OFFER, NOW)
    room, resumed = enter(room, BOB)
    assert resumed.others[0].offer is None
    assert enter(room, CYD)[1].others[0].offer == GIVEN


def test_the_offer_of_a_lost_member_waits_until_it_is_back() -> None:
    later = NOW + COMING_MS
    room = disconnected(offers.park(seated(ANN, BOB), ANN, OFFER, NOW), ANN, later)
    room, admitted = enter(room, CYD, later)
    assert all(other.offer is None for other in admitted.others)
    assert enter(connected(room, ANN, later, "c2"), DAN, later)[1].others[0].offer == GIVEN


def test_the_offer_of_who_has_just_come_is_given_before_its_socket_is_open() -> None:
    """Its answer waits for the socket."""
    room, _ = enter(None, ANN)
    room = offers.park(room, ANN, OFFER, NOW)
    assert enter(room, BOB, NOW + COMING_MS)[1].others[0].offer is None
    room, admitted = enter(room, BOB, NOW + COMING_MS - 1)
    assert admitted.others[0].offer == GIVEN
    assert enter(room, CYD)[1].others[0].offer is None


def test_the_offer_of_who_sleeps_is_not_given_however_new_it_is() -> None:
    room, _ = enter(None, ANN)
    room, _ = rooms.sleep(offers.park(room, ANN, OFFER, NOW), ANN, VISIT, NOW + DAY, NOW)
    assert enter(room, BOB)[1].others[0].offer is None


def test_an_offer_that_is_too_long_is_refused() -> None:
    long = ParkedOffer(6, Raw(b'"' + b"x" * (MAX_PARKED_BYTES - 2) + b'"'))
    assert offers.park(seated(ANN), ANN, long, NOW).members[0].offers == (long,)
    longer = ParkedOffer(6, Raw(bytes(long.body) + b" "))
    assert code(offers.park, seated(ANN), ANN, longer, NOW) == "too_large"


# --- two offers, one pair -----------------------------------------------------------------------

CHANNEL = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"


def sdp(
    *,
    mid: str = "0",
    setup: str = "actpass",
    media: tuple[str, ...] = (CHANNEL,),
    lite: bool = True,
) -> str:
    sections = (line for one in media for line in (one, f"a=mid:{mid}", f"a=setup:{setup}"))
    session = ("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", *(["a=ice-lite"] if lite else []))
    return "\r\n".join((*session, *sections, ""))


def offer(pc: str, seq: int = 1, words: str | None = None, **more: object) -> ParkedOffer:
    body = {"pc": pc, "sdp": sdp() if words is None else words, **more}
    return ParkedOffer(seq, Raw(msgspec.json.encode(body)))


def told(admitted: Admitted) -> list[tuple[str, Delivery, Description]]:
    """To whom one of the newcomer's offers goes, how, and its body."""
    return [
        (sent.peer, sent.argument, msgspec.json.decode(sent.argument.body, type=Description))
        for sent in admitted.effects
        if isinstance(sent, SendToPeer)
        and isinstance(sent.argument, Delivery)
        and (sent.life, sent.target) == (LIFE, "signal")
    ]


def given(admitted: Admitted) -> list[tuple[str, int | None]]:
    """Whose offers the newcomer has got, and the seqs of its own that they got."""
    return [(each.peer, each.offer.answered) for each in admitted.others if each.offer]


def waiting(room: Room, peer: str) -> tuple[ParkedOffer, ...]:
    member = document.member_of(room, peer)
    return () if member is None else member.offers


def document_peers(room: Room) -> list[str]:
    return [member.peer for member in room.members]


def document_with(room: Room, peer: str, brought: tuple[ParkedOffer, ...]) -> Room:
    members = (structs.replace(m, offers=brought) if m.peer == peer else m for m in room.members)
    return structs.replace(room, members=tuple(members))


def test_an_offer_that_comes_with_the_first_member_waits() -> None:
    room, admitted = enter(None, ANN, offers=(offer("a", 7),))
    assert admitted.parked == (7,) and told(admitted) == []
    assert waiting(room, ANN) == (offer("a", 7),)


def test_two_offers_make_a_pair() -> None:
    room, _ = enter(None, ANN, offers=(offer("a", 3, candidates=[{"candidate": "c"}], relay=True),))
    bobs = offer(
        "b", 4, candidates=[{"candidate": "d"}], restart=True, relay=True, network="symmetric"
    )
    room, admitted = enter(connected(room, ANN), BOB, offers=(bobs,))
    assert given(admitted) == [(ANN, 4)] and admitted.parked == ()
    [(peer, push, body)] = told(admitted)
    assert (peer, push.kind, push.seq, push.sender) == (ANN, "answer", 4, BOB)
    assert (body.pc, body.sdp, body.answered) == ("a", sdp(setup="passive"), 3)
    assert [each.candidate for each in body.candidates] == ["d"]
    assert not body.restart and not body.relay
    assert body.network == "symmetric"
    assert waiting(room, ANN) == waiting(room, BOB) == ()


def test_the_offer_of_the_smaller_id_is_the_offer_of_the_pair_whoever_came_first() -> None:
    """Else two stamps that see them come in two orders make two pairs of the same offers."""
    room, _ = enter(None, BOB, offers=(offer("b", 4),))
    anns = offer("a", 3, candidates=[{"candidate": "c"}], odd=["as it was"])
    room, admitted = enter(connected(room, BOB), ANN, offers=(anns,))
    assert given(admitted) == [(BOB, 3)] and admitted.parked == ()
    [(peer, push, body)] = told(admitted)
    assert (peer, push.kind, push.seq, push.sender) == (BOB, "offer", 3, ANN)
    as_it_was = msgspec.json.decode(anns.body)
    assert msgspec.json.decode(push.body) == {**as_it_was, "answered": 4}
    assert waiting(room, ANN) == waiting(room, BOB) == ()


@pytest.mark.parametrize("first", [ANN, BOB])
@pytest.mark.parametrize("full", [ANN, BOB])
def test_of_two_offers_the_one_without_ice_lite_is_the_offer(first: str, full: str) -> None:
    brought = {
        peer: offer(peer[0].lower(), seq, sdp(lite=peer != full))
        for peer, seq in ((ANN, 3), (BOB, 4))
    }
    second = BOB if first == ANN else ANN
    room, _ = enter(None, first, offers=(brought[first],))
    _, admitted = enter(room, second, offers=(brought[second],))
    [(peer, push, body)] = told(admitted)
    assert (peer, push.kind) == (first, "answer" if first == full else "offer")
    assert body.answered == brought[first].seq
    assert given(admitted) == [(first, brought[second].seq)]


def test_an_offer_that_the_newcomer_has_is_spent_and_not_given() -> None:
    """It has found its peer at another stamp."""
    room = seated(ANN, BOB)
    for peer, seq in ((ANN, 3), (BOB, 4)):
        room = document_with(room, peer, (offer("x", seq),))
    room, admitted = enter(room, CYD, offers=(offer("c", 5),), have=(3, 99))
    assert given(admitted) == [(BOB, 5)]
    assert waiting(room, ANN) == waiting(room, BOB) == ()


def test_of_several_offers_only_the_one_for_the_newcomer_is_spent() -> None:
    brought = tuple(offer(f"a{seq}", seq) for seq in range(1, 5))
    room = document_with(seated(ANN), ANN, brought)
    [first] = enter(room, BOB)[1].others
    assert first.offer is not None
    seq = first.offer.seq
    room, admitted = enter(room, BOB, have=(seq,))
    assert given(admitted) == [] and {each.seq for each in waiting(room, ANN)} == {1, 2, 3, 4} - {
        seq
    }


def test_what_the_newcomer_gets_of_a_pair_is_the_offer_as_it_was() -> None:
    anns = offer("a", 3, odd=["as it was"])
    room, admitted = enter(enter(None, ANN, offers=(anns,))[0], BOB, offers=(offer("b"),))
    assert admitted.others[0].offer == GivenOffer(3, anns.body, answered=1)


def test_who_has_no_socket_yet_gets_the_answer_when_it_opens() -> None:
    room, _ = enter(None, ANN, offers=(offer("a"),))
    room, _ = enter(room, BOB, offers=(offer("b", 9),))
    _, effects = rooms.connect(room, LIFE, ANN, "c", NOW)
    seqs = [
        each.argument.seq
        for each in effects
        if isinstance(each, SendToPeer) and isinstance(each.argument, Delivery)
    ]
    assert seqs == [9]


def test_one_offer_makes_one_pair_and_the_other_offers_are_given_as_ever() -> None:
    room, _ = enter(None, ANN, offers=(offer("a"),))
    room = offers.park(enter(room, BOB)[0], BOB, offer("b"), NOW)
    room = offers.park(room, ANN, offer("a"), NOW)
    room, admitted = enter(room, CYD, offers=(offer("c"),))
    assert given(admitted) == [(ANN, 1), (BOB, None)]
    assert [peer for peer, _, _ in told(admitted)] == [ANN]
    assert waiting(room, CYD) == ()


def test_who_finds_no_offer_leaves_its_own() -> None:
    room = seated(ANN, BOB)
    room, admitted = enter(room, CYD, offers=(offer("c", 8),))
    assert admitted.parked == (8,) and given(admitted) == []
    room, admitted = enter(room, DAN, offers=(offer("d"),))
    assert given(admitted) == [(CYD, 1)]


def test_with_enough_offers_everybody_is_paired_with_everybody() -> None:
    room, met = None, []
    for n, peer in enumerate((CYD, ANN, DAN, BOB)):
        brought = tuple(offer(f"{peer[0]}{k}", 10 * n + k) for k in range(1, 4))
        room, admitted = enter(room, peer, offers=brought)
        assert [peer for peer, _, _ in told(admitted)] == sorted(document_peers(room)[:-1])
        seqs = {seq for _, seq in given(admitted)}
        assert len(seqs) == n and seqs | set(admitted.parked) == {each.seq for each in brought}
        met += [push.kind + body.pc for _, push, body in told(admitted)]
    assert len(set(met)) == 6 and room is not None
    assert all(waiting(room, peer) == () for peer in (CYD, ANN, DAN, BOB))


def test_two_stamps_make_the_same_pairs_whoever_came_first() -> None:
    brought = {
        peer: tuple(offer(f"{peer[0]}{k}", 10 * n + k) for k in range(1, 4))
        for n, peer in enumerate((ANN, BOB, CYD))
    }
    pairs = []
    for first, second in ((ANN, BOB), (BOB, ANN)):
        room = None
        for peer in (first, second):
            # Each has offers that nobody else has been given.
            room, _ = enter(room, peer)
            room = document_with(room, peer, brought[peer])
        _, admitted = enter(room, CYD, offers=brought[CYD])
        pairs.append(sorted(given(admitted)))
    assert pairs[0] == pairs[1] and len(pairs[0]) == 2


@pytest.mark.parametrize(
    "words",
    [
        "v=0",
        sdp(setup="active"),
        sdp(mid="1"),
        sdp(media=("m=audio 9 UDP/TLS/RTP/SAVPF 111",)),
        sdp(media=("m=audio 9 UDP/TLS/RTP/SAVPF 111", CHANNEL)),
        sdp(media=(CHANNEL, CHANNEL)),
        sdp(media=()),
        sdp().replace("a=mid:0", "a=mid:0\r\na=mid:1"),
        sdp() + "a=setup:actpass\r\n",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_offers_that_cannot_be_read_as_answers_make_no_pair(words: str, first: bool) -> None:
    one, other = offer("a", 1, words if first else None), offer("b", 2, None if first else words)
    room, admitted = enter(enter(None, ANN, offers=(one,))[0], BOB, offers=(other,))
    assert given(admitted) == [(ANN, None)] and told(admitted) == []
    assert admitted.parked == (2,)


def test_one_of_two_offers_has_to_give_way() -> None:
    full = sdp(lite=False)
    room, _ = enter(None, ANN, offers=(offer("a", 1, full),))
    _, refused = enter(room, BOB, offers=(offer("b", 2, full),))
    assert given(refused) == [(ANN, None)] and refused.parked == (2,)
    _, admitted = enter(room, BOB, offers=(offer("b", 2),))
    assert given(admitted) == [(ANN, 2)]


def test_an_answer_that_has_no_space_to_wait_makes_no_pair() -> None:
    room: Room | None = enter(None, ANN, offers=(offer("a"),))[0]
    for seq in range(MAX_MESSAGES):
        room = mail.keep(room, ANN, Delivery(1, DAN, seq, "answer", Raw(b"1")), NOW)
    _, admitted = enter(room, BOB, offers=(offer("b"),))
    assert given(admitted) == [(ANN, None)] and told(admitted) == []


def test_the_offer_of_who_is_lost_makes_no_pair() -> None:
    later = NOW + COMING_MS
    room = connected(enter(None, ANN, offers=(offer("a"),))[0], ANN)
    room = disconnected(room, ANN, later)
    _, admitted = enter(room, BOB, later, offers=(offer("b"),))
    assert given(admitted) == [] and told(admitted) == []


def test_asking_again_leaves_the_offer_where_it_is() -> None:
    room, _ = enter(None, ANN, offers=(offer("a", 3),))
    room, again = enter(room, ANN, offers=(offer("a", 3),))
    assert again.parked == (3,)
    room, _ = enter(room, BOB, offers=(offer("b", 4),))
    for peer, brought in ((ANN, offer("a", 3)), (BOB, offer("b", 4)), (ANN, offer("a", 2))):
        room, again = enter(room, peer, offers=(brought,))
        assert again.parked == () and told(again) == []
    assert waiting(room, ANN) == waiting(room, BOB) == ()


def test_a_new_page_of_a_member_brings_a_new_offer() -> None:
    room, _ = enter(enter(None, ANN, offers=(offer("a", 3),))[0], BOB, offers=(offer("b", 4),))
    room, again = enter(room, BOB, visit=VISIT + 1, offers=(offer("c", 5),))
    assert again.parked == (5,) and given(again) == []
    assert waiting(room, BOB) == (offer("c", 5),)


def test_asking_without_an_offer_leaves_the_one_that_waits() -> None:
    room, _ = enter(None, ANN, offers=(offer("a", 3),))
    room, again = enter(room, ANN)
    assert again.parked == (3,) and waiting(room, ANN) == (offer("a", 3),)


def test_where_peers_get_turn_from_the_start_an_offer_without_it_is_dropped() -> None:
    room, admitted = enter(made(turn="eager"), ANN, offers=(offer("a"),))
    assert admitted.parked == waiting(room, ANN) == ()
    room = offers.park(room, ANN, offer("x"), NOW)
    room, admitted = enter(room, BOB, offers=(offer("b"),))
    assert given(admitted) == [(ANN, None)] and told(admitted) == []
    assert waiting(room, BOB) == ()


def test_a_refused_newcomer_takes_nothing() -> None:
    room = made(capacity=2)
    room = seated(BOB, room=enter(room, ANN, offers=(offer("a"),))[0])
    assert (
        code(enter, offers.park(room, ANN, offer("a"), NOW), CYD, offers=(offer("c"),))
        == "room_full"
    )


# --- what a peer would hear ---------------------------------------------------------------------


def test_who_has_no_socket_can_ask_what_it_would_hear() -> None:
    room, _ = enter(None, ANN, offers=(offer("a"),))
    assert rooms.missed(room, ANN, NOW) == []
    room, _ = enter(room, BOB, NOW + 1, offers=(offer("b", 9),))
    pushes = rooms.missed(room, ANN, NOW)
    assert [(push.peer, push.target) for push in pushes] == [(ANN, "joined"), (ANN, "signal")]
    assert rooms.missed(connected(room, ANN), ANN, NOW) == []


def test_only_members_can_ask_what_they_would_hear() -> None:
    assert code(rooms.missed, None, ANN, NOW) == "not_member"
    assert code(rooms.missed, seated(BOB), ANN, NOW) == "not_member"
    assert code(rooms.missed, enter(None, ANN)[0], ANN, NOW + DAY) == "not_member"
