"""From what was found in the views of a text to places where terms stand: each is checked letter by letter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from alerts.matching.folding import GAP, IGNORED, Folded
from alerts.matching.found import MOST_PLACES, Found
from alerts.matching.ordinary import is_ordinary
from alerts.matching.runs import align
from alerts.matching.scan import Hits, Scanned, Scanner, Spread
from alerts.matching.terms import Spelling, Term
from alerts.matching.verify import signs_spelt, spelt, words_spelt
from alerts.matching.views import WORDS, signs


class _Patterns:
    """All spellings of one view by their letters, numbered. ``signals`` are looked for too and spell nothing."""

    def __init__(self, found: Iterable[Spelling], signals: Iterable[bytes] = ()) -> None:
        by_letters: dict[bytes, list[Spelling]] = defaultdict(list)
        for spelling in found:
            by_letters[spelling.letters].append(spelling)
        for signal in signals:
            by_letters.setdefault(signal, [])
        self.letters = list(by_letters)
        self.spellings = list(by_letters.values())


class Checker:
    """All spellings, by view. Immutable; safe in threads."""

    def __init__(self, by_view: Mapping[str, Sequence[Spelling]], dots: Sequence[bytes]) -> None:
        """``dots``: words for a dot, which are looked for too."""
        self._words = _Patterns(by_view.get("words", ()), dots)
        self._compact, self._sound, self._signs = (
            _Patterns(by_view.get(view, ())) for view in ("compact", "sound", "signs")
        )

    def scanner(self) -> Scanner:
        """What finds the places that are checked here."""
        capital = [bool(there) and all(map(_capital, there)) for there in self._words.spellings]
        return Scanner(
            self._words.letters, capital, self._compact.letters, self._sound.letters, self._signs.letters
        )

    def has_dots(self, words: Hits) -> bool:
        """Whether a word for a dot is among what was found in the view words."""
        return any(not self._words.spellings[number] for _, number in words)

    def found(self, number: int, folded: Folded, scanned: Scanned) -> Iterator[Found]:
        """What stands in one of the texts that were scanned."""
        if number in scanned.words:
            yield from self._spelt_words(folded, scanned.words[number])
        if number in scanned.compact:
            yield from self.spread(folded, scanned.compact[number])
        if number in scanned.sound:
            yield from self._sounding(folded, scanned.sound[number])
        if number in scanned.signs:
            yield from self._signed(folded.text, scanned.signs[number])

    def _spelt_words(self, folded: Folded, hits: Hits) -> Iterator[Found]:
        view = WORDS.of(folded.classes)
        whole = len(view) == len(folded.classes)  # then each letter stands where its class does
        places = None if whole else WORDS.places(folded.classes)
        counts: Counter[Term] = Counter()
        for start, number in hits:
            end = start + len(self._words.letters[number]) - 1
            for spelling in self._words.spellings[number]:
                if counts[spelling.term] < MOST_PLACES:
                    run = range(start, end) if places is None else places[start:end].tolist()
                    for found in _word(spelling, folded, run):
                        counts[spelling.term] += 1
                        yield found

    def spread(self, folded: Folded, hits: Spread) -> Iterator[Found]:
        """What stands in the view compact."""
        counts: Counter[Term] = Counter()
        for spelling, shown, places, repeated in self._aligned(self._compact, folded, hits, counts):
            parts = spelt(spelling, shown, places)
            if parts is None:
                continue
            start, end = folded.span(places[0], places[-1])
            if repeated:
                if is_ordinary(folded.text[start:end].lower()):
                    continue
                parts["repeated letters"] = 0.9
            view = "domain" if spelling.term.kind == "domain" else "compact" if parts else "words"
            counts[spelling.term] += 1
            yield Found(spelling.term, view, start, end, {**dict(spelling.parts), **parts})

    def _sounding(self, folded: Folded, hits: Spread) -> Iterator[Found]:
        counts: Counter[Term] = Counter()
        for spelling, shown, places, _ in self._aligned(self._sound, folded, hits, counts):
            parts = spelt(spelling, shown, places)
            if parts is not None and "spread" not in parts and "cut" not in parts:
                span = folded.span(places[0], places[-1])
                counts[spelling.term] += 1
                yield Found(spelling.term, "sound", *span, {**dict(spelling.parts), **parts})

    def _aligned(
        self, patterns: _Patterns, folded: Folded, hits: Spread, counts: Counter[Term]
    ) -> Iterator[tuple[Spelling, Folded, list[int], bool]]:
        """Each candidate with the places of its term's letters, repetitions hidden, until the term has been
        counted often enough."""
        changed: bytearray | None = None  # one for all candidates: a hostile text may have very many
        for number, letters in hits:
            there = [
                spelling for spelling in patterns.spellings[number] if counts[spelling.term] < MOST_PLACES
            ]
            groups = letters.groups() if there else []
            for spelling in there:
                aligned = align(spelling.runs, groups, folded.classes)
                if aligned is None:
                    continue
                places, repeated = aligned
                if not repeated:
                    yield spelling, folded, places, False
                    continue
                if changed is None:
                    changed = bytearray(folded.classes)
                    hidden = replace(folded, classes=changed)
                for place in repeated:
                    changed[place] = IGNORED
                yield spelling, hidden, places, True
                for place in repeated:
                    changed[place] = folded.classes[place]

    def _signed(self, text: str, hits: Hits) -> Iterator[Found]:
        view = signs(text)
        if view is None:
            return
        _, every = view
        for start, number in hits:
            first = int(np.searchsorted(every, start))
            places = every[first : first + len(self._signs.letters[number]) // 2].tolist()
            for spelling in self._signs.spellings[number]:
                parts = signs_spelt(spelling, text, places)
                if parts is not None:
                    last = places[-1] + 1
                    yield Found(
                        spelling.term,
                        "words" if not parts else "compact",
                        places[0],
                        last,
                        {**dict(spelling.parts), **parts},
                    )


def _word(spelling: Spelling, folded: Folded, run: Sequence[int]) -> Iterator[Found]:
    places = [at for at in run if folded.classes[at] != GAP]
    places = [at for at in places if WORDS.translation[folded.classes[at]] != GAP]
    if len(places) != len(spelling.seen):
        return
    parts = words_spelt(spelling, folded, places)
    if parts is not None:
        yield Found(
            spelling.term, "words", *folded.span(places[0], places[-1]), {**dict(spelling.parts), **parts}
        )


def _capital(spelling: Spelling) -> bool:
    """Whether a term counts only with a capital at its beginning."""
    letters = (char for char in spelling.term.text if char.isalnum())
    return spelling.term.cased and next(letters, "").isupper()
