"""``duskwatch why``: the way of one post through every stage, with times and decisions, up to where it ended.

Nothing is recorded for it: each stage is asked for what it keeps, and what decides without keeping anything (deny list,
scope, matching) is asked again with the lists as they are now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

import sqlalchemy as sa

from alerts.baseline import why_history
from alerts.cases import Alert, AlertState, find_alert, listings_at
from alerts.dispatch import collected
from alerts.echoes import sort as set_aside
from alerts.explain import explain
from alerts.matching.port import Match
from alerts.mutes import muting
from alerts.outbox import list_deliveries
from alerts.watcher import feed_cursors
from config.errors import StopError
from console.wiring import Inputs, ailing, database, spool, store
from crawler.deny import denied, denied_url
from crawler.source import Source, host_port
from crawler.state import standings
from crawler.tracing import thread_at, trace
from indexer.post import Change, PostKey, Precision, Stored
from indexer.store import Store

#: Changes that the watcher has still to read are looked through in pages, up to so many.
_PAGE, _MOST_UNREAD = 1_000, 50_000
_CHANGED_SINCE = (
    "by the watchlists as they are now, not as they were when it was read "
    "(duskwatch watch hunt looks through the past)"
)


class Verdict(StrEnum):
    """What a stage did with the post."""

    PASSED = "passed"
    WAITS = "waits"
    STOPPED = "stopped"  # here its way ended
    NOTE = "note"  # worth knowing, and no decision


_DELIVERED = {"sent": Verdict.PASSED, "waiting": Verdict.WAITS, "parked": Verdict.STOPPED}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the way. ``at``: when it happened, aware UTC; None where nothing tells."""

    stage: str
    verdict: Verdict
    says: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one post. ``answer`` is the whole in a sentence; ``post`` is None where none is stored."""

    target: str
    post: str | None
    answer: str
    steps: tuple[Step, ...]


class TargetUnclear(StopError):
    """Neither a post, nor a listing, nor an address."""


@dataclass(frozen=True, slots=True)
class _Target:
    source: str | None
    thread: str | None
    post: str | None
    url: str = ""


def way_of(inputs: Inputs, target: str) -> Way:
    """Walk the way of a post: ``source/thread/post``, ``source/thread`` or an address. Raises ``TargetUnclear``."""
    with database(inputs.settings) as engine, store(inputs.settings) as posts:
        wanted = _target(inputs, engine, target)
        steps: list[Step] = []
        post: str | None = None
        for step in _Walk(inputs, engine, posts, wanted).steps():
            steps.append(step)
            if step.stage == "stored" and step.verdict is Verdict.PASSED:
                post = step.says.partition(" ")[0]
    return Way(target, post, _answer(steps), tuple(steps))


def _answer(steps: Sequence[Step]) -> str:
    for verdict, begin in ((Verdict.STOPPED, "not alerted"), (Verdict.WAITS, "not alerted yet")):
        for step in steps:
            if step.verdict is verdict:
                return f"{begin}: {step.stage}: {step.says}"
    return "alerted and delivered"


def _target(inputs: Inputs, engine: sa.Engine, target: str) -> _Target:
    if "://" in target:
        fitting = [one for one in inputs.sources.values() if host_port(target) in one.hosts]
        if not fitting:
            return _Target(None, None, None, target)
        # two sources may stand at one address, below different paths
        fitting.sort(key=lambda one: -max(map(len, (_path(each) for each in one.addresses))))
        below = [
            one for one in fitting if any(_path(target).startswith(_path(each)) for each in one.addresses)
        ]
        source = (below or fitting)[0].id
        return _Target(source, thread_at(engine, source, target), None, target)
    try:
        key = PostKey.parse(target if target.count("/") == 2 else f"{target}/-")
    except ValueError:
        raise TargetUnclear(
            f"{target!r} is neither an address nor the id of a post",
            cure="give http://..., source/thread/post or source/thread; duskwatch search shows ids",
        ) from None
    return _Target(key.source, key.thread, key.post if target.count("/") == 2 else None)


def _path(url: str) -> str:
    return urlsplit(url).path


class _Walk:
    """One walk; every method yields the steps of a stage and returns whether the way goes on."""

    def __init__(self, inputs: Inputs, engine: sa.Engine, posts: Store, target: _Target) -> None:
        self._inputs, self._engine, self._posts, self._target = inputs, engine, posts, target
        self._now = datetime.now(UTC)

    def steps(self) -> Iterator[Step]:
        """Every stage up to the one where the way ended."""
        source = self._inputs.sources.get(self._target.source or "")
        stored = self._stored()
        yield from self._source(source)
        if source is None and not stored:
            return
        if not stored:
            yield from self._unread(source)
            return
        yield from self._crawled(stored)
        unread = self._still_to_read(stored)
        yield self._watched(stored, unread)
        if unread is not None:
            return
        yield from self._alerted(stored)

    def _stored(self) -> Stored | None:
        source, thread, post = self._target.source, self._target.thread, self._target.post
        if source is None or thread is None:
            return None
        if post is not None:
            return self._posts.get(PostKey(source, thread, post))
        found = self._posts.thread(source, thread)
        return min(found, key=lambda one: one.post.position) if found else None

    def _source(self, source: Source | None) -> Iterator[Step]:
        if source is None:
            name = self._target.source or self._target.url
            yield Step("source", Verdict.STOPPED, f"no source reads {name} (duskwatch source add makes one)")
            return
        standing = standings(self._engine).get(source.id)
        if not source.schedule.enabled:
            yield Step("source", Verdict.NOTE, f"{source.id} is not enabled: nothing of it is read")
        elif standing is None:
            yield Step("source", Verdict.NOTE, f"{source.id} was never crawled")
        else:
            why = ailing({source.id: source}, self._engine).get(source.id)
            state = standing.state.value if standing.state else "no crawl has ended"
            yield Step(
                "source",
                Verdict.NOTE if why else Verdict.PASSED,
                f"{source.id}: {why or state}",
                standing.ended_at,
            )

    def _unread(self, source: Source | None) -> Iterator[Step]:
        """Why nothing is stored."""
        target = self._target
        if target.url and denied_url(target.url):
            yield Step("deny list", Verdict.STOPPED, "its address is on the deny list: never entered")
            return
        if target.thread is None or source is None:
            boards = ", ".join(board.key for board in source.boards) if source else ""
            yield Step(
                "listed",
                Verdict.STOPPED,
                f"no crawl has listed such a thread; boards that are followed: {boards or 'none'}",
            )
            return
        known = trace(self._engine, source.id, target.thread)
        if known is None:
            yield Step("listed", Verdict.STOPPED, f"no crawl has listed a thread {target.thread}")
            return
        if denied(known.title):
            yield Step("deny list", Verdict.STOPPED, "its title is on the deny list: never entered")
            return
        yield Step("listed", Verdict.PASSED, f"on board {known.board}", known.visited_at)
        if known.missed:
            yield Step(
                "read", Verdict.STOPPED, f"its page could not be read: {known.missed}", known.visited_at
            )
            return
        if known.removed_at:
            yield Step("read", Verdict.STOPPED, "it was gone before it could be read", known.removed_at)
            return
        yield Step(
            "read",
            Verdict.PASSED,
            f"{known.posts} posts, next visit {_at(known.next_visit_at)}",
            known.visited_at,
        )
        with spool(self._inputs.settings) as waiting:
            own = (source.id, target.thread)
            refused = [
                each for each in waiting.refused() if (each.post.key.source, each.post.key.thread) == own
            ]
            holds = waiting.holds(source.id)
        if refused:
            yield Step("stored", Verdict.STOPPED, f"the store refused it: {refused[0].reason}")
        elif holds:
            yield Step("stored", Verdict.WAITS, "posts of this source wait in the spool for the store")
        elif target.post is not None:
            yield Step("stored", Verdict.STOPPED, f"its thread is stored and has no post {target.post}")
        else:
            yield Step("stored", Verdict.STOPPED, "nothing of it is stored; retention may have forgotten it")

    def _crawled(self, stored: Stored) -> Iterator[Step]:
        post = stored.post
        known = trace(self._engine, post.key.source, post.key.thread)
        if known is not None:
            often = "every crawl" if known.hot else f"again at {_at(known.next_visit_at)}"
            yield Step(
                "read", Verdict.PASSED, f"thread on board {known.board}, looked at {often}", known.visited_at
            )
        if post.posted_at:
            exact = "" if post.precision is Precision.UNKNOWN else f", to the {post.precision.value}"
            yield Step("posted", Verdict.NOTE, f"as the board says{exact}", post.posted_at)
        yield Step(
            "seen",
            Verdict.PASSED,
            f"first; {f'page kept as {post.evidence}' if post.evidence else 'no page kept'}",
            stored.first_seen_at,
        )
        gone = f", gone since {_at(stored.removed_at)}" if stored.removed_at else ""
        yield Step("stored", Verdict.PASSED, f"{post.id} revision {stored.revision}{gone}", post.seen_at)

    def _still_to_read(self, stored: Stored) -> Change | int | None:
        """The change of this post that the watcher has still to read; how many lie before it where it is not to be
        found among them in good time; None when it has read it."""
        cursor, _ = self._cursor()
        looked = 0
        while looked < _MOST_UNREAD:
            page = self._posts.changes(cursor, _PAGE)
            for change in page.changes:
                if change.stored.post.key == stored.post.key:
                    return change
            looked += len(page.changes)
            if len(page.changes) < _PAGE:
                return None
            cursor = page.cursor
        return self._posts.behind(self._cursor()[0])

    def _cursor(self) -> tuple[str | None, datetime | None]:
        return feed_cursors(self._engine).get("watcher", (None, None))

    def _watched(self, stored: Stored, unread: Change | int | None) -> Step:
        _, moved = self._cursor()
        if unread is None:
            return Step(
                "watched", Verdict.PASSED, f"revision {stored.revision} was read by the watcher", moved
            )
        if moved is None:
            return Step("watched", Verdict.WAITS, "the watcher has never run (duskwatch run, or watch run)")
        behind = f"{self._posts.behind(self._cursor()[0]):,} changes behind"
        sure = "" if isinstance(unread, Change) else "; whether this post is among them is not known"
        return Step(
            "watched", Verdict.WAITS, f"the watcher is {behind} (is duskwatch run running?){sure}", moved
        )

    def _alerted(self, stored: Stored) -> Iterator[Step]:
        post = stored.post
        with self._engine.connect() as connection:
            there = listings_at(connection, post.key.source, post.key.thread)
            found = {name: find_alert(connection, listing.alert) for name, listing in there.items()}
        yield from self._matched(stored, set(found))
        for alert in found.values():
            yield from self._told(alert)

    def _matched(self, stored: Stored, alerted: Collection[str]) -> Iterator[Step]:
        """What the watchlists as they are now say of the post. ``alerted``: whom its thread has an alert for."""
        matches: dict[str, list[Match]] = {name: [] for name in alerted}
        for each in explain(stored.post, self._inputs.organisations):
            if each.outcome == "matched" and each.match:
                matches.setdefault(each.organisation, []).append(each.match)
            elif each.organisation not in alerted:
                says = f"{each.organisation}: {each.term}: {each.outcome} ({each.rule}): {each.why}"
                yield Step("matched", Verdict.NOTE, says)
        if not matches:
            count = len(self._inputs.organisations)
            yield Step("matched", Verdict.STOPPED, f"it names none of {count} organisations")
        for name, own in sorted(matches.items()):
            says = ", ".join(f"{match.term} ({match.kind}, strength {match.strength:g})" for match in own)
            if name in alerted:
                yield Step(
                    "matched", Verdict.PASSED, f"{name}: {says or 'named by another post of its thread'}"
                )
                continue
            with self._engine.connect() as connection:
                kept, asides = set_aside(connection, name, stored.post, own)
            why = asides[0].reason if asides and not kept else _CHANGED_SINCE
            yield Step("matched", Verdict.STOPPED, f"{name}: {says}: {why}")

    def _told(self, alert: Alert) -> Iterator[Step]:
        tier = "possible, names nobody: " if alert.tier == "possible" else ""
        says = f"{tier}{alert.id[:12]} for {alert.organisation}, {alert.severity}, {alert.state}"
        yield Step("alert", Verdict.PASSED, says, alert.created_at)
        if alert.state == AlertState.BASELINE:
            with self._engine.connect() as connection:
                reason, report = why_history(connection, alert.id)
            where = f"told in baseline report {report}" if report else "its baseline report is not due yet"
            says = f"{reason}; {where}" if reason else "history that names nobody: kept, and in no report"
            yield Step("history", Verdict.STOPPED, says, alert.created_at)
            return
        if alert.muted_by is not None:
            says = f"mute {alert.muted_by} kept it from being delivered"
            yield Step("routed", Verdict.STOPPED, says, alert.created_at)
            return
        sent = list_deliveries(self._engine, alert=alert.id)
        with self._engine.connect() as connection:
            waiting = collected(connection, alert.id)
            muted = muting(connection, alert.organisation, alert.source, alert.author, self._now)
        if muted is not None:
            yield Step("routed", Verdict.NOTE, f"mute {muted} holds now: its changes are not delivered")
        if not sent and not waiting:
            yield Step("routed", Verdict.STOPPED, "no route and no channel took it when it was made")
        for route, channel, due in waiting:
            yield Step("routed", Verdict.WAITS, f"for the digest of route {route} to {channel}", due)
        for each in reversed(sent):
            says = f"{each['event']} to {each['channel']}: {each['state']}, attempts: {each['attempts']}"
            says += f": {each['last_error']}" if each["last_error"] and each["state"] != "sent" else ""
            verdict = _DELIVERED.get(each["state"], Verdict.NOTE)
            yield Step("delivered", verdict, says, each["sent_at"] or each["next_at"])


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "an unknown time"
