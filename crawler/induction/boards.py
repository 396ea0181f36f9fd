"""From pages of a board to how its threads are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.adapter import Page
from crawler.induction.counts import counts_of
from crawler.induction.evidence import falling, is_name, name_part, one_family
from crawler.induction.groups import groups
from crawler.induction.slots import Sample, Slot, slots_of
from crawler.links import family, form_of, key_of
from crawler.markup import absolute, parse
from crawler.paging import infer_paging
from crawler.profile import BoardLayout, Paging, Part, Records
from crawler.records import cut

_LEAST = 3


@dataclass(frozen=True, slots=True)
class Induced:
    """A layout, how much speaks for it, and the slots of its records, for a person to point at."""

    layout: BoardLayout
    score: float
    slots: tuple[Slot, ...]


def induce_board(pages: Sequence[Page], forced: Mapping[str, str] | None = None) -> Induced | None:
    """The layout of boards' pages, of one board or several; None when nothing on them looks like threads. ``forced``:
    the selector of a field by its name, as a person pointed at it. May raise ``PageUnreadable``."""
    trees = [parse(page.text) for page in pages]
    best: Induced | None = None
    for records in groups(trees, _LEAST):
        samples = [
            Sample(record, page)
            for tree, page in zip(trees, pages, strict=True)
            for record in cut(tree, records)
        ]
        if len(samples) < _LEAST:
            continue
        found = _layout(records, samples, trees, pages, forced or {})
        if found and (best is None or found.score > best.score):
            best = found
    return best


def _layout(
    records: Records,
    samples: Sequence[Sample],
    trees: Sequence[LexborHTMLParser],
    pages: Sequence[Page],
    forced: Mapping[str, str],
) -> Induced | None:
    slots = slots_of(samples)
    title = _title(slots, forced.get("title"))
    if title is None:
        return None
    name, _, _ = one_family(title.links)
    links = [link for link in title.links if link and family(link) == name]
    form = form_of(links, _own_segments(pages))
    if form is None:
        return None
    whole = len(samples)
    real = [at for at, link in enumerate(title.links) if link and key_of(form, link)]
    if len(real) < _LEAST or len({key_of(form, title.links[at] or "") for at in real}) < 0.8 * len(real):
        return None
    samples = [samples[at] for at in real]
    slots = slots_of(samples)
    title = next((slot for slot in slots if slot.css == title.css), None) or Slot(
        title.css, samples, tuple(title.nodes[at] for at in real), title.order
    )
    if _several(samples, form):
        return None
    dates = _dates(slots, title, forced)
    authors = _authors(slots, title, dates[1], forced)
    counts = counts_of(slots, trees, (*dates, title), forced)
    layout = BoardLayout(
        records=records,
        link=Part(css=title.css),
        thread=form,
        author=authors[0],
        created=dates[0].as_time() if dates[0] else None,
        last_activity=dates[1].as_time() if dates[1] else None,
        last_author=authors[1],
        replies=counts[0],
        views=counts[1],
        paging=_paging(trees, pages, records, form),
    )
    fields = (
        2.0 * bool(dates[1]) + 1.0 * bool(dates[0]) + 1.5 * bool(authors[0]) + 0.5 * bool(authors[1])
    ) + (0.5 * bool(counts[0]) + 0.5 * bool(counts[1]))
    if not (dates[1] or authors[0] or counts[0]) and (median(map(len, title.texts)) < 12 or len(real) < 8):
        return None
    words = min(median(len(text) for text in title.texts) / 20, 1.0)
    score = (fields + words + 0.5 * title.distinct) * len(real) ** 0.5
    score *= (len(real) / whole) ** 0.5
    return Induced(layout, score * (0.9 if records.each != "whole" else 1.0), tuple(slots))


def _own_segments(pages: Sequence[Page]) -> set[str]:
    """What in the path of a board's address names the board, so that another board has something else there."""
    paths = [urlsplit(page.url).path.strip("/").split("/") for page in pages]
    return {
        segment
        for path in paths
        for at, segment in enumerate(path)
        if "." not in segment
        and (any(other[at : at + 1] != [segment] for other in paths) or (len(paths) == 1 and at > 0))
    }


def _title(slots: Sequence[Slot], forced: str | None) -> Slot | None:
    """The link with which each record leads to a page of its own: of those, the one that says most."""
    best: tuple[float, Slot] | None = None
    for slot in slots:
        if forced is not None:
            if slot.css == forced:
                return slot
            continue
        first = next((node for node in slot.nodes if node), None)
        if first is None or (first.tag != "a" and slot.length > 200):
            continue
        if first.tag != "a":
            continue
        _, share, distinct = one_family(slot.links)
        if share < 0.5 or distinct < 0.9 or slot.length < 2:
            continue
        looks_dated = slot.dated > 0.5 and slot.length < 30
        if looks_dated or all(text.strip("[]#").isdecimal() for text in slot.texts if text):
            continue
        names = is_name(slot, slot.texts)
        value = min(slot.length, 60) / 20 + 2 * share + slot.distinct - (2.0 if names > 2.2 else 0.0)
        if best is None or value > best[0] + 0.05:
            best = value, slot
    return best[1] if best else None


def _several(samples: Sequence[Sample], form: str) -> bool:
    """Whether a record holds links to several threads: then it is more than one record."""
    many = 0
    for sample in samples:
        keys = {
            key
            for link in sample.record.tree.css("a[href]")
            if (key := key_of(form, _absolute(sample.page, link)))
        }
        many += len(keys) > 1
    return many > 0.3 * len(samples)


def _absolute(page: Page, link: LexborNode) -> str:
    return absolute(page.url, link) or ""


