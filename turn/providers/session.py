"""One vendor's HTTP API over one pooled session of `requests`, which is imported on first use.

Exceptions of requests and urllib3 quote the URL, and Metered's key is in the URL: they are
turned into a code here, and none of them is passed on, not even as a cause.
"""

import re
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from cloud.log_paths import hide_paths
from turn.providers import ProviderAway, ProviderRefused

if TYPE_CHECKING:
    import requests

MAX_ANSWER_BYTES = 262_144  # a page of usage is the longest that we ask for
MAX_IDLE_SECONDS = 55  # Azure forgets silent connections after 4 minutes, without a word to us
MAX_RETRY_AFTER_SECONDS = 3_600
HEADERS = {"Accept-Encoding": "identity", "Accept": "application/json"}
HEADER_VALUE = re.compile(r"[\x20-\x7e]+")
REFUSALS = {401: "unauthorized", 403: "forbidden", 404: "not_found"}


class HttpAnswer(Struct, frozen=True):
    """An answer below status 500. Printing it does not show the body."""

    status: int
    body: bytes
    retry_after: int = 0  # seconds

    def __repr__(self) -> str:
        return f"HttpAnswer({self.status})"


class Session:
    """Calls to one vendor, below the URL `base`. Threads share it."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._used = time.monotonic()

    @cached_property
    def _session(self) -> "requests.Session":
        import requests

        hide_paths()
        session = requests.Session()
        # No proxy, no .netrc (it would replace our Authorization) out of the environment.
        session.trust_env = False
        return session

    def open(self) -> None:
        """Load what calls need."""
        self._session  # noqa: B018

    def call(self, verb: str, path: str, timeout: float, **parts: Any) -> HttpAnswer:
        """Any answer below 500 but 429. `parts` are those of `requests.request`.

        Raises ProviderAway after about `timeout` seconds, or ProviderRefused (bad_secret).
        """
        answer, code = self._send(verb, path, timeout, parts)
        if code == "bad_secret":
            raise ProviderRefused(code)
        if answer is None:
            raise ProviderAway(code)
        if answer.status == 429:
            raise ProviderAway("rate_limited", answer.retry_after)
        if answer.status >= 500:
            raise ProviderAway("server_error", answer.retry_after)
        return answer

    def _send(
        self, verb: str, path: str, timeout: float, parts: dict[str, Any]
    ) -> tuple[HttpAnswer | None, str]:
        import requests
        import urllib3

        until = time.monotonic() + timeout
        headers = {**HEADERS, **parts.pop("headers", {})}
        if not all(map(HEADER_VALUE.fullmatch, headers.values())):
            return None, "bad_secret"
        try:
            with self._fresh().request(
                verb,
                self._base + path,
                timeout=timeout,
                headers=headers,
                allow_redirects=False,  # the key would go along
                stream=True,
                **parts,
            ) as answer:
                return _read(answer, until)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            return None, "timeout"
        except requests.exceptions.SSLError:
            return None, "tls"
        except (requests.ConnectionError, urllib3.exceptions.ProtocolError):
            return None, "connection"
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            return None, "broken_answer"

    def _fresh(self) -> "requests.Session":
        """The session, without connections that have been idle for long."""
        now = time.monotonic()
        if now - self._used > MAX_IDLE_SECONDS:
            self._session.close()
        self._used = now
        return self._session


def check(answer: HttpAnswer, *fine: int) -> bytes:
    """The body of an answer of a fine status. Raises ProviderRefused or ProviderAway."""
    if answer.status in fine:
        return answer.body
    if answer.status in REFUSALS:
        raise ProviderRefused(REFUSALS[answer.status])
    if 400 <= answer.status < 500 and answer.status != 408:
        raise ProviderRefused("bad_request")
    raise ProviderAway("unexpected_status")


def decode[T](body: bytes, form: type[T]) -> T:
    """Raises ProviderAway (broken_answer)."""
    try:
        return msgspec.json.decode(body, type=form, strict=False)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass  # its text quotes the answer
    raise ProviderAway("broken_answer")


def _read(answer: "requests.Response", until: float) -> tuple[HttpAnswer | None, str]:
    """A body of bounded length in bounded time: `timeout` alone bounds each piece of it."""
    body = bytearray()
    while piece := answer.raw.read1(16_384, decode_content=False):
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            return None, "broken_answer"
        if time.monotonic() > until:
            return None, "timeout"
    wait = answer.headers.get("Retry-After", "")
    retry_after = int(wait) if re.fullmatch(r"[0-9]{1,9}", wait) else 0
    return HttpAnswer(
        answer.status_code, bytes(body), min(retry_after, MAX_RETRY_AFTER_SECONDS)
    ), ""
