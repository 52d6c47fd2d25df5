"""Our seat at one stamp: the socket and how it comes back, the peer token and how it is renewed.

state                event                                       then
entering, resuming   admitted                                    opening, with that answer
entering, resuming   a transient error, a proof that came late   waiting
entering, resuming   any other refusal                           told; refused for a minute or more
opening              the socket opens                            connected
opening, connected   the socket fails, or ends                   waiting, for a backoff that starts
                                                                 anew after 10 s of connection
waiting, refused     the wait ends                               resuming: negotiate
connected            the stamp does not know the socket, or      it is ended
                     our seat
connected            HTTP works, the socket answers nothing      it is ended
any                  `stop_reconnecting`, `stop`                 ended
"""

import asyncio
import random
import time
from collections.abc import Awaitable
from typing import Any, Literal, Protocol

from heliograph.errors import HeliographError, backend_away, is_transient
from heliograph.room.socket_check import SocketCheck
from heliograph.timing.backoff import backoff
from heliograph.timing.tasks import Tasks, Timer
from heliograph.wire.api import Api
from heliograph.wire.hub import Hub
from heliograph.wire.protocol import Admission, Envelope, Push

StampState = Literal["entering", "opening", "connected", "waiting", "resuming", "refused", "ended"]
SEAT_GONE = ("not_member", "token_expired")  # refusals of a message that say so
SAYS_NOTHING = ("proof_required", "bad_proof")  # the next proof may be in time
STEADY_SECONDS = 10.0  # a socket that lived so long has worked
MIN_TOKEN_LIFE, MAX_TOKEN_LIFE = 300.0, 3_600.0  # docs/protocol.md §1, §2
SILENT_SECONDS = 1.0  # a message without an answer of the socket goes by HTTP too
DOUBTED_SECONDS = 0.4  # so long a socket may take to answer when there is a reason to doubt it
REFUSED_SECONDS = 60.0  # what was decided there does not change in a moment


class StampPorts(Protocol):
    """What a stamp asks of signaling, and tells it."""

    async def negotiate(self, stamp: int) -> Admission:
        """Ask for our seat: it is the same one however often we ask."""

    def admitted(self, stamp: int, admission: Admission) -> None:
        """We were admitted: the members and the ICE servers of now."""

    def pushed(self, stamp: int, push: Push) -> None:
        """The servers say something."""

    def changed(self, stamp: int) -> None:
        """`state` is another."""

    def refused(self, stamp: int, error: HeliographError, first: bool) -> None:
        """The seat was refused, and not for a moment. `first`: by the answer to our joining."""