def _dates(slots: Sequence[Slot], title: Slot, forced: Mapping[str, str]) -> tuple[Slot | None, Slot | None]:
    """When a thread began, and when it was last moved."""
    by_css = {slot.css: slot for slot in slots}
    dated = [slot for slot in slots if slot.dated >= 0.6 and (slot.own or slot.above(title) < 0.5)]
    apart: list[Slot] = []
    for slot in dated:  # the widest element of each date; one inside it says the same
        times = tuple(instant.at for instant in slot.instants)
        twin = next((a for a in apart if tuple(i.at for i in a.instants) == times), None)
        if twin is None:
            apart.append(slot)
        elif slot.length < twin.length and not slot.own:
            apart[apart.index(twin)] = slot
    apart = [
        slot
        for slot in apart
        if not any(
            other is not slot
            and other.dated >= slot.dated
            and other.nodes != slot.nodes
            and slot.above(other) > 0.5
            and _agrees(slot, other)
            for other in apart
        )
    ]
    last = created = None
    if apart:
        last = max(
            apart, key=lambda slot: (_latest(slot, apart), round(falling(slot), 1), slot.dated, slot.order)
        )
        others = [
            slot
            for slot in apart
            if slot is not last and _times(slot) != _times(last) and slot.above(last) < 0.5
        ]
        older = [slot for slot in others if _earlier(slot, last) > 0.9]
        created = max(older, key=lambda slot: (round(slot.dated, 1), -slot.length), default=None)
    created = by_css.get(forced.get("created", "")) or created
    last = by_css.get(forced.get("last_activity", "")) or last
    return created, last


def _times(slot: Slot) -> tuple[object, ...]:
    return tuple(instant.at for instant in slot.instants)


def _agrees(outer: Slot, inner: Slot) -> bool:
    pairs = [(a.at, b.at) for a, b in zip(outer.instants, inner.instants, strict=True) if a.at and b.at]
    return bool(pairs) and sum(a == b for a, b in pairs) > 0.9 * len(pairs)


def _latest(slot: Slot, others: Sequence[Slot]) -> bool:
    return all(other is slot or _earlier(other, slot) > 0.9 for other in others)


def _earlier(slot: Slot, later: Slot) -> float:
    pairs = [(a.at, b.at) for a, b in zip(slot.instants, later.instants, strict=True) if a.at and b.at]
    return sum(a <= b for a, b in pairs) / len(pairs) if pairs else 0.0


def _authors(
    slots: Sequence[Slot], title: Slot, last: Slot | None, forced: Mapping[str, str]
) -> tuple[Part | None, Part | None]:
    """Who began a thread, and who wrote last."""
    found: list[tuple[float, Slot, Part]] = []
    for slot in slots:
        if slot.css == title.css or (slot.above(title) > 0.5 and not slot.own) or slot.coverage < 0.5:
            continue
        read = name_part(slot)
        if read is None:
            continue
        part, names = read
        if slot.css in (forced.get("author"), forced.get("last_author")):
            found.append((9.0, slot, part))
        elif (score := is_name(slot, names)) >= 1.2:
            found.append((score, slot, part))
    at_last = [each for each in found if last is not None and _near(each[1], last, title)]
    others = [each for each in found if not any(each is one for one in at_last)]
    author = _best(others, forced.get("author"))
    last_author = _best(at_last, forced.get("last_author"))
    if author is None and last_author and not forced.get("last_author"):
        first = min(each[1].order for each in at_last)
        if first < title.order + 6 and last is not None and not _cells_apart(title, last):
            return last_author, None
    return author, last_author


def _best(found: Sequence[tuple[float, Slot, Part]], forced: str | None) -> Part | None:
    for _, slot, part in found:
        if slot.css == forced:
            return part
    if not found:
        return None
    return max(found, key=lambda each: (round(each[0], 1), -each[1].order))[2]


def _near(slot: Slot, last: Slot, title: Slot) -> bool:
    """Whether an element stands closer to the time of the last post than to the title."""
    to_last = to_title = 0.0
    for mine, theirs, named in zip(slot.nodes, last.nodes, title.nodes, strict=True):
        if mine and theirs and named:
            to_last += shared_depth(mine, theirs)
            to_title += shared_depth(mine, named)
    return to_last > to_title or (to_last == to_title and slot.order > last.order > title.order)


def _cells_apart(one: Slot, other: Slot) -> bool:
    pairs = [(a, b) for a, b in zip(one.nodes, other.nodes, strict=True) if a and b]
    return bool(pairs) and sum(_cell(a) != _cell(b) for a, b in pairs) > 0.5 * len(pairs)


def _cell(node: LexborNode) -> int:
    up: LexborNode | None = node
    while up is not None and up.tag not in ("td", "th"):
        up = up.parent
    return up.mem_id if up is not None else 0


def shared_depth(one: LexborNode, other: LexborNode) -> int:
    """How deep the nearest element above both lies."""
    above = []
    up: LexborNode | None = one
    while up is not None:
        above.append(up.mem_id)
        up = up.parent
    down: LexborNode | None = other
    while down is not None:
        if down.mem_id in above:
            return len(above) - above.index(down.mem_id)
        down = down.parent
    return 0


def _paging(
    trees: Sequence[LexborHTMLParser], pages: Sequence[Page], records: Records, form: str
) -> Paging | None:
    for tree, page in zip(trees, pages, strict=True):
        inside = {
            link
            for record in cut(tree, records)
            for link in record.links
            if any(key_of(form, _absolute(page, each)) for each in record.tree.css("a[href]"))
        }
        paging = infer_paging(tree, page.url, inside)
        if paging:
            return paging
    return None
