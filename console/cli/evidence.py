"""``duskwatch evidence``: what alerts rest on, and that it holds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from alerts import holds
from alerts.evidence import check_folder, check_package
from alerts.picture import chromium
from config.errors import StopError
from config.settings import load_settings
from console.cli.output import options, show
from console.cli.people import me
from console.evidence import evidence_folder, export_alert, keys_folder, purge_evidence
from console.wiring import database, store
from indexer.custody import fingerprint, public_pem, signing_key

app = typer.Typer(
    name="evidence",
    help="Export what an alert rests on, check it, hold it, remove old pages.",
    no_args_is_help=True,
)
_Name = Annotated[str, typer.Argument(metavar="ALERT", help="an alert's id, or its beginning")]
_Why = Annotated[str, typer.Option(help="the reason, kept in the audit")]


class FileThere(StopError):
    """The file is there already."""


@app.command()
def export(
    context: typer.Context,
    alert: _Name,
    to: Annotated[Path | None, typer.Option(help="the ZIP to write; else named by the alert")] = None,
    pictures: Annotated[bool, typer.Option(help="make a picture of each page, with Chromium")] = True,
) -> None:
    """Write a signed ZIP with pages, pictures, revisions, facts, matches, audit and chain of custody."""
    settings = load_settings(options(context).config)
    with database(settings) as engine, store(settings) as posts:
        try:
            path, done = export_alert(settings, engine, posts, alert, to, pictures)
        except FileExistsError:
            raise FileThere(f"{to} is there already", cure="name another file with --to") from None
    without = [] if not pictures or chromium() else ["no pictures: Chromium is not installed"]
    lines = [
        f"{path}: {done.pages} pages, {done.pictures} pictures, {done.posts} revisions",
        f"signed by {done.signed_by}",
        *(f"missing: {each}" for each in (*done.missing, *without)),
    ]
    show(context, {"file": path, **asdict(done)}, "\n".join(lines))


@app.command()
def verify(
    context: typer.Context,
    package: Annotated[
        Path | None, typer.Argument(help="a ZIP from another machine; none: all evidence here")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of the key that must have signed it")] = None,
) -> None:
    """Check that nothing was changed or taken away; ends with status 78 at the first thing that does not hold."""
    trusted = _public(key) if key else None
    if package:
        found = check_package(package, trusted)
        by = "" if trusted else "; ask its sender over another way whether that is their key"
    else:
        settings = load_settings(options(context).config)
        own = trusted or signing_key(keys_folder(settings)).public_key()
        found, by = check_folder(evidence_folder(settings), own), ""
    said = f"holds: {found.pages} pages, {found.entries} entries, {found.seals} seals, head {found.head or 'none'}"
    lines = [said, f"signed by {found.signed_by}{by}"]
    if found.unchained:
        lines.append(
            f"{found.unchained} files of pages stand in no chain: versions before the chain kept them, or somebody else"
        )
    show(context, asdict(found), "\n".join(lines))


@app.command()
def key(context: typer.Context) -> None:
    """Show the public key that evidence is signed with, and its fingerprint; made where there is none."""
    public = signing_key(keys_folder(load_settings(options(context).config))).public_key()
    pem = public_pem(public).decode()
    show(context, {"fingerprint": fingerprint(public), "pem": pem}, f"{fingerprint(public)}\n{pem.strip()}")


@app.command()
def hold(context: typer.Context, alert: _Name, why: _Why) -> None:
    """Keep an alert's pages whatever the retention says, also after it is closed."""
    with database(load_settings(options(context).config)) as engine:
        found = holds.hold(engine, alert, by=me(), at=datetime.now(UTC), why=why)
    show(context, asdict(found), f"the evidence of {found.alert} is held since {found.at:%Y-%m-%d %H:%M}Z")


@app.command()
def release(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """End a legal hold."""
    with database(load_settings(options(context).config)) as engine:
        done = holds.release(engine, alert, by=me(), at=datetime.now(UTC), why=why)
    show(context, {"released": done}, "released" if done else "its evidence was not held")


@app.command()
def purge(
    context: typer.Context,
    days: Annotated[
        float | None, typer.Option(min=0, help="older than so many days; else evidence.keep_days")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only tell what would go")] = False,
) -> None:
    """Remove old pages, save those that open alerts and legal holds rest on."""
    settings = load_settings(options(context).config)
    most = settings.evidence.keep_days if days is None else days
    if days is None and not most:
        raise typer.BadParameter("evidence.keep_days is 0, which keeps everything; give --days")
    with database(settings) as engine, store(settings) as posts:
        names = purge_evidence(settings, engine, posts, most, dry_run)
    what = "would be removed" if dry_run else "removed"
    show(
        context, {"files": list(names), "dry_run": dry_run}, "\n".join([*names, f"{len(names)} files {what}"])
    )


def _public(path: Path) -> Ed25519PublicKey:
    try:
        found = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    if not isinstance(found, Ed25519PublicKey):
        raise typer.BadParameter(f"{path} holds no Ed25519 key")
    return found
