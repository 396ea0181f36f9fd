"""From pages of threads to how their posts are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from crawler.adapter import Page
from crawler.induction.boards import shared_depth
from crawler.induction.bodies import body_of
from crawler.induction.evidence import is_name, monotone, name_part
from crawler.induction.groups import groups
from crawler.induction.slots import Sample, Slot, selectors, slots_of
from crawler.markup import inline, parse, visible
from crawler.paging import infer_paging
from crawler.profile import Paging, Part, Records, ThreadLayout
from crawler.records import cut, text_of

_EDIT = re.compile(
    r"\bedit(ed|iert|ado|é)?\b|last modified|modifi|редактир|изменено|编辑|修改|diubah|disunting|geändert"
    r"|güncellen",
    re.I,
)
_SIGNATURE = re.compile(r"(^|[\W_])sig(nature|nat)?([\W_]|$)|signature", re.I)
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Hint:
    """What a board page said of the thread on a page."""

    title: str = ""
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Induced:
    """A layout, how much speaks for it, and the slots of its records."""

    layout: ThreadLayout
    score: float
    slots: tuple[Slot, ...]


def induce_thread(
    pages: Sequence[Page], hints: Sequence[Hint] = (), forced: Mapping[str, str] | None = None
) -> Induced | None:
    """The layout of threads' pages, two or more posts together; None when nothing on them looks like posts. ``hints``:
    one a page. May raise ``PageUnreadable``."""
    trees = [parse(page.text) for page in pages]
    told = dict(zip((page.url for page in pages), hints, strict=False))
    best: Induced | None = None
    for records in groups(trees, _LEAST):
        samples = [
            Sample(record, page)
            for tree, page in zip(trees, pages, strict=True)
            for record in cut(tree, records)
        ]
        if len(samples) < _LEAST:
            continue
        found = _layout(records, samples, trees, pages, told, forced or {})
        if found and (best is None or found.score > best.score):
            best = found
    return best


def _layout(
    records: Records,
    samples: Sequence[Sample],
    trees: Sequence[LexborHTMLParser],
    pages: Sequence[Page],
    hints: Mapping[str, Hint],
    forced: Mapping[str, str],
) -> Induced | None:
    slots = slots_of(samples)
    by_css = {slot.css: slot for slot in slots}
    outside = [slot for slot in slots if "blockquote" not in slot.css and not _quoted(slot)]
    posted = by_css.get(forced.get("posted", "")) or _posted(outside)
    author = _author(outside, posted, hints, forced.get("author"))
    if posted is None and author is None:
        return None
    named = by_css.get(author[0].css) if author else None
    pointed = by_css.get(forced.get("text", ""))
    held = (pointed, ()) if pointed else body_of(slots, posted, named)
    body, within = held or (None, ())
    text = Part(css=body.css) if body else Part(css="body")
    if body is None and records.each == "whole":
        return None
    edited = _edited(slots, posted)
    signature = next((slot for slot in slots if _SIGNATURE.search(_own(slot)) and slot.coverage < 1.01), None)
    skip = tuple(dict.fromkeys((*within, *_skipped(body, posted, named, edited, signature, slots))))[:20]
    words = sum(len(_text(sample, text, skip)) for sample in samples)
    if _linked(samples, text) > 0.5 * words:
        return None  # a list of links, such as a board's
    if words < 10 * len(samples) and words < 200:
        return None
    key = _key(samples, slots)
    layout = ThreadLayout(
        records=records,
        text=text,
        skip=skip,
        author=author[0] if author else None,
        posted=posted.as_time() if posted else None,
        edited=edited.as_time() if edited else None,
        signature=Part(css=signature.css) if signature else None,
        key=key,
        title=_title(trees, pages, hints),
        paging=_paging(trees, pages, records),
    )
    whole = sum(len(tree.body.text()) if tree.body else 0 for tree in trees)
    score = (
        3.0 * min(words / max(whole, 1), 1.0)
        + (1.5 + 0.5 * posted.dated + 0.5 * monotone(posted) if posted else 0.0)
        + (1.0 + 0.4 * min(author[1], 3.0) if author else 0.0)
        + 0.5 * bool(key)
        + 0.2 * (body is not None)
        - 0.3 * (records.each != "whole")
    )
    return Induced(layout, score, tuple(slots))


def _own(slot: Slot) -> str:
    node = next((node for node in slot.nodes if node), None)
    return f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}" if node else ""


def _quoted(slot: Slot) -> bool:
    """Whether an element stands in a quotation in most records."""
    inside = total = 0
    for node in slot.nodes:
        if node is None:
            continue
        total += 1
        up = node
        while up is not None and up.tag not in ("blockquote", "body", None):
            up = up.parent  # type: ignore[assignment]
        inside += up is not None and up.tag == "blockquote"
    return inside > 0.5 * max(total, 1)


def _posted(slots: Sequence[Slot]) -> Slot | None:
    """When each post was written: a time in every record, in order down the page."""
    best: tuple[float, Slot] | None = None
    for slot in slots:
        if slot.dated < 0.6 or slot.own:
            continue
        differ = len({instant.at for instant in slot.instants if instant.at}) / len(slot.instants)
        value = (
            3 * slot.dated
            + 1.5 * monotone(slot)
            + differ
            - 0.004 * slot.length
            - 0.6 * bool(_EDIT.search(slot.hint))
        )
        if best is None or value > best[0] + 0.05:
            best = value, slot
    return best[1] if best else None


def _author(
    slots: Sequence[Slot], posted: Slot | None, hints: Mapping[str, Hint], forced: str | None
) -> tuple[Part, float] | None:
    """Who wrote each post; who began the thread on the board's page wrote its first."""
    best: tuple[float, Part] | None = None
    firsts: dict[str, int] = {}
    if slots:
        for at, sample in enumerate(slots[0].samples):
            firsts.setdefault(sample.page.url, at)
    for slot in slots:
        if slot.coverage < 0.6 and slot.css != forced:
            continue
        read = name_part(slot)
        if read is None:
            continue
        part, names = read
        if slot.css == forced:
            return part, 9.0
        value = is_name(slot, names)
        if value < 0.9:
            continue
        asked = [
            (names[at], hints[url].author) for url, at in firsts.items() if url in hints and hints[url].author
        ]
        if asked:
            agree = sum(name == author for name, author in asked) / len(asked)
            value += 1.5 * agree - 0.5 * (agree == 0)
        value -= 0.3 * bool(part.after or part.before)
        if posted is not None and slot.css != posted.css:
            near = sum(shared_depth(a, b) for a, b in zip(slot.nodes, posted.nodes, strict=True) if a and b)
            value += 0.01 * near / len(names)
        value += 0.5 * slot.coverage - 0.001 * slot.order
        if best is None or value > best[0] + 0.05:
            best = value, part
    return (best[1], best[0]) if best else None


