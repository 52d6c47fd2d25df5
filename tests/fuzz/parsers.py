"""All that reads what others have written: each takes it, or refuses it in its own words.

Whatever comes in, nothing else leaves a parser than its own errors; what carries a seal is taken
only as it was written; and what is taken is written again as it was.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from backend import http
from backend.admission import LeaveRequest, NegotiateRequest
from backend.network import describe_caller, read_network
from backend.rooms import InviteRequest, KickRequest, LockRequest, RevokeRequest, RoomOptions
from backend.turn import TurnRequest
from local.emulator import framing, handshake, protocol
from signaling import codes, messages, names, places, seats, signalr, tokens
from signaling.codes import Code, Invite, Terms
from signaling.errors import BadRequest, Forbidden, NotFound, TooLarge, Unauthorized
from signaling.orders import Orders
from signaling.tokens import KeyRing, PeerToken
from stats.report import Report
from stats.row import Row
from tests.fuzz import inputs
from tests.fuzz.failure import Broken
from turn import stun

INPUTS = 120  # of one seed
NOW = 1_800_000_000_000
RING = KeyRing({"k": b"k" * 32, "older": b"o" * 32})
PEER, LIFE = "p" * 16, "L" * 16
TERMS = Terms(4, True, "late", 2, codes.round_up(NOW, 3_600), 77)
ROOM = codes.write(RING, Code(TERMS, None, "k"))
INVITE = codes.write(RING, Code(TERMS, Invite(2, TERMS.ends_at, 9), "k"))
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0"}
BODIES: dict[str, Any] = {
    "offer": {
        "pc": "p1",
        "sdp": "v=0\r\n",
        "candidates": [CANDIDATE],
        "slots": ["0", "1", "2", "3"],
        "answered": 3,
    },
    "answer": {"pc": "p1", "sdp": "v=0\r\n", "restart": True, "network": "symmetric"},
    "candidates": {"pc": "p1", "candidates": [CANDIDATE, CANDIDATE]},
    "restart": {"pc": "p1", "refused": 3},
    "bye": {"reason": "closed"},
    "text": {"text": "hello", "id": "1"},
    "data": {"anything": [1, {"x": None}]},
    "ack": {"seqs": [1, 2, 3]},
}
FORMS: tuple[tuple[type, Any], ...] = (
    (NegotiateRequest, {"room": ROOM, "name": "Ann", "secret": "s" * 22, "visit": 1, "have": [1]}),
    (RoomOptions, {"capacity": 4, "inviteOnly": True, "ttl": 600, "turn": "late", "turnSides": 1}),
    (KickRequest, {"peer": PEER}),
    (LockRequest, {"locked": True, "orders": "o"}),
    (RevokeRequest, {"invite": INVITE}),
    (InviteRequest, {"uses": 2, "ttl": 600}),
    (LeaveRequest, {"told": [PEER]}),
    (TurnRequest, {"to": PEER, "region": "eu"}),
    (Report, {"v": 1, "outcome": "connected", "age": 3}),
    (Row, {"v": 1}),
)
REQUEST = stun.Message(
    stun.Method.ALLOCATE,
    stun.Kind.REQUEST,
    b"t" * 12,
    ((stun.Attribute.USERNAME, b"ann"), (stun.Attribute.REQUESTED_TRANSPORT, stun.UDP)),
)
FRAMES = (
    protocol.Invocation(target="signal", arguments=("{}",), invocation_id="1"),
    protocol.StreamInvocation(invocation_id="2", target="x", arguments=()),
    protocol.Completion(invocation_id="3", result={"ok": True}),
    protocol.Ping(),
    protocol.Close(error="e", allow_reconnect=True),
    protocol.Ack(sequence_id=4),
)


class Parser(NamedTuple):
    """`feed` makes an input and has it parsed; `errors` are the parser's own."""

    feed: Callable[[Random], object]
    errors: tuple[type[Exception], ...]


