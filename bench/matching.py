"""Posts matched a second on one core, beside a bare daachorse scan of the same posts folded beforehand with the
same terms. Goals: a ratio of 0.9 at 10,000 terms and 0.7 at 100,000; with misspelt names 0.3 at 10,000. Beside them,
in the same run, what others would do, each on as many posts as it can in its time.

The posts are random words of English, Indonesian and Russian dictionaries, the shorter the more frequent, and random
Chinese characters, with the junk of leaks between; one in twenty names an organisation. (A made-up language will not
do: most of its words are within one letter of some made-up name, and every post would hold misspelt names.)
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ahocorasick
import daachorse
from _figures import quick, tell
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from alerts.matching.engine import TextMatcher
from alerts.matching.ordinary import is_ordinary
from alerts.watchlist import Organisation
from indexer.text import fold

POSTS, ROUNDS, SEED = 500, 3, 20220106
LATIN = "bcdfghklmnprstvz"
SECONDS = 1.0  # that a peer may take
Posts = Sequence[tuple[str, str]]
Find = Callable[[str], object]


def words(chance: random.Random, count: int, consonants: str, vowels: str, least: int = 1) -> list[str]:
    return [
        "".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(chance.randint(least, 4)))
        + chance.choice(consonants) * chance.randint(0, 1)
        for _ in range(count)
    ]


def organisations(chance: random.Random, count: int) -> list[Organisation]:
    """Names of one to three words, of which a third are common ones; every fifth has a domain."""
    common = ["Bank", "Group", "Rumah Sakit", "Universitas", "Logistics", "Energi", "Holding", "Insurance"]
    own = words(chance, 3 * count, LATIN, "aeiou", least=3)
    return [
        Organisation(
            id=f"o{number}",
            name=" ".join(
                [own[3 * number].title()]
                + ([chance.choice(common)] if chance.random() < 0.5 else [])
                + ([own[3 * number + 1].title()] if chance.random() < 0.4 else [])
            ),
            acronyms=("".join(chance.choices("ABCDEFGHIKLMNOPRSTU", k=4)),) if number % 25 == 0 else (),
            domains=(f"{own[3 * number + 2]}.{chance.choice(['co.id', 'com', 'ru'])}",)
            if number % 5 == 0
            else (),
        )
        for number in range(count)
    ]


def junk(chance: random.Random) -> str:
    return chance.choice(
        (
            f"{chance.getrandbits(160):040x}",
            f"{words(chance, 1, LATIN, 'aeiou')[0]}{chance.randint(1, 9999)}@mail.example:{chance.getrandbits(40):x}",
            f"+62{chance.randint(10**10, 10**11)} | {chance.randint(10**15, 10**16)}"
            f" | 1990-01-{chance.randint(1, 28):02d}",
            f"Price: ${chance.randint(50, 9000)} | Records: {chance.randint(1, 900)}k",
        )
    )


def dictionary(chance: random.Random, language: str) -> list[str]:
    """Words of a language, the shorter the earlier."""
    known = DefaultDictionaryFactory().get_dictionary(language)
    every = sorted(
        word
        for key in known
        if (word := str(key, "utf-8", "replace") if isinstance(key, bytes) else key).isalpha()
    )
    return sorted(chance.sample(every, 20_000), key=lambda word: len(word) + chance.random() * 4)


def posts(chance: random.Random, named: list[Organisation]) -> list[str]:
    languages = [dictionary(chance, language) for language in ("ru", "en", "id")]
    han = [chr(0x4E00 + number) for number in range(3_000)]
    weights = [1 / (rank + 3) for rank in range(20_000)]
    found = []
    for number in range(POSTS):
        kind = number % 6
        size = chance.randint(60, 350)
        if kind == 0:
            parts = chance.choices(languages[0], weights, k=size)
        elif kind == 1:
            parts = ["".join(chance.choices(han, k=chance.randint(6, 20))) for _ in range(size // 6)]
        else:
            parts = chance.choices(languages[1 + number % 2], weights, k=size)
        parts = [word.title() if chance.random() < 0.1 else word for word in parts]
        for _ in range(chance.randint(0, 6)):
            parts.insert(chance.randrange(len(parts)), junk(chance) + "\n")
        if number % 20 == 0:
            parts.insert(chance.randrange(len(parts)), chance.choice(named).name)
        found.append(" ".join(parts))
    return found


def spent(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def each(find: Find, texts: Sequence[str]) -> None:
    for text in texts:
        find(text)


def one_query_a_term(terms: Sequence[str]) -> Find:
    patterns = [re.compile(rf"\b{re.escape(term)}\b") for term in terms]
    return lambda text: [pattern.pattern for pattern in patterns if pattern.search(text)]


def loop(terms: Sequence[str]) -> Find:
    return lambda text: [term for term in terms if term in text]


def flash(terms: Sequence[str]) -> Find:
    """The way of flashtext: a tree of dictionaries, walked from each letter that begins a word."""
    tree: dict[str, Any] = {}
    for term in terms:
        here = tree
        for char in term:
            here = here.setdefault(char, {})
        here[""] = term

    def find(text: str) -> list[str]:
        found = []
        for begin in range(len(text)):
            if begin and text[begin - 1].isalnum():
                continue
            here, at = tree, begin
            while at < len(text) and text[at] in here:
                here, at = here[text[at]], at + 1
                if "" in here and not text[at : at + 1].isalnum():
                    found.append(here[""])
        return found

    return find


def pyahocorasick(terms: Sequence[str]) -> Find:
    automaton = ahocorasick.Automaton()
    for term in terms:
        automaton.add_word(term, term)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def rate(find: Find, texts: Sequence[str]) -> float:
    """Texts a second, of as many as fit in the time."""
    done, used = 0, 0.0
    for text in texts:
        used += spent(partial(find, text))
        done += 1
        if used > SECONDS:
            break
    return done / used


PEERS: dict[str, Callable[[Sequence[str]], Find]] = {
    "pyahocorasick": pyahocorasick,
    "a tree of dictionaries, as flashtext": flash,
    "a loop of `in`": loop,
    "one query a term": one_query_a_term,
}


def main() -> None:
    for word in ("zzzzzz", "яяяяяя"):
        is_ordinary(word)  # loads the dictionaries, once a process
    chance = random.Random(SEED)
    every = organisations(chance, max(sizes := [100, 10_000] if quick() else [100, 10_000, 100_000]))
    texts = posts(chance, every[:100])
    folded = [fold(text) for text in texts]
    pairs = [("", text) for text in texts]
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(
        f"{POSTS} posts, {size:.1f} MB; CPU time of one core, median of {ROUNDS}; the ratio is to the bare scan"
    )
    for count in sizes:
        watched = every[:count]
        terms = sorted({fold(text) for one in watched for text in (one.name, *one.acronyms, *one.domains)})
        bare = partial(each, daachorse.CharwiseDoubleArrayAhoCorasick(terms).find_overlapping, folded)
        print(f"{count:,} organisations, {len(terms):,} terms")
        for loose, goal in ((False, {10_000: "0.90", 100_000: "0.70"}), (True, {10_000: "0.30"})):
            begun = time.process_time()
            matcher = TextMatcher(watched, loose=loose)
            built = time.process_time() - begun
            matches = sum(map(len, matcher.match_many(pairs)))
            run = partial(matcher.match_many, pairs)
            rounds = [(spent(run), spent(bare)) for _ in range(ROUNDS)]
            mine, floor = (statistics.median(column) for column in zip(*rounds, strict=True))
            ratio = statistics.median(floor / mine for mine, floor in rounds)
            print(
                f"  ours, {'with' if loose else 'without'} typos: {POSTS / mine:9,.0f} posts/s, bare scan "
                f"{POSTS / floor:9,.0f}, ratio {ratio:.2f} (goal {goal.get(count, 'none')}), {matches} matches, "
                f"built in {built:.2f} s"
            )
            pairs_of = [(POSTS / mine, POSTS / floor) for mine, floor in rounds]
            what = f"matching: {count:,} {'with' if loose else 'without'} typos"
            wanted = float(goal[count]) if count in goal else None
            tell(what, pairs_of, "posts/s", "bare scan", goal=wanted)
        for name, make in PEERS.items():
            if count < 100_000 or make in (pyahocorasick, flash):
                speed = rate(make(terms), folded)
                print(f"  {name}, folded text: {speed:9,.0f} posts/s, ratio {speed * floor / POSTS:.4f}")


if __name__ == "__main__":
    main()
