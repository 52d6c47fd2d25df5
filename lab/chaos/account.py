"""What a run of the chaos benchmark has seen, and what of it must not have happened. Pure.

Pages and the runner note facts; `violations` compares them. Times are ms since 1970 by the clock of
the one machine that everything runs on.

| Violation | When |
|---|---|
| not-connected | 30 s after all was well a call was not connected |
| not-listed | 30 s after all was well somebody who was there was not listed by the other |
| listed-gone | somebody was listed more than 90 s after they had gone |
| not-joined | somebody could not join though a stamp was well |
| report-lost | a report is neither counted nor in a queue; or a call that was up ended with none |
| report-twice | a report is counted twice, or somebody reported more calls than they had |
| text-lost | `sendText` resolved, both pages lived on for 10 s, and the text was not shown |
| text-twice | a page showed a text twice |
| channel-broken | between pages that stayed there was another RTCPeerConnection after a fault |
| alarm | a page said that it was cut off, or showed an error, though a stamp was well |
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

GONE_MS = 90_000
LIVE_MS = 10_000  # a text that was not acknowledged is repeated 1, 3 and 7 s later
STALL_MS = 1_500  # a signal that may take so long is not judged if the machine stood still
NEVER_MS = 60_000.0  # what a signal counts as that was never shown
SOON_MS = 3_000  # a page that ends so soon after its call was up may not have anything to report


class Stay(NamedTuple):
    """From an admission to a room to its end: of a call, by person 0 or 1, the how manieth."""

    call: int
    person: int  # 0 or 1
    number: int

    def __str__(self) -> str:
        return f"call {self.call} person {self.person} stay {self.number}"


@dataclass(slots=True)
class Life:
    """What is known of a stay. Times in ms since 1970."""

    stay: Stay
    peer: str
    began: float
    ended: float | None = None
    crashed: bool = False  # it ended and could say nothing
    met: int = 0  # members that it was told of
    up: float | None = None  # since when its call was up

    def covers(self, begin: float, end: float) -> bool:
        """Whether it lived from `begin` to `end`."""
        return self.began <= begin and (self.ended is None or self.ended >= end)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a page sent. `to`: peers. `taken`: when `sendText` resolved, None: it did not."""

    id: str
    sender: Stay
    to: tuple[str, ...]
    at: float
    taken: float | None
    dead: bool = False  # sent when the stamp had just died by which the text before had gone
    tries: tuple[tuple[int | None, float], ...] = ()  # by which stamp, after how many ms

    @property
    def way(self) -> str:
        """How it went, for a trace."""
        sent = ", ".join(f"by stamp {stamp} after {ms:.0f} ms" for stamp, ms in self.tries)
        taken = "not taken" if self.taken is None else f"taken after {self.taken - self.at:.0f} ms"
        return f"{taken}; sent {sent or 'by the channel'}"


@dataclass(frozen=True, slots=True)
class Report:
    """One attempt to send a report. `reached`: a stamp has answered that it took it."""

    id: str
    stay: Stay
    at: float
    reached: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A phase, from its first fault until all had recovered. `one`: one stamp was never touched."""

    number: int
    began: float
    settled: float
    one: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not happen. `at`: about when."""

    kind: str
    call: int
    at: float
    words: str