def envelope(chance: Random) -> None:
    kind = chance.choice([*BODIES])
    right = {"v": 1, "to": PEER, "seq": 7, "kind": kind, "body": BODIES[kind]}
    found = messages.parse_envelope(inputs.body(chance, right))
    if found.kind not in messages.BODIES or not 0 <= found.seq < 2**53:
        raise Broken("an envelope of no known form is taken")
    json.loads(bytes(found.body))  # it is passed on as it is


def invocation(chance: Random) -> None:
    argument = json.dumps({"v": 1, "seq": 1, "kind": "text", "body": {"text": "x"}})
    right = {
        "ConnectionId": "c",
        "Claims": {seats.CLAIM: seats.Seat("a" * 32, LIFE, PEER).claim},
        "Arguments": [argument],
    }
    found = signalr.parse_invocation(inputs.body(chance, right).decode("utf-8", "replace"))
    _ = found.sender, messages.parse_envelope(found.argument)


def request(chance: Random) -> None:
    form, right = chance.choice(FORMS)
    http.read_body(inputs.body(chance, right), form)


def header(chance: Random) -> None:
    start = chance.choice(("Bearer ", "bearer", "Basic ", "", " "))
    http.read_token(f"{start}{inputs.text(chance)}", inputs.body(chance, {"token": "t"}))


def sealed(chance: Random) -> None:
    """Of a token nothing may be other than it was: not one character."""
    said = (
        tokens.sign_peer(RING, PeerToken(ROOM, PEER, "host", 1, LIFE), NOW + 60_000),
        tokens.sign_host(RING, ROOM, NOW + 60_000),
        tokens.sign_orders(RING, ROOM, Orders(3, True, (PEER,), ("9.2.1",)), NOW + 60_000),
    )
    right = chance.choice(said)
    text = inputs.scrambled(chance, right.encode()).decode("utf-8", "replace")
    read = chance.choice(
        (tokens.read_bearer, tokens.read_peer, tokens.read_host, tokens.read_orders)
    )
    read(RING, text, NOW)
    if text != right:
        raise Broken("a token that nobody has made is taken")


def place(chance: Random) -> None:
    """A code with other characters is no other room (the home, in four bits, is not sealed)."""
    right = chance.choice((ROOM, INVITE))
    text = inputs.scrambled(chance, right.encode()).decode("utf-8", "replace")
    found = places.read_place(RING, text, NOW)
    if found.code is not None and found.code.terms != TERMS:
        raise Broken("a code that nobody has made is a room")


def secret(chance: Random) -> None:
    places.read_secret(inputs.text(chance))


def name(chance: Random) -> None:
    found = names.read_peer_name("".join(inputs.text(chance) for _ in range(3)))
    if len(found) > names.MAX_NAME or any(0xD800 <= ord(each) < 0xE000 for each in found):
        raise Broken("a name that no page can show is taken")
    names.read_room_name(inputs.text(chance))


def claim(chance: Random) -> None:
    right = seats.Seat("a" * 32, LIFE, PEER, 12, 34).claim
    text = inputs.scrambled(chance, right.encode()).decode("utf-8", "replace")
    found = seats.read_seat(text)
    if found is not None and (len(found.peer), len(found.life)) != (16, 16):
        raise Broken("a claim of another form is a seat")


def forwarded(chance: Random) -> None:
    entries = (
        "192.0.2.1",
        "[2001:db8::1]:443",
        "10.0.0.1",
        "x",
        "",
        "::ffff:192.0.2.1",
        "1.2.3.4:5",
    )
    header = ",".join(
        chance.choice((*entries, inputs.text(chance))) for _ in range(chance.randrange(6))
    )
    read_network(header, chance.randrange(4), b"k" * 32, NOW)
    describe_caller(header, chance.randrange(4))


