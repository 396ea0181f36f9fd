"""``duskwatch store``: where posts are kept."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from config.errors import CursorUnknown, StopError, StoreRefused, StoreUnavailable
from config.settings import load_settings
from console.cli.output import options, show, table
from console.wiring import drain as drain_spool
from console.wiring import ingest, readers, spool, store
from console.wiring import purge as forget
from indexer.comparison import Comparison, compare
from indexer.migration import Marker, copy
from indexer.opening import open_store, upgrade_store
from indexer.spool import SpoolFigures
from indexer.store import Store

app = typer.Typer(
    name="store",
    help="Figures of the store of posts, what waits for it, moving to another.",
    no_args_is_help=True,
)


@app.command()
def stats(context: typer.Context) -> None:
    """Counts and size, what the store lacks, how far readers of its feed are, and what waits for it."""
    settings = load_settings(options(context).config)
    with spool(settings) as opened:
        waiting = opened.figures()
    with reaching(waiting), store(settings) as posts:
        found, lacks, read = posts.stats(), posts.ailments(), readers(settings, posts)
    value = asdict(found) | {
        "lacks": [asdict(each) for each in lacks],
        "readers": read,
        "spool": asdict(waiting),
    }
    more = "".join(f", {name} {each}" for name, each in found.detail.items())
    lines = [f"{found.posts:,} posts, {found.revisions:,} revisions, {found.removed:,} removed, "]
    lines[0] += f"{found.size_bytes / 1e6:.1f} MB{more}"
    lines += [*map(str, read), f"{waiting}; {waiting.refused:,} posts refused", *map(str, lacks)]
    show(context, value, Text("\n".join(lines)))


@contextmanager
def reaching(waiting: SpoolFigures) -> Iterator[None]:
    """Say on the standard error what waits for a store that cannot be asked."""
    try:
        yield
    except (StoreUnavailable, StoreRefused):
        sys.stderr.write(f"{waiting}\n")
        raise


@app.command()
def drain(context: typer.Context) -> None:
    """Put what waits for the store into it; duskwatch run does so by itself."""
    done = drain_spool(load_settings(options(context).config), math.inf)
    if done.away:
        sys.stderr.write(f"{done.spool}\n")
        raise done.away
    show(context, {"done": done.count, "spool": asdict(done.spool)}, f"{done.count:,} done; {done.spool}")


@app.command()
def refused(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    retry: Annotated[bool, typer.Option("--retry", help="put them again first")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="then strike those off that are left")] = False,
) -> None:
    """Posts that the store can never hold, with the reason and the kept page, newest first."""
    settings = load_settings(options(context).config)
    if retry:
        with ingest(settings) as way:
            taken = way.again()
        sys.stderr.write(f"{taken:,} posts were taken\n")
    with spool(settings) as waiting:
        found = waiting.refused(limit)
        if forget:
            for each in found:
                waiting.forget(each.post)
    rows = [
        {"post": each.post.id, "reason": each.reason, "at": each.at, "evidence": each.post.evidence}
        for each in found
    ]
    show(context, rows, table(rows, ("post", "reason", "at", "evidence"), "no posts were refused"))


@app.command()
def migrate(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="store_url of the new store; reached as [elasticsearch] says")],
) -> None:
    """Copy every revision and removal into another store, then compare both whole; status 1 when they differ. Cut off,
    it goes on where it was when it is run again; afterwards set store_url."""
    settings = load_settings(options(context).config)
    if to == settings.store_url:
        raise StoreRefused("this is the store itself", cure="name another with --to")
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker = Marker(settings.data_dir, settings.store_url, to)
    with store(settings) as old, closing(open_store(to, settings.elasticsearch)) as new:
        written, found = _moved(old, new, marker, settings.data_dir)
        before, after = old.stats(), new.stats()
    sys.stderr.write("\n")
    value = {"written": written, "old": asdict(before), "new": asdict(after), "compared": asdict(found)}
    counts = ", ".join(f"{count:,} {verdict.value}" for verdict, count in found.posts.items() if count)
    lines = [
        f"{written:,} changes written",
        f"posts: {counts or 'none'}; {found.revisions:,} revisions compared",
    ]
    lines += [f"{found.lost:,} posts of the new store are not found"] if found.lost else []
    show(context, value, Text("\n".join([*lines, *found.samples])))
    if not found.same:
        raise typer.Exit(1)


@app.command()
def upgrade(
    context: typer.Context,
    again: Annotated[
        bool, typer.Option("--again", help="lay posts out anew even where the layout is this version's")
    ] = False,
) -> None:
    """Bring the store into this version's layout while workers of the version before write on. Cut off, it goes on
    when it is run again. Afterwards start the workers anew: those of the version before are refused then."""
    settings = load_settings(options(context).config)
    done = upgrade_store(settings.store_url, settings.elasticsearch, again=again, told=_tell_of)
    show(context, {"posts": done}, Text(f"{done:,} posts were laid out anew" if done else "nothing to do"))


@app.command()
def purge(
    context: typer.Context,
    days: Annotated[
        float | None, typer.Option(min=1, help="keep posts of so many days, whatever retention.days says")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count")] = False,
) -> None:
    """Forget old posts, as ``duskwatch run`` does once a day: all but those of listings with an alert. A forgotten post
    that still stands on its board is not told as new."""
    settings = load_settings(options(context).config)
    count = forget(settings, days=days, dry_run=dry_run)
    if count is None:
        raise StopError("everything is kept", cure="set retention.days, or say --days")
    said = "would be forgotten" if dry_run else "were forgotten"
    show(context, {"posts": count, "dry_run": dry_run}, Text(f"{count:,} posts {said}"))


def _tell_of(done: int, of: int) -> None:
    sys.stderr.write(f"\r{done:,} of {of:,} posts")
    if done == of:
        sys.stderr.write("\n")


def _moved(old: Store, new: Store, marker: Marker, folder: Path) -> tuple[int, Comparison]:
    """Copy and compare. Where they differ, something was written meanwhile; or the new store lost what a copy before
    had brought there, and all of it is copied again."""
    written = _copied(old, new, marker)
    found = compare(old, new, folder, _teller("changes compared"))
    if not found.same and (more := _copied(old, new, marker)):
        written += more
        found = compare(old, new, folder, _teller("changes compared"))
    if not found.same:
        marker.forget()
        written += _copied(old, new, marker)
        found = compare(old, new, folder, _teller("changes compared"))
    return written, found


def _copied(old: Store, new: Store, marker: Marker) -> int:
    done = marker.read()
    try:
        total = done.looked + old.behind(done.cursor)
    except CursorUnknown:  # another store stands at this URL now
        marker.forget()
        total = old.behind(None)
    return copy(old, new, _teller(f"of {total:,} changes"), marker)


def _teller(of: str) -> Callable[[int], None]:
    sys.stderr.write("\n")
    return lambda count: _tell(f"{count:,} {of}")


def _tell(said: str) -> None:
    sys.stderr.write(f"\r{said}")
    sys.stderr.flush()
