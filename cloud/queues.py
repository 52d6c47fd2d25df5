"""The queues of a storage account, by their REST API.

Azure's SDK for queues is a package of 40 modules, and five calls are needed here. Reference:
https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api and
https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import requests
from msgspec import Struct

from cloud.connection_strings import SettingsError, read_storage
from cloud.log_paths import hide_paths

API_VERSION = "2021-12-02"
MAX_TAKEN = 32  # messages that the service gives at once
HIDDEN_SECONDS = 60  # nobody else gets a message that was taken
TIMEOUT_SECONDS = 10


class QueueAway(Exception):
    """The queue service cannot be reached, or refuses. The text holds no address and no key."""


class QueueAccount(Struct, frozen=True):
    """Where the queues are, and how to open them: an account key, or Entra tokens of `token`."""

    url: str
    name: str = ""
    key: bytes | None = None
    token: Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"QueueAccount({self.name!r})"


def read_account(
    environ: Mapping[str, str], setting: str, token: Callable[[], str]
) -> QueueAccount:
    """The account that a setting of the Functions host names.

    `setting` is a connection string with a key. Or `setting__accountName` or
    `setting__queueServiceUri` is set; then a token of `token` opens the account. Raises ValueError,
    whose text shows no value.
    """
    if name := environ.get(f"{setting}__accountName"):
        return QueueAccount(f"https://{name}.queue.core.windows.net", name, token=token)
    if url := environ.get(f"{setting}__queueServiceUri"):
        return QueueAccount(url.rstrip("/"), token=token)
    try:
        account = read_storage(environ.get(setting, ""), setting)
    except SettingsError as error:
        raise ValueError(f"{setting} is not set, or cannot be used: {error}") from None
    if not account.name or account.key is None:
        raise ValueError(f"{setting} is not set, or is no connection string with a key")
    return QueueAccount(account.queues, account.name, account.key)


class Message(Struct, frozen=True):
    """A message that was taken. `receipt` is needed to delete it."""

    id: str
    receipt: str
    text: str  # as it lies in the queue; the Functions host writes base64
    dequeues: int = 0  # how often it was taken, this time too


class Queues:
    """The queues of one account. Every method may raise QueueAway."""

    def __init__(self, account: QueueAccount, session: requests.Session | None = None) -> None:
        """`session`: another HTTP client."""
        self._account = account
        hide_paths()
        self._session = session or requests.Session()

    def __enter__(self) -> "Queues":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def create(self, queue: str) -> None:
        """Make a queue. A queue that is there stays as it is."""
        self._ask("PUT", quote(queue))

    def clear(self, queue: str) -> None:
        """Delete every message of a queue."""
        self._ask("DELETE", f"{quote(queue)}/messages")

    def take(
        self, queue: str, count: int = MAX_TAKEN, hidden_seconds: int = HIDDEN_SECONDS
    ) -> list[Message]:
        """Up to `count` messages, [] if there are none or there is no such queue.

        Nobody else gets them for `hidden_seconds`.
        """
        limits = f"numofmessages={count}&visibilitytimeout={hidden_seconds}"
        found = self._ask("GET", f"{quote(queue)}/messages?{limits}", missing=b"<none/>")
        return [_message(one) for one in ElementTree.fromstring(found).iter("QueueMessage")]

    def put(self, queue: str, text: str) -> None:
        """Add a message at the end of a queue."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>"
        self._ask("POST", f"{quote(queue)}/messages", body.encode())

    def delete(self, queue: str, message: Message) -> None:
        """Delete a message that was taken. A message that is gone is no error."""
        receipt = quote(message.receipt, safe="")
        self._ask(
            "DELETE", f"{quote(queue)}/messages/{message.id}?popreceipt={receipt}", missing=b""
        )

    def _ask(
        self, method: str, path: str, body: bytes = b"", missing: bytes | None = None
    ) -> bytes:
        """The body of the answer; `missing` for 404, if it is given."""
        url = f"{self._account.url}/{path}"
        headers = {"x-ms-date": _date(), "x-ms-version": API_VERSION}
        if body:
            headers["Content-Type"] = "application/xml"
        headers["Authorization"] = self._authorization(method, url, headers, len(body))
        try:
            answer = self._session.request(
                method, url, data=body or None, headers=headers, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise QueueAway(type(error).__name__) from None
        if answer.status_code == 404 and missing is not None:
            return missing
        if not answer.ok:
            raise QueueAway(f"HTTP {answer.status_code}")
        return answer.content

    def _authorization(self, method: str, url: str, headers: Mapping[str, str], length: int) -> str:
        account = self._account
        if account.key is None:
            assert account.token is not None
            return f"Bearer {account.token()}"
        text = to_sign(method, url, account.name, headers, length)
        signature = base64.b64encode(hmac.digest(account.key, text.encode(), "sha256")).decode()
        return f"SharedKey {account.name}:{signature}"


def _message(one: ElementTree.Element) -> Message:
    id, receipt, text, dequeues = (
        one.findtext(part) or ""
        for part in ("MessageId", "PopReceipt", "MessageText", "DequeueCount")
    )
    return Message(id, receipt, text, int(dequeues))


def to_sign(method: str, url: str, account: str, headers: Mapping[str, str], length: int) -> str:
    """The text that Shared Key signs for queues. Since 2015-02-21 a length of 0 is left out."""
    parts = urlsplit(url)
    ours = sorted((name.lower(), value) for name, value in headers.items())
    canonical = "".join(f"{name}:{value}\n" for name, value in ours if name.startswith("x-ms-"))
    query = "".join(f"\n{name.lower()}:{value}" for name, value in sorted(parse_qsl(parts.query)))
    standard = [""] * 11  # Content-Encoding … Range
    standard[2] = str(length or "")
    standard[4] = headers.get("Content-Type", "")
    return "\n".join([method, *standard, f"{canonical}/{account}{parts.path}{query}"])


def _date() -> str:
    return datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
