"""``watch explain``: what matched in a post, what nearly did, and what kept it from doing so.

Each reason is found by asking again without the rule: without exclusions, without context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from alerts.matching.decided import Decider
from alerts.matching.engine import TextMatcher
from alerts.matching.port import Match, Span
from alerts.matching.terms import HOSTS, NAMES, SILENT, Term, terms_of
from alerts.scope import out_of_scope
from alerts.watchlist import Organisation
from indexer.post import Post
from indexer.text import Word, fold, words

_LEAST_INSIDE, _LEAST_NEAR, _NEAR = 4, 5, 3  # letters of a term; letters that differ
_HOST = re.compile(r"[\w.-]+")
_BRACKETS = re.compile(r"\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?", re.IGNORECASE)
_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Explanation:
    """One term of one organisation and what became of it. ``outcome``: "matched", "refused" (it was found, and a rule
    speaks against it) or "near". ``rule``: what decided: match, scope, negatives, acronym, exclusion, context, case,
    edge, domain, typo."""

    organisation: str
    term: str
    kind: str
    outcome: str
    rule: str
    why: str
    spans: tuple[Span, ...]
    match: Match | None = None


def explain(post: Post, organisations: Sequence[Organisation]) -> list[Explanation]:
    """Everything that is to be told of a post: matches first, then what was refused, then near misses."""
    matcher = TextMatcher(organisations)
    matches = matcher.match(post.title, post.text)
    by_id = {one.id: one for one in organisations}
    decider = Decider(organisations)
    folded = fold(f"{post.title}\n{post.text}")
    found: list[Explanation] = []
    for match in matches:
        scope = out_of_scope(by_id[match.organisation], post)
        refused = decider.refused(match, matches, folded)
        if scope:
            found.append(_of(match, "refused", "scope", scope))
        elif refused:
            found.append(_of(match, "refused", refused.rule, refused.why))
        else:
            found.append(_of(match, "matched", "match", _parts(match)))
    found += _without(post, organisations, matches, "exclusions", "exclusion")
    found += _without(post, organisations, matches, "context", "context")
    told = {(each.organisation, each.term) for each in found}
    found += _nearly(post, organisations, told)
    return sorted(found, key=lambda each: ("matched", "refused", "near").index(each.outcome))


def _of(match: Match, outcome: str, rule: str, why: str) -> Explanation:
    return Explanation(match.organisation, match.term, match.kind, outcome, rule, why, match.spans, match)


def _parts(match: Match) -> str:
    parts = " x ".join(f"{name} {value:g}" for name, value in match.parts.items())
    return f"{match.view} view, strength {match.strength:g} = {parts}"


def _without(
    post: Post, organisations: Sequence[Organisation], matches: Sequence[Match], field: str, rule: str
) -> Iterator[Explanation]:
    """What would match if the organisations had no such words."""
    chosen = [one for one in organisations if getattr(one, field)]
    if not chosen:
        return
    freed = TextMatcher([one.model_copy(update={field: ()}) for one in chosen])
    there = {(match.organisation, match.term, match.kind): set(match.spans) for match in matches}
    by_id = {one.id: one for one in chosen}
    for match in freed.match(post.title, post.text):
        hidden = tuple(
            span
            for span in match.spans
            if span not in there.get((match.organisation, match.term, match.kind), ())
        )
        if hidden:
            words = ", ".join(getattr(by_id[match.organisation], field))
            why = (
                f"an exclusion covers it: one of {words}"
                if rule == "exclusion"
                else f"none of its context stands here: {words}"
            )
            yield Explanation(match.organisation, match.term, match.kind, "refused", rule, why, hidden, match)


def _nearly(
    post: Post, organisations: Sequence[Organisation], told: set[tuple[str, str]]
) -> Iterator[Explanation]:
    fields = (("title", post.title), ("text", post.text))
    there = [(field, word) for field, text in fields for word in words(text)]
    hosts = [
        (field, text, host) for field, text in fields for host in _HOST.finditer(_BRACKETS.sub(".", text))
    ]
    shown = 0
    for one in organisations:
        for term in terms_of(one):
            if term.kind in SILENT or (one.id, term.text) in told:
                continue
            near = _near_host(term, hosts) if term.kind in HOSTS else _near_word(term, there)
            if near:
                rule, why, span = near
                yield Explanation(one.id, term.text, term.kind, "near", rule, why, (span,) if span else ())
                shown += 1
                if shown >= _MOST_SHOWN:
                    return


def _near_host(
    term: Term, hosts: Sequence[tuple[str, str, re.Match[str]]]
) -> tuple[str, str, Span | None] | None:
    lowered = term.text.lower()
    for field, text, host in hosts:
        name = host[0].lower().strip(".-")
        if lowered in name:
            same = text[host.start() : host.end()].lower() == host[0].lower()
            span = Span(field, host.start(), host.end()) if same else None
            if term.kind == "mail" and (name == lowered or name.endswith(f".{lowered}")):
                return "domain", "a mail domain counts in a mail address only", span
            return "domain", f"it is a part of {name}, a domain of somebody else", span
    return None


def _near_word(term: Term, there: Sequence[tuple[str, Word]]) -> tuple[str, str, Span] | None:
    wanted = fold(term.text).split()
    if len(wanted) != 1:
        return _near_words(wanted, there) if term.kind in NAMES else None
    name = wanted[0]
    best: tuple[int, str, str, Span] | None = None
    for field, word in there:
        span = Span(field, word.start, word.end)
        if word.text == name:
            rule = "case" if term.cased else "edge"
            why = (
                f"it counts as {term.text} only"
                if term.cased
                else "a domain or a longer name stands around it"
            )
            return rule, why, span
        if len(name) >= _LEAST_INSIDE and name in word.text and (best is None or best[0] > 0):
            best = (0, "edge", f"it is a part of the longer word {word.text}", span)
        elif len(name) >= _LEAST_NEAR and not term.cased:
            edits = OSA.distance(name, word.text, score_cutoff=_NEAR)
            if edits <= min(_NEAR, len(name) // 3) and (best is None or edits < best[0]):
                best = (
                    edits,
                    "typo",
                    f"{word.text} differs in {edits} letters, or is an ordinary word",
                    span,
                )
    return best[1:] if best else None


def _near_words(wanted: Sequence[str], there: Sequence[tuple[str, Word]]) -> tuple[str, str, Span] | None:
    """A name of several words of which all but one stand together."""
    if len(wanted) < 2 or sum(map(len, wanted)) < _LEAST_NEAR:
        return None
    needed = len(wanted) - 1 if len(wanted) > 2 else 2
    for at in range(len(there) - len(wanted) + 1):
        run = there[at : at + len(wanted)]
        if run[0][0] != run[-1][0]:
            continue
        right = sum(word.text == one for one, (_, word) in zip(wanted, run, strict=True))
        if right >= needed:
            found = " ".join(word.text for _, word in run)
            field = run[0][0]
            why = f"{found} differs" if right < len(wanted) else "a sentence ends within it"
            return (
                "typo" if right < len(wanted) else "edge",
                why,
                Span(field, run[0][1].start, run[-1][1].end),
            )
    return None