def _edited(slots: Sequence[Slot], posted: Slot | None) -> Slot | None:
    """A note that the post was edited: its words, with a time; few posts have one."""
    for slot in slots:
        said = [text for text in slot.texts if text]
        if slot is posted or not said or slot.length > 200:
            continue
        if sum(bool(_EDIT.search(text)) for text in said) < 0.9 * len(said):
            continue
        if sum(instant.at is not None for instant in slot.instants) >= 0.5 * len(said):
            return slot
    return None


def _skipped(
    body: Slot | None,
    posted: Slot | None,
    author: Slot | None,
    edited: Slot | None,
    signature: Slot | None,
    slots: Sequence[Slot],
) -> tuple[str, ...]:
    """What of the text's element is not the author's: notes of edits, signatures; and, where the text has no element
    of its own, all other fields and what every post repeats."""
    skip = [
        slot.css
        for slot in (edited, signature)
        if slot is not None and (body is None or body.above(slot) > 0)
    ]
    if body is None:
        skip += [slot.css for slot in (posted, author) if slot is not None]
        for slot in slots:
            said = [text for text in slot.texts if text]
            same = Counter(re.sub(r"\d+", "0", text) for text in said).most_common(1)
            if (
                same
                and len(said) >= 3
                and same[0][1] > 0.8 * len(said)
                and slot.coverage > 0.8
                and slot.length < 80
            ):
                skip.append(slot.css)
    return tuple(dict.fromkeys(skip))[:20]


