"""Posts matched a second on one core, beside a bare daachorse scan of the same posts folded beforehand with the
same terms. Goals: a ratio of 0.9 at 10,000 terms and 0.7 at 100,000; with misspelt names 0.3 at 10,000.

The posts are random sentences of a made-up language whose words are as frequent as those of real ones, a third of
them in Cyrillic or Chinese, with the junk of leaks between; one in twenty names an organisation.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from functools import partial

import daachorse

from alerts.matching.engine import TextMatcher
from alerts.matching.ordinary import is_ordinary
from alerts.watchlist import Organisation
from indexer.text import fold

POSTS, ROUNDS, SEED = 500, 3, 20220106
LATIN, CYRILLIC = "bcdfghklmnprstvz", "бвгдзклмнпрст"


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


def posts(chance: random.Random, named: list[Organisation]) -> list[str]:
    latin = words(chance, 20_000, LATIN, "aeiou")
    cyrillic = words(chance, 20_000, CYRILLIC, "аеиоу")
    han = [chr(0x4E00 + number) for number in range(3_000)]
    weights = [1 / (rank + 3) for rank in range(20_000)]
    found = []
    for number in range(POSTS):
        kind = number % 6
        size = chance.randint(60, 350)
        if kind == 0:
            parts = chance.choices(cyrillic, weights, k=size)
        elif kind == 1:
            parts = ["".join(chance.choices(han, k=chance.randint(6, 20))) for _ in range(size // 6)]
        else:
            parts = chance.choices(latin, weights, k=size)
        parts = [word.title() if chance.random() < 0.1 else word for word in parts]
        for _ in range(chance.randint(0, 6)):
            parts.insert(chance.randrange(len(parts)), junk(chance) + "\n")
        if number % 20 == 0:
            parts.insert(chance.randrange(len(parts)), chance.choice(named).name)
        found.append(" ".join(parts))
    return found


def spent(run: object, texts: list[str]) -> float:
    begun = time.process_time()
    for text in texts:
        run(text)  # type: ignore[operator]
    return time.process_time() - begun


def main() -> None:
    for word in ("zzzzzz", "яяяяяя"):
        is_ordinary(word)  # loads the dictionaries, once a process
    chance = random.Random(SEED)
    every = organisations(chance, max(sizes := [100, 10_000, 100_000]))
    texts = posts(chance, every[:100])
    folded = [fold(text) for text in texts]
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{POSTS} posts, {size:.1f} MB; CPU time of one core, median of {ROUNDS}")
    for count in sizes:
        watched = every[:count]
        terms = {fold(text) for one in watched for text in (one.name, *one.acronyms, *one.domains)}
        bare = daachorse.CharwiseDoubleArrayAhoCorasick(sorted(terms)).find_overlapping
        for loose, goal in ((False, {10_000: "0.90", 100_000: "0.70"}), (True, {10_000: "0.30"})):
            begun = time.process_time()
            matcher = TextMatcher(watched, loose=loose)
            built = time.process_time() - begun
            matcher.match("", texts[0])
            rounds = [(spent(partial(matcher.match, ""), texts), spent(bare, folded)) for _ in range(ROUNDS)]
            mine, floor = (statistics.median(column) for column in zip(*rounds, strict=True))
            ratio = statistics.median(floor / mine for mine, floor in rounds)
            print(
                f"{count:7,} organisations, {len(terms):7,} terms, {'with' if loose else 'without'} typos: "
                f"{POSTS / mine:9,.0f} posts/s, bare scan {POSTS / floor:9,.0f}, ratio {ratio:.2f} "
                f"(goal {goal.get(count, 'none')}), built in {built:.2f} s"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
