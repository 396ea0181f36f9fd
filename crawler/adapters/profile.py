"""Boards that no other adapter knows, read by the profile in their source's file (``duskwatch source add``)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from config.errors import PageUnreadable
from crawler.adapter import (
    BoardLink,
    BoardPage,
    Gate,
    Mark,
    Page,
    PostItem,
    ThreadPage,
    ThreadRow,
)
from crawler.links import key_of
from crawler.markup import absolute, inline, number, parse, spell_smileys, visible
from crawler.paging import infer_paging, read_paging, with_number
from crawler.profile import BoardLayout, Paging, Part, Profile
from crawler.records import Record, cut, link_of, name_of, text_of, time_at

_MINUTE = timedelta(minutes=1)
_STICKY = re.compile(
    r"\b(sticky|stuck|pinned|announce(ment)?|закреплен\w*|важно|置顶|fijado|épinglé|angepinnt)\b", re.I
)
_LOCKED = re.compile(r"\b(locked|closed|lock|закрыт\w*|锁定|cerrado|verrouillé|geschlossen|dikunci)\b", re.I)
_LABELS = re.compile(r"^(quote|code|code: select all|select|цитата|код|cita|citation|zitat|kutipan):?$", re.I)


class ByProfile:
    """Reads pages by a profile; without one it knows no page."""

    name = "profile"

    def __init__(self, profile: Profile | None = None) -> None:
        self._profile = profile

    def detect(self, page: Page) -> tuple[Mark, ...]:  # noqa: ARG002
        return ()

    def gate(self, page: Page) -> Gate | None:  # noqa: ARG002
        return None

    def board(self, page: Page) -> BoardPage:
        profile = self._known()
        return read_board(profile.board, page, profile.boards)

    def thread(self, page: Page) -> ThreadPage:
        profile = self._known()
        layout = profile.thread
        tree = parse(page.text)
        records = cut(tree, layout.records)
        posts: dict[str, PostItem] = {}
        inside: set[int] = set()
        for record in records:
            post = self._post(record, page)
            if post:
                posts.setdefault(post.key, post)
                inside |= record.links
        paging = layout.paging or infer_paging(tree, page.url, inside)
        first = with_number(paging, page.url, 1) if paging else page.url
        form = profile.board.thread
        key = key_of(form, page.url) or key_of(form, first) or _key_above(form, page.url)
        pages = read_paging(tree, page.url, layout.paging, inside)
        if not posts or key is None:
            raise PageUnreadable(f"no thread of this profile at {page.url}")
        title = text_of(tree.css_first(layout.title.css) if layout.title else None, layout.title)
        items = tuple(posts.values())
        return ThreadPage(
            key, title or inline(tree.css_first("title")), items, pages.page, pages.pages, pages.next_url
        )

    def _post(self, record: Record, page: Page) -> PostItem | None:
        layout = self._known().thread
        author = record.find(layout.author)
        name = name_of(author, layout.author)
        posted = time_at(record, layout.posted, page)
        edited = record.find(layout.edited)
        signature = inline(record.find(layout.signature))
        profile_url = link_of(author, page)
        changed = time_at(record, layout.edited, page) if edited else None
        key = post_key(record, layout.key)
        text = post_text(record, layout.text, layout.skip)
        if not text and not name:
            return None
        key = key or _made_key(name, text)
        return PostItem(
            key=key,
            author=name,
            text=text,
            url=f"{page.url.split('#')[0]}#{key}",
            posted=posted,
            edited=changed,
            author_url=profile_url,
            signature=signature,
        )

    def board_url(self, url: str, page: int) -> str:
        return _numbered(self._known().board.paging, url, page)

    def thread_url(self, url: str, page: int) -> str:
        return _numbered(self._known().thread.paging, url, page)

    def _known(self) -> Profile:
        if self._profile is None:
            raise PageUnreadable("there is no profile to read it by")
        return self._profile


def read_board(layout: BoardLayout, page: Page, boards: str | None = None) -> BoardPage:
    """A board page by its layout; ``boards``: the form of links to boards. May raise ``PageUnreadable``."""
    tree = parse(page.text)
    records = cut(tree, layout.records)
    rows: dict[str, ThreadRow] = {}
    inside: set[int] = set()
    for record in records:
        row = _row(layout, record, page)
        if row:
            rows.setdefault(row.key, row)
            inside |= record.links
    listed = _boards(boards, tree, page) if boards else ()
    if not rows and not listed and not records:
        raise PageUnreadable(f"no board of this profile at {page.url}")
    pages = read_paging(tree, page.url, layout.paging, inside)
    return BoardPage(_pinned(list(rows.values())), listed, pages.page, pages.pages, pages.next_url)


def _pinned(rows: list[ThreadRow]) -> tuple[ThreadRow, ...]:
    """The rows of a board that lists the newest activity first, with those marked that stand before newer ones: not
    every board says in words that they are pinned."""
    times = [row.last_activity.at for row in rows]
    first = 0
    while first < len(rows) and any(
        mine is None or (later is not None and mine < later - _MINUTE)
        for mine in times[first : first + 1]
        for later in times[first + 1 :]
    ):
        first += 1
    if first > len(rows) / 3:
        return tuple(rows)  # listed in another order
    return tuple(replace(row, sticky=True) if at < first else row for at, row in enumerate(rows))


def _row(layout: BoardLayout, record: Record, page: Page) -> ThreadRow | None:
    link = record.find(layout.link)
    url = link_of(link, page)
    key = key_of(layout.thread, url) if url else None
    if url is None or key is None:
        return None
    said = _marks(record.body)
    return ThreadRow(
        key=key,
        url=url.split("#")[0],
        title=text_of(link, layout.link),
        author=_said(record, layout.author),
        created=time_at(record, layout.created, page),
        last_activity=time_at(record, layout.last_activity, page),
        last_author=_said(record, layout.last_author),
        replies=number(text_of(record.find(layout.replies), layout.replies)),
        views=number(text_of(record.find(layout.views), layout.views)),
        sticky=bool(_STICKY.search(said)),
        locked=bool(_LOCKED.search(said)),
    )


def _boards(form: str, tree: LexborHTMLParser, page: Page) -> tuple[BoardLink, ...]:
    own = key_of(form, page.url)
    host = urlsplit(page.url).netloc
    found: dict[str, BoardLink] = {}
    for link in tree.css("a[href]"):
        url = absolute(page.url, link)
        key = key_of(form, url) if url else None
        if url and key and key != own and inline(link) and urlsplit(url).netloc == host:
            found.setdefault(key, BoardLink(key, inline(link), url.split("#")[0]))
    return tuple(found.values())


def _key_above(form: str, url: str) -> str | None:
    """The thread's key in the address of a later page, which has a segment or two more."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    for _ in range(2):
        path = path.rpartition("/")[0]
        if path and (key := key_of(form, urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")))):
            return key
    return None


def post_key(record: Record, part: Part | None) -> str | None:
    """The number of a post, in an attribute such as ``post_17`` or ``#p17``."""
    node = record.find(part)
    if node is None or part is None:
        return None
    found = re.findall(r"\d+", text_of(node, part))
    return found[-1] if found else None


def post_text(record: Record, part: Part, skip: tuple[str, ...]) -> str:
    """The visible text of a post without what its engine adds."""
    node = record.find(part)
    if node is None:
        return ""
    spell_smileys(node, "img[class*='smil'], img[class*='emoji'], img[class*='emoticon']")
    for label in node.css("cite, dt, legend, .quoteheader, .codeheader, .title, p, div, header, strong"):
        if _LABELS.match(inline(label)):
            label.decompose()
    return visible(node, skip=skip)


def _said(record: Record, part: Part | None) -> str | None:
    return name_of(record.find(part), part) or None


def _numbered(paging: Paging | None, url: str, page: int) -> str:
    # without paging known, reading begins at the first page and follows its links
    return with_number(paging, url, page) if paging else url


def _marks(node: LexborNode) -> str:
    """Classes, and what stands for pictures, of a row: there it says that a thread is pinned or closed."""
    said = []
    for each in node.css("[class], [title], [alt]"):
        given = each.attributes
        classes = (given.get("class") or "").replace("_", " ").replace("-", " ")
        title = given.get("title") if each.tag in ("i", "span", "img") else None
        said.append(f"{classes} {given.get('alt') or ''} {title or ''}")
    return " ".join(said)


def _made_key(author: str, text: str) -> str:
    """A key for a post of an engine that numbers none: by whom, and how it begins. A time may be written otherwise on
    the next day."""
    return hashlib.sha256(f"{author}\n{text[:100]}".encode()).hexdigest()[:16]


ADAPTER = ByProfile()
