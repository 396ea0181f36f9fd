"""From a post's markup to the text that a visitor sees."""

from __future__ import annotations

import re
from functools import lru_cache
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
#: The parser's time grows with the square of how deep tags stand in one another, and of the attributes of one tag. Two
#: thousand of either cost milliseconds, what fits on the longest page would cost hours. Only large pages are looked at.
_DEEPEST, _MOST_ATTRIBUTES = 2_000, 2_000
_TAGS_FROM, _LETTERS_FROM = 8_000, 60_000
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_ATTRIBUTE = r"[\s/]*+=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+"
_WITH_ATTRIBUTES = re.compile(rf"<[A-Za-z][^\s/>]*+((?>{_ATTRIBUTE})*+)")
#: Tags that hold nothing, or that another of their kind closes.
_CLOSED = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    }
    | {"a", "body", "dd", "dt", "head", "html", "li", "optgroup", "option", "p"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr"}
)
#: A link within the host that needs no more than to be put behind its base: no scheme, no dots to resolve.
_PLAIN = re.compile(r"(?!.*(?:/\.|[\s\\\x00-\x1f]))(?:/(?!/)|\?.|[\w-]+\.php(?=[?#]|$))")
#: An address that is whole and has nothing to leave out (an empty query, parameters or fragment).
_WHOLE = re.compile(
    r"https?://[\w.:-]+/(?:[\w.,!$%&'()*+/:=@~-]*)(?:\?[\w.,!$%&'()*+/:;=?@~-]+)?(?:#[\w.:=~-]+)?", re.ASCII
)
_SPACE = re.compile(r"\s+")
_UNEVEN = re.compile(r"[^\S ]|  ")
_NUMBER = re.compile(r"\d{1,12}")
_THOUSANDS = re.compile(r"(?<=\d)[,.\u00a0](?=\d{3})")
_GAPS = re.compile(r"\n{3,}")
#: Quotes in quotes marked one by one; what lies deeper is marked as deep as this.
_DEEPEST_QUOTE = 20


def parse(text: str) -> LexborHTMLParser:
    """A page's tree. ``PageUnreadable`` when it is nested deeper, or a tag has more attributes, than on any board's
    page."""
    if text.count("<") > _TAGS_FROM and _depth(text) > _DEEPEST:
        raise PageUnreadable(f"the page nests tags more than {_DEEPEST} deep")
    if len(text) > _LETTERS_FROM and _attributes(text) > _MOST_ATTRIBUTES:
        raise PageUnreadable(f"a tag of the page has more than {_MOST_ATTRIBUTES} attributes")
    return LexborHTMLParser(text)


