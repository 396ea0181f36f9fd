"""Recall and precision of the matcher by evasion and language, beside simpler ways to find names. ``make quality``.

A post counts once for each organisation: found and wanted, found and not wanted, wanted and not found. ``-v`` lists what
went wrong with posts that may be looked at; of those held out, only figures are told.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from alerts.matching import build_matcher
from alerts.matching.port import Match
from quality.cases import Case
from quality.elastic_query import elasticsearch
from quality.names import crowd, organisations
from quality.peers import PEERS, PeerMissing
from quality.posts import generated
from quality.written import HELD_OUT, ORGANISATIONS, TUNED, UNSEEN

_RECALL, _PRECISION = 0.995, 0.99  # the goals


@dataclass
class Score:
    """What a way of finding made of some posts."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    faults: list[tuple[Case, set[str]]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.right / ((self.right + self.missed) or 1)

    @property
    def precision(self) -> float:
        return self.right / ((self.right + self.wrong) or 1)

    def add(self, case: Case, found: set[str]) -> None:
        self.right += len(found & case.wanted)
        self.wrong += len(found - case.wanted)
        self.missed += len(case.wanted - found)
        if found != case.wanted:
            self.faults.append((case, found))

    def __str__(self) -> str:
        if not self.right + self.missed:
            return f"{self.wrong} wrong"
        return f"{self.recall:.3f} {self.precision:.3f}"


def score(found: Mapping[Case, set[str]], cases: Sequence[Case]) -> Score:
    """The score of what was found in each post."""
    made = Score()
    for case in cases:
        made.add(case, found[case])
    return made


def exact(matches: Mapping[Case, Sequence[Match]], cases: Sequence[Case]) -> tuple[int, int]:
    """Of the mentions whose place is known and whose organisation was found: how many are marked exactly, and all."""
    right = placed = 0
    for case in cases:
        spans = {
            (span.start, span.end)
            for match in matches[case]
            if match.organisation in case.wanted
            for span in match.spans
        }
        if spans:
            right += sum(span in spans for span in case.spans)
            placed += len(case.spans)
    return right, placed


Groups = dict[str, Sequence[Case]]


def groups(cases: Sequence[Case]) -> tuple[Groups, Groups]:
    """Posts by evasion and by language."""
    evasions: dict[str, list[Case]] = {}
    languages: dict[str, list[Case]] = {}
    for case in cases:
        evasions.setdefault(case.evasion, []).append(case)
        languages.setdefault(case.language, []).append(case)
    return dict(evasions), dict(languages)


def main() -> None:
    watched = [*organisations(), *ORGANISATIONS, *crowd(10_000)]
    seen, unseen = [*generated(), *TUNED, *UNSEEN], [*generated(per=3, held_out=True), *HELD_OUT]
    cases = list(dict.fromkeys([*seen, *unseen]))
    matcher = build_matcher(watched)
    matches = {case: matcher.match("", case.text) for case in cases}
    found = {"ours": {case: {match.organisation for match in there} for case, there in matches.items()}}
    for name, make in PEERS.items():
        try:
            find = make(watched)
        except PeerMissing as reason:
            print(f"not measured: {reason}")
            continue
        found[name] = {case: find(case.text) for case in cases}
    try:
        found["elasticsearch"] = dict(
            zip(cases, elasticsearch(watched, [case.text for case in cases]), strict=True)
        )
    except PeerMissing as reason:
        print(f"not measured: {reason}")
    written = sum(case.language == "several" or case.evasion.startswith("written") for case in cases)
    print(
        f"{len(cases) - written} generated and {written} written posts, {len(watched):,} organisations; recall precision"
    )

    def line(name: str, group: Sequence[Case]) -> None:
        print(
            f"{name[:38]:38}{len(group):5}"
            + "".join(f"{score(there, group)!s:>16}" for there in found.values())
        )

    print(f"{'':38}{'posts':>5}" + "".join(f"{name:>16}" for name in found))
    line("generated", [case for case in seen if case not in {*TUNED, *UNSEEN}])
    line("generated, held out", [case for case in unseen if case not in set(HELD_OUT)])
    line("written", TUNED)
    line("written, held out", HELD_OUT)
    line("written, unseen", UNSEEN)
    line("all", cases)
    right, placed = exact(matches, cases)
    print(
        f"ours: exact spans {right} of {placed} ({right / placed:.3f}); goals: recall {_RECALL}, precision {_PRECISION}"
    )
    for title, table in zip(("by evasion", "by language"), groups(cases), strict=True):
        print(f"--- {title}")
        for name in sorted(table):
            line(name, table[name])
    if "-v" in sys.argv:
        for case, there in score(found["ours"], seen).faults:
            print(case.evasion, case.language, repr(case.text), "wanted", set(case.wanted), "found", there)
        for case in seen:
            if case.wanted and exact(matches, [case])[0] < exact(matches, [case])[1]:
                marked = [
                    case.text[s.start : s.end]
                    for m in matches[case]
                    if m.organisation in case.wanted
                    for s in m.spans
                ]
                print("SPAN", case.evasion, case.language, repr(case.text), "marked", marked)


if __name__ == "__main__":
    main()
