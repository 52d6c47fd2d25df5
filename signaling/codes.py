"""The codes of created rooms: `~` and 22 characters that hold the room's terms. Pure.

A code is one block of 128 bits, encrypted with AES under a key made of a signing key. Every stamp
that has the signing keys can read it, so every stamp knows a created room and its rules without
having heard of it. Nobody else can read one, change one or make one.

 bits  field      holds
 12    check      0: a block that was made up does not decrypt to it
 5     capacity   members - 1
 1     invite     only people with an invite are admitted
 2     turn       late, eager, off
 1     sides      of a pair that may hold a relay - 1
 25    end        minutes from 2020 until the room ends
 40    nonce      random: the room itself
 10    uses       how many an invite admits; 0: no invite, and then the next two are 0
 11    early      minutes by which the invite ends before the room
 21    number     random: the invite itself

Whoever guesses has to hit nonce, end, terms and check of a room that exists: 84 bits. The 22
characters have four bits more than the block. They are in clear: the room's home, the same in all
of its codes. It says which stamp a client asks first, and protects nothing.

Clocks differ, and the stamp that reads an end is not the one that wrote it: a room and an invite
are good for CLOCKS_MS longer than they say.
"""

import base64
import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct

from signaling.names import ROOM_CHARACTERS
from signaling.tokens import KeyRing

MARK = "~"
LENGTH = 23  # characters, the mark included
MINUTE_MS = 60_000
EPOCH_MINUTES = 26_297_280  # 2020-01-01, in minutes of the Unix epoch
NONCE_BITS, NUMBER_BITS, MAX_USES = 40, 21, 1_000
type TurnPolicy = Literal["late", "eager", "off"]
TURN: tuple[TurnPolicy, ...] = ("late", "eager", "off")
# Name and bits, the highest first.
FIELDS = (
    ("check", 12),
    ("capacity", 5),
    ("invite_only", 1),
    ("turn", 2),
    ("turn_sides", 1),
    ("end", 25),
    ("nonce", NONCE_BITS),
    ("uses", 10),
    ("early", 11),
    ("number", NUMBER_BITS),
)
Capacity = Annotated[int, Meta(ge=2, le=32)]  # members of a room
CODE = rf"{MARK}[A-Za-z0-9_-]{{{LENGTH - 1}}}"
# What contracts/ says of a code. `read` looks into it.
CODE_FORM = {"pattern": rf"\A{CODE}\Z", "minLength": LENGTH, "maxLength": LENGTH}
CodeText = Annotated[str, Meta(extra_json_schema=CODE_FORM)]
INVITE_BITS = 42  # of the last three fields
MAX_EARLY = 2**11 - 1  # minutes
HOMES = 14
CLOCKS_MS = 120_000
BLOCK = 16  # bytes


class Terms(Struct, frozen=True):
    """What a room was created with. `ends_at`: epoch ms, on a full minute."""

    capacity: int
    invite_only: bool
    turn: TurnPolicy
    turn_sides: int
    ends_at: int
    nonce: int

    @property
    def over_at(self) -> int:
        """When it is over by any clock, epoch ms."""
        return self.ends_at + CLOCKS_MS

    @property
    def identity(self) -> str:
        """Of this room and no other: 22 hexadecimal digits."""
        return f"{_pack(self, None) >> INVITE_BITS:022x}"


class Invite(Struct, frozen=True):
    """Lets `uses` people in until `ends_at` (epoch ms)."""

    uses: int
    ends_at: int
    number: int

    @property
    def over_at(self) -> int:
        """When it is over by any clock, epoch ms."""
        return self.ends_at + CLOCKS_MS

    @property
    def id(self) -> str:
        """Of this invite among those of its room."""
        return f"{self.number}.{self.uses}.{self.ends_at // MINUTE_MS}"


class Code(Struct, frozen=True):
    """A code as it was read; `key_name`: the signing key that it was made with."""

    terms: Terms
    invite: Invite | None
    key_name: str


