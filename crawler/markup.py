"""From a post's markup to the text that a visitor sees."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from config.errors import PageUnreadable
from crawler.adapter import Mark, Page

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre"}
    | {"section", "table", "td", "th", "tr", "ul"}
)
_HIDDEN = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "button",
        "input",
        "select",
        "textarea",
        "iframe",
        "svg",
        "head",
    }
)
#: Nodes read of one post. A page of ten thousand nested tags is no post, and must cost no more than one.
_MOST_NODES = 100_000
#: Tags opened on one page. The parser's time grows with the square of their nesting: 4 s for so many in one
#: another, minutes for what fits on the longest page.
_MOST_TAGS = 40_000
#: Quotes in quotes marked one by one; what lies deeper is marked as deep as this.
_DEEPEST_QUOTE = 20


def parse(text: str) -> LexborHTMLParser:
    """A page's tree. ``PageUnreadable`` when it opens more tags than any board's page does."""
    if text.count("<") - text.count("</") > _MOST_TAGS:
        raise PageUnreadable(f"the page opens more than {_MOST_TAGS} tags")
    return LexborHTMLParser(text)


def marks_on(page: Page, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Those of an engine's marks that a page bears. May raise ``PageUnreadable``."""
    tree = parse(page.text)
    return tuple(
        mark
        for mark in marks
        if any(not mark.says or re.search(mark.says, node.text()) for node in tree.css(mark.css))
    )


def inline(node: LexborNode | None) -> str:
    """A node's text on one line; empty for None."""
    return " ".join(node.text(separator="").replace("\u00a0", " ").split()) if node else ""


def visible(
    node: LexborNode, skip: tuple[str, ...] = (), blocks: tuple[str, ...] = (), quotes: tuple[str, ...] = ()
) -> str:
    """The visible text below a node: blocks on lines of their own, quotes as lines that begin with ``> ``,
    code as typed, on lines that begin with four blanks where it stands alone. ``skip``: CSS selectors of parts
    that are not the author's; ``blocks``: of elements that the engine's style shows as blocks; ``quotes``: of
    quotes that are no ``blockquote``. The node itself is no quote, whatever its tag.

    Walks with a stack of its own, so that no depth of nesting can exhaust Python's.
    """
    skipped = {found.mem_id for selector in skip for found in node.css(selector)}
    shown = {found.mem_id for selector in blocks for found in node.css(selector)}
    quoted = {found.mem_id for selector in quotes for found in node.css(selector)}
    shown |= quoted
    lines: list[tuple[int, list[str]]] = [(0, [])]  # the pieces of a line, none of them empty
    coded: set[int] = set()  # lines that hold code, and those that hold other words
    worded: set[int] = set()

    def break_line(depth: int) -> None:
        if lines[-1][1]:
            lines.append((depth, []))
        else:
            lines[-1] = (depth, [])

    def write(text: str, kind: set[int]) -> None:
        if text:
            lines[-1][1].append(text)
            if not text.isspace():
                kind.add(len(lines) - 1)

    # (node, quote depth, inside code, leaving)
    stack: list[tuple[LexborNode, int, bool, bool]] = [(node, 0, False, False)]
    left = _MOST_NODES
    while stack and left:
        left -= 1
        at, depth, code, leaving = stack.pop()
        tag = at.tag or ""
        if leaving:
            break_line(depth)
            continue
        if tag == "-text":
            raw = (at.text_content or "").replace("\u00a0", " ")
            if code:
                for number, line in enumerate(raw.split("\n")):
                    if number:
                        lines.append((depth, []))
                    write(line, coded)
            else:
                words = re.sub(r"\s+", " ", raw)
                write(words.lstrip() if not lines[-1][1] or lines[-1][1][-1].endswith(" ") else words, worded)
            continue
        if tag.startswith("-") or tag in _HIDDEN or at.mem_id in skipped:
            continue
        if tag == "br":
            lines.append((depth, []))
            continue
        quote = (tag == "blockquote" and at.mem_id != node.mem_id) or at.mem_id in quoted
        inner = min(depth + quote, _DEEPEST_QUOTE)
        block = tag in _BLOCKS or at.mem_id in shown
        if block:
            break_line(inner)
            stack.append((at, depth, code, True))
        children = []
        child = at.child
        while child is not None:
            children.append((child, inner, code or tag in ("pre", "code"), False))
            child = child.next
        stack += reversed(children)
    alone = coded - worded
    joined = (
        ("> " * depth + "    " * (at in alone), "".join(pieces).rstrip())
        for at, (depth, pieces) in enumerate(lines)
    )
    text = "\n".join(before + line if line else "" for before, line in joined)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def spell_smileys(node: LexborNode, selector: str) -> None:
    """Put what the author typed in the place of the small pictures that the engine made of it: a price such as
    ``(8)`` is one on some boards."""
    for picture in node.css(selector):
        picture.replace_with(picture.attributes.get("alt") or "")


def with_page(url: str, page: int) -> str:
    """The address with its ``page`` parameter set; the first page has none, and stays as it is without."""
    parts = urlsplit(url)
    if page == 1 and "page=" not in parts.query:
        return url.split("#")[0]
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    query.pop("page", None)
    if page > 1:
        query["page"] = str(page)
    return urlunsplit((*parts[:3], urlencode(query), ""))


def absolute(base: str, node: LexborNode | None) -> str | None:
    """A link's address, or None when it has none or one that is no address."""
    target = (node.attributes.get("href") or "").strip() if node else ""
    try:
        return urljoin(base, target) if target else None
    except ValueError:
        return None


def number(text: str) -> int | None:
    """The first whole number of a text such as ``5,622``; None when there is none."""
    found = re.search(r"\d{1,12}", re.sub(r"(?<=\d)[,.\u00a0](?=\d{3})", "", text))
    return int(found[0]) if found else None


def abbreviated(text: str) -> int | None:
    """A count that a board may shorten, such as ``1.2K``."""
    found = re.search(r"(\d+(?:[.,]\d+)?)\s?([KMB])\b", text, re.I)
    if found is None:
        return number(text)
    return round(float(found[1].replace(",", ".")) * {"k": 10**3, "m": 10**6, "b": 10**9}[found[2].lower()])
