"""Records that a page repeats, found by its structure: cards, rows of a table, entries under headings.

Elements that stand at the same place of the tree and bear the same name and first class are one group. The
group whose members hold the most kinds of evidence is the list; what counts as evidence is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.markup import absolute, inline, visible

#: What kinds of evidence a piece of text, or an element's tag and attributes, bears.
Evidence = Callable[[str, Mapping[str, str | None]], frozenset[str]]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "caption"})
_NEVER = frozenset({"body", "html", "main", "head", "nav", "header", "footer", "script", "style", "form"})
_CELL_PARTS = frozenset({"a", "b", "span", "th", "tr", "thead"})
_LEAVES = frozenset({"span", "b", "strong", "i", "em", "small", "br", "img", "time", "a", *_HEADINGS})
_TITLE = re.compile(r"(?:^|[-_ ])(?:title|name|company|victim|heading|header|subject)(?:$|[-_ ])", re.I)
_NO_TITLE = re.compile(r"file|user|seller|vendor|author|category|\bsub", re.I)
_FEWEST, _ENOUGH = 3, 2  # kinds of evidence that one or two records must bear, and each of more
_DEEPEST = 60
_MOST_CARDS = 1_000  # of one page
_APART = ("[class*=badge i]", "[class*=btn i]", "[class*=label i]", "[class*=tag i]", "[class*=status i]")
_PARTS = (*_APART, "span[class]", "small", "em", "time", "a[class]")
_MANY = 1.34  # so much more than a single record of all kinds are several of fewer
_PAGED = re.compile(
    r"^(?:next|older|more results|далее|след\w*|следующая|下一页|siguiente|weiter|suivant\w*)\b", re.I
)
_ARROWS = frozenset({"»", "›", "→", ">", ">>", "»»", "⟩", "❯"})
_LABELLED = re.compile(r"^([^\W\d][^:\uff1a\n]{1,38}?)\s*[:\uff1a]\s*(\S.*)$")
_LABEL_ALONE = re.compile(r"^([^\W\d][^:\uff1a\n]{1,38}?)\s*[:\uff1a]$")


@dataclass(frozen=True)
class Card:
    """One record: its elements in the page's order, and for a row of a table the names of its columns."""

    page_url: str
    nodes: tuple[LexborNode, ...]
    columns: tuple[str, ...] = ()
    skip: tuple[str, ...] = field(default=())

    @cached_property
    def text(self) -> str:
        """Its visible text; a cell of a table with named columns as ``column: cell``."""
        if self.columns:
            return "\n".join(
                f"{name}: {said}" if name and said != name else said for name, said in self.cells if said
            )
        return "\n".join(filter(None, (visible(node, self.skip, _APART) for node in self.nodes)))

    @cached_property
    def parted(self) -> str:
        """Its text with what stands in one line, but in elements of its own, on lines of its own."""
        if self.columns:
            return self.text
        return "\n".join(filter(None, (visible(node, self.skip, _PARTS) for node in self.nodes)))

    @cached_property
    def cells(self) -> list[tuple[str, str]]:
        """A row's cells with the names of their columns."""
        cells = [cell for cell in _children(self.nodes[0]) if cell.tag in ("td", "th")]
        names = [*self.columns, *[""] * len(cells)]
        return [(name, visible(cell, self.skip, _APART)) for name, cell in zip(names, cells, strict=False)]

    @cached_property
    def labels(self) -> list[tuple[str, str]]:
        """What it states as ``label: value``: in a line, in two cells of a row, as term and description, or by the
        class of an element. Labels in lower case."""
        found = [(name.lower(), said) for name, said in self.cells if name and said] if self.columns else []
        lines = self.parted.split("\n")
        for at, line in enumerate(lines):
            line = line.strip()
            if pair := _LABELLED.match(line):
                found.append((pair[1].lower(), pair[2].strip()))
            elif (alone := _LABEL_ALONE.match(line)) and at + 1 < len(lines) and lines[at + 1].strip():
                found.append((alone[1].lower(), lines[at + 1].strip()))
        for first, second in self._pairs():
            name, said = inline(first).rstrip(" :\uff1a").lower(), inline(second)
            if name and said and len(name) <= 40:
                found.append((name, said))
        return found

    def _pairs(self) -> Iterator[tuple[LexborNode, LexborNode]]:
        for node in self.nodes:
            for row in node.css("tr"):
                cells = [cell for cell in _children(row) if cell.tag in ("td", "th")]
                if len(cells) == 2:
                    yield cells[0], cells[1]
            for term in node.css("dt"):
                following = _following(term)
                if following is not None and following.tag == "dd":
                    yield term, following
            for name in node.css("[class*=label i], [class*=key i], strong, b, th, span"):
                following = _following(name)
                if following is not None and following.tag in ("span", "div", "td", "b", "strong", "p", "a"):
                    words = inline(name)
                    if words and len(words) <= 30 and _named(name):
                        yield name, following

    def labelled(self, pattern: re.Pattern[str]) -> str | None:
        """The first value whose label holds the pattern."""
        return next((said for name, said in self.labels if pattern.search(name)), None)

    def classed(self, pattern: re.Pattern[str]) -> Iterator[LexborNode]:
        """Its elements whose class, id or data attributes' names hold the pattern, the outermost first."""
        for node in self.nodes:
            for each in node.css("[class], [id], [data-countdown], time") if node.child else ():
                attributes = each.attributes
                names = " ".join(
                    (attributes.get("class") or "", attributes.get("id") or "", *attributes)
                ).replace("datetime", "")
                if pattern.search(names):
                    yield each

    def links(self) -> Iterator[tuple[LexborNode, str]]:
        """Its links with absolute addresses."""
        for node in self.nodes:
            inside = node.css("a[href]")
            for link in [node, *inside] if node.tag == "a" and node not in inside else inside:
                url = absolute(self.page_url, link)
                if url:
                    yield link, url

    def title_node(self) -> LexborNode | None:
        """The element that names the record: a heading, one that is called title or name, a link, words in bold."""
        for node in self.nodes:
            if node.tag in _HEADINGS and inline(node):
                return node
        for node in self.nodes:
            inner = list(node.css("h1, h2, h3, h4, h5, h6, dt, summary, caption"))
            if inner and any(inline(each) for each in inner):
                return next(each for each in inner if inline(each))
        for node in self.nodes:
            for each in node.css("[class], [id]"):
                names = f"{each.attributes.get('class') or ''} {each.attributes.get('id') or ''}"
                if _TITLE.search(names) and not _NO_TITLE.search(names) and 0 < len(inline(each)) <= 200:
                    return each
        for node in self.nodes:
            for selector in ("th, a[href]", "strong, b"):
                for each in node.css(selector):
                    if 1 < len(inline(each)) <= 120 and not _LABEL_ALONE.match(inline(each)):
                        return each
        return None


