"""Many posts at once are matched as each by itself is, and what is found covers what was written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.matching import build_matcher
from alerts.matching import engine as engine_module
from alerts.matching.beginnings import PADDING, Beginnings
from alerts.matching.engine import TextMatcher
from alerts.matching.folding import fold
from alerts.matching.found import MOST_PLACES
from alerts.matching.joined import BEHIND, END, NONE, join, one_text
from alerts.matching.lines import Memory, hashes_of
from alerts.matching.views import COMPACT, SOUND, WORDS
from alerts.watchlist import Organisation

NAMES = {"toko": "Tokorandu", "port": "Pelabuhan Lumbersari", "city": "Dinas Perairan Kota Kalimbara"}
WATCHED = (
    Organisation(
        id="toko", name="Tokorandu", acronyms=("TKR",), context=("rekening",), domains=("tokorandu.example",)
    ),
    Organisation(id="port", name="Pelabuhan Lumbersari", exclusions=("Pelabuhan Lumbersari Fan Club",)),
    Organisation(id="city", name="Dinas Perairan Kota Kalimbara", aliases=("東穗科技", "ＬＧ전자", "aaab")),
    Organisation(id="sber", name="Сбертехлаб", patterns=(r"SB-\d{4}",)),
)
MATCHER = build_matcher(WATCHED)
_PIECES = st.sampled_from(
    ["Tokorandu", "T0k0r4ndu", "tok orandu", "T o k o r a n d u", "toko[b]randu[/b]", "Tokornadu", "TKR", "tkr",
     "rekening", "tokorandu[.]example", "tokorandu dot example", "Tokorаndu", "Tokkkoranduu", "Pelabuhan", "Lumbersari",
     "Fan Club",
     "Pelabuhn Lumbersari", "Dinas Kota Kalimbara Perairan", "東穗", "科技", "LG전자", "aaaab", "SB-1234", "Сбертехлаб",
     "sbertekhlab", "xn--tokornd-8fg5i.example", "T!korandu", "a|b", "ﬁ", "ß", "ы", "\u200b", "\u0301", "\ud800",
     "\x00", " ", "\n", "\n\n", ".", "1", "文", "لا", "k", "<b>", "</b>"]
)  # fmt: skip
_TEXTS = (
    st.lists(_PIECES, max_size=7).map("".join)
    | st.lists(_PIECES, max_size=7).map(" ".join)
    | st.text(max_size=60)
)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(_TEXTS, _TEXTS), max_size=5))
def test_many_posts_give_what_each_gives(posts: list[tuple[str, str]]) -> None:
    assert MATCHER.match_many(posts) == [MATCHER.match(*post) for post in posts]


def test_nothing_depends_on_how_many_are_looked_at_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [(f"{number} Tokorandu", "Tokornadu " * number + "ß 文") for number in range(40)]
    at_once = MATCHER.match_many(posts)
    monkeypatch.setattr(engine_module, "_AT_ONCE", 100)
    assert MATCHER.match_many(posts) == at_once
    assert MATCHER.match_many([]) == []


_DISGUISES = {
    "plain": str,
    "capitals": str.upper,
    "zero width": "\u200b".join,
    "combining": lambda name: "".join(char + "\u0336" if char.isalpha() else char for char in name),
    "wide": lambda name: "".join(chr(ord(char) + 0xFEE0) if char.isalpha() else char for char in name),
    "digits": lambda name: name.replace("o", "0").replace("e", "3"),
    "look-alikes": lambda name: name.replace("a", "а").replace("e", "е"),
    "spread": lambda name: " ".join(name.replace(" ", "")),
    "joined": lambda name: name.replace(" ", ""),
    "markup": lambda name: name[:3] + "[b]" + name[3:] + "[/b]",
}


@settings(deadline=None)
@given(
    st.sampled_from(sorted(NAMES)),
    st.sampled_from(sorted(_DISGUISES)),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_what_is_found_lies_in_the_original_and_covers_the_name(
    organisation: str, disguise: str, before: str, after: str
) -> None:
    written = _DISGUISES[disguise](NAMES[organisation])  # type: ignore[operator]
    text = f"{before}\n\n\n{written}\n\n\n{after}"
    begin = len(before) + 3
    end = begin + len(written.removesuffix("[/b]").rstrip("\u0336"))
    spans = [
        span
        for match in MATCHER.match("", text)
        if match.organisation == organisation
        for span in match.spans
    ]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert any(span.start == begin and span.end >= end for span in spans)


@given(st.lists(_TEXTS | st.text(), min_size=1, max_size=4))
def test_joined_texts_show_what_each_text_shows(texts: list[str]) -> None:
    joined = join(one_text(texts))
    for number, text in enumerate(texts):
        classes = fold(text).classes
        here = slice(int(joined.ends[number]) + BEHIND, int(joined.ends[number + 1]) - 1)
        for view, shown in ((COMPACT, joined.compact), (WORDS, joined.words), (SOUND, joined.sound)):
            assert shown[here][shown[here] != NONE].tobytes() == view.of(classes)
        assert all(
            shown[joined.ends[number]] == END for shown in (joined.compact, joined.words, joined.sound)
        )


_LETTERS = st.binary(min_size=1, max_size=30).filter(lambda letters: 0 not in letters)
_FEW = st.text("ab", min_size=1, max_size=20).map(str.encode)


@given(
    st.lists(_LETTERS | _FEW, max_size=12, unique=True), st.lists(_LETTERS | _FEW, max_size=8).map(b"\0".join)
)
def test_the_trie_finds_what_begins_at_each_place(patterns: list[bytes], text: bytes) -> None:
    places, numbers = Beginnings(patterns).find(text + PADDING, np.arange(len(text)))
    expected = {
        (at, n) for at in range(len(text)) for n, one in enumerate(patterns) if text.startswith(one, at)
    }
    assert set(zip(places.tolist(), numbers.tolist(), strict=True)) == expected


@given(st.lists(_FEW, min_size=1, max_size=30, unique=True))
def test_words_have_numbers_of_their_own_and_are_remembered(words: list[bytes]) -> None:
    ends = np.cumsum([len(word) for word in words])
    starts = ends - [len(word) for word in words]
    numbers = hashes_of(b"".join(words) + PADDING, starts, ends)
    assert len(set(numbers.tolist())) == len(words)
    memory = Memory(4)
    for number in numbers:
        memory.learn(np.array([number]), np.array([int(number) % 32], np.uint8))
        flags, unknown = memory.of(np.array([number]))
        assert (flags.tolist(), unknown.tolist()) == ([int(number) % 32], [])
    flags, unknown = memory.of(numbers)
    known = np.setdiff1d(np.arange(len(words)), unknown)
    assert (flags[known] == (numbers[known] % np.uint64(32))).all()


def test_a_matcher_of_nothing_finds_nothing() -> None:
    assert TextMatcher([]).match_many([("a", "b"), ("", "文 ß")]) == [[], []]


def test_a_flood_of_a_name_is_not_told_in_full() -> None:
    for word in (
        "rekening TKR",
        "Tokorandu",
        "Tokornadu",
        "SB-1234",
        "東穗科技",
        "Dinas Kota Kalimbara Perairan",
    ):
        (match, *_) = MATCHER.match("", f"{word}. " * 300)
        assert len(match.spans) == MOST_PLACES, word
