# ruff: noqa: SIM905 - words are easier to read in lines
"""A generated web of boards: originals, mirrors, clones, phishing clones, and boards that only look alike.

Everything in it is invented. What is a copy of what is known, as the generator made it so.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from indexer.post import Kind, Post, PostKey, Precision

NOW = datetime(2026, 11, 1, tzinfo=UTC)
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_WORDS = """
fresh base leak dump full private access panel shell combo logs vpn rdp corp shop bank clinic port rail energy school
union cargo hotel insurer telecom airline retail ministry county harbour mill foundry orchard dairy records rows users
clients patients staff invoices passports licences cards mails phones addresses salaries sale offer auction trade swap
wanted cheap urgent escrow sample proof update mirror part second third
""".split()
_NAMES = "alder birch cedar dogwood elder fir gorse hazel ivy juniper larch maple oak pine rowan spruce thorn".split()
_HOUSE = (
    "Rules of this place",
    "Welcome",
    "Introduce yourself",
    "How escrow works",
    "Report a scammer",
    "Staff wanted",
)


@dataclass(frozen=True)
class Board:
    """A source with the opening posts of its threads."""

    source: str
    posts: tuple[Post, ...]


@dataclass(frozen=True)
class Web:
    """Boards; ``copies``: pairs that are one board, each in order of name; ``phishing``: sources that exchange contacts."""

    boards: tuple[Board, ...]
    copies: frozenset[tuple[str, str]]
    phishing: frozenset[str]


def wallet(chance: random.Random) -> str:
    """A Bitcoin address whose checksum holds."""
    body = b"\0" + chance.randbytes(20)
    whole = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    value, written = int.from_bytes(whole, "big"), ""
    while value:
        value, digit = divmod(value, 58)
        written = _ALPHABET[digit] + written
    return "1" + written


def board(
    source: str, chance: random.Random, threads: int = 60, *, exact: bool = True, begin: int = 0
) -> Board:
    """A board of its own, with the usual house threads at its beginning."""
    first = begin or chance.randrange(1, 90_000)
    authors = [f"{chance.choice(_NAMES)}_{chance.randrange(1000)}" for _ in range(max(threads // 4, 3))]
    posts = []
    for number in range(threads):
        house = number < len(_HOUSE)
        title = _HOUSE[number] if house else " ".join(chance.choices(_WORDS, k=chance.randrange(3, 8)))
        words = " ".join(chance.choices(_WORDS, k=chance.randrange(15, 60)))
        paid = "" if house or chance.random() < 0.4 else f" pay to {wallet(chance)}"
        asked = (
            ""
            if house or chance.random() < 0.5
            else f" telegram @{chance.choice(_NAMES)}{chance.randrange(9999)}x"
        )
        at = NOW - timedelta(minutes=chance.randrange(500_000))
        posts.append(
            post(
                source,
                str(first + number),
                title,
                "admin" if house else chance.choice(authors),
                f"{words}{paid}{asked}",
                at if exact else None,
            )
        )
    return Board(source, tuple(posts))


def post(source: str, thread: str, title: str, author: str, text: str, at: datetime | None) -> Post:
    """An opening post."""
    return Post(
        key=PostKey(source, thread, f"p{thread}"),
        board="market",
        position=1,
        title=title,
        author=author,
        text=text,
        url=f"http://{source}.invalid/{thread}",
        seen_at=NOW,
        posted_at=at,
        precision=Precision.MINUTE if at else Precision.UNKNOWN,
        kind=Kind.LISTING,
        language="en",
    )


def clone(of: Board, source: str, chance: random.Random, *, share: float = 1.0, shift: int = 0) -> Board:
    """The same threads under another address: the newest ``share`` of them; ``shift``: under other numbers."""
    kept = of.posts[int(len(of.posts) * (1 - share)) :]
    made = []
    for each in kept:
        thread = str(int(each.key.thread) * 3 + shift) if shift else each.key.thread
        made.append(
            replace(
                each,
                key=PostKey(source, thread, f"p{thread}"),
                url=f"http://{source}.invalid/{thread}",
                seen_at=NOW + timedelta(days=chance.randrange(1, 30)),
                content_hash="",
            )
        )
    return Board(source, tuple(made))


def phished(of: Board, source: str, chance: random.Random, *, share: float = 1.0) -> Board:
    """A clone that sends victims elsewhere in ``share`` of the texts."""
    own = [wallet(chance), wallet(chance)]
    made = []
    for each in clone(of, source, chance).posts:
        words = each.text.split()
        if chance.random() < share:
            words = [chance.choice(own) if _is_wallet(word) else word for word in words]
            words = ["@phisher4x" if word.startswith("@") else word for word in words]
        made.append(replace(each, text=" ".join(words), content_hash=""))
    return Board(source, tuple(made))


def reposts(
    of: Sequence[Board], source: str, chance: random.Random, *, share: float = 0.7, botted: float = 0.05
) -> Board:
    """A board of its own where sellers of others post the same offers, days later; some post by a bot, in one minute."""
    fresh = board(source, chance)
    made = list(fresh.posts)
    for at in range(len(_HOUSE), len(made)):
        if chance.random() < share:
            taken = chance.choice(chance.choice(of).posts)
            when = taken.posted_at
            if when and chance.random() >= botted:
                when += timedelta(minutes=chance.randrange(5, 40_000))
            made[at] = post(source, made[at].key.thread, taken.title, taken.author, taken.text, when)
    return Board(source, tuple(made))


def feed(of: Sequence[Board], source: str) -> Board:
    """A feed that lists what others post, under names made of the titles, by day."""
    made = []
    for each in (one for listed in of for one in listed.posts):
        slug = "-".join(each.title.lower().split())
        told = post(source, slug, each.title, "feed", each.text, each.posted_at)
        made.append(replace(told, precision=Precision.DAY, content_hash=""))
    return Board(source, tuple({one.key: one for one in made}.values()))


def web(families: int = 20, seed: int = 20220106) -> Web:
    """``families`` times fifteen boards, of each sort one, with sizes and shares drawn anew."""
    chance = random.Random(seed)
    boards: list[Board] = []
    copies: set[tuple[str, str]] = set()
    phishing: set[str] = set()
    for number in range(families):

        def name(sort: str, at: int = number) -> str:
            return f"{sort}-{at}"

        threads = chance.randrange(30, 150)
        first = board(name("first"), chance, threads)
        undated = board(name("undated"), chance, threads, exact=False)
        same = [
            (first, clone(first, name("mirror"), chance)),
            (first, clone(first, name("part"), chance, share=chance.uniform(0.3, 0.9))),
            (first, clone(first, name("rehosted"), chance, shift=chance.randrange(1, 999))),
            (first, phished(first, name("phish"), chance)),
            (first, phished(first, name("half-phish"), chance, share=0.5)),
            (undated, clone(undated, name("undated-mirror"), chance)),
            (undated, clone(undated, name("undated-rehosted"), chance, shift=chance.randrange(1, 999))),
        ]
        families_of: dict[str, list[str]] = {}
        for original, copy in same:
            families_of.setdefault(original.source, [original.source]).append(copy.source)
        copies |= {
            (min(a, b), max(a, b)) for each in families_of.values() for a in each for b in each if a != b
        }
        phishing |= {name("phish"), name("half-phish")}
        others = [
            board(name("alone"), chance, chance.randrange(10, 90)),
            board(name("young"), chance, 8, begin=1),
            board(name("young-too"), chance, 8, begin=1),
            reposts([first], name("reposts"), chance),
            reposts([first, undated], name("crossposts"), chance, share=0.9, botted=0.1),
            feed([undated], name("feed")),
        ]
        boards += [first, undated, *(copy for _, copy in same), *others]
    return Web(tuple(boards), frozenset(copies), frozenset(phishing))


def _is_wallet(word: str) -> bool:
    return len(word) > 25 and word[0] == "1"