def find_cards(
    tree: LexborHTMLParser, page_url: str, evidence: Evidence, skip: tuple[str, ...] = ()
) -> list[Card]:
    """The records of the list that a page shows; empty when it shows none."""
    body = tree.body
    if body is None:
        return []
    groups: dict[str, list[_Seen]] = {}
    _walk(body, "", groups, evidence, 0)
    best: list[_Seen] = []
    best_rank: tuple[float, int, int] = (0, 0, 0)
    for group in groups.values():
        members = [seen for seen in group if len(seen.kinds) >= _ENOUGH]
        if len(members) * 2 < len(group):
            continue
        members = [seen for seen in members if not _of_column_names(seen.node)]
        if not members:
            continue
        if len(members) <= 2 and any(len(seen.kinds) < _FEWEST for seen in members):
            continue
        kinds = sum(len(seen.kinds) for seen in members)
        rank = (kinds * _MANY, len(members), -members[0].depth)
        if len(members) == 1:  # of a single record, the innermost that holds all of it
            rank = (kinds, 1, members[0].depth)
        if rank > best_rank:
            best, best_rank = members, rank
    nodes = [seen.node for seen in best[:_MOST_CARDS]]
    if len(nodes) == 1:
        nodes = [_outward(nodes[0])]
    return [Card(page_url, each, _columns(each[0]), skip) for each in _under_headings(nodes)]