def datagram(chance: Random) -> None:
    key = stun.long_term_key("ann", b"realm", "password")
    right = stun.encode(REQUEST, key=key, fingerprint=True)
    data = inputs.scrambled(chance, right) if chance.random() < 0.9 else chance.randbytes(40)
    stun.intact(data)
    message = stun.decode(data)
    _ = message.code
    again = stun.decode(stun.encode(message))
    if again != message:
        raise Broken("a STUN message is another when it is written again")
    if stun.authentic(data, key) and data[20:] != right[20:] and _covered(data) != _covered(right):
        raise Broken("a STUN message that was changed counts as authentic")
    for _, value in message.attributes:
        if len(value) in (8, 20):
            stun.unxor_address(value, message.transaction)


def _covered(data: bytes) -> bytes:
    """What MESSAGE-INTEGRITY is made of."""
    place = data.find(b"\x00\x08\x00\x14")
    return data[:2] + data[4:place]


def frames(chance: Random) -> None:
    """However a stream is cut, the same messages come out of it, or the same fault.

    What comes in one piece with a fault is lost with it.
    """
    which: Any = chance.choice(("json", "messagepack"))
    right = b"".join(protocol.encode(which, each) for each in chance.choices(FRAMES, k=4))
    data = inputs.scrambled(chance, right) if chance.random() < 0.8 else right
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(4))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    whole, cut = _decoded(which, [data]), _decoded(which, pieces)
    lost = whole[-1:] == cut[-1:] == ["error"] and whole[:-1] == cut[: len(whole) - 1]
    if whole != cut and not lost:
        raise Broken("a stream of frames depends on how it was cut")
    protocol.decode(which, data)


def _decoded(which: Any, pieces: list[bytes]) -> list[str]:
    """The messages as text, and "error" where the stream ends with one."""
    deframer, said = framing.Deframer(which), list[str]()
    try:
        for piece in pieces:
            for payload in deframer.feed(piece):
                said.append(repr(protocol.decode(which, payload)))
    except protocol.ProtocolError:
        said.append("error")
    return said


def shake(chance: Random) -> None:
    data = inputs.body(chance, {"protocol": "messagepack", "version": 1}) + b"\x1e" * 2
    split = handshake.split_handshake(data)
    assert split is not None
    found = handshake.parse_handshake(split[0])
    if found.version != 1:
        raise Broken("a handshake of another version is taken")


def upstream(chance: Random) -> None:
    kinds = ("application/json", "application/x-msgpack", "text/plain", "APPLICATION/JSON; x")
    right = {"type": 1, "target": "x", "arguments": [1], "invocationId": "1"}
    protocol.decode_body(chance.choice(kinds), inputs.body(chance, right))


PARSERS = {
    "envelope": Parser(envelope, (BadRequest, TooLarge)),
    "invocation": Parser(invocation, (BadRequest, TooLarge)),
    "request": Parser(request, (BadRequest, TooLarge)),
    "header": Parser(header, (Unauthorized, BadRequest, TooLarge)),
    "sealed": Parser(sealed, (Unauthorized,)),
    "place": Parser(place, (BadRequest, NotFound, Forbidden)),
    "secret": Parser(secret, (BadRequest,)),
    "name": Parser(name, (BadRequest,)),
    "claim": Parser(claim, ()),
    "forwarded": Parser(forwarded, ()),
    "datagram": Parser(datagram, (stun.Malformed,)),
    "frames": Parser(frames, (protocol.ProtocolError,)),
    "handshake": Parser(shake, (protocol.ProtocolError,)),
    "upstream": Parser(upstream, (protocol.ProtocolError,)),
}


def run(seed: int) -> None:
    """Feed every parser. Raises Broken."""
    chance = Random(seed)
    for number in range(INPUTS):
        which = [*PARSERS][number % len(PARSERS)]
        parser = PARSERS[which]
        try:
            parser.feed(chance)
        except parser.errors:
            pass
        except Broken as broken:
            raise Broken(f"seed {seed}, input {number}, {which}: {broken}") from broken
        except Exception as error:
            words = f"seed {seed}, input {number}, {which} raised {type(error).__name__}"
            raise Broken(words) from error
