"""Reads literals out of Go source: as much of the language as the schemas of providers use. Pure.

A value is a `str`, a `Literal`, a `Call`, a `Name`, or `OPAQUE` for all that is not a schema:
functions, comparisons, conversions. Grammar: https://go.dev/ref/spec.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:\\.|[^"\\])*"|`[^`]*`)
      | (?P<rune>'(?:\\.|[^'\\])+')
      | (?P<name>[A-Za-z_]\w*)
      | (?P<number>\d[\w.]*)
      | (?P<sign>:=|==|!=|<=|>=|&&|\|\||<-|\.\.\.|.)""",
    re.X | re.S,
)
OPENING, CLOSING = "([{", ")]}"
OPERATORS = frozenset("+ - * / % & | < > == != <= >= && || ^".split())


class Token(Struct, frozen=True):
    kind: str  # text, rune, name, number, sign
    text: str
    line: int


class Name(Struct, frozen=True):
    """A name or a number: `Name("pluginsdk.TypeString")`, `Name("1")`."""

    text: str


class Literal(Struct, frozen=True):
    """A composite literal: `{"name": {…}}`, `&schema.Schema{Type: …}`, `[]string{"a"}`."""

    kind: str  # its type as written, "" where Go lets it be left out
    items: tuple[tuple["Value", "Value"], ...]  # key and value; the key is OPAQUE in a list

    def get(self, field: str) -> "Value | None":
        """The value of a field or of a string key."""
        for key, value in self.items:
            if key in (field, Name(field)):
                return value
        return None


class Call(Struct, frozen=True):
    """`commonschema.Tags()`"""

    function: str
    arguments: tuple["Value", ...]


class Opaque(Struct, frozen=True):
    """Something that this reader does not look into."""


OPAQUE = Opaque()
type Value = str | Name | Literal | Call | Opaque


class NotUnderstood(Exception):
    """The source has a form that this reader does not know. The text says which."""


def tokens(source: str) -> list[Token]:
    """Without spaces and comments."""
    found, line = [], 1
    for match in TOKEN.finditer(source):
        kind = match.lastgroup or "sign"
        if kind != "space":
            found.append(Token(kind, match[0], line))
        line += match[0].count("\n")
    return found


