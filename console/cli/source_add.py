"""``duskwatch source add`` and ``source test``: from a bare address to a source that is read."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.text import Text

from config.errors import DuskwatchError
from config.settings import load_settings
from console.adding import (
    BOARD_FIELDS,
    THREAD_FIELDS,
    ColumnUnknown,
    Proposal,
    Read,
    as_yaml,
    columns,
    corrected,
    figures,
    free,
    probe,
    propose,
    read_pages,
    write,
)
from console.cli.output import options, show, table
from console.copies import resembled
from console.wiring import database
from crawler.adapter import PostItem, ThreadRow
from crawler.adapters import adapter_of
from crawler.evidence import page_of, read_kept
from crawler.source import load_source

_ROWS = 5


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("add")(add)
    app.command("test")(test)


def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="address of the board's start page, or of one board")],
    id_: Annotated[
        str | None, typer.Option("--id", help="name of the source in commands and records")
    ] = None,
    adapter: Annotated[
        str | None, typer.Option(help="its engine, where you know it; profile: have the layout induced")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="read a field from another column, such as author=3; may be repeated"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="write the file without asking")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would be written, and write nothing")
    ] = False,
) -> None:
    """Look at an address through Tor, find out how to read it, and write its source file.

    A known engine is read by its adapter; for any other the layout is induced from a few pages. What was read is shown;
    accept it, or point at the column that a field should be read from.
    """
    config = options(context).config
    settings = load_settings(config)
    begun = time.monotonic()
    if id_ and not dry_run:
        free(id_, settings)  # told before anything is fetched
    proposal = propose(url, config, name=id_, adapter=adapter)
    if column:
        proposal = corrected(proposal, _pointed(column))
    quiet = options(context).as_json
    if not quiet:
        Console().print(_shown(proposal), highlight=False)
    if not (yes or dry_run or quiet):
        proposal = _asked(proposal)
    path = None if dry_run else write(proposal, settings)
    read = proposal.read()
    rows = read.board.threads if read.board else ()
    like = ""
    with (
        suppress(DuskwatchError),
        database(settings) as engine,
    ):  # a source can be added while the database is away
        like = resembled(engine, [(row.key, row.title) for row in rows], proposal.source.id)
    if like and not quiet:
        Console().print(Text(f"warning: {like}", style="bold yellow"))
    done = {
        "source": proposal.source.id,
        "adapter": proposal.source.adapter,
        "file": str(path) if path else None,
        "boards": [board.key for board in proposal.source.boards],
        "pages": proposal.pages,
        "seconds": round(time.monotonic() - begun, 1),
        "figures": figures(read),
        "copy": like or None,
    }
    said = f"{path} is written" if path else as_yaml(proposal.source)
    show(
        context,
        done,
        f"{said}\n{done['pages']} pages, {done['seconds']} s. Next: duskwatch crawl {proposal.source.id}",
    )


def test(context: typer.Context, source: Annotated[str, typer.Argument(help="id of the source")]) -> None:
    """Read one board and one thread of a source through Tor and show what its adapter makes of them.

    Stores no posts. The exit status is 78 when no thread or no post could be read.
    """
    config = options(context).config
    settings = load_settings(config)
    known = load_source(settings.sources_dir, source)
    told = probe({"source": known.model_dump(mode="json")}, config)
    folder = settings.data_dir / "evidence"
    kept = [
        (each["what"], page_of(read_kept(folder, each["evidence"]), known.zone)) for each in told["looked"]
    ]
    read = read_pages(
        adapter_of(known),
        [page for what, page in kept if what == "board"],
        [page for what, page in kept if what == "thread"],
    )
    done: dict[str, Any] = {
        "source": source,
        "figures": figures(read),
        "gate": told["gate"],
        "failed": told["failed"],
        "evidence": [each["evidence"] for each in told["looked"]],
    }
    stands = told["gate"] or told["failed"]
    show(
        context,
        done,
        Group(*_tables(read), Text(f"in the way: {stands}" if stands else ""), _figures_line(read)),
    )
    if not (read.board and read.board.threads and read.thread and read.thread.posts):
        raise typer.Exit(78)


def _shown(proposal: Proposal) -> Group:
    source = proposal.source
    how = "an induced profile" if source.profile else f"the adapter {source.adapter}"
    head = Text(f"{source.id}: {len(source.boards)} boards, read by {how}", style="bold")
    boards = table(({"key": b.key, "path": b.path} for b in source.boards[:20]), ("key", "path"), "no board")
    return Group(head, boards, *_tables(proposal.read()))


def _tables(read: Read) -> list[Any]:
    rows = [_row(row) for row in (read.board.threads if read.board else ())[:_ROWS]]
    posts = [_post(post) for post in (read.thread.posts if read.thread else ())[:_ROWS]]
    return [
        table(rows, BOARD_FIELDS, "no thread was read"),
        table(posts, ("author", "posted", "text"), "no post was read"),
    ]


def _row(row: ThreadRow) -> dict[str, Any]:
    return {
        "title": row.title[:60],
        "author": row.author,
        "created": row.created.at,
        "last_activity": row.last_activity.at,
        "replies": row.replies,
        "views": row.views,
    }


def _post(post: PostItem) -> dict[str, Any]:
    return {"author": post.author, "posted": post.posted.at, "text": " ".join(post.text.split())[:70]}


def _figures_line(read: Read) -> Text:
    said = figures(read)
    parts = [f"{said['threads']} threads", *(f"{name} {share:.0%}" for name, share in said["with"].items())]
    posts = [f"{said['posts']} posts", *(f"{name} {share:.0%}" for name, share in said["posts_with"].items())]
    return Text(f"{', '.join(parts)}; {', '.join(posts)}")


# --- what a person says to it


def _asked(proposal: Proposal) -> Proposal:
    """Ask until the operator accepts; ``author=3`` reads a field from another column."""
    shown = False
    while True:
        answer = typer.prompt("write it? yes, no, or a field and its column such as author=3", default="yes")
        if answer.lower() in ("yes", "y"):
            return proposal
        if answer.lower() in ("no", "n"):
            raise typer.Exit(1)
        if not shown:
            Console().print(_columns(proposal), highlight=False)
            shown = True
        try:
            proposal = corrected(proposal, _pointed([answer]))
        except ColumnUnknown as error:
            typer.echo(str(error), err=True)
            continue
        Console().print(_shown(proposal), highlight=False)


def _pointed(words: list[str]) -> dict[str, int]:
    found = {}
    for word in words:
        name, _, number = word.partition("=")
        if not number.strip().isdecimal():
            fields = ", ".join((*BOARD_FIELDS, *THREAD_FIELDS))
            raise ColumnUnknown(
                f"{word!r} is no field with a column", cure=f"such as author=3; fields: {fields}"
            )
        found[name.strip()] = int(number)
    return found


def _columns(proposal: Proposal) -> Group:
    parts: list[Any] = []
    for what, listed in columns(proposal).items():
        rows = [
            {"column": at, "says": " / ".join(said), "found by": css}
            for at, (css, said) in enumerate(listed, 1)
        ]
        fields = BOARD_FIELDS if what == "board" else THREAD_FIELDS
        parts += [
            Text(f"columns of a {what} page, for {', '.join(fields)}", style="bold"),
            table(rows, ("column", "says", "found by"), "none"),
        ]
    return Group(*parts)
