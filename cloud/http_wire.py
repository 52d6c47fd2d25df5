"""HTTP/1.1 as a client speaks it: a call to bytes, and bytes to its answer (RFC 9112). No I/O.

The answer is read by httptools, which is llhttp, the parser of Node. It is strict where two sides
can understand something in two ways, which is how an answer gets to somebody else's call: no line
ends with a bare LF, and no length is given twice. Ours besides: no coding but chunked is taken,
what is too large ends early, and a connection that has said more than its answer is not used again.
"""

import re
from collections.abc import Iterator, Mapping

MAX_HEAD_BYTES = 64 << 10
MAX_BODY_BYTES = 64 << 20

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VERB = re.compile(r"[A-Z]+")
_TARGET = re.compile(r"/[\x21-\x7e]*")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")  # RFC 9110 §5.5
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


class Answer:
    """The answer to one call. `feed` it until it is done; then everything is known of it.

    `keeps`: whether another call may follow on the connection.
    """

    def __init__(self, verb: str) -> None:
        """`verb`: of the call: what answers HEAD has no body."""
        self._is_head = verb == "HEAD"
        self.is_done = self._until_the_end = False
        self._chunks: list[bytes] = []
        self._room = MAX_BODY_BYTES  # for what comes yet
        self._reader = _Reader(self)
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
        if not data and not self._until_the_end:
            raise CutOff("it was cut off")
        if not data:
            self.is_done = True
            return True
        is_clean = self._reader.feed(data)
        if not is_clean and not self.is_done:
            raise Malformed("it is no HTTP, or too large")
        self.keeps = self.keeps and is_clean
        return self.is_done

    # --- what the reader finds; what raises ends the answer -------------------------------------

    def head(self, version: str, status: int, values: dict[str, str]) -> None:
        """All of the head (RFC 9112 §6.3)."""
        coding, length = values.get("transfer-encoding"), values.get("content-length")
        if status == _SWITCHING or (coding or "chunked").lower() != "chunked":
            raise Malformed
        if length is not None and int(length) > MAX_BODY_BYTES:
            raise Malformed
        self.status, self.headers = status, Headers(values)
        has_body = not self._is_head and status not in _NO_BODY
        self._until_the_end = has_body and coding is None and length is None
        closes = "close" in values.get("connection", "").lower()
        self.keeps = version == "1.1" and not closes and not self._until_the_end
        self.is_done = self._is_head

    def more(self, piece: bytes) -> None:
        """Some of the body. After the end: somebody else's."""
        self._room -= len(piece)
        if self._room < 0:
            raise Malformed
        if self.is_done:
            self.keeps = False
        else:
            self._chunks.append(piece)

    def end(self) -> None:
        """That was all of it."""
        self.is_done = True


class _Reader:
    """Tells an answer what llhttp finds. Its methods are the names that httptools calls."""

    def __init__(self, answer: Answer) -> None:
        from httptools import HttpResponseParser

        self._answer = answer
        self._values: dict[str, str] = {}
        self._head_bytes = 0
        self._unread = 0  # bytes that have come since the last thing that was found
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> bool:
        """False: it is no answer, or there is more than one."""
        from httptools import HttpParserCallbackError, HttpParserError

        self._unread += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserCallbackError as error:
            if not isinstance(error.__context__, Malformed):
                raise  # a fault of ours
            return False
        except HttpParserError:
            return False
        return self._unread <= MAX_HEAD_BYTES

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of a head, or behind the last chunk."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise Malformed
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").rstrip(" \t")
        self._values[key] = f"{self._values[key]}, {text}" if key in self._values else text

    def on_headers_complete(self) -> None:
        """Of one that comes before the answer (1xx), too."""
        self._unread = 0
        status = self._parser.get_status_code()
        if self._answer.is_done:
            return
        if status >= 200 or status == _SWITCHING:
            self._answer.head(self._parser.get_http_version(), status, self._values)
        self._values = {}

    def on_chunk_header(self) -> None:
        """The size of the next chunk."""
        self._unread = 0

    def on_body(self, piece: bytes) -> None:
        """Some of it."""
        self._unread = 0
        self._answer.more(piece)

    def on_message_complete(self) -> None:
        """Of one that comes before the answer, too."""
        if self._answer.status:
            self._answer.end()

    def on_message_begin(self) -> None:
        """Another one, unless it is the first."""
        if self._answer.is_done:
            self._answer.keeps = False
