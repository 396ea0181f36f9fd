"""All profiles ready to be looked for. Only where a word stands that tells an organisation apart, that organisation is
scored; only where its words could be enough, the listing's facts are read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from alerts.matching.folding import fold
from alerts.matching.port import Match, Span
from alerts.matching.summing import BETWEEN as _BETWEEN
from alerts.unnamed.gate import Hearing
from alerts.unnamed.profile import TELLING
from alerts.unnamed.rarity import TELLS, parts_of, put_together, worth
from alerts.unnamed.runs import Runs, Stands, runs_of
from alerts.unnamed.scoring import (
    MOST_OF_FACTS,
    THRESHOLD,
    Heard,
    Part,
    Possible,
    Shares,
    score,
    total,
    words_worth,
)
from alerts.watchlist import Organisation
from indexer.fact import Fact

_AT_ONCE = 1 << 16  # characters
_MOST_CHARACTERS = 200_000  # of a text
_MOST_CANDIDATES = 200  # of a listing
_MOST_PLACES = 20
_FEW = 3  # profiles that may have a word that tells them apart: what a whole sector has starts nothing
_AS_GOOD = 1.0  # bits: who is so near fits as well
_TOP = 3  # organisations that a listing may alert
_STRENGTH = 0.5  # of a word of a profile as a match: nobody is named

Facts = Callable[[], Sequence[Fact]]
Scored = tuple[float, int, tuple[Part, ...]]  # score, number of the profile, parts


class Profiles:
    """Scores listings against the profiles of these organisations; those without one are left out. Immutable; safe in
    threads."""

    def __init__(self, organisations: Sequence[Organisation], threshold: float = THRESHOLD) -> None:
        self.threshold = threshold
        self._profiles = [(one.id, one.profile) for one in organisations if one.profile is not None]
        self._numbers = {name: number for number, (name, _) in enumerate(self._profiles)}
        written = [list(profile.worded()) for _, profile in self._profiles]
        every = list(dict.fromkeys(word for words in written for _, word in words))
        spelt = dict(zip(every, runs_of(every), strict=True))
        self._run_numbers: dict[bytes, int] = {}
        for run in filter(None, spelt.values()):
            self._run_numbers.setdefault(run, len(self._run_numbers))
        #: by profile: what each run is in it, as field and word
        self._words: list[dict[int, tuple[str, str]]] = []
        for words in written:
            mine: dict[int, tuple[str, str]] = {}
            for field, word in words:
                if spelt[word]:
                    mine.setdefault(self._run_numbers[spelt[word]], (field, word))
            self._words.append(mine)
        self._held = Counter(run for known in self._words for run in known)
        self._shares = Shares(
            len(self._profiles),
            Counter(code for _, profile in self._profiles for code in profile.countries),
            Counter(sector for _, profile in self._profiles for sector in profile.sectors),
        )
        self._parts = Counter(
            part for words in written for part in {each for _, word in words for each in parts_of(word)}
        )
        self._worth: dict[tuple[int, str, str], float] = {}
        self._owners: dict[int, list[int]] = defaultdict(list)
        for owner, known in enumerate(self._words):
            for run_number, (field, word) in known.items():
                own = self._held[run_number] <= _FEW
                if own and field in TELLING and self._bits(run_number, field, word) >= TELLS:
                    self._owners[run_number].append(owner)
        self._runs = Runs(list(self._run_numbers), self._owners)

    def __bool__(self) -> bool:
        return bool(self._profiles)

    def _bits(self, run: int, field: str, word: str) -> float:
        key = (run, field, word)
        if key not in self._worth:
            others = len(self._profiles) - 1
            joint = put_together(word, self._parts, others)
            self._worth[key] = round(worth(field, word, self._held[run] - 1, others, joint), 1)
        return self._worth[key]

    def weights(self, organisation: str) -> list[Heard]:
        """What each word of an organisation's profile tells, the most telling first; of one without a profile none."""
        number = self._numbers.get(organisation)
        if number is None:
            return []
        return _ordered(
            Heard(field, word, self._bits(run, field, word))
            for run, (field, word) in self._words[number].items()
        )

    def tells(self, heard: Heard) -> bool:
        """Whether a listing is scored for the sake of this word of a profile."""
        (run,) = runs_of([heard.word])
        return self._run_numbers.get(run, -1) in self._owners

    def holders(self, word: str) -> int:
        """In how many profiles a word stands, in any spelling."""
        (run,) = runs_of([word])
        return self._held[self._run_numbers[run]] if run in self._run_numbers else 0

    def hearing(self) -> Hearing:
        """Listens to a matcher that looks at posts: only those that it passes need be scored, and those of which it
        ``needs_looking``."""
        return Hearing(self._runs.gate)

    def needs_looking(self, title: str, text: str) -> bool:
        """Whether a listing is to be scored whatever was heard: words in signs are not, nor what is cut off."""
        size = len(title) + len(_BETWEEN) + len(text)
        return size > _MOST_CHARACTERS or (self._runs.in_signs and not (title.isascii() and text.isascii()))

    def possible(self, title: str, text: str, facts: Facts) -> list[Possible]:
        """As ``possible_many``, of one listing."""
        return self.possible_many([(title, text)], [facts])[0]

    def possible_many(
        self, listings: Sequence[tuple[str, str]], facts: Sequence[Facts], top: int = _TOP
    ) -> list[list[Possible]]:
        """The organisations whose data each listing (title and text) may be, the best first; at most ``top``.
        ``facts``: what each listing claims, asked for where its words could be enough."""
        found: list[list[Possible]] = []
        begun, size = 0, 0
        for number, (title, text) in enumerate(listings, 1):
            size += len(title) + len(text)
            if size >= _AT_ONCE or number == len(listings):
                found += self._of_some(listings[begun:number], facts[begun:number], top)
                begun, size = number, 0
        return found

    def _of_some(
        self, listings: Sequence[tuple[str, str]], facts: Sequence[Facts], top: int
    ) -> list[list[Possible]]:
        found: list[list[Possible]] = [[] for _ in listings]
        if not self._profiles:
            return found
        whole = [(title + _BETWEEN + text)[:_MOST_CHARACTERS] for title, text in listings]
        stands = self._runs.find(whole)
        for number, there in stands.places.items():
            scored = self._scored(there.keys(), whole[number], facts[number])
            title = len(listings[number][0])
            found[number] = [
                self._told(each, scored, stands, number, whole[number], title) for each in scored[:top]
            ]
        return found

    def _scored(self, runs: Iterable[int], text: str, facts: Facts) -> list[Scored]:
        """Every profile that is above the threshold, the best first."""
        there = set(runs)
        telling = Counter(owner for run in there & self._owners.keys() for owner in self._owners[run])
        ranked = sorted(telling, key=lambda owner: (-telling[owner], self._profiles[owner][0]))
        claimed: Sequence[Fact] | None = None
        found: list[Scored] = []
        for owner in ranked[:_MOST_CANDIDATES]:
            mine = self._words[owner]
            heard = [Heard(*mine[run], self._bits(run, *mine[run])) for run in there & mine.keys()]
            if words_worth(heard) + MOST_OF_FACTS < self.threshold:
                continue
            claimed = facts() if claimed is None else claimed
            parts = score(self._profiles[owner][1], heard, claimed, text, self._shares)
            if (points := total(parts)) >= self.threshold:
                found.append((points, owner, parts))
        return sorted(found, key=lambda each: (-each[0], self._profiles[each[1]][0]))

    def _told(
        self, best: Scored, scored: Sequence[Scored], stands: Stands, number: int, text: str, title: int
    ) -> Possible:
        """One of those scored with the places of its words, and who fits as well."""
        points, owner, parts = best
        name = self._profiles[owner][0]
        mine = self._words[owner]
        origin = fold(text).origin
        matches = []
        for run in stands.places[number].keys() & mine.keys():
            field, word = mine[run]
            places = stands.spans(number, origin, run, _MOST_PLACES)
            spans = tuple(sorted(_span(*place, title) for place in places))
            told = {"rarity in bits": self._bits(run, field, word)}
            matches.append(Match(name, word, f"profile {field}", "words", spans, _STRENGTH, told))
        matches.sort(key=lambda match: (-match.parts["rarity in bits"], match.term))
        others = (
            self._profiles[two][0]
            for score_, two, _ in scored
            if two != owner and score_ >= points - _AS_GOOD
        )
        return Possible(name, points, self.threshold, parts, tuple(matches), tuple(others)[:10])


def _ordered(heard: Iterable[Heard]) -> list[Heard]:
    return sorted(heard, key=lambda each: (-each.bits, each.field, each.word))


def _span(begin: int, end: int, title: int) -> Span:
    """A place of title and text together in the field where it begins."""
    if begin < title:
        return Span("title", begin, min(end, title))
    behind = title + len(_BETWEEN)
    return Span("text", begin - behind, end - behind)
