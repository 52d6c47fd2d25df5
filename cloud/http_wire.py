"""HTTP/1.1 as a client speaks it: a call to bytes, and bytes to its answer (RFC 9112). No I/O.

 state    what comes                              next
 head     a head with a 1xx that is not 101       head
 head     a head of an answer without a body      done
 head     Transfer-Encoding: chunked              size
 head     a Content-Length                        counted; done, if it is 0
 head     neither                                 until the end
 size     a size that is not 0                    chunk
 size     the size 0                              trailers
 chunk    all of it, and CRLF                     size
 trailers an empty line                           done
 counted  all of it                               done
 until …  the end of the connection               done
 any      the end of the connection              CutOff
 any      nonsense                               Malformed

Stricter than browsers: no line ends with a bare LF, no length is given twice, no coding but chunked
is taken, and a connection that has said more than its answer is not used again. What two sides
understand in two ways is how an answer gets to somebody else's call.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

MAX_HEAD_BYTES = 64 << 10
MAX_BODY_BYTES = 64 << 20

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 §5.6.2
_NAME = re.compile(_TOKEN)
_VERB = re.compile(r"[A-Z]+")
_TARGET = re.compile(r"/[\x21-\x7e]*")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")  # RFC 9110 §5.5
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_FIELD = re.compile(rf"({_TOKEN}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_FOLD = re.compile(r"\r\n[ \t]+")  # RFC 9112 §5.2: a client reads it as a space
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?")
_LENGTH_IS_SAID = frozenset({"POST", "PUT", "PATCH"})  # also of no body: RFC 9110 §8.6
_NO_BODY = frozenset({204, 304})
_SWITCHING = 101


class Malformed(Exception):
    """Not HTTP/1.1, larger than we take, or cut off. The text quotes nothing of it."""


class CutOff(Malformed):
    """The connection has ended before the answer."""


class Headers(Mapping[str, str]):
    """The headers of an answer; case does not count. Values of one name are joined by ", "."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str]) -> None:
        """`values`: with names in lower case."""
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def call(
    verb: str, host: str, target: str, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """The bytes of a call. `host`: with the port, if it is not the scheme's.

    Raises ValueError, without a word of what it was, for what would end a line or a header before
    its time.
    """
    if not _VERB.fullmatch(verb) or not _TARGET.fullmatch(target):
        raise ValueError("the verb or the target cannot be sent")
    lines = [f"{verb} {target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("a header cannot be sent")
        lines.append(f"{name}: {value}")
    if body is not None or verb in _LENGTH_IS_SAID:
        lines.append(f"Content-Length: {len(body or b'')}")
    try:
        return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (body or b"")
    except UnicodeEncodeError:
        raise ValueError("a header cannot be sent") from None


type State = Literal["head", "size", "chunk", "trailers", "counted", "until the end", "done"]


class Answer:
    """The answer to one call. `feed` it until it is done; then everything is known of it.

    `keeps`: whether another call may follow on the connection.
    """

    __slots__ = (
        "_buffer",
        "_chunks",
        "_left",
        "_room",
        "_state",
        "_verb",
        "headers",
        "keeps",
        "status",
    )

    def __init__(self, verb: str) -> None:
        """`verb`: of the call: what answers HEAD has no body."""
        self._verb = verb
        self._state: State = "head"
        self._buffer = b""
        self._chunks: list[bytes] = []
        self._left = 0  # of the body or the chunk that comes now
        self._room = MAX_BODY_BYTES  # for what has not been said yet
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.keeps = False

    @property
    def body(self) -> bytes:
        """As it was sent, without its framing."""
        return b"".join(self._chunks)

    def feed(self, data: bytes) -> bool:
        """Take what has come: whether that is all. b"": the connection has ended.

        Raises Malformed, or CutOff.
        """
        if not data:
            if self._state == "until the end":
                return True
            raise CutOff("it was cut off")
        self._buffer += data
        while self._state != "done":
            if not _STEPS[self._state](self):
                return False
        self.keeps = self.keeps and not self._buffer
        return True

    # --- states: whether it went on; False: more is needed --------------------------------------

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if max(end, len(self._buffer) if end < 0 else 0) > MAX_HEAD_BYTES:
            raise Malformed("the head is too large")
        if end < 0:
            return False
        head, self._buffer = self._buffer[:end].decode("latin-1"), self._buffer[end + 4 :]
        first, *fields = _FOLD.sub(" ", head).split("\r\n")
        line = _STATUS.fullmatch(first)
        if line is None:
            raise Malformed("the first line is none")
        self.status, values = int(line[2]), _fields(fields)
        if self.status == _SWITCHING:
            raise Malformed("it speaks something else now")
        if self.status < 200:
            return True
        self.headers = Headers(values)
        closes = "close" in values.get("connection", "").lower()
        self.keeps = line[1] == "1" and not closes
        self._begin_body(values)
        return True

    def _begin_body(self, values: Mapping[str, str]) -> None:
        """RFC 9112 §6.3."""
        coding, length = values.get("transfer-encoding"), values.get("content-length")
        if self._verb == "HEAD" or self.status in _NO_BODY:
            self._state = "done"
        elif coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise Malformed("its length is said in no way that we take")
            self._state = "size"
        elif length is not None:
            if not _LENGTH.fullmatch(length):
                raise Malformed("its length is none")
            self._expect(int(length))
            self._state = "counted" if self._left else "done"
        else:
            self._expect(self._room)
            self.keeps, self._state = False, "until the end"

    def _counted(self) -> bool:
        if not self._take():
            return False
        self._state = "done"
        return True

    def _until_the_end(self) -> bool:
        if self._take():
            raise Malformed("the body is too large")
        return False

    def _size(self) -> bool:
        line = self._line()
        if line is None:
            return False
        size = _CHUNK_SIZE.fullmatch(line)
        if size is None:
            raise Malformed("a chunk has no size")
        self._expect(int(size[1], 16))
        self._state = "chunk" if self._left else "trailers"
        return True

    def _chunk(self) -> bool:
        if self._left and not self._take():
            return False
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise Malformed("a chunk is longer than it says")
        self._buffer, self._state = self._buffer[2:], "size"
        return True

    def _trailers(self) -> bool:
        line = self._line()
        if line == b"":
            self._state = "done"
        return line is not None  # what stands in them is of no use here

    def _expect(self, count: int) -> None:
        if count > self._room:
            raise Malformed("the body is too large")
        self._left = count
        self._room -= count

    def _take(self) -> bool:
        """Move what belongs to the body there. Whether that was all of it."""
        piece = self._buffer[: self._left]
        self._buffer = self._buffer[len(piece) :]
        self._left -= len(piece)
        self._chunks.append(piece)
        return not self._left

    def _line(self) -> bytes | None:
        line, end, rest = self._buffer.partition(b"\r\n")
        if len(line) > MAX_HEAD_BYTES:
            raise Malformed("a line is too long")
        if not end:
            return None
        self._buffer = rest
        return line


_STEPS: Mapping[State, Callable[[Answer], bool]] = {
    "head": Answer._head,
    "size": Answer._size,
    "chunk": Answer._chunk,
    "trailers": Answer._trailers,
    "counted": Answer._counted,
    "until the end": Answer._until_the_end,
}


def _fields(lines: list[str]) -> dict[str, str]:
    """Headers by their names in lower case. Raises Malformed."""
    values: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Malformed("a header is none")
        name, value = field[1].lower(), field[2].rstrip(" \t")
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values
