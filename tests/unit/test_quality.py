"""A floor under the matcher's recall and precision, on a part of the evaluation set."""

from __future__ import annotations

from quality.cases import Case
from quality.names import crowd, organisations
from quality.posts import generated
from quality.written import HELD_OUT, ORGANISATIONS, TUNED, UNSEEN

from alerts.matching import build_matcher

MATCHER = build_matcher([*organisations(), *ORGANISATIONS, *crowd(300)])


def score(cases: list[Case]) -> tuple[float, float]:
    right = wrong = missed = 0
    for case in cases:
        found = {match.organisation for match in MATCHER.match("", case.text)}
        right += len(found & case.wanted)
        wrong += len(found - case.wanted)
        missed += len(case.wanted - found)
    return right / (right + missed), right / (right + wrong)


def test_generated_posts_are_found_and_near_misses_are_not() -> None:
    recall, precision = score(generated(per=1))
    assert recall >= 0.995
    assert precision >= 0.99


def test_written_posts_are_found_and_near_misses_are_not() -> None:
    recall, precision = score([*TUNED, *HELD_OUT])
    assert recall >= 0.97
    assert precision >= 0.97


def test_posts_of_another_author_are_found() -> None:
    recall, precision = score(UNSEEN)
    assert recall >= 0.99
    assert precision >= 0.99


def test_mentions_are_marked_exactly() -> None:
    cases = [case for case in [*generated(per=1), *TUNED, *HELD_OUT] if case.spans]
    right = placed = 0
    for case in cases:
        there = [match for match in MATCHER.match("", case.text) if match.organisation in case.wanted]
        spans = {(span.start, span.end) for match in there for span in match.spans}
        right += sum(span in spans for span in case.spans) if spans else 0
        placed += len(case.spans) if spans else 0
    assert right / placed >= 0.99


def test_the_evaluation_set_is_the_same_each_time() -> None:
    assert generated(per=1) == generated(per=1)
    assert len(generated()) >= 1500
    written = [case for case in [*TUNED, *HELD_OUT] if case.evasion.startswith("written")]
    assert len(written) >= 200
    assert len({case.language for case in written}) == 10
    for case in [*generated(per=1, held_out=True), *TUNED]:
        assert all(0 <= start < end <= len(case.text) for start, end in case.spans)
        assert "⟦" not in case.text
