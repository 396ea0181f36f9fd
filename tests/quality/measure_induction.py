"""Precision and recall of the induction, field by field, on engines and layouts that it has no knowledge of. ``make quality``.

Genuine captures of MyBB and SMF and a running machina forum are held against the engines' own databases; the small
pages beside the adapters' tests against what stands there; invented layouts against what was written into them. A
value counts when it stands under the right thread or post; the first page of each board and thread is where the walk
begins, further ones are reached as a crawl would, by the links to the next page.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path[:0] = [
    str(Path(__file__).parents[1]),
    str(Path(__file__).parents[2]),
    str(Path(__file__).parents[1] / "adapters"),
]

import captures

from config.errors import PageUnreadable
from crawler.adapter import Adapter, Instant, Page
from crawler.adapters import load_adapter
from crawler.adapters.profile import ByProfile, read_board
from crawler.induction import Hint, complete, induce_board
from crawler.profile import Profile
from quality.invented import LATER, STYLES, Invented

Values = dict[str, set[tuple[str, Any]]]
GOAL = 0.95
THREAD_FIELDS = ("thread", "title", "author", "created", "last_activity", "replies", "views")
POST_FIELDS = ("post", "post_author", "posted", "text")


def induced(boards: list[Page], fetch: Callable[[str], Page | None]) -> Profile | None:
    """A profile from boards' first pages and the two threads that promise most posts, as ``source add`` makes it."""
    board = induce_board(boards)
    if board is None:
        return None
    layout = board.layout
    rows = [
        sorted(read_board(layout, page).threads, key=lambda row: -(row.replies or 0))[:3] for page in boards
    ]
    got = [
        (page, Hint(row.title, row.author))
        for each in rows
        for row in each
        if (page := fetch(row.url)) is not None
    ]
    return complete(board.layout, boards, got)


def walk(adapter: Adapter, boards: list[Page], fetch: Callable[[str], Page | None]) -> Values:
    """Everything that an adapter reads on boards' first pages and all pages of their threads."""
    said: Values = defaultdict(set)
    for board in boards:
        for row in adapter.board(board).threads:
            add(
                said, row.key, thread=row.key, title=row.title, author=row.author, created=minute(row.created)
            )
            add(said, row.key, last_activity=minute(row.last_activity), replies=row.replies, views=row.views)
            url: str | None = row.url
            for _ in range(60):
                page = fetch(url) if url else None
                if page is None:
                    break
                try:
                    thread = adapter.thread(page)
                except PageUnreadable:
                    break
                for post in thread.posts:
                    key = f"{thread.key}/{post.key}"
                    add(said, key, post=post.key, post_author=post.author, posted=minute(post.posted))
                    add(said, key, text=words(post.text))
                url = thread.next_url
    return said


def add(side: Values, key: str, **fields: Any) -> None:
    for field, value in fields.items():
        if value is not None:
            side[field].add((key, value))


def minute(instant: Instant | float | None) -> int | None:
    if isinstance(instant, Instant):
        return int(instant.at.timestamp()) // 60 if instant.at else None
    return None if instant is None else int(instant) // 60


def words(text: str) -> str:
    return " ".join(text.replace("> ", " ").split())


def by_url(pages: Iterable[Page]) -> Callable[[str], Page | None]:
    known = {page.url: page for page in pages}
    return lambda url: known.get(url.split("#")[0])


# --- what is held out


