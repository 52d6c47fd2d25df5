"""The pure machines of the Python client beside the negotiation, by their tables."""

import altcha
import pytest
from heliograph.errors import HeliographError
from heliograph.files.messages import encode, parse_file_message
from heliograph.files.names import safe_name, safe_path
from heliograph.files.send_window import SendWindow
from heliograph.peer import rtc
from heliograph.peer.connecting import Facts, due
from heliograph.stamps import acks, outbox, routes
from heliograph.stamps import presence_types as p
from heliograph.stamps.home import first_asked, home_number, sort_backends
from heliograph.stamps.presence import NOBODY, is_kicked, reach, step
from heliograph.timing.pace import Pace
from heliograph.turn.network import Need, need_of, network_of
from heliograph.wire.proof import prove
from heliograph.wire.protocol import Envelope, IceServer, LeftReason, Listed, Message, Text

BOB = p.Profile("Bob", "guest")


def after(*events: p.PresenceEvent) -> tuple[p.Presence, list[list[p.Change]]]:
    presence, changes = NOBODY, []
    for event in events:
        presence, own = step(presence, event)
        changes.append(own)
    return presence, changes


def listed(stamp: int, *visits: int, connected: bool = True) -> p.ListedHere:
    members = tuple(Listed("bob", "Bob", "guest", visit, connected) for visit in visits)
    return p.ListedHere(stamp, members)


def left(reason: LeftReason, visit: int = 200, stamp: int = 0) -> p.LeftHere:
    return p.LeftHere(stamp, "bob", reason, visit)


HERE = p.Here("bob", BOB, True, True)


@pytest.mark.parametrize(
    ("events", "changes"),
    [
        ([listed(0, 200)], [HERE]),
        ([listed(0), p.Opened(0), p.JoinedHere(0, "bob", BOB, 200)], [HERE]),
        ([listed(0, 200), p.Opened(0), left("left")], [p.Gone("bob", "left")]),
        ([listed(0, 200), p.Opened(0), left("left", 100)], []),  # of the page before
        ([listed(0, 200), p.Opened(0), left("expired")], [p.Absent("bob", True)]),
        ([listed(0, 200), listed(1, 200), p.Opened(0), left("expired")], []),  # the other has it
        (
            [listed(0, 200), p.Opened(0), p.DisconnectedHere(0, "bob", False)],
            [p.Absent("bob", False)],
        ),
        ([listed(0, 200), p.Opened(0), p.DisconnectedHere(0, "bob", True)], []),  # asleep
        ([listed(0, 200), listed(1, 200), p.Opened(0), p.ClosedHere(0)], []),
        ([listed(0, 200), p.Kicked("bob")], [p.Gone("bob", "kicked")]),
        ([listed(0, 200), p.Kicked("bob"), listed(0, 300)], []),  # for ever
        ([listed(0, 200), left("left"), listed(0, 200)], []),  # only a newer page counts
        ([listed(0, 200), left("left"), listed(0, 300)], [HERE]),
        ([listed(0, 200), p.Forgotten("bob", "expired"), listed(0, 200)], [HERE]),
        (  # given up, and the same page is heard before it is told
            [
                *(listed(0, 200), p.Forgotten("bob", "expired"), p.Heard(0, "bob", True)),
                p.JoinedHere(0, "bob", BOB, 200),
            ],
            [HERE],
        ),
        (  # of the page before the one that is heard
            [
                *(listed(0, 200), left("left"), p.Heard(0, "bob", True)),
                p.JoinedHere(0, "bob", BOB, 200),
            ],
            [],
        ),
        ([listed(0), p.Heard(0, "bob")], [p.Here("bob", p.STRANGER, True, True)]),
        ([listed(0), p.Heard(0, "bob"), listed(0, 200)], [HERE]),
        ([p.Asked(0), p.ClosedHere(0), listed(0, 200)], [HERE]),
        ([listed(0), p.Asked(0), p.ClosedHere(0), listed(0, 200)], []),  # it is of a socket before
    ],
)
def test_what_the_stamps_say_of_members_is_one_word(
    events: list[p.PresenceEvent], changes: list[p.Change]
) -> None:
    assert after(*events)[1][-1] == changes


def test_where_a_member_is_to_be_reached() -> None:
    presence, _ = after(listed(0, 200), listed(1), p.Kicked("eve"))
    assert [reach(presence, stamp, "bob") for stamp in range(3)] == ["here", "absent", "unknown"]
    assert is_kicked(presence, "eve") and not is_kicked(presence, "bob")


def envelope(seq: int, text: str = "x") -> Envelope:
    return Envelope(seq, Message("text", Text(text)))


def test_a_message_is_repeated_three_times_and_given_up_after_a_minute() -> None:
    box = outbox.sent(outbox.EMPTY, envelope(1), 10, ["ann", "bob"], 100.0, 0.0)
    times = []
    while (at := outbox.next_due_at(box)) is not None:
        box, repeats = outbox.due(box, at, lambda: 0.0)
        times += [(at, len(repeats))]
    assert times == [(101, 1), (103, 1), (107, 1), (160, 0)]


