"""What a false positive teaches: rules that would have kept it away, each tried on what was found before. Nothing here
changes a watchlist: an operator reads the proposal, and writes it into the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from alerts.cases import Alert, AlertState
from alerts.matching import build_matcher
from alerts.matching.port import Matcher
from alerts.tables import alert_table
from alerts.watchlist import Organisation
from config.errors import StopError
from indexer.post import Post, PostKey
from indexer.store import Store
from indexer.text import Word, words

_MOST_ALERTS = 300  # of one organisation that a rule is tried on, the newest first
_MOST_RULES = 5
_AROUND = 3  # words on either side of a match that a phrase may take in
_CONTEXT_WORDS = 8
_LEAST_LENGTH = 3  # characters of a context word


class NothingToLearn(StopError):
    """The alert's post or its watch is no longer there."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One earlier alert that a rule would have kept away."""

    alert: str
    state: str
    title: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One rule. ``field`` is exclusions or context; ``value`` its words. ``silenced``: alerts that would not have been
    raised, of ``tried`` that still stand in the store. ``harmful``: those of them that people took to be true."""

    field: str
    value: tuple[str, ...]
    why: str
    silenced: tuple[Tried, ...]
    tried: int

    @property
    def harmful(self) -> tuple[Tried, ...]:
        """True alerts that would be lost."""
        return tuple(each for each in self.silenced if each.state in _TRUE)

    def yaml(self) -> str:
        """What to write into the organisation's entry."""
        return f"{self.field}: [{', '.join(json.dumps(word, ensure_ascii=False) for word in self.value)}]"


_TRUE = (AlertState.ACKNOWLEDGED, AlertState.ESCALATED, AlertState.RESOLVED)


def propose(
    database: sa.Engine, store: Store, organisation: Organisation, alert: Alert
) -> tuple[Proposal, ...]:
    """Rules for a watch that would have kept this alert away, those that lose no true alert first. Raises
    ``NothingToLearn`` when the alert's post is gone from the store."""
    post = _post(store, alert)
    if post is None:
        raise NothingToLearn(f"the post of {alert.id} is not in the store any more")
    history = list(_history(database, store, organisation.id))
    candidates = [
        *(("exclusions", (phrase,), "the words around the match") for phrase in _phrases(alert, post)),
        *_contexts(organisation, alert, post, history),
    ]
    found = []
    for field, value, why in candidates:
        stricter = _stricter(organisation, field, value)
        if stricter.match(post.title, post.text):
            continue
        silenced = tuple(
            Tried(each.id, each.state, each.title)
            for each, text in history
            if not stricter.match(text.title, text.text)
        )
        found.append(Proposal(field, value, why, silenced, len(history)))
    found.sort(key=lambda each: (len(each.harmful), -len(each.silenced), sum(map(len, each.value))))
    return tuple(found[:_MOST_RULES])


def _stricter(organisation: Organisation, field: str, value: Sequence[str]) -> Matcher:
    """A matcher under one more rule."""
    more = tuple(dict.fromkeys((*getattr(organisation, field), *value)))
    return build_matcher([Organisation.model_validate({**organisation.model_dump(), field: more})])


def _post(store: Store, alert: Alert) -> Post | None:
    try:
        key = PostKey.parse(alert.post)
    except ValueError:  # alerts of before posts were kept with them
        return None
    found = store.get(key)
    return found.post if found else None


def _history(database: sa.Engine, store: Store, organisation: str) -> Iterator[tuple[Alert, Post]]:
    columns = alert_table.c
    query = sa.select(alert_table).where(columns.organisation == organisation, columns.tier == "certain")
    with database.connect() as connection:
        rows = connection.execute(query.order_by(columns.created_at.desc()).limit(_MOST_ALERTS)).all()
    for row in rows:
        alert = Alert(**row._mapping)
        post = _post(store, alert)
        if post is not None:
            yield alert, post


def _phrases(alert: Alert, post: Post) -> Iterator[str]:
    """The match with one to three words before or after it, or on both sides, as they stand in the post."""
    seen: set[str] = set()
    for field, start, end in _spans(alert):
        text = post.title if field == "title" else post.text
        found = words(text)
        inside = [at for at, word in enumerate(found) if word.start < end and start < word.end]
        if not inside:
            continue
        first, last = inside[0], inside[-1]
        for before, after in _widths():
            begin, finish = first - before, last + after
            if begin < 0 or finish >= len(found):
                continue
            phrase = _phrase(text, found[begin : finish + 1])
            if phrase and phrase.casefold() not in seen:
                seen.add(phrase.casefold())
                yield phrase


def _widths() -> Iterator[tuple[int, int]]:
    for width in range(1, _AROUND + 1):
        yield 0, width
        yield width, 0
    yield 1, 1


def _phrase(text: str, run: Sequence[Word]) -> str:
    """Words as written; nothing when they stand in two lines or sentences."""
    written = text[run[0].start : run[-1].end]
    if "\n" in written or any(mark in written for mark in ".!?;:|") or len(written) > 120:
        return ""
    return " ".join(written.split())


def _spans(alert: Alert) -> Iterator[tuple[str, int, int]]:
    for match in alert.matches[:5]:
        yield from match["spans"][:5]


def _contexts(
    organisation: Organisation, alert: Alert, post: Post, history: Sequence[tuple[Alert, Post]]
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """For an acronym: the words that stand in its true alerts and in no false one."""
    kinds = {match["kind"] for match in alert.matches}
    if kinds != {"acronym"}:
        return
    true = [_vocabulary(text) for each, text in history if each.state in _TRUE]
    false = [_vocabulary(text) for each, text in history if each.state == AlertState.FALSE_POSITIVE]
    false.append(_vocabulary(post))
    if len(true) < 2:
        return
    counted: Counter[str] = Counter(word for each in true for word in each)
    own = {word.text for name in (organisation.name, *organisation.acronyms) for word in words(name)}
    telling = [
        word
        for word, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        if number * 2 > len(true)
        and len(word) >= _LEAST_LENGTH
        and word not in own
        and not word.isdecimal()
        and not any(word in each for each in false)
    ][:_CONTEXT_WORDS]
    if telling:
        yield "context", tuple(telling), "words that stand beside it in true alerts only"


def _vocabulary(post: Post) -> set[str]:
    return {word.text for word in words(f"{post.title}\n{post.text[:20_000]}")}


def as_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal for programs."""
    return {
        "field": proposal.field,
        "value": list(proposal.value),
        "why": proposal.why,
        "yaml": proposal.yaml(),
        "tried": proposal.tried,
        "silenced": [
            {"alert": each.alert, "state": each.state, "title": each.title} for each in proposal.silenced
        ],
        "harmful": [each.alert for each in proposal.harmful],
    }
