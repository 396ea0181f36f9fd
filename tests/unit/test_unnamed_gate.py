"""What the matcher's words tell of which posts are to be scored: never too few."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.matching import build_matcher, current_matcher
from alerts.matching.port import Matcher
from alerts.unnamed.gate import Gate
from alerts.unnamed.index import Profiles
from alerts.unnamed.profile import DataProfile
from alerts.unnamed.scoring import Possible
from alerts.watchlist import Organisation
from indexer.fact import facts

COLUMNS = ("PSNOKA", "kd_faskes", "no_urut_faskes_lama", "номер_полиса", "kd" * 40, "nokap", "pokap")
SIGNS = "参保号码"
WATCHED = [
    Organisation(id="one", name="Nusa Care Fund", profile=DataProfile(columns=COLUMNS)),
    Organisation(id="two", name="Kelana Port", profile=DataProfile(columns=("tgl_sandar", "nokap", "nik"))),
    Organisation(id="three", name="Wana Nowhere"),
]
IN_SIGNS = Organisation(id="four", name="Nowhere Four", profile=DataProfile(columns=(SIGNS,)))
MATCHERS = {"loose": build_matcher(WATCHED), "strict": build_matcher(())}
PROFILES = {
    "letters": Profiles(WATCHED, threshold=-50),
    "signs": Profiles([*WATCHED, IN_SIGNS], threshold=-50),
    "none": Profiles([]),
}


def cut(column: str, cuts: Sequence[int], gap: str) -> str:
    letters = column.replace("_", "")
    edges = [0, *sorted(each % len(letters) for each in cuts), len(letters)]
    return gap.join(letters[low:high] for low, high in pairwise(edges))


SPELT = st.builds(
    cut,
    st.sampled_from((*COLUMNS, SIGNS, "tgl_sandar", "nama")),
    st.lists(st.integers(0, 30), max_size=4),
    st.sampled_from(("", " ", "_", "-", ", ", "\n", "\u00ad", "[b]")),
)
PIECE = (
    SPELT | st.sampled_from(("no", "kap", "kd", "fa", "skes", "lama", "<b>", "ﬃ", "数")) | st.text(max_size=5)
)
TEXT = st.lists(PIECE, max_size=8).flatmap(
    lambda pieces: st.sampled_from((" ", "", "\n", "_")).map(lambda gap: gap.join(pieces))
)
POSTS = st.lists(st.tuples(TEXT, TEXT), max_size=4)


def gated(profiles: Profiles, matcher: Matcher, posts: Sequence[tuple[str, str]]) -> list[list[Possible]]:
    """What the watcher finds: only posts are scored that the gate passes."""
    hearing = profiles.hearing()
    matcher.match_many(posts, hearing)
    found: list[list[Possible]] = [[] for _ in posts]
    for number, post in enumerate(posts):
        if number in hearing.passed or profiles.needs_looking(*post):
            found[number] = profiles.possible(*post, partial(facts, *post))
    return found


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize("profiles", PROFILES)
@settings(max_examples=15, deadline=None)  # dictionaries are read first
@example(posts=[("no", "kap")])
@example(posts=[("", "no u rut faskeslama"), ("", "kd faskes"), ("", "")])
@example(posts=[("", "kd" * 40), ("", "x " + "kd " * 40)])
@given(posts=POSTS)
def test_what_is_scored_behind_the_gate_is_what_all_would_be(
    profiles: str, matcher: str, posts: list[tuple[str, str]]
) -> None:
    index = PROFILES[profiles]
    readers = [partial(facts, *post) for post in posts]
    assert gated(index, MATCHERS[matcher], posts) == index.possible_many(posts, readers)


def test_nearly_nothing_passes() -> None:
    posts = [("database", "selling a database, nik, nama, kd, no, faskes"), ("", "kdfaskesx"), ("", "xnokap")]
    hearing = PROFILES["letters"].hearing()
    MATCHERS["loose"].match_many([*posts, ("", "KD-Faskes")], hearing)
    assert hearing.passed == {3}


def test_a_changed_watchlist_is_heard_as_well() -> None:
    current = current_matcher()
    current.of(tuple(WATCHED))
    hearing = PROFILES["letters"].hearing()
    changed = current.of((*WATCHED, Organisation(id="five", name="Fifth Nowhere Ltd")))
    found = changed.match_many([("", "nothing"), ("", "kd_faskes of Fifth Nowhere")], hearing)
    current.wait()
    assert [bool(each) for each in found] == [False, True]
    assert hearing.passed == {1}


def test_a_text_that_is_cut_off_is_always_looked_at() -> None:
    assert PROFILES["letters"].needs_looking("", "a" * 200_000)
    assert not PROFILES["letters"].needs_looking("数", "据")
    assert PROFILES["signs"].needs_looking("数", "据")


def test_no_runs_pass_nothing() -> None:
    hearing = PROFILES["none"].hearing()
    MATCHERS["loose"].match_many([("kd_faskes", "nokap")], hearing)
    assert not hearing.passed
    assert Gate([], 4)
