"""Whether a run kept what is promised: a pure function of what was true and of what the product holds afterwards."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fault_ledger import Served, Shown
from fault_words import marks

#: Of a revision's number and letter.
Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pass:
    """One crawl that said of itself that it read everything, from when to when. ``disturbed``: another crawl was alive
    in between, so whose pages were given is not known."""

    begun: float
    ended: float
    disturbed: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """One stored revision. ``evidence``: the marks on the page that was kept of it, None where it cannot be read."""

    thread: str
    post: str
    revision: int
    text: str
    removed: bool
    in_feed: bool
    evidence: frozenset[Mark] | None


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, and every thread that belongs to it."""

    id: str
    organisation: str
    thread: str
    threads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of the outbox; ``note`` says more of it to whoever looks for a reason."""

    key: str
    alert: str
    channel: str
    event: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as its receiver wrote it down. ``alert``: what it is about, empty where it does not say."""

    channel: str
    key: str
    alert: str


@dataclass(frozen=True, slots=True)
class History:
    """What was true. ``quiet``: spans without any fault, from recovery on; ``interval``: seconds between two crawls;
    ``moved``: threads that came to another board, and when; ``channels``: every alert goes to each; ``rested``: whether
    the product had come to rest when it was looked at, else what it had still to do is not asked for."""

    shown: Sequence[Shown]
    served: Sequence[Served] = ()
    passes: Sequence[Pass] = ()
    quiet: Sequence[tuple[float, float]] = ()
    interval: float = 0.0
    moved: Sequence[tuple[str, float]] = ()
    channels: Sequence[str] = ()
    rested: bool = True


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the product holds. ``faults``: what it says of itself, such as a broken chain of evidence."""

    kept: Sequence[Kept]
    alerts: Sequence[Alert] = ()
    sent: Sequence[Sent] = ()
    arrived: Sequence[Arrived] = ()
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and where."""

    promise: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every violation, and how much was looked at: a run that checked nothing proves nothing."""

    violations: tuple[Violation, ...]
    checked: Mapping[str, int] = field(default_factory=dict)


def check(history: History, holdings: Holdings) -> Verdict:
    """Hold what the product has against what was true."""
    checked: Counter[str] = Counter()
    found = [
        *_posts(history, holdings, checked),
        *_revisions(history, holdings, checked),
        *_alerts(history, holdings, checked),
        *_deliveries(history, holdings, checked),
        *_going_on(history, checked),
        *(Violation("its own checks pass", each) for each in holdings.faults),
    ]
    return Verdict(tuple(found), dict(checked))


def due(shown: Shown, history: History) -> bool:
    """Whether a revision stood long enough that its post must be stored: at the end, through a whole pass, or for two
    intervals without a fault."""
    if shown.ended is None and history.rested:
        return True
    ended = math.inf if shown.ended is None else shown.ended
    moves = [at for thread, at in history.moved if thread == shown.thread]
    for each in history.passes:
        # a thread that changes boards between the readings of both is on neither
        whole = not each.disturbed and not any(each.begun <= at <= each.ended for at in moves)
        if whole and shown.begun <= each.begun and each.ended <= ended:
            return True
    return any(
        min(end, ended) - max(begin, shown.begun) > 2 * history.interval for begin, end in history.quiet
    )


def _posts(history: History, holdings: Holdings, checked: Counter[str]) -> Iterator[Violation]:
    stored = {each.post for each in holdings.kept}
    spans: dict[str, Shown] = {}
    for shown in history.shown:  # a post stands while any of its revisions does
        before = spans.get(shown.post)
        begun = before.begun if before else shown.begun
        spans[shown.post] = Shown(**{**_fields(shown), "begun": begun})
    for post, span in spans.items():
        if due(span, history):
            checked["posts that must be stored"] += 1
            if post not in stored:
                yield Violation(
                    "no post is lost", f"post {post} of thread {span.thread}, seen for {_long(span)}"
                )
    for (thread, post, revision), count in Counter(
        (each.thread, each.post, each.revision) for each in holdings.kept
    ).items():
        if count > 1:
            yield Violation("a post is stored once", f"revision {revision} of {thread}/{post} {count} times")
    places = defaultdict(set)
    for each in holdings.kept:
        places[each.post].add(each.thread)
    for post, threads in places.items():
        if len(threads) > 1:
            yield Violation("a post is stored once", f"post {post} in threads {', '.join(sorted(threads))}")
    standing = {shown.post for shown in history.shown if shown.ended is None}
    newest: dict[str, Kept] = {}
    for each in holdings.kept:
        if each.post not in newest or each.revision > newest[each.post].revision:
            newest[each.post] = each
    for post, each in newest.items():
        if each.removed and post in standing:
            yield Violation("what stands is not called gone", f"post {post} of thread {each.thread}")


def _fields(shown: Shown) -> dict[str, object]:
    return {name: getattr(shown, name) for name in Shown.__slots__}


def _long(shown: Shown) -> str:
    return "good" if shown.ended is None else f"{shown.ended - shown.begun:.1f} s"


def _revisions(history: History, holdings: Holdings, checked: Counter[str]) -> Iterator[Violation]:
    written = {(each.number, each.revision): each for each in history.shown}
    kept: Counter[Mark] = Counter()
    for each in holdings.kept:
        checked["revisions stored"] += 1
        read = marks(each.text)
        shown = written.get(read[-1]) if read else None
        where = f"{each.thread}/{each.post} revision {each.revision}"
        if shown is None or shown.post != each.post or shown.thread != each.thread:
            yield Violation("nothing is made up", f"{where}: {each.text[-60:]!r}")
            continue
        kept[read[-1]] += 1
        if _plain(each.text) != _plain(shown.text):
            yield Violation("a text is kept whole", f"{where}: {each.text!r} instead of {shown.text!r}")
        if not each.in_feed:
            yield Violation("the feed skips nothing", where)
        if each.evidence is None or read[-1] not in each.evidence:
            yield Violation("evidence holds", f"the page of {where} cannot be shown")
    for mark, count in kept.items():
        if count > 1:
            yield Violation("a revision is kept once", f"{_name(written[mark])} {count} times")
    # listings with an alert are looked at by every crawl, edits of others show when their turn comes
    watched = {thread for alert in holdings.alerts for thread in alert.threads | {alert.thread}}
    last = {
        mark: "stands at the end"
        for mark, shown in written.items()
        if shown.ended is None and shown.listing and shown.thread in watched and history.rested
    }
    for mark, why in sorted(
        {**dict.fromkeys(_seen(history), "was seen by a crawl that ended well"), **last}.items()
    ):
        if mark not in written:
            continue
        checked["revisions that were seen"] += 1
        if not kept[mark]:
            yield Violation("no revision that was seen is lost", f"{_name(written[mark])} {why}")


def _name(shown: Shown) -> str:
    return f"post {shown.post} of thread {shown.thread}, revision {shown.revision} ({marks(shown.text)[-1]})"


def _plain(text: str) -> str:
    return "".join(text.split())


def _seen(history: History) -> set[Mark]:
    """What was on the pages of crawls that ended well: of a page that was asked for twice, what came last."""
    seen: set[Mark] = set()
    for each in history.passes:
        if each.disturbed:
            continue
        pages: dict[str, Served] = {}
        for page in history.served:
            if each.begun <= page.at <= each.ended:
                pages[page.path] = page
        for page in pages.values():
            seen |= page.marks
    return seen


def _alerts(history: History, holdings: Holdings, checked: Counter[str]) -> Iterator[Violation]:
    written = {(each.number, each.revision): each for each in history.shown}
    wanted: set[tuple[str, str]] = set()
    offers: dict[str, int] = {}
    for each in holdings.kept:
        for mark in marks(each.text)[-1:]:
            if mark in written:
                wanted |= {(organisation, each.thread) for organisation in written[mark].organisations}
    for shown in history.shown:
        if shown.listing:
            offers[shown.thread] = shown.offer
    having: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in holdings.alerts:
        for thread in alert.threads | {alert.thread}:
            having[alert.organisation, thread].append(alert)
    for organisation, thread in sorted(wanted):
        checked["organisations named in a listing"] += 1
        count = len(having.get((organisation, thread), ()))
        if count > 1 or (count == 0 and history.rested):
            yield Violation(
                "one alert an organisation and listing", f"{organisation} in thread {thread} has {count}"
            )
    for organisation, thread in sorted(having.keys() - wanted):
        yield Violation("no alert is made up", f"{organisation} in thread {thread}")
    per_offer: dict[tuple[str, int], set[str]] = defaultdict(set)
    openers = {each.thread: each.organisations for each in history.shown if each.listing}
    for (organisation, thread), alerts in having.items():
        if thread in offers and organisation in openers[thread]:
            per_offer[organisation, offers[thread]] |= {each.id for each in alerts}
    for (organisation, offer), ids in sorted(per_offer.items()):
        if len(ids) > 1:
            yield Violation(
                "an offer told of once", f"{organisation}, offer {offer}: {', '.join(sorted(ids))}"
            )


def _deliveries(history: History, holdings: Holdings, checked: Counter[str]) -> Iterator[Violation]:
    arrived = {(each.channel, each.key) for each in holdings.arrived}
    told = Counter((each.alert, each.channel) for each in holdings.sent if each.event == "new")
    for alert in holdings.alerts:
        for channel in history.channels:
            if told[alert.id, channel] != 1:
                what = f"alert {alert.id} has {told[alert.id, channel]} first messages to {channel}"
                yield Violation("every alert is told of under one key", what)
    known: set[tuple[str, str]] = set()
    about = {each.key: each.alert for each in holdings.sent}
    for each in holdings.sent:
        checked["deliveries"] += 1
        known.add((each.channel, each.key))
        if not history.rested and each.state == "waiting":
            continue
        if each.state != "sent":
            yield Violation(
                "every delivery leaves", f"{each.key} to {each.channel} is {each.state} {each.note}".strip()
            )
        if (each.channel, each.key) not in arrived:
            yield Violation("every delivery arrives", f"{each.key} to {each.channel} ({each.event})")
    for channel, key in sorted(arrived - known):
        yield Violation("nothing is told that was not decided", f"{key} at {channel}")
    for each in holdings.arrived:
        if each.alert and about.get(each.key, each.alert) != each.alert:
            yield Violation(
                "every alert is told of under one key", f"{each.key} came for {each.alert} as well"
            )


def _going_on(history: History, checked: Counter[str]) -> Iterator[Violation]:
    if not history.rested:
        yield Violation("it goes on after a fault", "it has not come to rest after the last one")
    for begin, end in history.quiet:
        if end - begin > 3 * history.interval:
            checked["rests in which it must go on"] += 1
            if not any(begin <= each.ended <= end for each in history.passes):
                yield Violation(
                    "it goes on after a fault", f"no crawl ended well in {end - begin:.0f} s without one"
                )