def _depth(text: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _CLOSED:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _attributes(text: str) -> int:
    """The most attributes of one tag, where there may be too many; each tag is read once, as the parser reads it."""
    most = 0
    for tag in _WITH_ATTRIBUTES.finditer(text):
        if tag.end() - tag.start() > 2 * _MOST_ATTRIBUTES:
            most = max(most, sum(1 for _ in re.finditer(_ATTRIBUTE, tag[1])))
    return most


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
    return " ".join(node.text(separator="").split()) if node else ""


def visible(
    node: LexborNode, skip: tuple[str, ...] = (), blocks: tuple[str, ...] = (), quotes: tuple[str, ...] = ()
) -> str:
    """The visible text below a node: blocks on lines of their own, quotes as lines that begin with ``> ``,
    code as typed, on lines that begin with four blanks where it stands alone. ``skip``: CSS selectors of parts
    that are not the author's; ``blocks``: of elements that the engine's style shows as blocks; ``quotes``: of
    quotes that are no ``blockquote``. The node itself is no quote, whatever its tag.

    Walks without recursion, so that no depth of nesting can exhaust Python's stack.
    """
    skipped, quoted = _found(node, skip), _found(node, quotes)
    shown = _found(node, blocks) | quoted
    root = node.mem_id
    lines: list[tuple[int, list[str]]] = [(0, [])]  # the pieces of a line, none of them empty
    coded: set[int] = set()  # lines that hold code, and those that hold other words
    worded: set[int] = set()
    left_behind: list[tuple[int, int, bool, bool]] = []  # of open elements: depth, code before them; block

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

    at: LexborNode | None = node
    depth, code = 0, False
    for _ in range(_MOST_NODES):
        assert at is not None
        tag = at.tag or ""
        if tag == "-text":
            raw = at.text_content or ""
            if "\u00a0" in raw:
                raw = raw.replace("\u00a0", " ")
            if code:
                for number, line in enumerate(raw.split("\n")):
                    if number:
                        lines.append((depth, []))
                    write(line, coded)
            else:
                words = _SPACE.sub(" ", raw) if _UNEVEN.search(raw) else raw
                pieces = lines[-1][1]
                write(words.lstrip() if not pieces or pieces[-1].endswith(" ") else words, worded)
        elif tag == "br":
            lines.append((depth, []))
        elif not (tag.startswith("-") or tag in _HIDDEN or (skipped and at.mem_id in skipped)):
            key = at.mem_id
            quote = (tag == "blockquote" and key != root) or key in quoted
            block = tag in _BLOCKS or key in shown
            if block or tag == "code":
                left_behind.append((key, depth, code, block))
                depth = min(depth + quote, _DEEPEST_QUOTE)
                code = code or tag in ("pre", "code")
                if block:
                    break_line(depth)
            inner = at.child
            if inner is not None:
                at = inner
                continue
        while at is not None:  # to what stands behind it, out of all elements that end there
            if left_behind and left_behind[-1][0] == at.mem_id:
                _, depth, code, block = left_behind.pop()
                if block:
                    break_line(depth)
            if at.mem_id == root:
                at = None
                break
            following = at.next
            if following is not None:
                at = following
                break
            at = at.parent
        if at is None:
            break
    alone = coded - worded
    joined = (
        ("> " * depth + "    " * (at in alone), "".join(pieces).rstrip())
        for at, (depth, pieces) in enumerate(lines)
    )
    text = "\n".join(before + line if line else "" for before, line in joined)
    return _GAPS.sub("\n\n", text).strip("\n")


def _found(node: LexborNode, selectors: tuple[str, ...]) -> set[int]:
    return {found.mem_id for found in node.css(",".join(selectors))} if selectors else set()


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
    if not target:
        return None
    if _PLAIN.match(target):  # what most links are, a tenth of the time
        origin, folder, path = _parts(base)
        if target[0] == "/":
            return f"{origin}{target}"
        return f"{path}{target}" if target[0] == "?" else f"{folder}{target}"
    if _WHOLE.fullmatch(target):
        return target
    try:
        return urljoin(base, target)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _parts(base: str) -> tuple[str, str, str]:
    """A page's origin, the folder of its path, and its address without query."""
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    path = parts.path or "/"
    return origin, f"{origin}{path.rpartition('/')[0]}/", f"{origin}{path}"


def parameter(url: str | None, name: str) -> str | None:
    """The number that an address's parameter holds, as text; the last where it is given twice."""
    values = re.findall(rf"[?&]{name}=([^&#]*)", url or "")
    return values[-1] if values and re.fullmatch(r"[0-9]{1,12}", values[-1]) else None


def number(text: str) -> int | None:
    """The first whole number of a text such as ``5,622``; None when there is none."""
    found = _NUMBER.search(_THOUSANDS.sub("", text))
    return int(found[0]) if found else None


def abbreviated(text: str) -> int | None:
    """A count that a board may shorten, such as ``1.2K``."""
    found = re.search(r"(?<!\d)(\d{1,6}(?:[.,]\d{1,6})?)\s?([KMB])\b", text, re.I)
    if found is None:
        return number(text)
    return round(float(found[1].replace(",", ".")) * {"k": 10**3, "m": 10**6, "b": 10**9}[found[2].lower()])