@dataclass(slots=True)
class Account:
    """The facts of a run."""

    lives: dict[Stay, Life] = field(default_factory=dict)
    peers: dict[tuple[int, str], list[Life]] = field(default_factory=dict)  # the same, by peer
    texts: dict[str, Text] = field(default_factory=dict)
    shown: dict[tuple[Stay, str], list[float]] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)  # rows by the id of the report
    summed: int = 0  # reports, by the sums beside the rows
    waiting: set[str] = field(default_factory=set)  # ids in a queue
    gone: dict[tuple[int, str], float] = field(default_factory=dict)  # peers of a call
    # Of what a page said, when it stopped; None: it did not.
    alarms: dict[tuple[Stay, float, str], float | None] = field(default_factory=dict)
    refused: list[tuple[Stay, float, str]] = field(default_factory=list)  # who could not join
    spans: list[Span] = field(default_factory=list)
    found: list[Violation] = field(default_factory=list)  # what is seen when it happens
    # From, to: the process through which all bytes go was kept waiting by the machine.
    stalls: list[tuple[float, float]] = field(default_factory=list)
    listed: set[tuple[Stay, str]] = field(default_factory=set)  # who is gone: said once is enough

    def begin(self, stay: Stay, peer: str, at: float) -> None:
        """The stay was admitted as this peer."""
        life = self.lives[stay] = Life(stay, peer, at)
        self.peers.setdefault((stay.call, peer), []).append(life)
        self.gone.pop((stay.call, peer), None)

    def end(self, stay: Stay, at: float, *, leaves: bool, crashed: bool = False) -> None:
        """The stay ends. `leaves`: its peer is not to come back, as far as it knows."""
        life = self.lives.get(stay)
        if life is None or life.ended is not None:
            return
        life.ended, life.crashed = at, crashed
        if leaves:
            self.gone[stay.call, life.peer] = at

    def show(self, stay: Stay, text: str, at: float) -> None:
        """A page shows a text."""
        self.shown.setdefault((stay, text), []).append(at)

    def listing(self, stay: Stay, peers: Iterable[str], at: float) -> None:
        """The members that a page lists."""
        for peer in peers:
            since = self.gone.get((stay.call, peer))
            if since is None or at - since <= GONE_MS or (stay, peer) in self.listed:
                continue
            self.listed.add((stay, peer))
            late = (at - since) / 1000
            self.note(
                "listed-gone", stay.call, at, f"{stay} lists {peer}, who left {late:.0f} s ago"
            )

    def held(self, stay: Stay, at: float, before: tuple[int, str], after: tuple[int, str]) -> None:
        """The number of a page's RTCPeerConnection and its state, before a fault and after it."""
        if after != before:
            words = f"{stay}: connection {before} is {after} after it"
            self.note("channel-broken", stay.call, at, words)

    def note(self, kind: str, call: int, at: float, words: str) -> None:
        """A violation that was seen."""
        self.found.append(Violation(kind, call, at, words))


def violations(account: Account) -> tuple[Violation, ...]:
    """All of them, in the order of their times."""
    compared = [one for check in CHECKS for one in check(account)]
    return tuple(sorted([*account.found, *compared], key=lambda one: one.at))


def lost_texts(account: Account) -> Iterator[Violation]:
    """Texts that `sendText` was glad of and that nobody saw."""
    for text in account.texts.values():
        if text.taken is None or not _lives(account, text.sender, text.at, text.taken):
            continue
        for life in _receivers(account, text):
            if (life.stay, text.id) not in account.shown:
                words = f"text {text.id} did not reach {life.stay}; {text.way}"
                yield Violation("text-lost", life.stay.call, text.at, words)


def repeated_texts(account: Account) -> Iterator[Violation]:
    """Texts that a page has shown more than once."""
    for (stay, text), times in account.shown.items():
        if len(times) > 1:
            words = f"text {text} was shown {len(times)} times by {stay}"
            yield Violation("text-twice", stay.call, times[1], words)


def lost_reports(account: Account) -> Iterator[Violation]:
    """Reports that were sent and not counted, and calls that ended without a report."""
    sent: dict[str, list[Report]] = {}
    for report in account.reports:
        sent.setdefault(report.id, []).append(report)
    for id_, tries in sent.items():
        if account.counted[id_] or id_ in account.waiting:
            continue
        reached = any(one.reached for one in tries)
        if reached or any(_can_arrive(account, one.at) for one in tries):
            stay, at = tries[0].stay, tries[0].at
            way = f"sent {len(tries)} times, {'' if reached else 'never '}answered"
            yield Violation(
                "report-lost", stay.call, at, f"a report of {stay} is not counted: {way}"
            )
    reported = _reported(account)
    owed: dict[tuple[int, int], list[Life]] = {}
    for life in account.lives.values():
        if _owes_report(life):
            owed.setdefault(life.stay[:2], []).append(life)
    for person, ended in owed.items():
        count = len(reported.get(person, ()))
        if len(ended) > count:
            sent_in = sorted(stay.number for stay in reported.get(person, {}).values())
            words = (
                f"{ended[-1].stay}: {len(ended)} calls ended, of stays"
                f" {[life.stay.number for life in ended]}, and {count} reports were sent,"
                f" in stays {sent_in}"
            )
            yield Violation("report-lost", person[0], ended[-1].ended or 0, words)