def test_a_message_is_out_once_everybody_has_it_or_is_gone() -> None:
    box = outbox.sent(outbox.EMPTY, envelope(1), 10, ["ann", "bob"], 0.0, 0.0)
    box = outbox.taken(outbox.acked(box, "ann", [1, 7]), 1, 0)
    assert box[1].owing == {"bob"} and box[1].taken_by == {0}
    again = outbox.returned(box, "bob", 50.0)
    assert again[1].due_at == 50 and again[1].taken_by == frozenset()
    assert outbox.left(box, "bob") == {} == outbox.acked(box, "bob", [1])


def test_the_oldest_messages_give_way() -> None:
    box: outbox.Outbox = outbox.EMPTY
    for seq in range(outbox.MAX_MESSAGES + 2):
        box = outbox.sent(box, envelope(seq), 10, ["ann"], 0.0, 0.0)
    assert len(box) == outbox.MAX_MESSAGES and min(box) == 2
    assert list(outbox.sent(box, envelope(999), outbox.MAX_BYTES, ["ann"], 0.0, 0.0)) == [999]


def test_acknowledgements_are_gathered() -> None:
    owed = acks.NO_ACKS
    for seq in range(70):
        owed = acks.received(owed, "ann", seq, 1.0)
    owed = acks.received(owed, "bob", 1, 1.1)
    rest, batches = acks.acks_due(owed, 1.0)
    assert [(batch.to, len(batch.seqs)) for batch in batches] == [("ann", 64), ("ann", 6)]
    assert acks.next_ack_at(rest) == pytest.approx(1.3)
    assert acks.without_acks_to(rest, "bob") == {}


def test_the_stamp_that_answers_comes_first() -> None:
    known = routes.answered(routes.answered(routes.no_routes(3), 1, 0.02), 0, 0.2)
    assert routes.order(known, lambda stamp: "here") == [1, 0, 2]
    assert routes.order(routes.opened(known, 2), lambda stamp: "here") == [2, 1, 0]
    assert routes.order(routes.failed(known, 1), lambda stamp: "here") == [0, 2, 1]
    assert routes.order(known, lambda stamp: "here" if stamp == 2 else "absent") == [2, 1, 0]
    assert routes.hedge_seconds(known, 1) == routes.MIN_HEDGE
    assert routes.hedge_seconds(known, 2) == routes.MAX_HEDGE


def test_backends_have_the_same_numbers_for_everyone() -> None:
    given = ["https://us.example/api/", "HTTPS://EU.example:443/api", "https://us.example/api"]
    assert sort_backends(given) == ["https://eu.example/api", "https://us.example/api"]
    for wrong in (
        [],
        ["ftp://x"],
        ["https://x/?a"],
        ["//x"],
        ["http://h:x"],
        [f"http://{n}" for n in range(17)],
    ):
        with pytest.raises(HeliographError) as refused:
            sort_backends(wrong)
        assert refused.value.code == "invalid_options"
    code = "~" + "A" * 21 + "f"  # f is 31, and 31 mod 16 is 15
    assert (home_number(code), home_number("tea"), first_asked("tea", 2)) == (15, None, 314 % 2)


def test_who_brings_a_relay() -> None:
    assert need_of(None, None, True) == Need("none", False)
    assert need_of("udp-blocked", None, True) == Need("ours", True)
    assert need_of(None, "udp-blocked", False) == Need("theirs", True)
    assert need_of("udp-blocked", "udp-blocked", True) == Need("both", False)
    assert need_of("symmetric", "symmetric", True) == Need("theirs", False)
    reflexive = "a=candidate:1 1 udp 1 192.0.2.1 5 typ srflx raddr 10.0.0.1 rport 5\r\n"
    assert network_of("", 1, 5.0) == "udp-blocked"
    assert network_of(reflexive, 1, 5.0) is None is network_of("", 0, 5.0)


