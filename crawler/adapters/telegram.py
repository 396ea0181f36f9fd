"""Public previews of Telegram channels: ``/s/NAME`` of ``t.me`` or of a mirror. Checked against small pages in the
markup of public previews only.

A message is a thread of its own, shown whole on the channel's page, which has the newest last. Older pages are
addressed by the message before which they end; a page's number is therefore not known.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from config.errors import PageUnreadable
from crawler.adapter import BoardPage, Gate, GateKind, Instant, Mark, Page, PostItem, ThreadPage, ThreadRow
from crawler.dates import read_date
from crawler.json_pages import with_parameters
from crawler.markup import abbreviated, absolute, inline, marks_on, parse, visible
from indexer.post import Kind

_MARKS = (
    Mark(".tgme_widget_message[data-post]"),
    Mark(".tgme_channel_info, .tgme_header_search, .tgme_channel_history"),
)
_LONGEST_TITLE = 120


class Telegram:
    """Reads the preview of a channel."""

    name = "telegram"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first(".tgme_widget_message[data-post]"):
            return None
        if tree.css_first(".tgme_channel_history, .tgme_channel_info"):
            return Gate(GateKind.EMPTY, inline(tree.css_first(".tgme_channel_info_header_title"))[:200])
        if tree.css_first(".tgme_page"):  # what a channel without preview, or no channel at all, answers with
            said = inline(tree.css_first(".tgme_page_description, .tgme_page_title"))
            return Gate(GateKind.FORBIDDEN, f"no preview: {said}"[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for node in tree.css(".tgme_widget_message[data-post]") if (row := _row(node, page))]
        if not rows and not tree.css_first(".tgme_channel_history, .tgme_channel_info"):
            raise PageUnreadable(f"no preview of a channel at {page.url}")
        return BoardPage(tuple(reversed(rows)), next_url=_older(tree, page))

    def thread(self, page: Page) -> ThreadPage:
        raise PageUnreadable(f"a message has no page of its own: {page.url}")

    def board_url(self, url: str, page: int) -> str:
        """Of the newest page; others are reached by the links of the pages after them."""
        parts = urlsplit(url)
        path = parts.path if parts.path.startswith("/s/") else f"/s{parts.path}"
        bare = urlunsplit((*parts[:2], path, "", ""))
        return bare if page == 1 else with_parameters(bare, {"page": page})

    def thread_url(self, url: str, page: int) -> str:
        return url if page == 1 else with_parameters(url, {"page": page})


def _row(node: LexborNode, page: Page) -> ThreadRow | None:
    channel, _, key = (node.attributes.get("data-post") or "").rpartition("/")
    if not channel or not key.isdecimal() or node.css_first(".tgme_widget_message_service_date"):
        return None
    forwarded = inline(node.css_first(".tgme_widget_message_forwarded_from"))
    text = _text(node, forwarded)
    clock = node.css_first(
        ".tgme_widget_message_date time[datetime], .tgme_widget_message_info time[datetime]"
    )
    posted = (
        read_date(clock.attributes["datetime"] or "", now=page.fetched_at, zone=page.zone)
        if clock
        else Instant()
    )
    owner = node.css_first(".tgme_widget_message_owner_name")
    author = inline(node.css_first(".tgme_widget_message_from_author")) or inline(owner) or channel
    edited = "edited" in inline(node.css_first(".tgme_widget_message_meta")).lower()
    own = (line.strip() for line in text.split("\n") if line != forwarded and not line.startswith("> "))
    title = next(filter(None, own), "")[:_LONGEST_TITLE]
    item = PostItem(
        key=key,
        author=author,
        text=text,
        url=f"{_origin(page.url)}/{channel}/{key}",
        posted=posted,
        edited=Instant() if edited else None,
        position=1,
        author_url=absolute(page.url, owner),
        kind=Kind.LISTING,
    )
    return ThreadRow(
        key=key,
        url="",
        title=title or f"{channel}/{key}",
        author=author,
        created=posted,
        last_activity=posted,
        views=abbreviated(inline(node.css_first(".tgme_widget_message_views"))),
        poll=bool(node.css_first(".tgme_widget_message_poll")),
        post=item,
    )


def _text(node: LexborNode, forwarded: str) -> str:
    """What a message says: from whom it was forwarded and what it answers (as a quote), its words, a poll, the names of
    its files and the preview of its link."""
    parts = [forwarded]
    answered = node.css_first(".tgme_widget_message_reply")
    if answered:
        parts += [f"> {line}" for line in visible(answered).split("\n") if line.strip()]
    for selector in (
        ".tgme_widget_message_bubble > .tgme_widget_message_text, .media_supported_cont .tgme_widget_message_text,"
        ".tgme_widget_message_text.js-message_text",
        ".tgme_widget_message_poll",
        ".tgme_widget_message_document_title",
        ".tgme_widget_message_link_preview",
    ):
        seen = set()
        for each in node.css(selector):
            if each.mem_id not in seen and not _within_answer(each):
                seen |= {each.mem_id, *(inner.mem_id for inner in each.css("*"))}
                parts.append(visible(each, blocks=(".link_preview_site_name", ".link_preview_title")))
    return "\n".join(filter(None, parts))


def _within_answer(node: LexborNode) -> bool:
    at = node.parent
    while at is not None:
        if "tgme_widget_message_reply" in (at.attributes.get("class") or "").split():
            return True
        at = at.parent
    return False


def _older(tree: LexborHTMLParser, page: Page) -> str | None:
    link = tree.css_first("a.tme_messages_more[data-before][href], link[rel=prev][href]")
    url = absolute(page.url, link)
    before = re.search(r"[?&]before=(\d{1,12})", url or "")
    return with_parameters(page.url.split("?")[0], {"before": before[1]}) if before else None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


ADAPTER = Telegram()
