"""One POST of JSON with a deadline, and what its refusals mean (docs/protocol.md §3 and §6)."""

import asyncio
from typing import TYPE_CHECKING, Any

from heliograph.errors import HeliographError, ProofRequired, backend_away
from heliograph.wire.shape import parse_json, record, to_json

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 10.0
MAX_RETRY_AFTER_SECONDS = 86_400


class Http:
    """The calls to one backend. Tokens travel in bodies, never in URLs."""

    def __init__(self, base: str) -> None:
        """`base`: https://app.example/api."""
        self.base = base.rstrip("/")
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    async def post(
        self,
        path: str,
        body: dict[str, Any],
        token: str | None = None,
        seconds: float = TIMEOUT_SECONDS,
    ) -> Any:
        """The JSON of a successful answer, or None if it is no JSON.

        Raises HeliographError: the backend's refusal, or `backend_away`: no answer in time, or
        an error page of something in between.
        """
        import httpx  # late, because `import heliograph` is to be quick

        if self._closed:
            raise backend_away("The room is closed.")
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=None)
        text = to_json(body if token is None else {**body, "token": token})
        try:
            async with asyncio.timeout(seconds):
                content = text.encode("utf-8", "replace")
                answer = await self._client.post(self.base + path, content=content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError, TimeoutError):
            raise backend_away() from None  # RuntimeError: it was closed meanwhile
        value = parse_json(answer.content)
        if answer.is_success:
            return value
        raise refusal(answer.status_code, answer.headers.get("Retry-After"), value)

    async def close(self) -> None:
        """End its connections; there are no calls after that."""
        self._closed = True
        if self._client is not None:
            await self._client.aclose()
        self._client = None


def refusal(status: int, retry_after: str | None, answer: Any) -> HeliographError:
    """The error for an answer with this status. `retry_after`: the header.

    An answer without our error object comes from something in between: `backend_away`.
    """
    error = record((record(answer) or {}).get("error")) or {}
    seconds = _seconds(error.get("retryAfter", retry_after))
    code, message = error.get("code"), error.get("message")
    if not isinstance(code, str):
        text = f"The backend answered {status}."
        return HeliographError("backend_away", text, status=status, retry_after=seconds)
    text = message if isinstance(message, str) else ""
    if code == "proof_required":
        return ProofRequired(text, error.get("challenge"))
    return HeliographError(code, text, status=status, retry_after=seconds)


def _seconds(value: Any) -> float | None:
    """None for a date (RFC 9110 §10.2.3 allows one), and for nonsense."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < MAX_RETRY_AFTER_SECONDS else None