def is_code(text: str) -> bool:
    """Whether this can only be a code: no open room's name begins so."""
    return text.startswith(MARK)


def write(ring: KeyRing, code: Code) -> str:
    """The text of a code. Raises KeyError if its key is not in the ring."""
    block = _pack(code.terms, code.invite).to_bytes(BLOCK)
    data = int.from_bytes(_encrypt(ring.keys[code.key_name], block)) << 4 | home(code.terms)
    return MARK + base64.urlsafe_b64encode((data << 4).to_bytes(BLOCK + 1)).decode()[: LENGTH - 1]


def read(ring: KeyRing, text: str) -> tuple[Code, ...]:
    """What `write` wrote; nothing for anything else, and for a code whose key is gone.

    A key that did not make a code still makes something of one in 5,600, and then there are two.
    Only one of them ends when a room can end (signaling/places.py).
    """
    if len(text) != LENGTH or not is_code(text) or not ROOM_CHARACTERS.issuperset(text[1:]):
        return ()
    block = base64.urlsafe_b64decode(text[1:] + "A=")[:BLOCK]
    found = (_unpack(int.from_bytes(_decrypt(ring.keys[name], block)), name) for name in ring.names)
    return tuple(code for code in found if code is not None)


def home(terms: Terms) -> int:
    """Which of the stamps, 0-13, gives away what there is only one of. docs/protocol.md §1.

    Not 14 or 15: a code could then end in - or _, which programs cut off a link in a text.
    """
    return hashlib.sha256(f"home:{terms.identity}".encode()).digest()[0] % HOMES


def round_up(now: int, seconds: int) -> int:
    """The end of something that lasts `seconds` from `now` (epoch ms), on a full minute."""
    return -(-(now + seconds * 1000) // MINUTE_MS) * MINUTE_MS


def _pack(terms: Terms, invite: Invite | None) -> int:
    values = {
        "check": 0,
        "capacity": terms.capacity - 1,
        "invite_only": int(terms.invite_only),
        "turn": TURN.index(terms.turn),
        "turn_sides": terms.turn_sides - 1,
        "end": terms.ends_at // MINUTE_MS - EPOCH_MINUTES,
        "nonce": terms.nonce,
        "uses": 0 if invite is None else invite.uses,
        "early": 0 if invite is None else (terms.ends_at - invite.ends_at) // MINUTE_MS,
        "number": 0 if invite is None else invite.number,
    }
    block = 0
    for field, bits in FIELDS:
        if not 0 <= values[field] < 2**bits:
            raise ValueError(f"{field} does not fit a code")
        block = block << bits | values[field]
    return block


def _unpack(block: int, key_name: str) -> Code | None:
    values = {}
    for field, bits in reversed(FIELDS):
        values[field] = block & (2**bits - 1)
        block >>= bits
    if values["check"] or values["turn"] >= len(TURN) or values["uses"] > MAX_USES:
        return None
    ends_at = (values["end"] + EPOCH_MINUTES) * MINUTE_MS
    terms = Terms(
        capacity=values["capacity"] + 1,
        invite_only=bool(values["invite_only"]),
        turn=TURN[values["turn"]],
        turn_sides=values["turn_sides"] + 1,
        ends_at=ends_at,
        nonce=values["nonce"],
    )
    if values["uses"] == 0:
        return None if values["early"] or values["number"] else Code(terms, None, key_name)
    until = ends_at - values["early"] * MINUTE_MS
    return Code(terms, Invite(values["uses"], until, values["number"]), key_name)


def _encrypt(key: bytes, block: bytes) -> bytes:
    """One block needs no mode of operation: ECB is the bare cipher (NIST SP 800-38A §6.1)."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # slow to import

    encryptor = Cipher(algorithms.AES(_cipher_key(key)), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _decrypt(key: bytes, block: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(_cipher_key(key)), modes.ECB()).decryptor()
    return decryptor.update(block) + decryptor.finalize()


def _cipher_key(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=32, person=b"room-code").digest()
