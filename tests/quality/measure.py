"""Recall and precision of the matcher by evasion and language, beside simpler ways to find names. ``make quality``.

A post counts once for each organisation: found and wanted, found and not wanted, wanted and not found.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import ahocorasick

from alerts.matching import build_matcher
from alerts.watchlist import Organisation
from indexer.text import fold
from quality.posts import Case, crowd, generated, organisations
from quality.written import HELD_OUT, ORGANISATIONS, TUNED

Finder = Callable[[str], set[str]]


def ours(watched: Sequence[Organisation]) -> Finder:
    matcher = build_matcher(watched)
    return lambda text: {match.organisation for match in matcher.match("", text)}


def _texts(organisation: Organisation) -> tuple[str, ...]:
    return (organisation.name, *organisation.aliases, *organisation.acronyms, *organisation.domains)


def keyword(watched: Sequence[Organisation]) -> Finder:
    """``keyword in text.lower()``"""
    terms = [(text.lower(), one.id) for one in watched for text in _texts(one)]
    return lambda text: {owner for lowered in [text.lower()] for term, owner in terms if term in lowered}


def tokens(watched: Sequence[Organisation]) -> Finder:
    """A dictionary of folded words, up to six in a row."""
    terms = defaultdict(set)
    for one in watched:
        for text in _texts(one):
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
        for text in _texts(one):
            owners[text.lower()].add(one.id)
    for term in owners:
        built.add_word(term, term)
    built.make_automaton()
    return lambda text: {owner for _, term in built.iter(text.lower()) for owner in owners[term]}


def score(find: Finder, cases: Sequence[Case]) -> tuple[float, float, list[tuple[Case, set[str]]]]:
    """Recall, precision and the cases that went wrong."""
    right = wrong = missed = 0
    faults = []
    for case in cases:
        found = find(case.text)
        right += len(found & case.wanted)
        wrong += len(found - case.wanted)
        missed += len(case.wanted - found)
        if found != case.wanted:
            faults.append((case, found))
    return right / ((right + missed) or 1), right / ((right + wrong) or 1), faults


def main() -> None:
    watched = [*organisations(), *ORGANISATIONS, *crowd(10_000)]
    cases = generated()
    finders = {"ours": ours, "in lower()": keyword, "tokens": tokens, "pyahocorasick": automaton}
    built = {name: make(watched) for name, make in finders.items()}
    print(
        f"{len(cases)} generated and {len(TUNED) + len(HELD_OUT)} written posts, {len(watched):,} organisations"
    )
    print(f"{'':20}" + "".join(f"{name:>20}" for name in finders) + "   (recall precision)")
    groups = {"all generated": cases, "written, tuned": TUNED, "written, held out": HELD_OUT}
    for attribute in ("evasion", "language"):
        for value in dict.fromkeys(getattr(case, attribute) for case in cases):
            groups[value] = [case for case in cases if getattr(case, attribute) == value]
    for name, group in groups.items():
        scores = [score(find, group)[:2] for find in built.values()]
        wanted = any(case.wanted for case in group)
        print(
            f"{name:20}"
            + "".join(
                f"{f'{recall:.3f} {precision:.3f}' if wanted else f'{sum(bool(find(case.text)) for case in group)} wrong':>20}"
                for (recall, precision), find in zip(scores, built.values(), strict=True)
            )
        )
    if "-v" in sys.argv:
        for case, found in score(built["ours"], [*cases, *TUNED])[2]:
            print(case.evasion, case.language, repr(case.text), "wanted", set(case.wanted), "found", found)


if __name__ == "__main__":
    main()