def _text(sample: Sample, part: Part, skip: tuple[str, ...]) -> str:
    node = sample.record.find(part)
    return visible(node, skip=skip) if node is not None else ""


def _linked(samples: Sequence[Sample], part: Part) -> int:
    """Characters of the text that are links."""
    nodes = [sample.record.find(part) for sample in samples]
    return sum(len(inline(link)) for node in nodes if node is not None for link in node.css("a[href]"))


def _key(samples: Sequence[Sample], slots: Sequence[Slot]) -> Part | None:
    """The attribute that holds each post's own number: an anchor, an id, or the fragment of a link to it."""
    root = next(
        (
            node
            for node in samples[0].record.body.css("*")
            if node.tag not in ("table", "tbody", "dl", "body")
        ),
        None,
    )
    options = [(css, "id") for css in ([f"{root.tag}[id]"] if root is not None else [])]
    options += [("[id]", "id"), ("a[name]", "name"), ("a[href*='#']", "href"), ("[data-id]", "data-id")]
    options += [("[data-post-id]", "data-post-id"), ("[data-pid]", "data-pid"), ("[data-post]", "data-post")]
    options += [(slot.css, "href") for slot in slots if slot.coverage > 0.95 and slot.links.count(None) == 0]
    options += [(slot.css, "id") for slot in slots if slot.coverage > 0.95]
    for css, attribute in options:
        part = Part(css=css, attr=attribute)
        values = [text_of(sample.record.find(part), part) for sample in samples]
        heads = {re.sub(r"\d+(?!.*\d)", "", value) for value in values} if attribute != "href" else set()
        numbers = [found[-1] for value in values if (found := re.findall(r"\d+", value))]
        if len(numbers) == len(values) == len(set(numbers)) and len(heads) <= 1:
            return part
    return None


def _title(
    trees: Sequence[LexborHTMLParser], pages: Sequence[Page], hints: Mapping[str, Hint]
) -> Part | None:
    """Where the page says its thread's title: the same words as on the board's page."""
    known = [
        (tree, hints[page.url].title) for tree, page in zip(trees, pages, strict=True) if page.url in hints
    ]
    known = [(tree, title) for tree, title in known if title]
    for tree, title in known[:1]:
        for css in ("h1", "h2", "h3", "h4"):
            if all(inline(other.css_first(css)) == words for other, words in known):
                return Part(css=css)
        for node in tree.css("a, b, strong, span, td, th, div, font, dt")[:1500]:
            if inline(node) != title:
                continue
            for _, css in sorted(selectors(node)):
                part = Part(css=css)
                if all(text_of(other.css_first(css), part) == words for other, words in known):
                    return part
        for css in ("h1", "h2", "h3", "h4", "title"):
            found = _words_around(tree, css, title)
            if found is not None and all(
                text_of(other.css_first(css), found) == words for other, words in known
            ):
                return found
    if known:
        return None
    for css in ("h1", "h2", "h3"):
        said = [inline(tree.css_first(css)) for tree in trees]
        if all(said) and (
            len(set(said)) == len({page.url.split("?")[0] for page in pages}) or len(trees) == 1
        ):
            return Part(css=css)
    return None


def _words_around(tree: LexborHTMLParser, css: str, title: str) -> Part | None:
    said = inline(tree.css_first(css))
    if not said or title not in said:
        return None
    head, _, tail = said.partition(title)
    if len(head) > 60 or len(tail) > 60:
        return None
    return Part(css=css, after=head.strip(), before=tail.strip())


def _paging(trees: Sequence[LexborHTMLParser], pages: Sequence[Page], records: Records) -> Paging | None:
    for tree, page in zip(trees, pages, strict=True):
        inside = {link for record in cut(tree, records) for link in record.links}
        paging = infer_paging(tree, page.url, inside)
        if paging:
            return paging
    return None
