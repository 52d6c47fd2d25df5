"""HTTP calls to one service over connections that are kept open. Threads share a pool.

By urllib3 itself: each message that a peer sends is one call, and `requests` around it costs about
two thirds more.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from cloud.log_paths import hide_paths

if TYPE_CHECKING:
    from urllib3 import PoolManager


class NotReached(Exception):
    """There was no connection, or it broke: another try may help. The text names the kind."""


class Broken(NotReached):
    """The connection broke: it may have been done."""


class NoAnswer(Exception):
    """It may have been done. The text names the kind of failure and holds no URL."""


class Timeouts(Struct, frozen=True):
    """For how long a caller waits."""

    connect_seconds: float
    answer_seconds: float


class Reply(Struct, frozen=True):
    """What the service answered."""

    status: int
    body: bytes
    retry_after: str = ""  # the header
    headers: Mapping[str, str] = {}  # all of them; names in any case


class HttpPool:
    """Follows no redirect, takes no proxy out of the environment, tries nothing twice."""

    def __init__(self, connections: int) -> None:
        """`connections`: how many are kept open to one host; more are opened when needed."""
        self._connections = connections
        self._manager: PoolManager | None = None

    def send(
        self,
        verb: str,
        url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        body: bytes | None = None,
    ) -> Reply:
        """One call. Raises NotReached or NoAnswer."""
        from urllib3 import Timeout, exceptions

        limits = Timeout(connect=timeouts.connect_seconds, read=timeouts.answer_seconds)
        try:
            answer = self._pool().request(
                verb,
                url,
                body=body,
                headers=dict(headers),
                timeout=limits,
                retries=False,
                redirect=False,
            )
        except (
            exceptions.NewConnectionError,
            exceptions.ConnectTimeoutError,
            exceptions.SSLError,
        ) as error:
            raise NotReached(type(error).__name__) from None
        except exceptions.ProtocolError as error:
            raise Broken(type(error).__name__) from None
        except exceptions.HTTPError as error:
            raise NoAnswer(type(error).__name__) from None
        retry_after = answer.headers.get("Retry-After", "")
        return Reply(answer.status, answer.data, retry_after, answer.headers)

    def _pool(self) -> "PoolManager":
        if self._manager is None:
            import certifi
            from urllib3 import PoolManager

            hide_paths()
            # Two threads may both make one; the last stays.
            self._manager = PoolManager(maxsize=self._connections, ca_certs=certifi.where())
        return self._manager