def repeated_reports(account: Account) -> Iterator[Violation]:
    """Reports that were counted twice, and pages that reported more calls than they had."""
    for report in {report.id: report for report in account.reports}.values():
        if account.counted[report.id] > 1:
            words = f"a report of {report.stay} was counted twice"
            yield Violation("report-twice", report.stay.call, report.at, words)
    if account.summed > account.counted.total():
        words = f"{account.counted.total()} reports count as {account.summed}"
        yield Violation("report-twice", -1, 0, words)
    met: dict[tuple[int, int], int] = {}
    for life in account.lives.values():
        met[life.stay[:2]] = met.get(life.stay[:2], 0) + life.met
    for person, ids in _reported(account).items():
        if len(ids) > met.get(person, 0):
            words = f"{person} met {met.get(person, 0)} members and reported {len(ids)} calls"
            yield Violation("report-twice", person[0], 0, words)


def _reported(account: Account) -> dict[tuple[int, int], dict[str, Stay]]:
    """The reports that each person sent. A report may be sent in the stay after its own."""
    found: dict[tuple[int, int], dict[str, Stay]] = {}
    for report in account.reports:
        found.setdefault(report.stay[:2], {}).setdefault(report.id, report.stay)
    return found


def failed_joins(account: Account) -> Iterator[Violation]:
    """Who could not join while one stamp was well."""
    for stay, at, words in account.refused:
        if _calm(account, at):
            yield Violation("not-joined", stay.call, at, f"{stay}: {words}")


def false_alarms(account: Account) -> Iterator[Violation]:
    """What pages said while one stamp was well."""
    for (stay, at, said), ended in account.alarms.items():
        if _calm(account, at):
            lasted = "to its end" if ended is None else f"for {ended - at:.0f} ms"
            yield Violation("alarm", stay.call, at, f"{stay} said {said} {lasted}")


CHECKS: tuple[Callable[[Account], Iterator[Violation]], ...] = (
    lost_texts,
    repeated_texts,
    lost_reports,
    repeated_reports,
    failed_joins,
    false_alarms,
)


@dataclass(frozen=True, slots=True)
class Signal:
    """A text sent right after the death of the stamp in use. `ms`: to its showing, or NEVER_MS."""

    text: Text
    ms: float


def signals(account: Account) -> list[Signal]:
    """All between pages that lived on, while a stamp was well and the machine not too busy."""
    found = []
    for text in account.texts.values():
        if text.dead and _calm(account, text.at) and not _stalled(account, text.at):
            if not _lives(account, text.sender, text.at, text.at):
                continue
            for life in _receivers(account, text):
                shown = account.shown.get((life.stay, text.id))
                found.append(Signal(text, shown[0] - text.at if shown else NEVER_MS))
    return found


def _stalled(account: Account, at: float) -> bool:
    """Whether the machine kept this process waiting within STALL_MS from then."""
    return any(begin <= at + STALL_MS and end >= at for begin, end in account.stalls)


def _calm(account: Account, at: float) -> bool:
    """Whether a stamp was well then, and everybody had had the time to find it."""
    return not any(not span.one and span.began <= at <= span.settled for span in account.spans)


def _can_arrive(account: Account, at: float) -> bool:
    """Whether what a page sent then, perhaps as its last deed, had to arrive.

    A browser gives a page that is closed half a second, of which a busy machine leaves nothing.
    """
    return _calm(account, at) and not _stalled(account, at)


def _lives(account: Account, stay: Stay, begin: float, taken: float) -> bool:
    life = account.lives.get(stay)
    return life is not None and life.covers(begin, taken + LIVE_MS)


def _receivers(account: Account, text: Text) -> Iterator[Life]:
    """The stays that a text was for, and that lasted for long enough to get it."""
    taken = text.at if text.taken is None else text.taken
    for peer in text.to:
        for life in account.peers.get((text.sender.call, peer), ()):
            if life.covers(text.at, taken + LIVE_MS):
                yield life


def _owes_report(life: Life) -> bool:
    if life.up is None or life.ended is None or life.crashed:
        return False
    return life.ended - life.up > SOON_MS
