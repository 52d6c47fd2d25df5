"""Inputs from a seeded generator: junk, JSON, and what is right with a few places changed."""

import json
from random import Random
from typing import Any

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ODD = ("", "\0", "\n", "\u202e", "\u2028", "\ud800", "é", "𝒳", "x" * 70, '"', "\\", "\x1e", "%00")
NUMBERS = (0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**64, -(2**63) - 1, 10**400, 1.0, -0.0, 0.5, 1e300)
BROKEN = (
    b"",
    b"{",
    b"[" * 3_000,
    b'{"a":' * 2_000,
    b'{"name":"\xff"}',
    b'{"room":"\xed\xa0\x80"}',
    b'{"x":1e999}',
    b"NaN",
    b"\xef\xbb\xbf{}",
    b'"' * 5_001,
    b'"' + b"x" * 70_000 + b'"',
    b"[1,]",
    b"{}{}",
)


def text(chance: Random) -> str:
    """A short one, odd in some way."""
    if chance.random() < 0.4:
        return "".join(chance.choices(BASE64, k=chance.choice((0, 1, 16, 22, 23, 64, 65))))
    return "".join(chance.choice((*ODD, chance.choice(BASE64))) for _ in range(chance.randrange(6)))


def value(chance: Random, depth: int = 3) -> Any:
    """Any JSON value."""
    kind = chance.randrange(7 if depth else 5)
    if kind == 5:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 6:
        return {text(chance): value(chance, depth - 1) for _ in range(chance.randrange(4))}
    scalars = (None, True, False, chance.choice(NUMBERS), text(chance))
    return scalars[kind]


def changed(chance: Random, right: Any) -> Any:
    """A JSON value with one place in it changed: a member more, less or another."""
    if isinstance(right, dict) and right and chance.random() < 0.9:
        name = chance.choice([*right])
        how = chance.randrange(4)
        if how == 0:
            return {key: each for key, each in right.items() if key != name}
        if how == 1:
            return {**right, text(chance): value(chance)}
        return {**right, name: changed(chance, right[name])}
    if isinstance(right, list) and right and chance.random() < 0.8:
        place = chance.randrange(len(right))
        if chance.random() < 0.3:
            return right * chance.choice((2, 70))
        return [*right[:place], changed(chance, right[place]), *right[place + 1 :]]
    if isinstance(right, str) and right and chance.random() < 0.6:
        return scrambled(chance, right.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    return value(chance)


def scrambled(chance: Random, right: bytes) -> bytes:
    """Bytes with a few places changed, cut off, doubled or left out."""
    data = bytearray(right)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(data) + 1)
        how = chance.randrange(6)
        if how == 0:
            data[place:place] = chance.randbytes(chance.randrange(1, 4))
        elif how == 1:
            del data[place : place + chance.randrange(1, 9)]
        elif how == 2:
            data[place:place] = data[place : place + 40]
        elif how == 3:
            data = data[:place]
        elif place < len(data):
            data[place] = chance.randrange(256) if how == 4 else data[place] ^ 1 << how
    return bytes(data)


def body(chance: Random, right: Any) -> bytes:
    """Of a call that takes `right`: that, that with changes, or junk."""
    how = chance.random()
    if how < 0.1:
        return chance.choice(BROKEN)
    if how < 0.2:
        return chance.randbytes(chance.randrange(60))
    meant = right if how < 0.4 else changed(chance, right)
    written = json.dumps(meant, ensure_ascii=chance.random() < 0.5)
    data = written.encode("utf-8", "surrogatepass")
    return data if how < 0.85 else scrambled(chance, data)