def captured(name: str, boards: list[str]) -> tuple[list[Page], Callable[[str], Page | None], Values]:
    """A capture of a running board with its database's truth."""
    pages = captures.pages(captures.CAPTURES / name)
    truth = json.loads((captures.CAPTURES / name / "truth.json").read_text())
    true: Values = defaultdict(set)
    first = [pages[path] for path in boards]
    adapter = load_adapter(name)
    listed = {row.key for page in first for row in adapter.board(page).threads}
    posts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for post in truth["posts"]:
        posts[post["thread"]].append(post)
    for thread in truth["threads"]:
        key = str(thread["id"])
        if key not in listed:
            continue
        last = max(post["created"] for post in posts[thread["id"]])
        shows = name != "smf"  # SMF does not say on a board page when a thread began
        add(true, key, thread=key, title=thread["title"], author=thread["author"], replies=thread["replies"])
        add(true, key, created=thread["created"] // 60 if shows else None, last_activity=last // 60)
        for post in posts[thread["id"]]:
            place = f"{key}/{post['id']}"
            add(true, place, post=str(post["id"]), post_author=post["author"], posted=post["created"] // 60)
            add(true, place, text=captures.plain(post["source_markup"]))
    # the counter of views is read by the adapter: the database counted on while the pages were captured
    for page in first:
        for row in adapter.board(page).threads:
            add(true, row.key, views=row.views)
    return first, lambda url: pages.get(url.removeprefix("http://board.invalid").split("#")[0]), true


def machina(folder: Path) -> tuple[list[Page], Callable[[str], Page | None], Values]:
    """A running forum with its database's truth."""
    from datetime import UTC, datetime

    import httpx

    from console.demo.board import Forum

    with Forum(folder) as forum, httpx.Client(base_url=forum.base_url, trust_env=False) as client:
        cache: dict[str, Page] = {}

        def fetch(url: str) -> Page | None:
            if url not in cache:
                answer = client.get(url)
                cache[url] = Page(url, answer.text, datetime.now(UTC))
            return cache[url]

        adapter = load_adapter("machina")
        first = [page for path in forum.boards.values() if (page := fetch(forum.base_url + path))]
        walk(adapter, first, fetch)  # everything that the measure will ask for is fetched here
        truth = forum.truth()
    true: Values = defaultdict(set)
    threads: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for post in truth:
        threads[post["thread"]].append(post)
    rows = {row.key: row for page in first for row in adapter.board(page).threads}
    for key, posts in threads.items():
        if key not in rows:
            continue
        add(true, key, thread=key, title=posts[0]["title"], author=posts[0]["author"], replies=len(posts) - 1)
        add(true, key, created=int(posts[0]["created"]) // 60, last_activity=int(posts[-1]["created"]) // 60)
        add(true, key, views=rows[key].views)
        for post in posts:
            place = f"{key}/{post['post']}"
            add(true, place, post=post["post"], post_author=post["author"], posted=int(post["created"]) // 60)
            add(true, place, text=markdown(post["text"]))
    return first, lambda url: cache.get(url), true


def markdown(text: str) -> str:
    import re

    return " ".join(re.sub(r"\*\*|^- |^(> ?)+", "", text, flags=re.M).split())


def invented(name: str) -> tuple[list[Page], Callable[[str], Page | None], Values]:
    """A layout of our own."""
    site = Invented(name)
    shows = site.style.fields
    pages = [
        page for board in site.boards for thread in board.threads for page in site.pages_of(board, thread)
    ]
    true: Values = defaultdict(set)
    for board in site.boards:
        for thread in board.threads:
            key = str(thread.number)
            first, last = thread.posts[0], thread.posts[-1]
            told = {
                "author": first.author,
                "created": minute(first.at.timestamp()),
                "last_activity": minute(last.at.timestamp()),
                "replies": len(thread.posts) - (name != "channel"),
                "views": thread.views,
            }
            add(true, key, thread=key, title=thread.title, **{field: told[field] for field in shows})
            for post in thread.posts:
                # where posts have no number of their own a key is made; it is right when it tells them apart
                place = f"{key}/{post.number}"
                add(true, place, post=str(post.number), post_author=post.author)
                add(true, place, posted=minute(post.at.timestamp()), text=words(post.text))
    return [site.board(0), site.board(1)], by_url(pages), true


def score(said: Values, true: Values, fields: Iterable[str]) -> dict[str, tuple[float, float]]:
    """Precision and recall of each field that is shown."""
    return {
        field: (
            len(said[field] & true[field]) / len(said[field]) if said[field] else 0.0,
            len(said[field] & true[field]) / len(true[field]),
        )
        for field in fields
        if true[field]
    }


def unkeyed(values: Values) -> Values:
    """Posts under their thread and place of time, for layouts that number none."""
    made: Values = defaultdict(set)
    for field, pairs in values.items():
        for key, value in pairs:
            thread, slash, _ = key.partition("/")
            made[field].add((thread, value) if slash and field != "post" else (key, value))
    made["post"] = {(thread, text) for thread, text in made["text"]}
    return made


UNNUMBERED = frozenset({"channel", "rules", "inline", "tiles", "mailish"})


def measure(name: str) -> dict[str, tuple[float, float]] | None:
    """Induce one board's profile and score what it reads; None when its data is not here."""
    with tempfile.TemporaryDirectory() as folder:
        if name in ("mybb", "smf"):
            if not captures.CAPTURES.is_dir():
                return None
            boards = {
                "mybb": ["/forumdisplay.php?fid=3", "/forumdisplay.php?fid=4"],
                "smf": ["/index.php?board=2.0", "/index.php?board=3.0"],
            }
            first, fetch, true = captured(name, boards[name])
        elif name == "machina":
            first, fetch, true = machina(Path(folder))
        else:
            first, fetch, true = invented(name)
        profile = induced(first, fetch)
        if "-v" in sys.argv:
            print(name, profile.model_dump_json(exclude_defaults=True) if profile else "nothing induced")
        said: Values = walk(ByProfile(profile), first, fetch) if profile else defaultdict(set)
    if name in UNNUMBERED:
        said, true = unkeyed(said), unkeyed(true)
    if "-v" in sys.argv:
        for field in (*THREAD_FIELDS, *POST_FIELDS):
            for label, pairs in (
                ("missed", true[field] - said[field]),
                ("wrong", said[field] - true[field] if true[field] else ()),
            ):
                for pair in sorted(pairs, key=str)[:3]:
                    print("   ", label, field, str(pair)[:150])
    return score(said, true, (*THREAD_FIELDS, *POST_FIELDS))


NAMES = ("mybb", "smf", "machina", *STYLES, *LATER)


def main() -> None:
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")] or NAMES
    fields = (*THREAD_FIELDS, *POST_FIELDS)
    print("induction on held-out engines and layouts: precision/recall a field, percent; goal 95")
    print(f"{'':10}" + "".join(f"{field:>14}" for field in fields))
    sums: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for name in wanted:
        figures = measure(name)
        if figures is None:
            print(f"{name:10}its captures are not here")
            continue
        for field, pair in figures.items():
            sums[field].append(pair)
        cells = (
            f"{100 * figures[f][0]:.0f}/{100 * figures[f][1]:.0f}" if f in figures else "-" for f in fields
        )
        print(f"{name:10}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
    means = {
        field: tuple(sum(pair[at] for pair in pairs) / len(pairs) for at in (0, 1))
        for field, pairs in sums.items()
    }
    cells = (f"{100 * means[f][0]:.1f}/{100 * means[f][1]:.1f}" if f in means else "-" for f in fields)
    print(f"{'mean':10}" + "".join(f"{cell:>14}" for cell in cells))
    everything = [value for pair in means.values() for value in pair]
    print(f"mean of all fields {sum(everything) / len(everything):.3f} (goal {GOAL})")


if __name__ == "__main__":
    main()
