"""``duskwatch source pause``, ``resume``, ``run`` and ``session``: what an operator does with a source."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from config.settings import load_settings
from console.cli.output import options, show
from console.cli.people import me
from console.steering import lend_cookies, name_cookies, run_now, set_enabled, take_session_back
from console.wiring import database

_Source = Annotated[str, typer.Argument(help="id of the source")]
_Why = Annotated[str, typer.Option(help="the reason, kept with its version")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (pause, resume, run, session):
        app.command()(command)


def pause(context: typer.Context, source: _Source, why: _Why) -> None:
    """Have the service leave a source alone, until it is resumed."""
    _enable(context, source, False, why)


def resume(context: typer.Context, source: _Source, why: _Why = "it is to be read again") -> None:
    """Have the service read a paused source again."""
    _enable(context, source, True, why)


def _enable(context: typer.Context, source: str, enabled: bool, why: str) -> None:
    settings = load_settings(options(context).config)
    with database(settings) as engine:
        lost = set_enabled(settings, engine, source, enabled, by=me(), why=why, at=datetime.now(UTC))
    said = f"{source} is {'read by the service' if enabled else 'paused'}"
    said += f"; comments in {', '.join(lost)} were lost" if lost else ""
    show(context, {"source": source, "enabled": enabled, "comments_lost": lost}, said)


def run(context: typer.Context, source: _Source) -> None:
    """Have the service crawl a source as soon as it can. `duskwatch crawl` crawls it here and waits."""
    settings = load_settings(options(context).config)
    with database(settings) as engine:
        done = run_now(settings, engine, source)
    said = "is next" if done else "is crawled now"
    show(context, {"source": source, "hastened": done}, f"{source} {said}")


def session(
    context: typer.Context,
    source: _Source,
    why: _Why,
    variable: Annotated[
        str, typer.Option("--env", help="variable of the service that holds the cookies, in place of a file")
    ] = "",
    end: Annotated[bool, typer.Option("--end", help="lend it no session any more")] = False,
) -> None:
    """Lend a source the cookies of a session, read from standard input, or named by a variable.

    They are kept in a file that only you may read, and shown nowhere.
    """
    settings = load_settings(options(context).config)
    at = datetime.now(UTC)
    with database(settings) as engine:
        if end:
            take_session_back(settings, engine, source, by=me(), why=why, at=at)
            kept = ""
        elif variable:
            name_cookies(settings, engine, source, variable, by=me(), why=why, at=at)
            kept = f"${variable}"
        else:
            typed = sys.stdin.read()
            kept = str(lend_cookies(settings, engine, source, typed, by=me(), why=why, at=at))
    show(
        context,
        {"source": source, "kept_in": kept},
        f"{source}: {f'session in {kept}' if kept else 'no session'}",
    )
