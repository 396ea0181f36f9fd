"""How many replies and views a board page tells of each thread."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.induction.evidence import cut_name
from crawler.induction.slots import Slot
from crawler.markup import inline, number
from crawler.profile import Part

_REPLIES = re.compile(
    r"repl|answer|comment|posts?\b|messages|ответ|сообщ|回复|回覆|respuesta|réponse|antwort|balasan|jawab|risposte|odpowied",
    re.I,
)
_VIEWS = re.compile(
    r"view|hits|reads|seen|просмотр|浏览|查看|点击|vista|visita|vues|lectures|aufruf|dilihat|visite", re.I
)
_COUNT = re.compile(r"^\D{0,24}\d[\d.,\u00a0]*\s?[kKmM]?\D{0,24}$")


def counts_of(
    slots: Sequence[Slot],
    trees: Sequence[LexborHTMLParser],
    taken: Sequence[Slot | None],
    forced: Mapping[str, str],
) -> tuple[Part | None, Part | None]:
    """How many replies and views: by column heads, labels and names; else replies come first."""
    title = taken[-1]
    slots = [
        slot
        for slot in slots
        if title is None or ((slot.own or slot.above(title) < 0.5) and title.above(slot) < 0.5)
    ]
    found = [_labelled(slots, _REPLIES), _labelled(slots, _VIEWS)]
    heads = _column_heads(trees)
    plain = [
        slot
        for slot in slots
        if not any(slot is each for each in taken)
        and (said := [text for text in slot.texts if text])
        and len(said) >= 0.6 * len(slot.texts)
        and sum(bool(_COUNT.match(text)) for text in said) >= 0.8 * len(said)
        and slot.dated < 0.3
    ]
    plain = [slot for slot in plain if not any(o is not slot and slot.above(o) > 0.5 for o in plain)]
    for slot in plain:
        head = f"{_head(slot, heads)} {_words(slot)}"
        says = f"{head} {slot.hint}"
        if _VIEWS.search(says) and not _REPLIES.search(head):
            found[1] = found[1] or Part(css=slot.css, own=slot.own)
        elif _REPLIES.search(says):
            found[0] = found[0] or Part(css=slot.css, own=slot.own)
    if found == [None, None] and len(plain) >= 2:
        one, two = [sum(number(text) or 0 for text in slot.texts) for slot in plain[:2]]
        order = (0, 1) if one <= two or not two else (1, 0)
        found = [Part(css=plain[at].css, own=plain[at].own) for at in order]
    elif found[0] is None:
        left = [slot for slot in plain if found[1] is None or slot.css != found[1].css]
        found[0] = Part(css=left[0].css, own=left[0].own) if len(left) == 1 and left[0].distinct < 1 else None
    if found[0] is not None and found[1] is None:  # one head for both: 回复/查看
        behind = [slot for slot in plain if slot.css != found[0].css and _VIEWS.search(_head(slot, heads))]
        found[1] = Part(css=behind[0].css, own=behind[0].own) if behind else None
    if found == [None, None]:  # TITLE (5)
        alone = next((slot for slot in slots if slot.css == "body" and slot.own), None)
        if alone and all(re.search(r"\(\d{1,5}\)$", text) for text in alone.texts if text):
            found[0] = Part(css="body", own=True, after="(", before=")")
    for at, name in enumerate(("replies", "views")):
        if name in forced:
            found[at] = Part(css=forced[name])
    return found[0], found[1]


def _labelled(slots: Sequence[Slot], label: re.Pattern[str]) -> Part | None:
    """A number with its label in a line that says other things as well."""
    best: tuple[int, Part] | None = None
    for slot in slots:
        texts = [text for text in slot.texts if text]
        if (
            slot.coverage < 0.6
            or not texts
            or slot.length > 160
            or sum(len(re.findall(r"\d+", t)) > 0 for t in texts) < len(texts)
        ):
            continue
        for text in texts[:1]:
            for found in label.finditer(text):
                word = re.match(r"\w*", text[found.start() :])
                whole = word[0] if word else found[0]
                part = None
                if re.match(r"\w*\s*[:=]?\s*\d", text[found.start() :]):
                    part = Part(css=slot.css, own=slot.own, after=whole)
                elif ahead := re.search(r"(\d[\d.,]*)\s*$", text[: found.start()]):
                    start = re.findall(r"[^\d\s]+\s*$", text[: ahead.start()])
                    part = Part(
                        css=slot.css,
                        own=slot.own,
                        before=text[ahead.end() : found.end()],
                        after=start[-1].strip() if start else "",
                    )
                if part is None:
                    continue
                good = sum(_plain_number(cut_name(each, part.after, part.before)) for each in texts)
                if good >= 0.7 * len(texts) and (best is None or len(text) < best[0]):
                    best = len(text), part
    return best[1] if best else None


def _plain_number(text: str) -> bool:
    return bool(re.match(r"^\W{0,3}\d[\d.,\u00a0]*\s?[kKmM]?(\b|$)", text))


def _words(slot: Slot) -> str:
    return re.sub(r"[\d.,]+", "", next((text for text in slot.texts if text), ""))


def _column_heads(trees: Sequence[LexborHTMLParser]) -> list[str]:
    for tree in trees:
        for row in tree.css("tr"):
            heads = [cell for cell in row.css("th, td") if cell.parent and cell.parent.mem_id == row.mem_id]
            said = [inline(cell) for cell in heads]
            if len(said) > 2 and any(
                _REPLIES.search(each) or _VIEWS.search(each) for each in said if len(each) < 20
            ):
                return [each for cell, each in zip(heads, said, strict=True) for _ in range(_span(cell))]
    return []


def _span(cell: LexborNode) -> int:
    said = cell.attributes.get("colspan") or "1"
    return min(int(said), 20) if said.isdecimal() else 1


def _head(slot: Slot, heads: Sequence[str]) -> str:
    node = next((node for node in slot.nodes if node), None)
    while node is not None and node.tag not in ("td", "th"):
        node = node.parent
    index = 0
    while node is not None and (before := node.prev) is not None:
        index += before.tag in ("td", "th")
        node = before
    return heads[index] if node is not None and index < len(heads) else ""
