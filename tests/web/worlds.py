"""A workspace of two worlds: a source and an organisation that everybody may see, and ones that only some may."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from conftest import Workspace
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.baseline import entry_table
from alerts.baseline_report import report_table
from alerts.cases import Alert, list_alerts
from alerts.clocks import confirm
from alerts.handling import Actor
from console import accounts
from console.accounts import Role
from console.briefing import laws_of, organisation_of
from console.web.app import create_app
from console.wiring import read_inputs, watch
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

PASSWORD = "correct-horse-battery"
ONION = "http://zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"
#: What stands in the closed world and nowhere else.
SECRETS = ("Closedbank", "closed-forum", "Closedseller", "closed-bank")
_WATCHLIST = """organisations:
  - {id: port, name: Open Invented Port, laws: [eu-gdpr]}
  - {id: closed-bank, name: Closedbank of Nowhere, laws: [eu-gdpr]}
"""
_AT = datetime(2026, 1, 6, 12, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """One source with one listing and its alert."""

    source: str
    organisation: str
    alert: str
    post: str
    report: str


def made(folder: Path, rate: int = 1_000_000) -> Path:
    """Fill a folder; its settings file. Users: one of each role, and ``narrow-`` ones who see the open world only."""
    shutil.copytree(_filled(), folder, dirs_exist_ok=True)
    workspace = Workspace(folder)
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {folder}/alerts.jsonl\n")
    return workspace.write("duskwatch.toml", f'data_dir = "var"\n[web]\nrate = {rate}\n')


@cache
def _filled() -> Path:
    """What all worlds of one process are copied from: to hash eight passwords takes seconds."""
    kept = tempfile.TemporaryDirectory(prefix="duskwatch-worlds-")
    atexit.register(kept.cleanup)
    folder = Path(kept.name)
    workspace = Workspace(folder)
    config = folder / "duskwatch.toml"
    workspace.write("config/watchlists/a.yaml", _WATCHLIST)
    for name, tlp in (("open-forum", "green"), ("closed-forum", "red")):
        workspace.source(name, "mybb", ONION, {"sale": "/f"}, f"tlp: {tlp}")
    (folder / "var").mkdir()
    store = open_store(f"sqlite:///{folder}/var/posts.db")
    store.put([_post("open-forum", "Open Invented Port", "Openseller")])
    store.put([_post("closed-forum", "Closedbank of Nowhere", "Closedseller")])
    store.close()
    inputs = read_inputs(config)
    watch(inputs, ())
    app = create_app(config)
    engine, now = app.state.context.engine, datetime.now(UTC)
    for alert in list_alerts(engine):
        tell_in_report(engine, f"b-{alert.source}", [alert], now)
        laws = laws_of(inputs, organisation_of(inputs, alert.organisation))
        confirm(engine, alert.id, laws, by=Actor("ayu", "test"), at=now)
    for role in Role:
        accounts.add_user(engine, role.value, PASSWORD, role, at=now)
        accounts.add_user(
            engine, f"narrow-{role.value}", PASSWORD, role, at=now, organisations=["port"], tlp="amber"
        )
    app.state.context.close()
    return folder


def tell_in_report(engine: sa.Engine, name: str, alerts: Sequence[Alert], now: datetime) -> None:
    """A baseline report that tells of alerts."""
    made = {"id": name, "source": alerts[0].source, "listings": len(alerts), "made_at": now}
    told = [
        {
            "alert": alert.id,
            "post": alert.post,
            "organisation": alert.organisation,
            "source": alert.source,
            "title": alert.title,
            "author": alert.author,
            "how": "listing",
            "reason": "posted before the source was added",
            "posted_at": alert.posted_at,
            "strength": 0.9,
            "at": now,
            "report": name,
        }
        for alert in alerts
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(report_table).values(made))
        connection.execute(sa.insert(entry_table), told)


def _post(source: str, victim: str, seller: str) -> Post:
    return Post(
        key=PostKey(source, "1", "1"),
        board="sale",
        position=1,
        title=f"{victim}: all customers",
        author=seller,
        text=f"dump of {victim}, 2 million people, 500 USD, telegram @{seller.lower()}",
        url=f"{ONION}/1",
        seen_at=_AT,
        posted_at=_AT,
        kind=Kind.LISTING,
    )


def worlds(app: FastAPI) -> dict[str, World]:
    """The open and the closed world."""
    found = {}
    for alert in list_alerts(app.state.context.engine):
        world = World(alert.source, alert.organisation, alert.id, alert.post, f"b-{alert.source}")
        found["open" if alert.organisation == "port" else "closed"] = world
    return found


def token(app: FastAPI, user: str, role: Role = Role.ADMIN, scopes: tuple[str, ...] = ()) -> str:
    """A token of a user."""
    engine, now = app.state.context.engine, datetime.now(UTC)
    lasts = timedelta(days=1)
    return accounts.grant(engine, user, "token", "test", role, at=now, lasts=lasts, scopes=scopes)


def client(app: FastAPI, user: str | None = None) -> TestClient:
    """A browser, with a user's session."""
    browser = TestClient(app, base_url="http://localhost", follow_redirects=False)
    if user:
        engine, now = app.state.context.engine, datetime.now(UTC)
        lasts = timedelta(hours=1)
        secret = accounts.grant(engine, user, "session", "", Role.ADMIN, at=now, lasts=lasts)
        browser.cookies.set("duskwatch_session", secret)
    return browser