def matching(found: list[Token], at: int) -> int:
    """The place after the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(found)):
        token = found[place]
        if token.kind == "sign" and token.text in OPENING:
            depth += 1
        if token.kind == "sign" and token.text in CLOSING:
            depth -= 1
            if depth == 0:
                return place + 1
    raise NotUnderstood(f"line {found[at].line}: a bracket is not closed")


class Reader:
    """Reads expressions from a list of tokens; `at` is the next one."""

    def __init__(self, found: list[Token], at: int = 0) -> None:
        self.tokens, self.at = found, at

    def peek(self) -> str:
        """The next token's text, "" at the end."""
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def take(self) -> Token:
        """The next token, which is then behind."""
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self) -> Value:
        """Raises NotUnderstood."""
        while self.peek() in ("&", "*", "-", "!") and self._next_is_sign():
            sign = self.take().text
            if sign != "&":
                self.expression()
                return OPAQUE
        value = self._primary()
        while self.peek() in OPERATORS and self._next_is_sign():
            self.take()
            self.expression()
            value = OPAQUE
        return value

    def _next_is_sign(self) -> bool:
        return self.tokens[self.at].kind == "sign"

    def _primary(self) -> Value:
        token = self.take()
        if token.kind == "text":
            return token.text[1:-1]
        if token.kind == "number":
            return Name(token.text)
        if token.kind == "rune":
            return OPAQUE
        if token.text == "func":
            return self._function()
        if token.text in ("map", "["):
            return self._typed(token)
        if token.text == "{":
            return self._items("")
        if token.text == "(":
            self.at = matching(self.tokens, self.at - 1)
            return self._rest(OPAQUE)
        if token.kind == "name":
            return self._rest(Name(self._dotted(token.text)))
        raise NotUnderstood(f"line {token.line}: {token.text!r} begins no expression")

    def _dotted(self, text: str) -> str:
        while self.peek() == "." and self.tokens[self.at + 1].kind == "name":
            self.take()
            text += "." + self.take().text
        return text

    def _function(self) -> Value:
        """A function literal: its body begins at the first brace that is not of `interface{}`."""
        while self.peek() != "{" or self.tokens[self.at - 1].text in ("interface", "struct"):
            self.at = matching(self.tokens, self.at) if self.peek() in OPENING else self.at + 1
        self.at = matching(self.tokens, self.at)
        return self._rest(OPAQUE)

    def _typed(self, token: Token) -> Value:
        """`map[string]*x.Y{…}` and `[]x.Y{…}`"""
        kind = "" if token.text == "[" else token.text
        if token.text == "[":
            self.at -= 1
        while self.peek() in ("[", "*", "map", "interface") or self._is_part_of_type():
            if self.peek() == "[":
                end = matching(self.tokens, self.at)
                kind += "".join(one.text for one in self.tokens[self.at : end])
                self.at = end
            elif self.peek() == "interface":
                kind += self.take().text
                self.at = matching(self.tokens, self.at)
            else:
                kind += self.take().text
        if self.peek() == "{":
            self.take()
            return self._items(kind)
        return self._rest(OPAQUE)

    def _is_part_of_type(self) -> bool:
        return self.at < len(self.tokens) and (
            self.tokens[self.at].kind == "name" or self.peek() == "."
        )

    def _rest(self, value: Value) -> Value:
        """Calls, indices, members and literals that follow a name."""
        while self.peek() in ("(", "[", "{", "."):
            if self.peek() == "(":
                value = self._call(value)
            elif self.peek() == "{":
                if not isinstance(value, Name):
                    return value
                self.take()
                value = self._items(value.text)
            elif self.peek() == "[":
                self.at = matching(self.tokens, self.at)
                value = OPAQUE if not isinstance(value, Name) else Name(value.text)
            else:
                self.take()
                if self.peek() == "(":
                    self.at = matching(self.tokens, self.at)
                else:
                    self.take()
                value = OPAQUE
        return value

    def _call(self, value: Value) -> Value:
        end = matching(self.tokens, self.at)
        self.take()
        arguments: list[Value] = []
        while self.at < end - 1:
            arguments.append(self.expression())
            if self.peek() in (",", "..."):
                self.take()
            elif self.at < end - 1:  # a conversion or a type: not of interest
                self.at = end - 1
        self.at = end
        return Call(value.text, tuple(arguments)) if isinstance(value, Name) else OPAQUE

    def _items(self, kind: str) -> Literal:
        items: list[tuple[Value, Value]] = []
        while self.peek() != "}":
            first = self.expression()
            if self.peek() == ":":
                self.take()
                items.append((first, self.expression()))
            else:
                items.append((OPAQUE, first))
            if self.peek() == ",":
                self.take()
        self.take()
        return Literal(kind, tuple(items))


def functions(found: list[Token]) -> Iterator[tuple[str, str, int, int]]:
    """Receiver type ("" for none), name, and begin and end of the body, braces excluded."""
    at = 0
    while at < len(found):
        if found[at].text != "func" or (at and found[at].line == found[at - 1].line):
            at += 1
            continue
        receiver, name_at = "", at + 1
        if found[name_at].text == "(":
            end = matching(found, name_at)
            receiver, name_at = found[end - 2].text, end
        begin = name_at + 1
        while found[begin].text != "{" or found[begin - 1].text in ("interface", "struct"):
            begin = matching(found, begin) if found[begin].text in OPENING else begin + 1
        end = matching(found, begin)
        yield receiver, found[name_at].text, begin + 1, end - 1
        at = end
