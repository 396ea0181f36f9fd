"""RSS 0.9 to 2.0, RSS 1.0 (RDF) and Atom. An entry is a thread of one post; a feed shows the newest only, so that an
entry which left it is not taken for gone.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from lxml import etree

from config.errors import PageUnreadable
from crawler.adapter import BoardPage, Gate, Instant, Mark, Page, PostItem, ThreadPage, ThreadRow
from crawler.dates import read_date
from crawler.json_pages import joined, plain, shown, with_parameters
from indexer.post import Kind, Precision

_ROOTS = {"rss": "item", "RDF": "item", "feed": "entry"}
_LONGEST_TITLE = 120
_REFERENCE = re.compile(r"&#0*(x0*[0-9a-f]{1,6}|[0-9]{1,7})(?![0-9a-f])", re.I)


class Feed:
    """Reads a feed's entries."""

    name = "feed"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        root = _local(_root(page))
        return (Mark(root),) if root in _ROOTS else ()

    def gate(self, page: Page) -> Gate | None:  # noqa: ARG002
        return None

    def board(self, page: Page) -> BoardPage:
        root = _root(page)
        wanted = _ROOTS.get(_local(root))
        if wanted is None:
            raise PageUnreadable(f"no feed at {page.url}")
        rows: dict[str, ThreadRow] = {}
        following = None
        for element in root.iter(etree.Element):
            name = _local(element)
            if name == wanted:
                row = _row(element, page)
                if row:
                    rows.setdefault(row.key, row)
            elif name == "link" and element.get("rel") == "next" and element.get("href"):
                following = joined(page.url, element.get("href", ""))
        return BoardPage(tuple(rows.values()), next_url=following, newest_only=True)

    def thread(self, page: Page) -> ThreadPage:
        raise PageUnreadable(f"an entry has no page of its own: {page.url}")

    def board_url(self, url: str, page: int) -> str:
        return with_parameters(url, {"page": page if page > 1 else None})

    def thread_url(self, url: str, page: int) -> str:
        return self.board_url(url, page)


def _root(page: Page) -> etree._Element:
    """The document's root. No entity is resolved, nothing is loaded, and nesting is bounded by the parser."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    text = page.text.lstrip("\ufeff \t\r\n")
    if text.startswith("<?xml"):  # it was decoded already, whatever it says of its encoding
        text = text.partition("?>")[2]
    try:
        root = etree.fromstring(_REFERENCE.sub(_whole, text).encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PageUnreadable(f"no XML at {page.url}") from error
    if root is None:
        raise PageUnreadable(f"no XML at {page.url}")
    return root


def _whole(reference: re.Match[str]) -> str:
    """A reference to a character, or what stands for none: the library takes halves of one, and gives none back."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return "\ufffd" if 0xD800 <= code < 0xE000 else reference[0]


def _local(element: etree._Element) -> str:
    return re.split("[}:]", element.tag)[-1] if isinstance(element.tag, str) else ""


def _row(entry: etree._Element, page: Page) -> ThreadRow | None:
    parts: dict[str, etree._Element] = {}
    for child in entry.iterchildren(etree.Element):
        parts.setdefault(_name_of(child), child)
    link = parts.get("link")
    address = (link.get("href") or _words(link)) if link is not None else ""
    key = _words(parts.get("guid")) or _words(parts.get("id")) or address or _words(parts.get("title"))
    bodies = (_markup(parts.get(name)) for name in ("encoded", "content", "description", "summary"))
    markup = next(filter(None, bodies), "")
    text = shown(markup)
    title = plain(shown(_words(parts.get("title"))))
    if not key or not (title or text):
        return None
    author = parts.get("author", parts.get("creator"))
    names = [each for each in author if _local(each) == "name"] if author is not None else []
    posted = _date(parts, ("pubDate", "published", "date", "issued"), page)
    updated = _date(parts, ("updated", "modified"), page)
    created = posted if posted.at else updated
    item = PostItem(
        key="entry",
        author=plain(_words(names[0] if names else author)),
        text=text,
        url=joined(page.url, address) or page.url,
        posted=created,
        edited=updated if posted.at and updated.at and updated.at > posted.at else None,
        position=1,
        kind=Kind.LISTING,
    )
    return ThreadRow(
        key=key[:300],
        url="",
        title=title or text.split("\n")[0][:_LONGEST_TITLE],
        author=item.author or None,
        created=created,
        last_activity=updated if updated.at else posted,
        post=item,
    )


def _name_of(child: etree._Element) -> str:
    """An element's name; of Atom's links only that to the entry itself is called ``link``."""
    name = _local(child)
    if name == "link" and child.get("rel", "alternate") != "alternate":
        return f"link {child.get('rel')}"
    return name


def _words(element: etree._Element | None) -> str:
    return "".join(str(text) for text in element.itertext()).strip() if element is not None else ""


def _markup(element: etree._Element | None) -> str:
    """An entry's content as HTML: escaped text as it is, XHTML serialised."""
    if element is None:
        return ""
    if element.get("type") == "xhtml":
        return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    words = _words(element)
    return words if element.get("type") != "text" else words.replace("&", "&amp;").replace("<", "&lt;")


def _date(parts: dict[str, etree._Element], names: tuple[str, ...], page: Page) -> Instant:
    for name in names:
        words = _words(parts.get(name))
        if not words:
            continue
        try:
            at = parsedate_to_datetime(words)
        except (ValueError, TypeError, OverflowError):
            return read_date(words, now=page.fetched_at, zone=page.zone)
        at = (at if at.tzinfo else at.replace(tzinfo=page.zone)).astimezone(UTC)
        return Instant(at, Precision.SECOND) if at <= page.fetched_at else Instant()
    return Instant()


ADAPTER = Feed()
