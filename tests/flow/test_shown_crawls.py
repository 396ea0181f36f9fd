"""Crawls of boards that show their threads' posts themselves: leak sites and feeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from socks_server import CONNECTED, Connection, SocksServer, Target

from indexer.opening import open_store
from indexer.post import Kind, Stored

if TYPE_CHECKING:
    from conftest import Workspace

SAVED = Path(__file__).parents[1] / "adapters"
NOW = ("--now", "2026-11-23T12:00:00+00:00")


class Site:
    """Pages by path; what is not there answers 404. ``asked``: the paths of requests."""

    def __init__(self, pages: dict[str, str], kind: str = "text/html") -> None:
        self.pages, self.kind = pages, kind
        self.asked: list[str] = []

    def __call__(self, connection: Connection, _target: Target) -> None:
        connection.wfile.write(CONNECTED)
        path = connection.read_head().split(" ")[1]
        self.asked.append(path)
        body = self.pages.get(path, "").encode()
        head = f"Content-Type: {self.kind}; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close"
        status = "200 OK" if body else "404 Not Found"
        connection.wfile.write(f"HTTP/1.1 {status}\r\n{head}\r\n\r\n".encode() + body)


def crawl(
    workspace: Workspace, site: Site, adapter: str, path: str, *more: str, status: int = 0
) -> dict[str, object]:
    site.asked.clear()
    with SocksServer(site) as server:
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n')
        workspace.source("site", adapter, "http://site.example", {"all": path}, *more)
        return workspace.crawl("site", *NOW, status=status)


def stored(workspace: Workspace) -> dict[str, Stored]:
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    try:
        newest: dict[str, Stored] = {}
        for change in store.changes(limit=1000).changes:
            key = change.stored.post.key
            found = store.get(key)
            assert found is not None
            newest[f"{key.thread}#{key.post}"] = found
        return newest
    finally:
        store.close()


def test_a_leak_site_with_pages_of_its_victims(workspace: Workspace) -> None:
    board = (SAVED / "leaksite" / "grid.html").read_text(encoding="utf-8").replace('href="/?page=2"', "")
    board = board.replace('href="/?page=3"', "")
    site = Site({"/": board, "/post/a1b2": (SAVED / "leaksite" / "detail.html").read_text(encoding="utf-8")})
    first = crawl(workspace, site, "leaksite", "/")
    assert (first["state"], first["new"], first["removed"]) == ("ok", 4, 0)
    assert sorted(site.asked) == ["/", "/post/a1b2", "/post/c3d4", "/post/e5f6"]
    posts = stored(workspace)
    assert sorted(posts) == ["post/a1b2#card", "post/a1b2#page", "post/c3d4#card", "post/e5f6#card"]
    assert {each.post.kind for each in posts.values()} == {Kind.VICTIM}
    assert [posts[f"post/a1b2#{key}"].post.position for key in ("card", "page")] == [1, 2]
    assert all(each.post.evidence for each in posts.values())

    ticked = board.replace("6D 00h 00m 41s", "5D 23h 59m 02s").replace("1204 views", "1399 views")
    site.pages["/"] = ticked
    again = crawl(workspace, site, "leaksite", "/")
    assert (again["state"], again["new"], again["changed"], site.asked) == ("ok", 0, 0, ["/"])

    cards = ticked.split('<a class="post-block')
    out = cards[1].replace('<span class="days">5D 23h 59m 02s</span>', "PUBLISHED")
    site.pages["/"] = '<a class="post-block'.join([cards[0], out, cards[3]])
    later = crawl(workspace, site, "leaksite", "/")
    assert (later["state"], later["new"], later["changed"]) == ("ok", 0, 1)
    assert later["removed"] == 1, "the board was read to its end, and its own page answers 404"
    posts = stored(workspace)
    assert "PUBLISHED" in posts["post/a1b2#card"].post.text
    assert posts["post/c3d4#card"].removed_at is not None


def test_a_leak_site_without_any_page_but_its_list(workspace: Workspace) -> None:
    board = (SAVED / "leaksite" / "labels.html").read_text(encoding="utf-8")
    site = Site({"/": board})
    first = crawl(workspace, site, "leaksite", "/")
    assert (first["state"], first["new"], site.asked) == ("ok", 3, ["/"])
    site.pages["/"] = board.replace("5 days 23 hours 59 minutes", "5 days 22 hours 50 minutes")
    again = crawl(workspace, site, "leaksite", "/")
    assert (again["new"], again["changed"], again["removed"], site.asked) == (0, 0, 0, ["/"])
    site.pages["/"] = board.replace("5 days 23 hours 59 minutes", "12 days 0 hours")
    longer = crawl(workspace, site, "leaksite", "/")
    assert longer["changed"] == 1, "the deadline was moved"
    start = board.index('<div class="item"><b>Company:</b> Acme')
    end = board.index('<div class="item"><b>Company:</b> Klinik')
    site.pages["/"] = site.pages["/"].replace(board[start:end], "")
    gone = crawl(workspace, site, "leaksite", "/")
    assert (gone["removed"], site.asked) == (1, ["/"])
    assert stored(workspace)["acme-fiksi-logistics#card"].removed_at is not None
    site.pages["/"] = board
    back = crawl(workspace, site, "leaksite", "/")
    assert back["removed"] == 0
    assert stored(workspace)["acme-fiksi-logistics#card"].removed_at is None


def test_a_listing_is_read_anew_when_its_price_changes(workspace: Workspace) -> None:
    folder = SAVED / "marketplace"
    board = (folder / "cards.html").read_text(encoding="utf-8").replace("/cat/1?page=", "#")
    listing = (folder / "listing.html").read_text(encoding="utf-8")
    other = listing.replace("Toko Rekaan customer database, 42 GB", "VPN access, Acme Fiksi Logistics")
    site = Site({"/cat/1": board, "/listing/501": listing, "/listing/502": other})
    first = crawl(workspace, site, "marketplace", "/cat/1")
    assert (first["state"], first["new"]) == ("ok", 2)
    assert sorted(site.asked) == ["/cat/1", "/listing/501", "/listing/502"]
    site.pages["/cat/1"] = board.replace("14 in stock", "13 in stock").replace("(120)", "(121)")
    site.pages["/listing/501"] = listing.replace("<td>14</td>", "<td>13</td>").replace("(120 ", "(121 ")
    again = crawl(workspace, site, "marketplace", "/cat/1")
    assert (again["changed"], site.asked) == (0, ["/cat/1"])
    site.pages["/cat/1"] = site.pages["/cat/1"].replace("$1,200.00", "$900.00")
    site.pages["/listing/501"] = site.pages["/listing/501"].replace("$1,200.00", "$900.00")
    cheaper = crawl(workspace, site, "marketplace", "/cat/1")
    assert (cheaper["changed"], sorted(site.asked)) == (1, ["/cat/1", "/listing/501"])
    post = stored(workspace)["listing/501#listing"].post
    assert (post.kind, post.author, "$900.00" in post.text) == (Kind.PRODUCT, "grey_lantern", True)


def test_an_entry_that_left_its_feed_is_not_taken_for_gone(workspace: Workspace) -> None:
    feed = (SAVED / "feed" / "rss.xml").read_text(encoding="utf-8").replace("ISO-8859-1", "utf-8")
    site = Site({"/feed": feed}, "application/rss+xml")
    first = crawl(workspace, site, "feed", "/feed")
    assert (first["state"], first["new"], site.asked) == ("ok", 2, ["/feed"])
    start, end = feed.index("<item>"), feed.index("</item>") + len("</item>")
    newer = feed[start:end].replace("urn:900", "urn:908").replace("Sun, 22 Nov 2026", "Mon, 23 Nov 2026")
    site.pages["/feed"] = feed[:start] + newer.replace("15:31:09", "09:31:09") + feed[end:]
    later = crawl(workspace, site, "feed", "/feed")
    assert (later["new"], later["changed"], later["removed"]) == (1, 0, 0)
    assert stored(workspace)["urn:908#entry"].post.author == "grey_lantern"


def test_a_feed_in_json_is_read_by_the_mapping_in_its_source_s_file(workspace: Workspace) -> None:
    feed = (SAVED / "json_feed" / "victims.json").read_text(encoding="utf-8")
    mapping = (
        "mapping: {items: data.victims, key: uuid, title: company, text: [about], kind: victim, domain: site,"
        " deadline: publish_at, published: is_published, created: added, whole: true}"
    )
    site = Site({"/api/victims": feed}, "application/vnd.api+json")
    first = crawl(workspace, site, "json_feed", "/api/victims", mapping)
    assert (first["state"], first["new"], site.asked) == ("ok", 2, ["/api/victims"])
    post = stored(workspace)["a1#entry"].post
    assert (post.kind, post.title) == (Kind.VICTIM, "Toko Rekaan")
    assert "Deadline: 2026-11-29 12:00 UTC" in post.text
    site.pages["/api/victims"] = '{"data": {"victims": []}}'
    empty = crawl(workspace, site, "json_feed", "/api/victims", mapping)
    assert empty["removed"] == 2
    site.pages["/api/victims"] = '{"data": {"victims": [{"id": 1}]}}'
    other = crawl(workspace, site, "json_feed", "/api/victims", mapping)
    assert other["state"] == "layout changed"
    assert "uuid" in str(other["detail"])


def test_a_mapping_is_for_json_feeds_only(workspace: Workspace) -> None:
    workspace.source("site", "mybb", "http://site.example", {"all": "/"}, "mapping: {key: id}")
    refused = workspace.run("crawler.run", "site", status=78)
    assert "takes no mapping" in refused.stderr


def test_a_board_of_an_engine_that_answers_in_json(workspace: Workspace) -> None:
    board = (SAVED / "nodebb" / "board.json").read_text(encoding="utf-8")
    board = board.replace('"currentPage":2,"pageCount":12', '"currentPage":1,"pageCount":1').replace(
        "501/rules-escrow", "999/x"
    )
    thread = (
        (SAVED / "nodebb" / "thread.json")
        .read_text(encoding="utf-8")
        .replace('"pageCount":2', '"pageCount":1')
    )
    path = "/api/topic/502/%E8%99%9A%E6%9E%84%E7%89%A9%E6%B5%81%E5%85%AC%E5%8F%B8-31gb"
    site = Site({"/api/category/9/databases": board, path: thread}, "application/json")
    first = crawl(workspace, site, "nodebb", "/category/9/databases")
    assert sorted(site.asked) == ["/api/category/9/databases", path, "/api/topic/999/x"]
    assert first["new"] == 2
    assert stored(workspace)["502#907"].post.position == 3


def test_a_message_that_is_deleted_or_edited_is_told_from_the_channel_s_page_alone(
    workspace: Workspace,
) -> None:
    channel = (SAVED / "telegram" / "board.html").read_text(encoding="utf-8").replace('data-before="899"', "")
    site = Site({"/s/invented_channel": channel})
    first = crawl(workspace, site, "telegram", "/invented_channel")
    assert (first["state"], first["new"], site.asked) == ("ok", 2, ["/s/invented_channel"])
    seen_more = channel.replace("84.3K", "84.9K").replace("Price: 15 XMR", "Price: 12 XMR")
    start = seen_more.index('<div class="tgme_widget_message_wrap', seen_more.index("invented_channel/900"))
    site.pages["/s/invented_channel"] = seen_more[:start] + "</section></main></body></html>"
    later = crawl(workspace, site, "telegram", "/invented_channel")
    assert (later["new"], later["changed"], later["removed"]) == (0, 1, 1)
    assert site.asked == ["/s/invented_channel"]
    posts = stored(workspace)
    assert "12 XMR" in posts["900#900"].post.text
    assert posts["907#907"].removed_at is not None
