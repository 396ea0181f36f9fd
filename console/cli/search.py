"""``duskwatch search``: find posts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from alerts.message import plain
from config.settings import load_settings
from console.cli.output import options, show
from console.copies import Folded, folded
from console.wiring import database, store
from indexer.masking import open_masking
from indexer.store import Sort


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search")(search)


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help='e.g. "ministry of health" AND posted:[2026-01-01 TO *]')] = "",
    personal: Annotated[
        str | None,
        typer.Option(help="masked personal data to look for: a phone, an id, a card, a mail address"),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    sort: Annotated[Sort, typer.Option(help="newest, oldest or relevance")] = Sort.NEWEST,
    after: Annotated[str | None, typer.Option(help="the page after this mark")] = None,
    by_listing: Annotated[
        bool, typer.Option("--by-listing", help="one hit a listing, with how many of its posts fit")
    ] = False,
) -> None:
    """Search all posts. Fields: title, text, author, source, board, thread, kind, language, posted, seen, removed."""
    settings = load_settings(options(context).config)
    if personal:
        masking = open_masking(settings.privacy, settings.data_dir)
        masked = " OR ".join(masking.tokens(personal)) if masking else '"' + personal.replace('"', " ") + '"'
        query = f"({query}) AND ({masked})" if query else masked
    with store(settings) as posts:
        page = posts.search(query, limit=limit, sort=sort, after=after, by_listing=by_listing)
        with database(settings) as engine:
            hits = folded(engine, posts, query, page.hits, by_listing)
    shown = [{**asdict(each.hit), "also_at": each.also_at} for each in hits]
    found = {"total": page.total, "after": page.after, "hits": shown}
    more = f", the next page: --after {page.after}" if page.after else ""
    show(context, found, Group(Text(f"{page.total} posts{more}"), *map(_shown, hits)))


def _shown(each: Folded) -> Text:
    hit = each.hit
    post = hit.stored.post
    posted = f"{post.posted_at:%Y-%m-%d %H:%M}Z" if post.posted_at else "no time stated"
    gone = ", removed" if hit.stored.removed_at else ""
    more = f", and {hit.posts - 1} more of this listing" if hit.posts > 1 else ""
    also = f", also at {', '.join(each.also_at)}" if each.also_at else ""
    about = f"revision {hit.stored.revision}{gone}{more}{also}"
    line = Text(f"\n{post.id}  {posted}  {plain(post.author)}  {about}\n", "dim")
    line.append_text(_marked(post.title, hit.title_spans)).append("\n")
    begin = max(hit.text_spans[0][0] - 80, 0) if hit.text_spans else 0
    shifted = tuple((start - begin, end - begin) for start, end in hit.text_spans)
    return line.append_text(_marked(post.text[begin : begin + 240].replace("\n", " "), shifted))


def _marked(text: str, spans: tuple[tuple[int, int], ...]) -> Text:
    made, at = Text(), 0
    for start, end in spans:
        made.append(plain(text[at:start])).append(plain(text[start:end]), "bold reverse")
        at = end
    return made.append(plain(text[at:]))