class Stamp:
    """One stamp: one socket, one token."""

    def __init__(
        self, number: int, api: Api, first: "asyncio.Task[Admission]", ports: StampPorts
    ) -> None:
        """`first`: what it answers to our joining."""
        self.api = api
        self.token: str | None = None  # of this stamp, once it has admitted us
        self.state: StampState = "entering"
        self.refusal: HeliographError | None = None  # why the seat was refused, if it was
        self._number, self._ports, self._first = number, ports, first
        self._check = SocketCheck(self._refresh_soon, self.negotiate_again)
        self._hub: Hub | None = None
        self._renewal = Timer()
        self._tasks = Tasks()
        self._away_since = time.monotonic()
        self._is_doubted = False
        self._is_replaced = False  # the socket works, and we end it to open another one
        self._replaced_at = float("-inf")
        self._is_coming = False  # until the first try to open a socket that was not lost has failed
        self._woken = asyncio.Event()
        self._ending = False

    def start(self) -> None:
        """Keep the socket open from the first admission on."""
        self._tasks.start(self._run())

    @property
    def open(self) -> bool:
        """The socket is open."""
        return self._hub is not None and self._hub.open

    @property
    def is_checked(self) -> bool:
        """The stamp knows of our socket, or there is none."""
        return self._check.is_checked

    async def is_answered(self, seconds: float) -> bool:
        """Whether the functions know of our socket, and answer by it."""
        hub = self._hub
        if hub is None or not hub.open or not self.is_checked:
            return False
        return await hub.is_answered(seconds)

    @property
    def ready(self) -> bool:
        """The socket is open, or another takes its place, and that is under way."""
        return self.state == "connected" or self._is_coming

    @property
    def away_seconds(self) -> float:
        """Since the socket was last open, or since we began; 0 while it is open."""
        return 0.0 if self.state == "connected" else time.monotonic() - self._away_since

    def require_token(self) -> str:
        """The peer token. Raises HeliographError (backend_away) if it has not admitted us yet."""
        if self.token is None:
            raise backend_away("It has not admitted us yet.")
        return self.token

    async def post(self, envelope: Envelope) -> None:
        """By the socket if it is open, else by HTTP; also by HTTP if the socket says nothing.

        The receiver drops repeats by their seq. Raises HeliographError.
        """
        try:
            await self._post(envelope)
        except HeliographError as error:
            if error.code in SEAT_GONE:
                self.negotiate_again()
            raise

    def negotiate_again(self) -> None:
        """The servers no longer know us: end the socket, and negotiate again."""
        now = time.monotonic()
        # What had to be replaced again and again would look as if all were well.
        if self.state == "connected" and now - self._replaced_at > STEADY_SECONDS:
            self._is_replaced = True
            self._replaced_at = now
        if self._hub is not None:
            self._tasks.start(self._hub.stop())

    def doubt(self) -> None:
        """Until the socket has answered, messages go by HTTP too at once."""
        if not self._is_doubted:
            self._is_doubted = True
            self._tasks.start(self._doubt())

    def socket_known(self, admitted_at: int) -> None:
        """The stamp has heard of the socket that was opened with this answer."""
        self._check.told(admitted_at)

    async def refresh(self) -> bool:
        """Negotiate again; the socket stays as it is. False if that failed."""
        if self.state != "connected":
            return True
        return await self._admission(self._ports.negotiate(self._number)) is not None

    async def poll(self) -> None:
        """Ask what the socket would have brought that is not open yet. It never raises."""
        try:
            pushes = await self.api.poll(self.require_token())
        except HeliographError:
            return
        if not self.open and not self._ending:
            for push in pushes:
                self._ports.pushed(self._number, push)

    def stop_reconnecting(self) -> None:
        """We are about to give up the seat: when the socket ends now, do not open it again."""
        self._ending = True
        self._woken.set()
        self._check.closed()
        self._renewal.stop()

    async def stop(self) -> None:
        """End the socket for good; it takes a second at most."""
        self.stop_reconnecting()
        if self._hub is not None:
            await self._hub.stop()
        self._tasks.cancel()
        self._become("ended")

    async def _post(self, envelope: Envelope) -> None:
        by_socket = asyncio.ensure_future(self._by_socket(envelope))
        # An offer that is parked twice could be given away a second time.
        is_parked = envelope.message.kind == "offer" and envelope.to is None
        patience = None if is_parked else 0.0 if self._is_doubted else SILENT_SECONDS
        try:
            await asyncio.wait([by_socket], timeout=patience)
            if by_socket.done():
                if not by_socket.result():
                    await self.api.signal(envelope, self.require_token())
                return
            await self._by_both(envelope, by_socket)
        except asyncio.CancelledError:
            by_socket.cancel()
            raise

    async def _by_both(self, envelope: Envelope, by_socket: "asyncio.Future[bool]") -> None:
        """Both are under way, and the first that takes it is enough."""
        was_doubted, asked = self._is_doubted, time.monotonic()
        by_http = asyncio.ensure_future(self.api.signal(envelope, self.require_token()))
        by_socket.add_done_callback(_observe)
        pending: set[asyncio.Future[Any]] = {by_http, by_socket}
        try:
            while pending and not _has_succeeded(by_http):
                _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                if _has_succeeded(by_socket) and by_socket.result():
                    by_http.add_done_callback(_observe)
                    return
            await by_http
        except asyncio.CancelledError:
            by_http.cancel()
            raise
        if not was_doubted:  # then the socket is being checked
            # A backend that is slow is no reason to come again with a new socket.
            patience = SILENT_SECONDS + 2 * (time.monotonic() - asked)
            self._tasks.start(self._check_socket(patience, by_socket))

    async def _check_socket(
        self, seconds: float, answer: "asyncio.Future[bool] | None" = None
    ) -> None:
        """A socket that looks open may have no other end. One that does not answer is replaced."""
        hub = self._hub
        if hub is None or not hub.open:
            self._woken.set()
            return
        alive = asyncio.ensure_future(hub.is_alive(seconds))
        waiting = [alive] if answer is None else [alive, answer]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        has_answered = answer is not None and answer.done()
        if not has_answered and not (await alive) and hub is self._hub:
            self.negotiate_again()
        elif has_answered:
            alive.cancel()

    async def _doubt(self) -> None:
        try:
            await self._check_socket(DOUBTED_SECONDS)
        finally:
            self._is_doubted = False

    async def _by_socket(self, envelope: Envelope) -> bool:
        """False if the socket is not open, or breaks before it has an answer."""
        if self._hub is None or not self._hub.open:
            return False
        # Without `to`, `signal` parks an offer; all else goes to everyone.
        is_signal = envelope.to is not None or envelope.message.kind == "offer"
        return await self._hub.invoke("signal" if is_signal else "broadcast", envelope)

    async def _run(self) -> None:
        admission = await self._admission(asyncio.shield(self._first))
        attempt = 0
        while not self._is_over():
            lived = 0.0 if admission is None else await self._connect(admission)
            if self._is_over():
                break
            if lived > STEADY_SECONDS or self._is_replaced:
                attempt = 0
            self._is_coming, self._is_replaced = self._is_replaced, False
            await self._wait_for_next_try(attempt)
            if self._is_over():
                break
            attempt += 1
            self._become("resuming")
            admission = await self._admission(self._ports.negotiate(self._number))
        self._become("ended")

    async def _wait_for_next_try(self, attempt: int) -> None:
        if self.state != "refused":
            self._become("waiting")
        is_refused = self.refusal is not None
        seconds = REFUSED_SECONDS * (1 + random.random()) if is_refused else backoff(attempt)
        await self._wait(seconds)

    async def _connect(self, admission: Admission) -> float:
        """From open to closed: how many seconds the socket lived, 0 if it did not open."""
        self._become("opening")
        hub = Hub(admission, lambda push: self._ports.pushed(self._number, push))
        self._hub = hub
        if not await hub.start() or self._ending:
            return 0.0
        opened = time.monotonic()
        self._check.opened(admission.admitted_at)
        self._become("connected")
        await hub.ended.wait()
        self._check.closed()
        self._away_since = time.monotonic()
        return self._away_since - opened

    async def _admission(self, answer: Awaitable[Admission]) -> Admission | None:
        """None if it was refused, or the seat is being given up."""
        first, asked_at = self.state == "entering", time.monotonic()
        try:
            admission = await answer
        except HeliographError as error:
            if not self._ending:
                await self._not_admitted(error, first)
            return None
        self.token = admission.token
        self.refusal = None
        self._renew_later(admission.ttl)
        self._ports.admitted(self._number, admission)
        self._check.answered(asked_at, admission.socket_admitted_at)
        return None if self._ending else admission

    async def _not_admitted(self, error: HeliographError, first: bool) -> None:
        if is_transient(error) or error.code in SAYS_NOTHING:
            await self._wait(error.retry_after or 0.0)
            return
        self.refusal = error
        if self.state != "connected":
            self._become("refused")
        self._ports.refused(self._number, error, first)

    def _renew_later(self, ttl: float) -> None:
        """Renew the token at 75–85 % of its life, `ttl` seconds; the socket stays as it is."""
        life = min(MAX_TOKEN_LIFE, max(MIN_TOKEN_LIFE, ttl))
        if not self._ending:
            self._renewal.start(life * (0.75 + random.random() / 10), self._renew)

    def _renew(self) -> None:
        """If it fails, it is tried again within minutes."""
        self._renew_later(0)
        self._refresh_soon()

    def _refresh_soon(self) -> None:
        if not self._ending:
            self._tasks.start(self.refresh())

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0 or self._ending:
            return
        self._woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass

    def _is_over(self) -> bool:
        return self._ending

    def _become(self, state: StampState) -> None:
        if self.state == state:
            return
        if state in ("refused", "ended"):
            self._is_coming = False
        self.state = state
        self._ports.changed(self._number)


def _has_succeeded(answer: "asyncio.Future[Any]") -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None


def _observe(future: "asyncio.Future[Any]") -> None:
    """What it raises is nobody's any more."""
    if not future.cancelled():
        future.exception()