def next_page(tree: LexborHTMLParser, page_url: str, page: int) -> str | None:
    """The address of the page after this one, as its links tell; None on the last."""
    link = tree.css_first("a[rel=next][href], link[rel=next][href]")
    if link is not None:
        return absolute(page_url, link)
    numbered = None
    for link in tree.css("a[href]"):
        said = inline(link) or (link.attributes.get("aria-label") or "")
        url = absolute(page_url, link)
        if (
            not url
            or len(said) > 30
            or url.split("#")[0] == page_url.split("#")[0]
            or not same_host(url, page_url)
        ):
            continue
        if _PAGED.match(said.strip(" »›→>")) or said.strip() in _ARROWS:
            return url
        if said.strip() == str(page + 1) and _is_paging(link):
            numbered = numbered or url
    return numbered


def page_number(url: str) -> int:
    """The number of a page by its address; 1 where that names none."""
    found = re.search(r"[?&/](?:page|p|pg|seite)[=/_-]?(\d{1,5})(?=$|[/&#.])", url, re.I)
    return max(int(found[1]), 1) if found else 1


def same_host(url: str, other: str) -> bool:
    """Whether two addresses lead to one host by http."""
    try:
        one, two = urlsplit(url), urlsplit(other)
        return one.scheme in ("http", "https") and one.netloc.lower() == two.netloc.lower()
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Seen:
    node: LexborNode
    kinds: frozenset[str]
    depth: int


def _walk(
    node: LexborNode, path: str, groups: dict[str, list[_Seen]], evidence: Evidence, depth: int
) -> tuple[frozenset[str], int]:
    """Note every element with the kinds of evidence below it; those kinds, and how many headings."""
    attributes = node.attributes
    kinds = evidence("", attributes)
    headings = 0
    name = f"{node.tag}.{((attributes.get('class') or '').split() or [''])[0]}"
    here = f"{path}>{name}"
    words = []
    child = node.child
    while child is not None:
        tag = child.tag or ""
        if tag == "-text":
            words.append(child.text_content or "")
        elif not _passed_over(tag, here) and depth < _DEEPEST:
            inner, more = _walk(child, here, groups, evidence, depth + 1)
            kinds |= inner
            headings += more
        child = child.next
    said = " ".join(words).strip()
    if said:
        kinds |= evidence(said, {})
    if node.tag in _HEADINGS or _TITLE.search(attributes.get("class") or ""):
        kinds |= {"title"}
        headings += 1
    elif node.tag in ("a", "strong", "b", "th") and 1 < len(inline(node)) <= 120:
        kinds |= {"name"}
    if node.tag not in _NEVER and node.tag not in _LEAVES - {"a"} and kinds:
        if "title" in kinds:
            kinds -= {"name"}
        groups.setdefault(here, []).append(_Seen(node, kinds, depth))
    return kinds, headings


def _passed_over(tag: str, path: str) -> bool:
    if tag in ("header", "footer"):
        return ">article" not in path and ">li" not in path
    return tag in ("script", "style", "nav") or tag.startswith("-")


def _outward(node: LexborNode) -> LexborNode:
    """A single record's outermost element that is called a record."""
    best, at = node, node.parent
    while at is not None and at.tag not in _NEVER:
        named = re.search(
            r"card|post|item|victim|block|entry|company|leak", at.attributes.get("class") or "", re.I
        )
        if at.tag in ("article", "li", "tr") or named:
            best = at
        at = at.parent
    return best


def _under_headings(nodes: Sequence[LexborNode]) -> list[tuple[LexborNode, ...]]:
    """Records whose headings stand before them, beside them in the tree, are joined with those."""
    bare = [node for node in nodes if node.tag != "tr" and not _has_heading(node)]
    if len(bare) * 2 <= len(nodes):
        return [(node,) for node in nodes]
    records: dict[int, list[LexborNode]] = {}
    for node in nodes:
        heading = _heading_before(node)
        if heading is None:
            return [(node,) for node in nodes]
        if heading.mem_id not in records:
            members = [heading]
            at = _following(heading)
            while at is not None and at.tag not in ("hr", heading.tag):
                members.append(at)
                at = _following(at)
            records[heading.mem_id] = members
    return [tuple(members) for members in records.values()]


