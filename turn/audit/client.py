"""A TURN client over UDP: one socket, one long-term credential. RFC 8489 §9.2, RFC 8656."""

import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from turn import stun
from turn.audit.exchange import RELEASE, open_socket, receive, send, transaction
from turn.audit.findings import NO_ANSWER, Target, alternate_of
from turn.stun import Attribute, Kind, Message, Method

RETRANSMIT_SECONDS = (
    0.5,
    1.0,
    1.0,
)  # between transmissions of a request; RFC 8489 §6.2.1, cut short
UNAUTHORIZED = 401
_CHALLENGES = (UNAUTHORIZED, 438)  # 438: Stale Nonce
_ATTEMPTS = 3  # unsigned, signed, signed with a newer nonce

Request = Callable[[bytes], Message]  # of its transaction id: each attempt has its own


@dataclass(frozen=True)
class Credential:
    """A username and its password. Printing it does not show the password."""

    username: str
    password: str = field(repr=False)


class Client:
    """`with Client(target, credential, deadline) as client`: ends its allocation on leaving.

    After `deadline` (on the monotonic clock) nothing is waited for any more.
    """

    def __init__(self, target: Target, credential: Credential, deadline: float) -> None:
        self._target = target
        self._credential = credential
        self._deadline = deadline
        self._udp = open_socket(target)
        self._challenge: tuple[bytes, bytes] | None = None  # realm, nonce
        self._allocated = False
        self.alternate = ""  # where the server sends us instead

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._udp:
            if self._allocated:
                self._deadline = max(self._deadline, time.monotonic() + RETRANSMIT_SECONDS[0])
                self.ask([_request(Method.REFRESH, *RELEASE)])

    def allocate(self, *more: tuple[int, bytes]) -> tuple[int, int]:
        """The code and, after a 200, the lifetime in seconds."""
        udp = (Attribute.REQUESTED_TRANSPORT, stun.UDP)
        (answer,) = self.ask([_request(Method.ALLOCATE, udp, *more)])
        code = code_of(answer)
        self._allocated = code == 200
        self.alternate = alternate_of(answer) if answer else ""
        lifetime = answer.get(Attribute.LIFETIME) if answer and self._allocated else None
        return code, int.from_bytes(lifetime or b"")

    def refresh(self) -> int:
        """The code of a Refresh; NO_ANSWER without one."""
        (answer,) = self.ask([_request(Method.REFRESH)])
        return code_of(answer)

    def ask(self, requests: Sequence[Request]) -> list[Message | None]:
        """Send all, wait for all, meet challenges. None: no answer."""
        answers: list[Message | None] = [None] * len(requests)
        open_ = list(range(len(requests)))
        for _ in range(_ATTEMPTS):
            for number, answer in zip(
                open_, self._exchange([requests[n] for n in open_]), strict=True
            ):
                answers[number] = answer
            open_ = [n for n in open_ if code_of(answers[n]) in _CHALLENGES]
            if not any([self._learn(challenge) for n in open_ if (challenge := answers[n])]):
                break
        return answers

    def _learn(self, challenge: Message) -> bool:
        """Whether a challenge brought something to answer it with. RFC 8489 §9.2.5."""
        realm, nonce = challenge.get(Attribute.REALM), challenge.get(Attribute.NONCE)
        if realm is None or nonce is None or (challenge.code == UNAUTHORIZED and self._challenge):
            return False  # 401 to a signed request: the credential is refused
        self._challenge = realm, nonce
        return True

    def _exchange(self, requests: Sequence[Request]) -> list[Message | None]:
        waiting: dict[bytes, tuple[int, bytes]] = {}
        for number, request in enumerate(requests):
            message = request(transaction())
            waiting[message.transaction] = number, self._sign(message)
        answers: list[Message | None] = [None] * len(requests)
        for pause in RETRANSMIT_SECONDS:
            if not waiting or time.monotonic() >= self._deadline:
                break
            for _, datagram in waiting.values():
                send(self._udp, datagram, self._target)
            until = min(time.monotonic() + pause, self._deadline)
            while waiting and (received := self._next(until)) is not None:
                answer = self._read(received)
                if answer and answer.transaction in waiting:
                    number, _ = waiting.pop(answer.transaction)
                    answers[number] = answer
        return answers

    def _next(self, until: float) -> bytes | None:
        """The next datagram before `until`; an empty one for an error."""
        left = until - time.monotonic()
        if left <= 0 or not select.select([self._udp], [], [], left)[0]:
            return None
        return receive(self._udp) or b""

    def _sign(self, message: Message) -> bytes:
        if self._challenge is None:
            return stun.encode(message)
        realm, nonce = self._challenge
        signed = (
            (Attribute.USERNAME, self._credential.username.encode()),
            (Attribute.REALM, realm),
            (Attribute.NONCE, nonce),
        )
        key = self._key(realm)
        return stun.encode(replace(message, attributes=(*message.attributes, *signed)), key=key)

    def _key(self, realm: bytes) -> bytes:
        return stun.long_term_key(self._credential.username, realm, self._credential.password)

    def _read(self, datagram: bytes) -> Message | None:
        """An answer; a success counts only when it is signed. RFC 8489 §9.2.5."""
        try:
            answer = stun.decode(datagram)
            if answer.kind is Kind.SUCCESS and self._challenge:
                return answer if stun.authentic(datagram, self._key(self._challenge[0])) else None
        except stun.Malformed:
            return None
        return answer if answer.kind in (Kind.SUCCESS, Kind.ERROR) else None


def _request(method: Method, *attributes: tuple[int, bytes]) -> Request:
    return lambda transaction: Message(method, Kind.REQUEST, transaction, attributes)


def code_of(answer: Message | None) -> int:
    """200, an error code, or NO_ANSWER."""
    return NO_ANSWER if answer is None else answer.code
