"""Listings that name nobody at 10,000 organisations with profiles, beside plainer ways in the same run. ``make quality``.

Goals: the right organisation among the first three on 0.8 of them; at most one possible alert a day for an organisation
on the evaluation feed. First the hard set (``hard_unnamed.py``), by kind of listing: of the development half, with which
the scoring was made, and of the held-out half. *Could be*: a word stands in the listing that is the organisation's own
and in its profile, which is what any scoring by words has to go by. Then the plain set (``unnamed.py``).
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from alerts.unnamed.index import Profiles
from alerts.watchlist import Organisation
from indexer.fact import facts
from indexer.text import fold, words
from quality import hard_unnamed as hard
from quality.unnamed import Listing, listings, ordinary, organisations

WATCHED, ASKED, DAYS, POSTS_A_DAY, TOP = 10_000, 400, 3, 2_000, 3
_PEER_POSTS = 100
Ranked = Callable[[Listing], list[str]]


def peers(watched: Sequence[Organisation]) -> dict[str, Ranked]:
    """Shared words counted, and BM25 over them: every profile that shares one is ranked."""
    holders: dict[str, list[int]] = defaultdict(list)
    sizes = []
    for number, one in enumerate(watched):
        bag = (
            {part.text for _, name in one.profile.worded() for part in words(name)} if one.profile else set()
        )
        sizes.append(len(bag))
        for each in bag:
            holders[each].append(number)
    mean = sum(sizes) / len(sizes)

    def ranked(listing: Listing, bm25: bool) -> list[str]:
        points: dict[int, float] = defaultdict(float)
        for each in {part.text for part in words(f"{listing.title} {listing.text}")}:
            have = holders.get(each, [])
            rarity = math.log(1 + (len(watched) - len(have) + 0.5) / (len(have) + 0.5))
            for number in have:
                points[number] += (
                    rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * sizes[number] / mean)) if bm25 else 1
                )
        best = sorted(points, key=lambda number: (-points[number], number))[:TOP]
        return [watched[number].id for number in best]

    return {"shared words": partial(ranked, bm25=False), "BM25": partial(ranked, bm25=True)}


def share(find: Ranked, asked: Sequence[Listing]) -> float:
    """Of how many listings the right one is among the first three."""
    return sum(each.organisation in find(each) for each in asked) / len(asked)


def alerted(profiles: Profiles, listing: Listing) -> list[str]:
    """Whom a listing alerts."""
    claimed = partial(facts, listing.title, listing.text)
    return [each.organisation for each in profiles.possible(listing.title, listing.text, claimed)]


def could_be(every: Sequence[hard.Known], listing: Listing) -> bool:
    """Whether a word of its own that its profile has stands in the listing."""
    one = next(each for each in every if each.organisation.id == listing.organisation)
    profile = one.organisation.profile
    if profile is None:
        return False
    known = {*profile.columns, *profile.products} & {*one.own, one.product}
    letters = fold(f"{listing.title} {listing.text}").replace(" ", "")
    return any(fold(word).replace(" ", "") in letters for word in known)


def flood(profiles: Profiles, days: Sequence[Sequence[Listing]]) -> str:
    """What posts of nobody who is watched raise."""
    most, total, twice = 0, 0, 0
    for stream in days:
        readers = [partial(facts, each.title, each.text) for each in stream]
        found = profiles.possible_many([(each.title, each.text) for each in stream], readers)
        counts = Counter(each.organisation for there in found for each in there)
        most, total = max(most, max(counts.values(), default=0)), total + counts.total()
        twice += sum(count > 1 for count in counts.values())
    return (
        f"at most {most} a day for one organisation (goal 1; {twice} of {WATCHED * len(days):,} days of an "
        f"organisation have more), {total / len(days):.1f} a day in all"
    )


def measure_hard() -> None:
    for name, seed in (("development", hard.DEVELOPMENT), ("held out", hard.HELD_OUT)):
        every = hard.known(WATCHED, seed)
        watched = [one.organisation for one in every]
        profiles = Profiles(watched)
        asked = hard.asked(every, ASKED, seed)
        ways = {"ours": partial(alerted, profiles), **peers(watched)}
        print(f"\nhard set, {name}: {ASKED} listings; the right one among the first three (goal 0.8)")
        print(f"{'':14}" + "".join(f"{way:>14}" for way in (*ways, "could be")))
        for kind, some in (*asked.items(), ("all", [each for part in asked.values() for each in part])):
            limit = sum(could_be(every, each) for each in some) / len(some)
            print(
                f"{kind:14}"
                + "".join(f"{share(find, some):14.3f}" for find in ways.values())
                + f"{limit:14.3f}"
            )
        days = [list(hard.feed(POSTS_A_DAY, seed + 10 * day + 5)) for day in range(DAYS)]
        print(
            f"{DAYS} days of {POSTS_A_DAY:,} posts, none of them of who is watched: {flood(profiles, days)}"
        )
        told = sum(bool(find(each)) for find in list(ways.values())[2:] for each in days[0][:_PEER_POSTS])
        print(f"BM25 ranks somebody for {told} of {_PEER_POSTS} of these posts; it has no threshold")


def measure_plain() -> None:
    watched = organisations(WATCHED)
    profiles = Profiles(watched)
    ways: dict[str, Ranked] = {"ours": partial(alerted, profiles), **peers(watched)}
    print(f"\nplain set: {ASKED} listings; the right one among the first three (goal 0.8)")
    print(f"{'':14}" + "".join(f"{name:>14}" for name in ways))
    for title, asked in (
        ("seen", listings(watched, ASKED, 11, (1, 4))),
        ("held out", listings(watched, ASKED, 977, (1, 3))),
    ):
        print(f"{title:14}" + "".join(f"{share(find, asked):14.3f}" for find in ways.values()))
    days = [list(ordinary(POSTS_A_DAY, 5000 + day)) for day in range(DAYS)]
    print(f"{DAYS} days of {POSTS_A_DAY:,} posts, none of them of who is watched: {flood(profiles, days)}")


def main() -> None:
    print(f"{WATCHED:,} organisations with profiles")
    measure_hard()
    measure_plain()


if __name__ == "__main__":
    main()
