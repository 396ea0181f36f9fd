"""``duskwatch watch suggest``, ``lint`` and ``explain``: what helps to write watchlists."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.hits import hits_of
from alerts.message import plain
from alerts.versions import since
from config.errors import InputError, Problem
from config.inputs import nearest
from console.cli.output import options, show, table
from console.wiring import database, read_inputs, store, stored_post


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("suggest")(suggest)
    app.command("lint")(lint)
    app.command("explain")(explain)


def suggest(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the organisation's full name, in any language")],
    country: Annotated[
        str, typer.Option(help="its country, where the name says none, e.g. indonesia or south-africa")
    ] = "",
) -> None:
    """Propose translations, acronyms, transliterations and domains for a name, as a watchlist to paste.

    Nothing is looked up anywhere: read it, keep what is theirs.
    """
    from alerts.suggest import suggest as suggestion  # numpy, which most commands do without
    from alerts.suggest.packs import countries

    if country and country not in countries():
        cure = nearest(country, countries())
        raise InputError([Problem("--country", None, country, "is not known", cure)])
    made = suggestion(name, country)
    show(context, made, None)
    if not options(context).as_json:
        typer.echo(made.as_yaml(), nl=False)


def lint(
    context: typer.Context,
    only: Annotated[str, typer.Option(help="id of the one organisation to look at")] = "",
    posts: Annotated[bool, typer.Option(help="count the terms in the stored posts too")] = True,
) -> None:
    """Warn of terms that will be noisy, and of what will be missed. Ends with status 1 when there is anything."""
    from alerts.lint import lint as warnings_of  # as above

    inputs = read_inputs(options(context).config)
    today = datetime.now(UTC).date()
    with database(inputs.settings) as engine:
        hits = hits_of(engine)
        days = {name: at.date() for name, at in since(engine).items()}
    if posts:
        with store(inputs.settings) as opened:
            found = warnings_of(
                inputs.organisations,
                today,
                sources=inputs.sources,
                count=lambda phrase: opened.search(f'"{phrase}"', limit=1).total,
                posts=opened.stats().posts,
                only=only,
                hits=hits,
                since=days,
            )
    else:
        found = warnings_of(
            inputs.organisations, today, sources=inputs.sources, only=only, hits=hits, since=days
        )
    rows = [asdict(each) for each in found]
    show(context, rows, table(rows, ("organisation", "field", "text", "what", "cure"), "nothing to warn of"))
    if rows:
        raise typer.Exit(1)


def explain(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="id of a stored post: source/thread/post, as search shows it")],
) -> None:
    """Show what matched in a stored post, what nearly did, and what kept it from doing so."""
    from alerts.explain import explain as explained  # the matcher, which most commands do without

    inputs = read_inputs(options(context).config)
    with store(inputs.settings) as opened:
        there = stored_post(opened, post).post
    found = explained(there, inputs.organisations)
    show(context, found, None)
    if options(context).as_json:
        return
    fields = {"title": there.title, "text": there.text}
    for each in found:
        places = ", ".join(
            f"{span.field} {span.start}-{span.end} {plain(fields[span.field][span.start : span.end])!r}"
            for span in each.spans
        )
        said = f"{each.outcome}: {each.organisation}: {each.term} ({each.kind}; {each.rule}): {each.why}"
        typer.echo(plain(said) + (f": {places}" if places else ""))
    if not found:
        typer.echo("nothing matched, and nothing came near")
