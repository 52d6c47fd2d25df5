"""HTTP/1.1 as a client speaks it: what goes out, and what is made of what comes, in any pieces."""

import itertools

import pytest

from cloud import http_wire
from cloud.http_wire import MAX_BODY_BYTES, MAX_HEAD_BYTES, Answer, CutOff, Malformed, call

OK = b"HTTP/1.1 200 OK\r\n"


def read(
    data: bytes, verb: str = "GET", *, cuts: tuple[int, ...] = (), ends: bool = False
) -> Answer:
    """The answer in these bytes, cut into pieces at these places."""
    answer = Answer(verb)
    places = [0, *cuts, len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(places) if a < b]
    done = [answer.feed(piece) for piece in pieces]
    if ends:
        done.append(answer.feed(b""))
    assert done == [False] * (len(done) - 1) + [True]
    return answer


ANSWERS = {
    "counted": (OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
    "nothing": (OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    "not modified, which says a length": (
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        b"",
        True,
    ),
    "chunks": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n02;x=y\r\nlo\r\n0\r\nX: y\r\n\r\n",
        b"hello",
        True,
    ),
    "no chunks": (OK + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", b"", True),
    "it closes": (OK + b"Connection: Close\r\nContent-Length: 2\r\n\r\nab", b"ab", False),
    "an old version": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", b"ab", False),
    "after others": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        + OK
        + b"Content-Length: 1\r\n\r\na",
        b"a",
        True,
    ),
    "no reason": (b"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\na", b"a", True),
    "no space either": (b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", b"a", True),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_the_same_in_any_pieces(name: str) -> None:
    data, body, keeps = ANSWERS[name]
    ways = [(), tuple(range(1, len(data))), *((place,) for place in range(1, len(data)))]
    for cuts in ways:
        answer = read(data, cuts=cuts)
        assert (answer.body, answer.keeps, answer.status // 100 in (2, 3)) == (body, keeps, True)


def test_without_a_length_it_goes_on_until_the_end() -> None:
    answer = read(OK + b"\r\nhello", ends=True)
    assert (answer.body, answer.keeps) == (b"hello", False)


def test_what_answers_head_has_no_body_whatever_it_says() -> None:
    answer = read(OK + b"Content-Length: 500\r\n\r\n", "HEAD")
    assert (answer.body, answer.keeps) == (b"", True)


def test_a_connection_that_says_more_than_its_answer_is_not_kept() -> None:
    data = OK + b"Content-Length: 1\r\n\r\na"
    for more in (OK, b"\0", OK + b"Content-Length: 4\r\n\r\nevil", OK + b"\r\nevil"):
        answer = read(data + more)
        assert (answer.body, answer.keeps) == (b"a", False)
    assert not read(OK + b"Content-Length: 1\r\n\r\na", "HEAD").keeps


def test_headers_are_found_in_any_case_and_those_of_one_name_are_joined() -> None:
    head = b'ETag:  W/"a" \r\nVary: one\r\nvary: two\r\nEmpty:\r\n'
    headers = read(OK + head + b"Content-Length: 0\r\n\r\n").headers
    assert headers["etag"] == headers["ETAG"] == 'W/"a"'
    assert (headers["Vary"], headers["empty"]) == ("one, two", "")
    assert headers.get("x-ms-continuation-NextRowKey", "none") == "none"
    assert set(headers) == {"etag", "vary", "empty", "content-length"}


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        OK + b"No colon\r\n\r\n",
        OK + b"Space before : x\r\n\r\n",
        OK + b"Bare: a\nb\r\n\r\n",
        OK + b"Nul: \0\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: +1\r\n\r\n",
        OK + b"Content-Length: 1_0\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        OK + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: identity\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        OK + b"X: " + b"x" * MAX_HEAD_BYTES,
        OK + b"X: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n",
        OK + b"Folded: a\r\n b\r\n\r\n",
    ],
)
def test_what_two_sides_may_understand_in_two_ways_is_no_answer(data: bytes) -> None:
    with pytest.raises(Malformed):
        Answer("GET").feed(data)


def test_a_body_without_a_length_has_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_wire, "MAX_BODY_BYTES", 10)
    answer = Answer("GET")
    assert not answer.feed(OK + b"\r\n123456789")
    with pytest.raises(Malformed):
        answer.feed(b"01")


@pytest.mark.parametrize("begun", [b"1;", b"0\r\nX: "])
def test_what_is_no_part_of_a_body_has_an_end_too(begun: bytes) -> None:
    answer = Answer("GET")
    assert not answer.feed(OK + b"Transfer-Encoding: chunked\r\n\r\n" + begun)
    with pytest.raises(Malformed):
        for _ in range(2):
            answer.feed(b"x" * MAX_HEAD_BYTES)


def test_a_fault_of_ours_is_not_taken_for_one_of_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(Answer, "head")
    with pytest.raises(Exception, match="callback") as error:
        Answer("GET").feed(OK + b"Content-Length: 0\r\n\r\n")
    assert not isinstance(error.value, Malformed)


def test_chunks_together_have_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_wire, "MAX_BODY_BYTES", 10)
    with pytest.raises(Malformed):
        Answer("GET").feed(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"4\r\nabcd\r\n" * 3)


@pytest.mark.parametrize("name", [name for name, (data, *_) in ANSWERS.items()])
def test_what_is_cut_off_is_no_answer(name: str) -> None:
    data = ANSWERS[name][0]
    for place in range(1, len(data)):
        answer = Answer("GET")
        assert not answer.feed(data[:place])
        with pytest.raises(CutOff):
            answer.feed(b"")


def test_a_call_says_its_length_where_it_may_have_a_body() -> None:
    said = call("POST", "a.example:81", "/x?y=1", {"Authorization": "Bearer t"}, b"body")
    assert said == (
        b"POST /x?y=1 HTTP/1.1\r\nHost: a.example:81\r\nAccept-Encoding: identity\r\n"
        b"Authorization: Bearer t\r\nContent-Length: 4\r\n\r\nbody"
    )
    assert b"Content-Length: 0\r\n" in call("PUT", "a", "/", {}, None)
    assert b"Content-Length" not in call("GET", "a", "/", {}, None)


@pytest.mark.parametrize(
    ("verb", "target", "headers"),
    [
        ("GET /", "/", {}),
        ("get", "/", {}),
        ("GET", "/a b", {}),
        ("GET", "/a\r\nX: y", {}),
        ("GET", "/\N{SNOWMAN}", {}),
        ("GET", "", {}),
        ("GET", "/", {"X": "secret\r\nY: z"}),
        ("GET", "/", {"X": "secret\nY"}),
        ("GET", "/", {"X": "secret\0"}),
        ("GET", "/", {"X\r\n": "secret"}),
        ("GET", "/", {"X Y": "secret"}),
        ("GET", "/", {"": "secret"}),
        ("GET", "/", {"X": "secret \N{SNOWMAN}"}),
    ],
)
def test_nothing_ends_a_line_before_its_time(
    verb: str, target: str, headers: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="cannot be sent") as error:
        call(verb, "a.example", target, headers, None)
    assert "secret" not in str(error.value) and error.value.__cause__ is None
