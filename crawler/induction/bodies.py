"""Which element of a post holds what its author wrote: most of what differs from post to post."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from crawler.induction.slots import Slot
from crawler.markup import visible


def body_of(
    slots: Sequence[Slot], posted: Slot | None, author: Slot | None
) -> tuple[Slot, tuple[str, ...]] | None:
    """The element that holds most of what differs from post to post, and what in it is not text: the author's name and
    the time, where they stand in it."""
    longest = max((slot.length for slot in slots), default=0)
    pages = [sample.page.url for sample in slots[0].samples]
    names = author.texts if author else [""] * len(pages)
    plain = [slot for slot in slots if not slot.own and slot.coverage > 0.8 and slot.length < 200]
    stale = [slot for slot in plain if judged(slot.texts, pages, names) < 0]
    best: tuple[float, Slot, tuple[str, ...]] | None = None
    for slot in slots:
        if slot.own or slot.coverage < 0.85 or slot.length < 0.1 * longest:
            continue
        if any(other is not None and other.above(slot) > 0.5 for other in (posted, author)):
            continue
        skip = tuple(other.css for other in (posted, author) if other is not None and slot.above(other) > 0.5)
        if skip:
            skip += tuple(other.css for other in stale if other is not slot and slot.above(other) > 0.5)
            skip = tuple(dict.fromkeys(skip))[:15]
        texts = [visible(node, skip=skip) if node else "" for node in slot.nodes]
        value = judged(texts, pages, names)
        value *= 1 - min(0.02 * len(skip), 0.1)
        if best is None or value > 1.01 * best[0] or (value >= best[0] and slot.above(best[1]) > 0.9):
            best = value, slot, skip
    return (best[1], best[2]) if best and best[0] > 0 else None


def judged(texts: Sequence[str], pages: Sequence[str], names: Sequence[str]) -> float:
    """Characters that posts say, less three for each that comes again: labels and ranks in most records, a title in
    most records of one page, a signature at the end of all that one author wrote."""
    rows = [[line for line in text.split("\n") if line.strip()] for text in texts]
    everywhere = Counter(line for row in rows for line in {_alike(each) for each in row})
    on_page: dict[str, Counter[str]] = {}
    for page, row in zip(pages, rows, strict=True):
        on_page.setdefault(page, Counter()).update({_alike(each) for each in row})
    size = Counter(pages)
    last: dict[str, Counter[str]] = {}
    for name, row in zip(names, rows, strict=True):
        last.setdefault(name, Counter())[row[-1] if row else ""] += 1
    said = again = 0
    for page, name, row in zip(pages, names, rows, strict=True):
        for at, line in enumerate(row):
            alike, mine = _alike(line), last[name]
            signed = name and at == len(row) - 1 and mine.total() >= 3 and mine[line] >= 0.8 * mine.total()
            if (
                everywhere[alike] >= max(3, 0.4 * len(rows))
                or (size[page] >= 3 and on_page[page][alike] >= 0.6 * size[page])
                or signed
            ):
                again += len(line)
            else:
                said += len(line)
    return said - 3.0 * again


def _alike(line: str) -> str:
    return re.sub(r"\d+", "0", line.strip())
