"""The console's page of what is covered, and an organisation's blind spots."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from conftest import Workspace
from fastapi.testclient import TestClient

from console import accounts
from console.accounts import Role
from console.web.app import create_app
from crawler.drift import Reading
from crawler.health import Figures, State
from crawler.memory import Memory
from crawler.state import CrawlState

PASSWORD = "correct-horse-battery"
HOUR = timedelta(hours=1)
WATCHLIST = """organisations:
  - {id: bank, name: Invented Bank, scope: {sources: [gated]}}
  - {id: port, name: Invented Port, scope: {sources: [busy]}}
"""


def test_sources_and_organisations_show_what_is_not_seen(workspace: Workspace) -> None:
    workspace.write("config/watchlists/a.yaml", WATCHLIST)
    for name in ("busy", "gated"):
        workspace.source(name, "mybb", f"http://{name}.example", {"sale": "/a"})
    app = create_app(workspace.folder / "duskwatch.toml")
    engine = app.state.context.engine
    now = datetime.now(UTC)
    for name in ("busy", "gated"):
        state = CrawlState(engine, name)
        ends = State.GATED if name == "gated" else State.OK
        for back, new in [(240, 300), *((hour, 2) for hour in range(239, 5, -1)), (0, 2)]:
            how = ends if back < 6 else State.OK
            run = state.run_started(now - HOUR * back)
            new = 0 if how is State.GATED else new
            state.run_ended(run, Figures(new=new, boards_read=1, detail="login"), how, now - HOUR * back)
    Memory(engine, "busy").keep_readings([Reading("sale", 1, 20, 20, 20, 20, 60)], now)
    Memory(engine, "busy").missed("/t/9", "gate: login", now)
    for user, mine in (("all", ()), ("narrow", ("port",))):
        accounts.add_user(engine, user, PASSWORD, Role.VIEWER, at=now, organisations=list(mine))

    def page(user: str, path: str) -> str:
        client = TestClient(app, base_url="http://localhost", follow_redirects=False)
        client.post("/login", data={"user": user, "password": PASSWORD})
        return re.sub(r"<[^>]+>|\s+", " ", client.get(path).text)

    said = page("all", "/coverage")
    assert re.search(r"Invented Bank\s+0 / 1\s+gated \(gated\)\s+≈ 1[12] posts", said)
    assert re.search(r"Invented Port\s+1 / 1", said)
    assert said.index("login") < said.index("since the newest")  # what is blind stands first
    assert re.search(r"sale\s+yes\s+0\s+60", said)
    assert re.search(r"Pages missed: 1 gate: login", said)
    assert said.count("Expected since the newest post") == 2
    assert "Invented Bank" not in page("narrow", "/coverage")
    bank = page("all", "/watchlists/bank")
    assert re.search(r"Sources covered: —\s+gated\s+:\s+gated\s+since 20", bank)
    assert re.search(r"Sources covered: busy\s+none", page("all", "/watchlists/port"))
    app.state.context.close()
