"""A floor under the matcher's recall and precision, on a part of the evaluation set."""

from __future__ import annotations

from quality.posts import Case, crowd, generated, organisations
from quality.written import HELD_OUT, ORGANISATIONS, TUNED

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
    assert recall >= 0.99
    assert precision >= 0.99


def test_written_posts_are_found_and_near_misses_are_not() -> None:
    recall, precision = score([*TUNED, *HELD_OUT])
    assert recall >= 0.94
    assert precision >= 0.94


def test_the_evaluation_set_is_the_same_each_time() -> None:
    assert generated(per=1) == generated(per=1)
    assert len(generated()) >= 1500
