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
| report-twice | a report is counted twice, or a page reported more calls than it had |
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
SOON_MS = 3_000  # a page that ends so soon after its call was up may not have anything to report


class Load(NamedTuple):
    """One load of a page: of a call, by person 0 or 1, the number of the load."""

    call: int
    person: int
    number: int


@dataclass(slots=True)
class Life:
    """A load, from its admission to its end."""

    load: Load
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
    sender: Load
    to: tuple[str, ...]
    at: float
    taken: float | None
    dead: bool = False  # sent when the stamp had just died by which the text before had gone


@dataclass(frozen=True, slots=True)
class Report:
    """One attempt to send a report. `reached`: a stamp has answered that it took it."""

    id: str
    load: Load
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

    lives: dict[Load, Life] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    shown: dict[tuple[Load, str], list[float]] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)  # rows by the id of the report
    waiting: set[str] = field(default_factory=set)  # ids in a queue
    gone: dict[tuple[int, str], float] = field(default_factory=dict)  # peers of a call
    alarms: list[tuple[Load, float, str]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    found: list[Violation] = field(default_factory=list)  # what is seen when it happens
    listed: set[tuple[Load, str]] = field(default_factory=set)  # who is gone: said once is enough

    def begin(self, load: Load, peer: str, at: float) -> None:
        """The load was admitted as this peer."""
        self.lives[load] = Life(load, peer, at)
        self.gone.pop((load.call, peer), None)

    def end(self, load: Load, at: float, *, leaves: bool, crashed: bool = False) -> None:
        """The load ends. `leaves`: its peer is not to come back, as far as it knows."""
        life = self.lives.get(load)
        if life is None or life.ended is not None:
            return
        life.ended, life.crashed = at, crashed
        if leaves:
            self.gone[load.call, life.peer] = at

    def show(self, load: Load, text: str, at: float) -> None:
        """A page shows a text."""
        self.shown.setdefault((load, text), []).append(at)

    def listing(self, load: Load, peers: Iterable[str], at: float) -> None:
        """The members that a page lists."""
        for peer in peers:
            since = self.gone.get((load.call, peer))
            if since is None or at - since <= GONE_MS or (load, peer) in self.listed:
                continue
            self.listed.add((load, peer))
            late = (at - since) / 1000
            self.note("listed-gone", load.call, at, f"{load} lists who left {late:.0f} s ago")

    def held(self, load: Load, at: float, before: tuple[int, str], after: tuple[int, str]) -> None:
        """The number of a page's RTCPeerConnection and its state, before a fault and after it."""
        if after != before:
            words = f"{load}: connection {before} is {after} after it"
            self.note("channel-broken", load.call, at, words)

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
            if (life.load, text.id) not in account.shown:
                words = f"text {text.id} did not reach {life.load}"
                yield Violation("text-lost", life.load.call, text.at, words)


def repeated_texts(account: Account) -> Iterator[Violation]:
    """Texts that a page has shown more than once."""
    for (load, text), times in account.shown.items():
        if len(times) > 1:
            words = f"text {text} was shown {len(times)} times by {load}"
            yield Violation("text-twice", load.call, times[1], words)


def lost_reports(account: Account) -> Iterator[Violation]:
    """Reports that were sent and not counted, and calls that ended without a report."""
    sent: dict[str, list[Report]] = {}
    for report in account.reports:
        sent.setdefault(report.id, []).append(report)
    for id_, tries in sent.items():
        if account.counted[id_] or id_ in account.waiting:
            continue
        if any(one.reached for one in tries) or any(_calm(account, one.at) for one in tries):
            load, at = tries[0].load, tries[0].at
            yield Violation("report-lost", load.call, at, f"a report of {load} is not counted")
    reporters = {report.load for report in account.reports}
    for life in account.lives.values():
        if life.load not in reporters and _owes_report(life):
            words = f"{life.load} ended a call and sent no report"
            yield Violation("report-lost", life.load.call, life.ended or life.began, words)


def repeated_reports(account: Account) -> Iterator[Violation]:
    """Reports that were counted twice, and pages that reported more calls than they had."""
    for report in {report.id: report for report in account.reports}.values():
        if account.counted[report.id] > 1:
            words = f"a report of {report.load} was counted twice"
            yield Violation("report-twice", report.load.call, report.at, words)
    ids: dict[Load, set[str]] = {}
    for report in account.reports:
        ids.setdefault(report.load, set()).add(report.id)
    for load, own in ids.items():
        life = account.lives.get(load)
        if life is not None and len(own) > life.met:
            words = f"{load} met {life.met} members and reported {len(own)} calls"
            yield Violation("report-twice", load.call, life.began, words)


def false_alarms(account: Account) -> Iterator[Violation]:
    """What pages said while one stamp was well."""
    for load, at, words in account.alarms:
        if _calm(account, at):
            yield Violation("alarm", load.call, at, f"{load} said: {words}")


CHECKS: tuple[Callable[[Account], Iterator[Violation]], ...] = (
    lost_texts,
    repeated_texts,
    lost_reports,
    repeated_reports,
    false_alarms,
)


def signal_times(account: Account) -> list[float]:
    """ms from sending to showing, of texts sent right after the death of the stamp in use.

    One that was never shown counts as infinite.
    """
    found = []
    for text in account.texts.values():
        if text.dead:
            for life in _receivers(account, text):
                shown = account.shown.get((life.load, text.id))
                found.append(shown[0] - text.at if shown else float("inf"))
    return found


def _calm(account: Account, at: float) -> bool:
    """Whether a stamp was well then, and everybody had had the time to find it."""
    return not any(not span.one and span.began <= at <= span.settled for span in account.spans)


def _lives(account: Account, load: Load, begin: float, taken: float) -> bool:
    life = account.lives.get(load)
    return life is not None and life.covers(begin, taken + LIVE_MS)


def _receivers(account: Account, text: Text) -> Iterator[Life]:
    """The loads that a text was for, and that lived for long enough to get it."""
    taken = text.at if text.taken is None else text.taken
    for life in account.lives.values():
        if life.load.call == text.sender.call and life.peer in text.to:
            if life.covers(text.at, taken + LIVE_MS):
                yield life


def _owes_report(life: Life) -> bool:
    if life.up is None or life.ended is None or life.crashed:
        return False
    return life.ended - life.up > SOON_MS
