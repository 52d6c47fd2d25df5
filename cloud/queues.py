"""The queues of a storage account, by REST: just what puts poisoned messages back.

Azure's SDK for queues would be 40 modules for four calls. Reference: "Queue service REST API" and
"Authorize with Shared Key" in the Azure Storage documents.
"""

import base64
import hmac
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import requests
from msgspec import Struct

VERSION = "2021-12-02"
AT_ONCE = 32  # the service hands out no more
HIDDEN = 60  # seconds that a message taken is nobody else's
TIMEOUT = 10
EMULATOR = ("http://127.0.0.1:10001/devstoreaccount1", "devstoreaccount1")
# Public: Azurite's documents print it, and it opens nothing else.
EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


class QueueAway(Exception):
    """The queue service cannot be reached or refuses. The text holds no address and no key."""


class Account(Struct, frozen=True):
    """Where the queues are, and how to open them: a key, or a token for Entra."""

    url: str
    name: str = ""
    key: str | None = None
    token: Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"Account({self.name!r})"


def read_account(environ: Mapping[str, str], setting: str, token: Callable[[], str]) -> Account:
    """From the settings of the Functions host. Raises ValueError that shows no value."""
    if name := environ.get(f"{setting}__accountName"):
        return Account(f"https://{name}.queue.core.windows.net", name, token=token)
    if url := environ.get(f"{setting}__queueServiceUri"):
        return Account(url.rstrip("/"), token=token)
    pairs = (part.partition("=") for part in environ.get(setting, "").split(";"))
    members = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if members.get("usedevelopmentstorage") == "true":
        return Account(*EMULATOR, EMULATOR_KEY)
    name, key = members.get("accountname"), members.get("accountkey")
    if not name or not key:
        raise ValueError(f"{setting} is not set, or is no connection string with a key")
    suffix = members.get("endpointsuffix", "core.windows.net")
    url = members.get("queueendpoint") or f"https://{name}.queue.{suffix}"
    return Account(url.rstrip("/"), name, key)


class Message(Struct, frozen=True):
    id: str
    receipt: str
    text: str  # as it lies there, in the host's base64


class Queues:
    """Every method raises QueueAway."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.session = requests.Session()

    def __enter__(self) -> "Queues":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def replay(self, queue: str) -> Iterator[int]:
        """Move what is poisoned back, a few at a time; how many each time.

        First put, then deleted: who is interrupted has a message twice, and writes it once.
        """
        while messages := self.take(f"{queue}-poison"):
            for message in messages:
                self.put(queue, message.text)
                self._delete(f"{queue}-poison", message)
            yield len(messages)

    def create(self, queue: str) -> None:
        self._ask("PUT", quote(queue))

    def clear(self, queue: str) -> None:
        self._ask("DELETE", f"{quote(queue)}/messages")

    def take(self, queue: str) -> list[Message]:
        """Some of the messages; nobody else gets them for a while."""
        path = f"{quote(queue)}/messages?numofmessages={AT_ONCE}&visibilitytimeout={HIDDEN}"
        found = self._ask("GET", path, missing=b"<none/>")
        return [
            Message(
                *(one.findtext(part) or "" for part in ("MessageId", "PopReceipt", "MessageText"))
            )
            for one in ElementTree.fromstring(found).iter("QueueMessage")
        ]

    def put(self, queue: str, text: str) -> None:
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>"
        self._ask("POST", f"{quote(queue)}/messages", body.encode())

    def _delete(self, queue: str, message: Message) -> None:
        receipt = quote(message.receipt, safe="")
        self._ask(
            "DELETE", f"{quote(queue)}/messages/{message.id}?popreceipt={receipt}", missing=b""
        )

    def _ask(
        self, method: str, path: str, body: bytes = b"", missing: bytes | None = None
    ) -> bytes:
        """What is answered; `missing` where there is no such queue."""
        url = f"{self._account.url}/{path}"
        headers = {"x-ms-date": _date(), "x-ms-version": VERSION}
        if body:
            headers["Content-Type"] = "application/xml"
        headers["Authorization"] = self._authorization(method, url, headers, len(body))
        try:
            answer = self.session.request(
                method, url, data=body or None, headers=headers, timeout=TIMEOUT
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
        key = base64.b64decode(account.key)
        signature = base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
        return f"SharedKey {account.name}:{signature}"


def to_sign(method: str, url: str, account: str, headers: Mapping[str, str], length: int) -> str:
    """The string that Shared Key signs for queues (2015-02-21 and later: no length for none)."""
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
