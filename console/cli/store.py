"""``duskwatch store``: where posts are kept."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from config.errors import StoreRefused
from config.settings import load_settings
from console.cli.output import options, show
from console.wiring import store
from indexer.migration import copy
from indexer.opening import open_store, upgrade_store

app = typer.Typer(
    name="store", help="Figures of the store of posts; moving to another.", no_args_is_help=True
)


@app.command()
def stats(context: typer.Context) -> None:
    """Counts and size."""
    with store(load_settings(options(context).config)) as posts:
        found = posts.stats()
    more = "".join(f", {name} {value}" for name, value in found.detail.items())
    shown = f"{found.posts:,} posts, {found.revisions:,} revisions, {found.removed:,} removed, "
    show(context, asdict(found), Text(f"{shown}{found.size_bytes / 1e6:.1f} MB{more}"))


@app.command()
def migrate(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="store_url of the new store; reached as [elasticsearch] says")],
) -> None:
    """Copy every revision and removal into another store. Cut off, it goes on when it is run again; afterwards set
    store_url."""
    settings = load_settings(options(context).config)
    if to == settings.store_url:
        raise StoreRefused("this is the store itself", cure="name another with --to")
    with store(settings) as old, closing(open_store(to, settings.elasticsearch)) as new:
        written = copy(old, new, _tell)
        sys.stderr.write("\n")
        before, after = old.stats(), new.stats()
    found = {"written": written, "old": asdict(before), "new": asdict(after)}
    show(
        context,
        found,
        Text(f"{written:,} changes written; {after.posts:,} of {before.posts:,} posts are there"),
    )


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


def _tell_of(done: int, of: int) -> None:
    sys.stderr.write(f"\r{done:,} of {of:,} posts")
    if done == of:
        sys.stderr.write("\n")


def _tell(looked: int) -> None:
    sys.stderr.write(f"\r{looked:,} changes")
