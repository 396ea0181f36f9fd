"""Simpler ways to find names, to be measured beside ours. Each takes organisations and gives a function from a text to
the ids of those that it finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import ahocorasick

from alerts.watchlist import Organisation
from indexer.text import fold

Finder = Callable[[str], set[str]]


class PeerMissing(Exception):
    """A peer cannot be measured here; the message says why."""


def texts_of(organisation: Organisation) -> tuple[str, ...]:
    """Everything that gives an organisation away."""
    return (organisation.name, *organisation.aliases, *organisation.acronyms, *organisation.domains)


def keyword(watched: Sequence[Organisation]) -> Finder:
    """``keyword in text.lower()``"""
    terms = [(text.lower(), one.id) for one in watched for text in texts_of(one)]
    return lambda text: {owner for lowered in [text.lower()] for term, owner in terms if term in lowered}


def tokens(watched: Sequence[Organisation]) -> Finder:
    """A dictionary of folded words, up to six in a row."""
    terms = defaultdict(set)
    for one in watched:
        for text in texts_of(one):
            terms[fold(text)].add(one.id)

    def find(text: str) -> set[str]:
        words = fold(text).split()
        runs = (" ".join(words[at : at + size]) for at in range(len(words)) for size in range(1, 7))
        return {owner for run in runs for owner in terms.get(run, ())}

    return find


def automaton(watched: Sequence[Organisation]) -> Finder:
    """pyahocorasick over lower case."""
    built = ahocorasick.Automaton()
    owners = defaultdict(set)
    for one in watched:
        for text in texts_of(one):
            owners[text.lower()].add(one.id)
    for term in owners:
        built.add_word(term, term)
    built.make_automaton()
    return lambda text: {owner for _, term in built.iter(text.lower()) for owner in owners[term]}


def darkwatch(watched: Sequence[Organisation]) -> Finder:
    """The matcher of darkwatch 0.5.1, behind its own pre-filter. It asks for Python 3.12; its matcher runs on 3.11 and
    makes no connection (it imports the standard library and PyYAML only). Raises ``PeerMissing``."""
    try:
        from darkwatch.config import Term, normalise
        from darkwatch.matcher import Matcher
    except ImportError:
        wanted = "pip install --no-deps --ignore-requires-python darkwatch==0.5.1"
        raise PeerMissing(f"darkwatch: not installed ({wanted})") from None
    matchers = []
    for one in watched:
        for text in texts_of(one):
            term = Term(text, "domain" if text in one.domains else "keyword", one.id)
            matchers.append((term.needle, one.id, Matcher([term])))

    def find(text: str) -> set[str]:
        plain = normalise(text)
        return {owner for needle, owner, matcher in matchers if needle in plain and matcher.find(text)}

    return find


PEERS = {
    "in lower()": keyword,
    "tokens": tokens,
    "pyahocorasick": automaton,
    "darkwatch": darkwatch,
}
