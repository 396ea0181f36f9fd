"""What a run will do: changes of the forum and faults, each at its second, all decided by the seed before anything
starts. Pure, so a seed that failed does the same again."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from fault_words import AUTHORS, ORGANISATIONS, chatter, listing, mark, reply

BOARDS = ("Databases", "Marketplace")
_MOST_REVISIONS = 20
_TOGETHER, _BUSY = 10, 0.5  # faults without a rest, and the share of the time that they take
#: How often each change is made, of a hundred.
_CHANGES = {"open": 24, "reply": 34, "edit": 22, "delete post": 5, "delete thread": 3, "move": 6, "relist": 6}
#: Seconds that a fault lasts, from and to.
LENGTHS = {
    "pause crawl": (1.0, 20.0),  # longer than its lease at times
    "pause service": (1.0, 4.0),
    "pause tor": (1.0, 5.0),
    "pause node": (1.0, 5.0),
    "disk full": (2.0, 6.0),
    "cut tor": (2.0, 6.0),
    "cut receivers": (2.0, 6.0),
    "cut elasticsearch": (2.0, 6.0),
    "slow": (3.0, 6.0),
    "clock ahead": (2.0, 8.0),
    "clock back": (2.0, 8.0),
}
#: What ends a process at once.
KILLS = (
    "kill crawl",
    "kill service",
    "kill machine",
    "kill deliverer",
    "kill tor",
    "kill node",
    "kill postgresql",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the forum. Threads and posts have numbers of the plan's own; ``offer`` is the thread that first
    made the offer of this one, ``text`` what is written."""

    at: float
    what: str
    thread: int
    post: int = 0
    revision: int = 0
    board: str = ""
    author: str = ""
    title: str = ""
    text: str = ""
    organisations: tuple[str, ...] = ()
    offer: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: ``length`` seconds long where it lasts, ``chance`` (0 to 1) for whatever else of it is left open."""

    at: float
    kind: str
    length: float = 0.0
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run of ``seconds``."""

    seed: int
    seconds: float
    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]

    def digest(self) -> str:
        """The same for the same plan."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


@dataclass
class _Thread:
    board: str
    author: str
    title: str
    organisations: tuple[str, ...]
    offer: int
    body: str
    posts: dict[int, int] = field(default_factory=dict)  # number to revision, the opening one first
    said: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


def make_plan(
    seed: int, seconds: float, changes: int, kills: int, kinds: Sequence[str], before: int = 8
) -> Plan:
    """``changes`` of the forum over ``seconds``, after ``before`` threads that stand there at first; ``kills``,
    and half as many other faults, each of ``kinds`` about equally often. After ten comes a rest, in which the product
    must go on."""
    chance = random.Random(f"changes {seed}")
    made = tuple(_changes(chance, seconds, changes, before))
    chance = random.Random(f"faults {seed}")
    ends = [kind for kind in kinds if kind in KILLS]
    others = [kind for kind in kinds if kind not in KILLS]
    order = [
        *_in_turn(chance, ends, kills if ends else 0),
        *_in_turn(chance, others, kills // 2 if others else 0),
    ]
    chance.shuffle(order)
    pause = seconds / max(len(order), 1)
    close = pause * (_BUSY if len(order) > _TOGETHER else 1)
    struck = []
    for number, kind in enumerate(order):
        length = chance.uniform(*LENGTHS[kind]) if kind in LENGTHS else 0.0
        group, within = divmod(number, _TOGETHER)
        at = group * _TOGETHER * pause + (within + chance.uniform(0.1, 0.6)) * close
        struck.append(Fault(round(at, 2), kind, round(length, 2), round(chance.random(), 4)))
    return Plan(seed, seconds, made, tuple(struck))


def _in_turn(chance: random.Random, kinds: Sequence[str], count: int) -> list[str]:
    order: list[str] = []
    while len(order) < count:
        order += chance.sample(list(kinds), len(kinds))
    return order[:count]


def _changes(chance: random.Random, seconds: float, count: int, before: int) -> Iterator[Change]:
    threads: dict[int, _Thread] = {}
    gone: list[_Thread] = []
    last_thread = last_post = 0
    times = [0.0] * before + sorted(round(chance.uniform(0.5, seconds), 2) for _ in range(count))
    for number, at in enumerate(times):
        what = "open"
        if number >= before:
            what = chance.choices(list(_CHANGES), list(_CHANGES.values()))[0]
        if what == "relist" and not [each for each in (*threads.values(), *gone) if each.organisations]:
            what = "open"
        if what in ("open", "relist"):
            last_thread, last_post = last_thread + 1, last_post + 1
            fresh = _opened(chance, last_thread)
            if what == "relist":  # the very same offer again, by its seller
                old = chance.choice([each for each in (*threads.values(), *gone) if each.organisations])
                fresh = _Thread(
                    chance.choice(BOARDS), old.author, old.title, old.organisations, old.offer, old.body
                )
            fresh.posts[last_post] = 1
            fresh.said[last_post] = (fresh.body, fresh.organisations)
            threads[last_thread] = fresh
            yield _written(at, what, last_thread, fresh, last_post, fresh.author)
            continue
        key = chance.choice(list(threads))
        thread = threads[key]
        replies = list(thread.posts)[1:]
        if what == "reply" or (what == "delete post" and not replies):
            last_post += 1
            named = (chance.choice(list(ORGANISATIONS)),) if chance.random() < 0.15 else ()
            thread.posts[last_post] = 1
            thread.said[last_post] = (reply(chance, named), named)
            yield _written(at, "reply", key, thread, last_post, chance.choice(AUTHORS))
        elif what == "edit":
            post = chance.choice([next(iter(thread.posts)), chance.choice(list(thread.posts))])
            if thread.posts[post] >= _MOST_REVISIONS:
                continue
            thread.posts[post] += 1
            named = thread.said[post][1]
            if post == next(iter(thread.posts)):
                head, _, _ = thread.said[post][0].rpartition(" Price:")
                text = f"{head} Price: {chance.randint(100, 999)} USD."
            else:
                text = f"{thread.said[post][0]} {chatter(chance, 5)}"
            thread.said[post] = (text, named)
            yield _written(at, "edit", key, thread, post, "")
        elif what == "delete post":
            post = chance.choice(replies)
            del thread.posts[post]
            yield Change(at, what, key, post)
        elif what == "delete thread" and len(threads) > 3:
            gone.append(threads.pop(key))
            yield Change(at, what, key)
        elif what == "move":
            thread.board = next(each for each in BOARDS if each != thread.board)
            yield Change(at, what, key, board=thread.board)


def _opened(chance: random.Random, number: int) -> _Thread:
    named = tuple(chance.sample(list(ORGANISATIONS), chance.choice((0, 1, 1, 2))))
    text = listing(chance, named, chance.randint(100, 999))
    return _Thread(chance.choice(BOARDS), chance.choice(AUTHORS), chatter(chance, 4), named, number, text)


def _written(at: float, what: str, key: int, thread: _Thread, post: int, author: str) -> Change:
    text, named = thread.said[post]
    revision = thread.posts[post]
    return Change(
        at=at,
        what=what,
        thread=key,
        post=post,
        revision=revision,
        board=thread.board,
        author=author,
        title=thread.title,
        text=f"{text} Reference {mark(post, revision)}",
        organisations=named,
        offer=thread.offer,
    )