FACTS = {
    **{"polite": False, "absent": False, "up": False, "reached": False, "since": 0.0},
    **{"described": None, "failed": None, "silent": None, "broken": None, "news": None},
    **{"tries": 0, "tried": 0.0, "jitter": 0.0, "stage": "direct", "escalated": None},
    **{"asking": False, "turn_allowed": True, "relayed": False, "fresh": False, "need": Need()},
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"up": True}, None),
        ({}, (10.0, "replace")),
        ({"polite": True}, (10.0, "ask")),
        ({"described": 1.0}, (2.5, "ours")),
        ({"described": 1.0, "turn_allowed": False}, (10.0, "replace")),
        ({"described": 1.0, "polite": True}, (10.0, "ask")),
        ({"described": 1.0, "need": Need("ours", True)}, (1.0, "ours")),
        ({"described": 1.0, "need": Need("both", False)}, (1.1, "both")),
        ({"described": 3.0, "stage": "ours", "escalated": 2.0, "relayed": True}, (6.0, "both")),
        ({"failed": 4.0}, (4.0, "ours")),
        ({"silent": 3.0, "reached": True}, (3.0, "replace")),
        ({"broken": 3.0}, (4.0, "replace")),
        ({"tries": 1, "tried": 20.0}, (25.0, "replace")),
        ({"tries": 6, "tried": 20.0, "jitter": 1.0}, (44.0, "giveUp")),
        ({"tries": 7}, None),
        ({"tries": 7, "news": 9.0}, (9.0, "replace")),
    ],
)
def test_what_is_due_for_a_connection(
    changes: dict[str, object], expected: tuple[float, str] | None
) -> None:
    found = due(Facts(**{**FACTS, **changes}))  # type: ignore[arg-type]
    assert found == (None if expected is None else (pytest.approx(expected[0]), expected[1]))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../.bashrc", ".bashrc"),
        ("a/../b/c.txt", "a/b/c.txt"),
        ("C:\\x\\y?.txt", "C_/x/y_.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("nul.txt", "_nul.txt"),
        ("..", "file"),
        ("", "file"),
        ("name. ", "name"),
    ],
)
def test_names_of_strangers_are_made_fit(name: str, safe: str) -> None:
    assert safe_path(name) == safe
    assert len(safe_name("ä" * 300 + ".txt").encode()) <= 255


@pytest.mark.parametrize(
    "text",
    [
        '{"t":"offer","id":"AAAAAAAAAAAAAAAA","path":"a/b","size":null,"type":""}',
        '{"t":"block","id":"AAAAAAAAAAAAAAAA","at":1048576,"size":5,"hash":"' + "h" * 43 + '"}',
        '{"t":"accept","id":"AAAAAAAAAAAAAAAA","at":0,"root":"' + "r" * 43 + '"}',
        '{"t":"cancel","id":"AAAAAAAAAAAAAAAA"}',
        '{"t":"cancel","id":"AAAAAAAAAAAAAAAA","code":"file_corrupt"}',
        '{"t":"seen","bytes":16384}',
    ],
)
def test_messages_of_files_are_read_as_they_are_written(text: str) -> None:
    message = parse_file_message(text)
    assert message is not None and encode(message) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"t":"offer","id":"short","path":"a","size":1,"type":""}',
        '{"t":"offer","id":"AAAAAAAAAAAAAAAA","path":"a","type":""}',
        '{"t":"offer","id":"AAAAAAAAAAAAAAAA","path":"a","size":-1,"type":""}',
        '{"t":"block","id":"AAAAAAAAAAAAAAAA","at":1,"size":5,"hash":"' + "h" * 43 + '"}',
        '{"t":"block","id":"AAAAAAAAAAAAAAAA","at":0,"size":1048577,"hash":"' + "h" * 43 + '"}',
        '{"t":"end","id":"AAAAAAAAAAAAAAAA","at":1,"root":"r"}',
        '{"t":"have","id":"AAAAAAAAAAAAAAAA","at":true}',
        '{"t":"unknown","id":"AAAAAAAAAAAAAAAA","at":1}',
    ],
)
def test_junk_among_the_messages_of_files_is_nothing(text: str) -> None:
    assert parse_file_message(text) is None


def test_a_window_grows_while_nothing_is_delayed_and_shrinks_when_it_is() -> None:
    window = SendWindow()
    first = window.size
    for _ in range(20):
        window.acknowledged(16_384, 0.01, window.size)
    grown = window.size
    for _ in range(20):
        window.acknowledged(16_384, 0.2, window.size)
    assert first < grown and window.size < grown


def test_what_is_paced_waits_for_its_place() -> None:
    pace = Pace(2, 10)
    assert [round(pace.reserve(5.0), 2) for _ in range(4)] == [0.0, 0.0, 0.1, 0.2]


def test_a_proof_of_work_is_one_for_the_servers() -> None:
    made = altcha.create_challenge("PBKDF2/SHA-256", 100, hmac_secret="secret")
    payload = altcha.Payload.from_base64(prove(made.to_dict()))
    assert altcha.verify_solution(payload, "secret").verified
    for junk in (None, {}, {"parameters": {**made.to_dict()["parameters"], "cost": 10**9}}):
        with pytest.raises(HeliographError) as refused:
            prove(junk)
        assert refused.value.code == "proof_required"


async def test_an_ice_server_that_aiortc_refuses_is_left_out() -> None:
    urls = ("stun://bad:3478", "stun:good.example:3478", "turn:relay.example?transport=sctp")
    connection = rtc.connect([IceServer(urls), IceServer(("http://nonsense",))])
    connection.createDataChannel("x", negotiated=True, id=0)
    assert [rtc.is_usable(url) for url in urls] == [False, True, False]
    await connection.close()
