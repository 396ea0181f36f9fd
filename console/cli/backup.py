"""``duskwatch backup`` and ``restore``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.settings import load_settings
from console.cli.output import options, show


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    context: typer.Context,
    to: Annotated[
        Path | None, typer.Argument(help="a folder that is not there yet; else named by the time")
    ] = None,
) -> None:
    """Copy databases, evidence, keys and what you wrote, while everything runs.

    The copy holds keys and sessions: keep it as safe as the data folder itself.
    """
    from console.backup import back_up  # what checks evidence, which most commands do without

    target = to or Path(f"duskwatch-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    made = back_up(load_settings(options(context).config), target)
    counts = ", ".join(
        f"{count:,} {what}"
        for count, what in ((made.posts, "posts"), (made.alerts, "alerts"))
        if count is not None
    )
    lines = [f"{target}: {counts}, {len(made.parts)} files, {made.bytes / 1e6:.1f} MB", *made.elsewhere]
    show(context, {"folder": target, "posts": made.posts, "alerts": made.alerts, "bytes": made.bytes,
                   "elsewhere": made.elsewhere}, "\n".join(lines))  # fmt: skip


def restore(
    context: typer.Context,
    backup: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the folder of a backup")],
) -> None:
    """Put a backup into the data folder, and check that it holds together. Nothing that is there is replaced.

    Start duskwatch with it only where the old installation has stopped: two would both crawl and both deliver.
    """
    from console.backup import restore as put_back  # as above

    settings = load_settings(options(context).config)
    done = put_back(settings, backup)
    made = done.backup
    lines = [
        f"{settings.data_dir}: {made.posts or 0:,} posts, {made.alerts or 0:,} alerts, "
        f"{done.pages:,} pages of evidence, as of {made.made_at}",
        *(f"left as it is: {path}" for path in done.left),
        *made.elsewhere,
    ]
    show(context, {"posts": made.posts, "alerts": made.alerts, "pages": done.pages, "left": done.left,
                   "made_at": made.made_at, "elsewhere": made.elsewhere}, "\n".join(lines))  # fmt: skip
