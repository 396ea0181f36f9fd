"""Evidence for what a slot is: pure measures over its values in all records."""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from crawler.adapter import Page
from crawler.dates import find_date
from crawler.induction.slots import Slot
from crawler.links import family
from crawler.profile import Part

_PROFILE = re.compile(r"user|member|profile|author|/u/|uid|/@|people|nick|poster|seller|vendor", re.I)
_NAMED = re.compile(r"author|user|nick|poster|(^|[\W_])by([\W_]|$)|name|creator|vendor|seller|owner", re.I)
_NOT_NAMED = re.compile(
    r"rank|title|role|group|signature|badge|location|quote|cite|avatar|stat|count|subject|reply|tag", re.I
)
_LABEL = re.compile(
    r"^(?:(?:posted|started|created|written|asked|submitted|last post|last reply|reply|author|by|von|par|por|"
    r"oleh|от|автор|"
    r"作者|from|user|poster|name|dari|de|da)\b[ :]*)+",
    re.I,
)
_HERE = "\x00"
_LONGEST_NAME = 40


def monotone(slot: Slot) -> float:
    """How well the times of each page's records are in order, either way, 0 to 1; days alone tell little."""
    right = total = 0
    pages: dict[str, list[float]] = {}
    for sample, instant in zip(slot.samples, slot.instants, strict=True):
        if instant.at:
            pages.setdefault(sample.page.url, []).append(instant.at.timestamp())
    for times in pages.values():
        pairs = list(pairwise(times))
        rising = sum(a <= b for a, b in pairs)
        falling = sum(a >= b for a, b in pairs)
        right, total = right + max(rising, falling), total + len(pairs)
    return right / total if total else 0.5


def falling(slot: Slot) -> float:
    """The share of neighbours of which the upper one is not older."""
    right = total = 0
    for (one, a), (two, b) in pairwise(zip(slot.samples, slot.instants, strict=True)):
        if one.page.url == two.page.url and a.at and b.at:
            right, total = right + (a.at >= b.at), total + 1
    return right / total if total else 0.5


def name_part(slot: Slot) -> tuple[Part, tuple[str, ...]] | None:
    """How to read a name in a slot, and the names; None when its texts are none. The date of a line such as
    ``by NAME on DATE`` is where the name ends."""
    texts = slot.texts
    if sum(bool(text) for text in texts) < 0.5 * len(texts):
        return None
    pages = [sample.page for sample in slot.samples]
    marked = [_dateless(text, page) for text, page in zip(texts, pages, strict=True)]
    before = ""
    heads = [text for text in marked if text]
    if sum(_HERE in text for text in heads) > 0.9 * len(heads):
        heads = [text.split(_HERE)[0] for text in heads]
        before = _common_end(heads)
        if not before:
            return None
        heads = [head.rpartition(before)[0] for head in heads]
    after = _common_start(heads)
    names = tuple(cut_name(text, after, before) if text else "" for text in texts)
    said = [name for name in names if name]
    if len(said) < 0.5 * len(texts) or any(_HERE in _dateless(name, pages[0]) for name in said[:5]):
        return None
    return Part(css=slot.css, own=slot.own, after=after, before=before), names


def _common_end(heads: Sequence[str]) -> str:
    """The word or mark with which all texts end."""
    for pattern in (r"\s\w+[^\w\s]*\s?$", r"\s?[^\w\s]+\s?$"):
        last = Counter((re.findall(pattern, head) or [""])[-1].rstrip() for head in heads)
        end, number = last.most_common(1)[0]
        if end.strip() and number >= 0.9 * len(heads):
            return str(end)
    return ""


def _common_start(heads: Sequence[str]) -> str:
    """The words with which all texts begin: a label such as ``Posted by:``, also behind a number that counts."""
    if not heads:
        return ""
    found = [_LABEL.match(re.sub(r"^#?\d+[.:)]?\s+", "", head)) for head in heads]
    labels = Counter(match[0].strip() for match in found if match)
    if labels:
        label, number = labels.most_common(1)[0]
        if number >= 0.8 * len(heads):
            return label
    start = os.path.commonpath(list(heads))
    if len(heads) > 3 and start.rstrip().endswith(":"):
        return start.rstrip()
    return ""


def cut_name(text: str, after: str, before: str) -> str:
    """What of a line stands between these words."""
    if after:
        head, found, tail = text.partition(after)
        text = tail if found else head
    if before:
        head, found, _ = text.rpartition(before)
        text = head if found else text
    return text.strip(" ,;:|·»«")


def _dateless(text: str, page: Page) -> str:
    found = find_date(text, now=page.fetched_at, zone=page.zone) if len(text) <= 160 else None
    return text[: found[1]] + _HERE + text[found[2] :] if found else text


def is_name(slot: Slot, names: Sequence[str]) -> float:
    """How much speaks for a slot being the author of its record; 0 when something speaks against it."""
    said = [name for name in names if name]
    if (
        not said
        or max(map(len, said)) > _LONGEST_NAME
        or sum(name.replace(",", "").isdecimal() for name in said) > 0.3 * len(said)
    ):
        return 0.0
    if len(said) > 2 and len({re.sub(r"\d+", "0", name) for name in said}) == 1 < len(set(said)):
        return 0.0  # a number with its label
    words = sum(len(name.split()) for name in said) / len(said)
    distinct = len(set(said))
    hint = slot.hint
    alone = distinct == 1 and len(said) >= 4  # on some boards everybody is anonymous
    if words > 4 or (alone and (not _NAMED.search(hint) or _NOT_NAMED.search(hint))):
        return 0.0
    score = len(said) / len(names)
    linked = [link for link in slot.links if link]
    if linked and len(linked) >= 0.5 * len(said):
        people = sum(bool(_PROFILE.search(_path(link))) for link in linked) / len(linked)
        agree = len({(name, link) for name, link in zip(names, slot.links, strict=True) if name and link})
        same = agree == len({name for name, link in zip(names, slot.links, strict=True) if name and link})
        score += 1.2 * people + (0.4 if same and distinct < len(said) else 0.0)
    score += 0.8 * bool(_NAMED.search(hint)) - 0.8 * bool(_NOT_NAMED.search(hint))
    score += 0.4 * (1 < distinct < len(said)) + 0.3 * min(distinct / len(said), 0.7) - 0.1 * max(words - 1, 0)
    return max(score, 0.0)


def _path(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def one_family(links: Sequence[str | None]) -> tuple[str, float, float]:
    """The commonest family of links, its share of all, and how many of it differ."""
    known = [link for link in links if link]
    if not known:
        return "", 0.0, 0.0
    name, number = Counter(family(link) for link in known).most_common(1)[0]
    mine = [link for link in known if family(link) == name]
    return name, number / len(links), len(set(mine)) / len(mine)
