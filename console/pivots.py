"""Where else an indicator stands: every post with a contact, wallet, address, hash or CVE, alert or none.

Stores index folded words and no facts. An indicator's spellings are few, so they are looked for as phrases, which finds
at least every post that has it; each post found is then read, and counts only where its facts name the indicator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final

from alerts.indicators import KINDS as INDICATORS
from alerts.reposts import CONTACTS, SAMPLES
from indexer.fact import Fact, facts
from indexer.post import Post, Stored
from indexer.store import Store
from indexer.text import fold

#: The kinds of fact that can be looked for.
KINDS: Final = INDICATORS | CONTACTS | SAMPLES
_CASED: Final = frozenset({"wallet", "url"})  # in which capital letters tell one from another
_NUMBERS: Final = frozenset({"whatsapp", "signal", "qq", "icq"})
_MOST_DOTS = 3  # that may each be written as a word
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Sighting:
    """A post that names an indicator, and where in its title and text."""

    stored: Stored
    title_spans: tuple[tuple[int, int], ...]
    text_spans: tuple[tuple[int, int], ...]

    @property
    def at(self) -> datetime:
        """When it was posted, or first seen where the board gives no time."""
        return self.stored.post.posted_at or self.stored.first_seen_at


@dataclass(frozen=True, slots=True)
class Pivot:
    """What was found of an indicator, newest first. ``passed``: how many posts that have its words were not read, as
    there were too many."""

    kind: str
    value: str
    sightings: tuple[Sighting, ...]
    read: int
    passed: int


def pivot(store: Store, kind: str, value: str, most: int = 200) -> Pivot:
    """Every post whose newest revision names an indicator; ``most``: so many posts are read, the newest."""
    query = query_of(kind, value)
    if not query:
        return Pivot(kind, value, (), 0, 0)
    found: list[Sighting] = []
    after, read, total = None, 0, 0
    while read < most:
        page = store.search(query, limit=min(_PAGE, most - read), after=after)
        total = total or page.total
        read += len(page.hits)
        found += (seen for hit in page.hits if (seen := _sighting(hit.stored, kind, value)))
        after = page.after
        if after is None:
            break
    return Pivot(kind, value, tuple(found), read, max(total - read, 0))


def named(post: Post) -> list[Fact]:
    """The facts of a post that can be looked for, each once, but for what it only quotes."""
    return list(
        {
            (fact.kind, fact.value): fact
            for fact in facts(post.title, post.text)
            if fact.kind in KINDS and isinstance(fact.value, str) and not _quoted(post.text, fact)
        }.values()
    )


def told(text: str) -> list[tuple[str, str]]:
    """What somebody may mean who gives an indicator without saying of which kind: kinds and values, the surest
    first."""
    bare = text.strip()
    found = [(fact.kind, str(fact.value)) for fact in facts("", bare) if fact.kind in KINDS]
    if any(kind == "sha1" for kind, _ in found):
        found.append(("pgp", bare.upper()))
    handle = bare.removeprefix("@")
    if not found and handle and len(handle.split()) == 1:
        kinds = ("telegram", *sorted(CONTACTS - {"telegram"}))  # which sellers use most
        found += [(kind, value) for kind in kinds if (value := canonical(kind, handle, sure=True))]
    return list(dict.fromkeys(found))


def canonical(kind: str, text: str, *, sure: bool = False) -> str:
    """An indicator as facts tell it; as it is where none can be read, or with ``sure`` nothing."""
    bare = text.strip()
    for words in (bare, f"{kind}: {bare}", f"{kind}: @{bare.removeprefix('@')}"):
        for fact in facts("", words):
            if fact.kind == kind and isinstance(fact.value, str):
                return fact.value
    return "" if sure else bare


def query_of(kind: str, value: str) -> str:
    """The query that finds every post with one of an indicator's spellings; "" where it has no word."""
    phrases = dict.fromkeys(fold(form) for form in _forms(kind, value))
    return " OR ".join(f'"{phrase}"' for phrase in phrases if phrase)


def _forms(kind: str, value: str) -> Iterable[str]:
    yield value
    if kind == "cve":
        yield value.replace("-", "", 1)
    elif kind == "pgp":
        yield " ".join(_groups(value, (4,)))
    elif kind in _NUMBERS and (digits := value.removeprefix("+")).isdigit():
        for first, groups in product(range(4), ((20,), (3,), (4,), (3, 4, 4), (3, 3, 4))):
            yield " ".join([digits[:first], *_groups(digits[first:], groups)])
    elif "." in value:
        names, dots = value.replace(":", " ").split("."), value.count(".")
        shown = product(("", "dot"), repeat=dots) if dots <= _MOST_DOTS else ([""] * dots, ["dot"] * dots)
        for between in shown:
            written = " ".join(f"{name} {dot}" for name, dot in zip(names, [*between, ""], strict=True))
            yield written
            yield written.replace("@", " at ")


def _groups(text: str, sizes: Sequence[int]) -> list[str]:
    """A text in groups of these sizes, the last size again and again."""
    found: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[min(len(found), len(sizes) - 1)]
        found.append(text[at : at + size])
        at += size
    return found


def _sighting(stored: Stored, kind: str, value: str) -> Sighting | None:
    post = stored.post
    same = [fact for fact in facts(post.title, post.text) if fact.kind == kind and _same(kind, fact, value)]
    if not same:
        return None
    title = tuple(span for fact in same if fact.field == "title" for span in fact.spans)
    return Sighting(
        stored, title, tuple(span for fact in same if fact.field == "text" for span in fact.spans)
    )


def _same(kind: str, fact: Fact, value: str) -> bool:
    read = str(fact.value)
    return read == value or (kind not in _CASED and read.casefold() == value.casefold())


def _quoted(text: str, fact: Fact) -> bool:
    start = fact.spans[0][0]
    return fact.field == "text" and text.startswith("> ", text.rfind("\n", 0, start) + 1)