def _has_heading(node: LexborNode) -> bool:
    if node.tag in _HEADINGS or node.css_first("h1, h2, h3, h4, h5, h6, dt, summary, caption"):
        return True
    return any(_TITLE.search(each.attributes.get("class") or "") for each in node.css("[class]"))


def _heading_before(node: LexborNode) -> LexborNode | None:
    at = node.prev
    for _ in range(40):
        if at is None or at.tag == "hr":
            return None
        if at.tag in _HEADINGS:
            return at
        at = at.prev
    return None


def _columns(node: LexborNode) -> tuple[str, ...]:
    """The names of a table's columns, for one of its rows; none when it has no row of names."""
    if node.tag != "tr":
        return ()
    table = node.parent
    while table is not None and table.tag != "table":
        table = table.parent
    head = table.css_first("tr") if table is not None else None
    if head is None or head.mem_id == node.mem_id:
        return ()
    cells = _children(head)
    if not cells or any(cell.tag != "th" for cell in cells):
        return ()
    return tuple(inline(cell) for cell in cells)


def _names_columns(node: LexborNode) -> bool:
    return (
        node.tag == "tr" and all(cell.tag == "th" for cell in _children(node)) and bool(_columns_below(node))
    )


def _of_column_names(node: LexborNode) -> bool:
    at: LexborNode | None = node
    while at is not None and at.tag in _CELL_PARTS:
        if _names_columns(at):
            return True
        at = at.parent
    return False


def _columns_below(node: LexborNode) -> bool:
    table = node.parent
    while table is not None and table.tag != "table":
        table = table.parent
    return table is not None and table.css_first("td") is not None


def _children(node: LexborNode) -> list[LexborNode]:
    children = []
    child = node.child
    while child is not None:
        if not (child.tag or "-").startswith("-"):
            children.append(child)
        child = child.next
    return children


def _following(node: LexborNode) -> LexborNode | None:
    """The next element beside a node, when no words stand between them."""
    at = node.next
    while at is not None and (at.tag or "").startswith("-"):
        if at.tag == "-text" and (at.text_content or "").strip(" \t\n\r:\uff1a"):
            return None
        at = at.next
    return at


def _named(node: LexborNode) -> bool:
    return inline(node).endswith((":", "\uff1a")) or "label" in (node.attributes.get("class") or "").lower()


def _is_paging(link: LexborNode) -> bool:
    at: LexborNode | None = link
    for _ in range(5):
        at = at.parent if at is not None else None
        if at is None:
            return False
        if re.search(
            r"pag|nav", f"{at.attributes.get('class') or ''} {at.attributes.get('id') or ''} {at.tag}", re.I
        ):
            return True
    return False


_CHROME = (
    "nav, header, footer, aside, .navbar, .breadcrumb, .pagination, .menu, .sidebar, .header, .footer,"
    "form:has(input[type=password]), form:has(input[type=search])"
)
_MAIN = (
    "main, article, [role=main], [class*=content i], [class*=post i], [class*=detail i], [class*=victim i],"
    "[class*=company i], [class*=product i], [class*=listing i], [id*=content i], [id*=main i]"
)
_LIST_SHARE = 0.6


def content(tree: LexborHTMLParser) -> LexborNode | None:
    """The part of a page that it is about, without menus and the like, which are cut out of the tree."""
    body = tree.body
    if body is None:
        return None
    whole = len(body.text())
    kept = {node.mem_id for node in body.css("article header, article footer, main header, li header")}
    for node in body.css(_CHROME):
        if node.mem_id not in kept and len(node.text()) * 2 < whole and not node.css_first("h1"):
            node.decompose()
    best = max(body.css(_MAIN), key=lambda node: len(node.text()), default=body)
    return best if len(best.text()) * 2 >= len(body.text()) else body


def is_list(tree: LexborHTMLParser, cards: Sequence[Card]) -> bool:
    """Whether a page is hardly more than these records: a list, and not about one of them."""
    if len(cards) < 2 or tree.body is None:
        return False
    told = sum(len(node.text()) for card in cards for node in card.nodes)
    return told > _LIST_SHARE * len(tree.body.text())


def key_of(url: str) -> str:
    """A thread's key by its page's address: path and query."""
    parts = urlsplit(url)
    return f"{parts.path.strip('/')}{'?' if parts.query else ''}{parts.query}"[:300]
