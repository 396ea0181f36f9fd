"""A brief as people ask for it: everything that is kept of an alert, brought together."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa

from alerts.brief import Brief, Grounds, Language, brief
from alerts.cases import get_alert, listings_of
from alerts.clocks import clocks_of
from alerts.evidence import kept_pages
from alerts.holds import posts_of
from alerts.laws import Law, laws_named
from alerts.watchlist import Organisation
from config.settings import Settings
from console.evidence import evidence_folder
from console.freshness import laws
from console.wiring import Inputs
from indexer.custody import Custody
from indexer.fact import facts
from indexer.masking import Masking
from indexer.post import PostKey, Stored
from indexer.store import Store


def organisation_of(inputs: Inputs, name: str) -> Organisation | None:
    """The organisation of that id, None where it is watched no more."""
    return next((each for each in inputs.organisations if each.id == name), None)


def laws_of(inputs: Inputs, organisation: Organisation | None) -> dict[str, Law]:
    """The laws that hold for an organisation. Raises ``InputError``."""
    settings = inputs.settings
    names = organisation.laws if organisation else ()
    return laws_named(names, laws(settings.laws_dir), str(settings.watchlists_dir))


def brief_of(inputs: Inputs, engine: sa.Engine, store: Store, name: str, language: Language) -> Brief:
    """The brief of an alert. Raises ``AlertUnknown`` and ``InputError``."""
    alert, _ = get_alert(engine, name)
    with engine.connect() as connection:
        listings = listings_of(connection, alert.id)
    posts = posts_of(engine, alert.id)
    revisions: list[Stored] = []
    for post in posts:
        revisions += store.revisions(PostKey.parse(post))
    first = store.get(PostKey.parse(alert.post)) if alert.post else None
    claimed = facts(first.post.title, first.post.text) if first else ()
    organisation = organisation_of(inputs, alert.organisation)
    source = inputs.sources.get(alert.source)
    grounds = Grounds(
        alert=alert,
        organisation=organisation,
        listings=listings,
        facts=claimed,
        clocks=clocks_of(engine, alert.id),
        laws=laws_of(inputs, organisation),
        pages=_pages(inputs.settings, revisions),
        reliability=str(getattr(source, "reliability", None) or "F"),
    )
    # a key that is forgotten at once: what a brief hides nobody is to find again
    return brief(grounds, Masking(secrets.token_bytes(32)), language, datetime.now(UTC))


def _pages(settings: Settings, revisions: list[Stored]) -> list[tuple[str, str]]:
    wanted = dict.fromkeys(one.post.evidence for one in revisions if one.post.evidence)
    kept = kept_pages(Custody(evidence_folder(settings)), wanted)
    return [(page, str(kept[page].fields["sha256"]) if page in kept else "") for page in wanted]
