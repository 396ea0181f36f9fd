"""The console's pages of baseline reports: what history says, to whoever may see it."""

from __future__ import annotations

from pathlib import Path

from worlds import client, made

from console.web.app import create_app


def test_reports_say_to_each_user_what_history_says_of_theirs(tmp_path: Path) -> None:
    app = create_app(made(tmp_path))
    everybody, narrow = client(app, "viewer"), client(app, "narrow-viewer")
    listed = everybody.get("/baseline").text
    assert "/baseline/b-open-forum" in listed
    assert "/baseline/b-closed-forum" in listed
    said = everybody.get("/baseline/b-closed-forum").text
    assert "1 listing, 2026-01-06, strongest 0.90" in said
    assert "posted before the source was added" in said
    assert "/?organisation=closed-bank&amp;state=baseline" in said
    assert "/baseline/b-closed-forum" not in narrow.get("/baseline").text
    assert narrow.get("/baseline/b-closed-forum").status_code == 404
    assert narrow.get("/baseline/b-open-forum").status_code == 200
    app.state.context.close()
